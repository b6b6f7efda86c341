"""The law of a dry run: its line is what the run then does, whatever happened to the folder before."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.batch.test_second_run import EVENTS, Night
from tests.support.batch_desk import Desk
from tests.support.faulty_stages import quick
from tests.support.odd_files import put_in_place_of
from tests.support.scripted_stages import tone
from transcribe.batch.dry_run import forecast
from transcribe.batch.planned import STAGES, Left, Planned, PlannedAction
from transcribe.batch.planning import planned, select_jobs
from transcribe.batch.report import Result, State
from transcribe.batch.runner import Setup, run
from transcribe.drafts.sync import sync
from transcribe.pipeline.progress import ignore_progress
from transcribe.settings import Settings, Stage
from transcribe.workers.local import in_this_process

Files = dict[str, bytes]


def written(before: Files, after: Files) -> set[str]:
    """The names of the files that are new or have other bytes; of drafts and timed transcripts."""
    return {name for name in after if after[name] != before.get(name) and name.endswith((".md", ".json"))}


def draft_stays(stem: str, before: Files, after: Files) -> bool:
    return after[f"{stem}.md"] == before[f"{stem}.md"]


def draft_is_saved(stem: str, before: Files, after: Files) -> bool:
    return before[f"{stem}.md"] in after.values()


LAWS: dict[PlannedAction, Callable[[str, Files, Files], bool]] = {
    PlannedAction.NONE: lambda stem, before, after: after == before,
    PlannedAction.NEW: lambda stem, before, after: (
        f"{stem}.md" not in before and f"{stem}.json" in written(before, after)
    ),
    PlannedAction.CHANGED: lambda stem, before, after: written(before, after) <= {f"{stem}.md", f"{stem}.json"},
    PlannedAction.BESIDE: draft_stays,
    PlannedAction.KEPT: lambda stem, before, after: after == before,
    PlannedAction.COMPLETE: lambda stem, before, after: (
        draft_stays(stem, before, after) and written(before, after) <= {f"{stem}.json"}
    ),
    PlannedAction.REPLACE: draft_is_saved,
    PlannedAction.RECORD: lambda stem, before, after: (
        draft_stays(stem, before, after)
        and len(written(before, after) & {f"{stem}.json", f"{stem}.new.json", f"{stem}.new2.json"}) <= 1
    ),
    PlannedAction.RENEW: draft_is_saved,
    PlannedAction.FOREIGN: lambda stem, before, after: (
        after[f"{stem}.json"] == before[f"{stem}.json"] and written(before, after).isdisjoint({f"{stem}.md"})
    ),
}


def assert_line_holds(events: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        night = Night(Path(folder).resolve())
        for event in events:
            EVENTS[event](night)
        (job,), _ = select_jobs([str(night.audio)], night.settings)
        assert job.stem is not None
        plan = planned(job, night.settings, mode=night.mode, left_of=lambda job, fingerprint: Left(frozenset()))
        before = {name: content for name, (content, _) in night.files().items() if "/" not in name}
        keeps_all = plan.action in (PlannedAction.NONE, PlannedAction.KEPT)
        assert night.one().state is (State.UNCHANGED if keeps_all else State.WRITTEN) or (
            plan.action in (PlannedAction.BESIDE, PlannedAction.COMPLETE, PlannedAction.REPLACE, PlannedAction.CHANGED)
        )
        after = {name: content for name, (content, _) in night.files().items() if "/" not in name}
        assert LAWS[plan.action](job.stem, before, after), (plan.action, sorted(before), written(before, after))


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", [(), ("run",), ("run", "edit"), ("run", "no draft"), ("run", "edit", "force")])
def test_a_line_holds_after_any_event(state: tuple[str, ...], event: str) -> None:
    assert_line_holds((*state, event))


@given(st.lists(st.sampled_from(sorted(EVENTS)), max_size=9))
@settings(max_examples=30)
def test_a_line_holds_after_any_events(events: list[str]) -> None:
    assert_line_holds(events)


@pytest.mark.parametrize("is_synced", [False, True])
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"doubts": "50%"}, "edited, so its doubts stay those of --doubts 10%"),
        ({"docx_times": "none"}, ""),
        ({"transcript_url": "https://example.org/t"}, ""),
        ({"clock_minutes": 59}, ""),
        ({"doubts": "50%", "clock_minutes": 59}, "edited, so its doubts stay those of --doubts 10%"),
    ],
)
def test_what_changes_no_text_of_an_edited_draft_writes_nothing_and_the_line_says_so(
    tmp_path: Path, changes: dict[str, object], told: str, *, is_synced: bool
) -> None:
    desk, path = Desk(tmp_path), tone(tmp_path / "a.wav")
    desk.one(path)
    draft = tmp_path / "drafts/a.md"
    draft.write_text(draft.read_text().replace("Thank", "Thanks"))
    if is_synced:
        sync(draft)
    before = desk.drafts()
    line, *others = desk.forecast(path, **changes)
    assert line == f"{path}: the edited draft stays as it is, and nothing is written"
    result = desk.one(path, **changes)
    assert (result.state, result.kept[:1], desk.drafts()) == (State.UNCHANGED, (draft,), before)
    assert others == [warning for warning in result.warnings if "--doubts" in warning]
    assert [told in other for other in others] == [True] * bool(told)
    for file in (tmp_path / "cache").rglob("*"):
        file.unlink(missing_ok=True) if file.is_file() else None
    line = desk.forecast(path, **changes, beam_size=2)[0]
    assert line.endswith("; the edited draft stays; if the new text is another, it is written next to it")


@pytest.mark.parametrize("is_edited", [False, True])
@pytest.mark.parametrize("damage", ["gone", "damaged"])
def test_a_draft_without_its_timed_transcript_gets_that_and_stays(tmp_path: Path, damage: str, is_edited: bool) -> None:
    desk, path = Desk(tmp_path), tone(tmp_path / "a.wav")
    desk.one(path)
    draft, record = tmp_path / "drafts/a.md", tmp_path / "drafts/a.json"
    if is_edited:
        draft.write_text(draft.read_text().replace("Thank", "Thanks"))
    record.unlink() if damage == "gone" else record.write_text('{"schema": 1, "epis')
    text = draft.read_bytes()
    [line] = desk.forecast(path)
    assert line.endswith(
        ": to be written again from cached results; the draft stays and gets its timed transcript; if it is another "
        "text, the new one is written next to it"
    )
    desk.one(path)
    assert (draft.read_bytes(), record.is_file(), (tmp_path / "drafts/a.new.md").exists()) == (text, True, False)
    draft.write_text("**Zoe**: Nothing of the kind was ever said by anybody.\n")
    record.unlink()
    assert desk.forecast(path) == [line]
    desk.one(path)
    assert (record.exists(), (tmp_path / "drafts/a.new.md").is_file()) == (False, True)


def test_a_timed_transcript_that_cannot_be_read_is_no_changed_setting(tmp_path: Path) -> None:
    desk, path = Desk(tmp_path), tone(tmp_path / "a.wav")
    desk.one(path)
    (tmp_path / "drafts/a.md").unlink()
    (tmp_path / "drafts/a.json").write_text('{"schema": 1, "epis')
    for file in (tmp_path / "cache").rglob("*"):
        file.unlink(missing_ok=True) if file.is_file() else None
    line = desk.forecast(path)[0]
    assert line.endswith(
        ": to be transcribed again: its timed transcript cannot be read, and the cached results are missing"
    )


@pytest.mark.parametrize("name", ["a.md", "a.json", "a.vtt"])
@pytest.mark.parametrize("kind", ["folder", "pipe"])
@pytest.mark.parametrize("is_done", [False, True])
def test_a_file_that_cannot_be_written_fails_the_dry_run_as_the_run(
    tmp_path: Path, name: str, kind: str, is_done: bool
) -> None:
    setup = Setup(Settings(output=str(tmp_path / "drafts"), formats=("md", "json", "vtt")), quick, tmp_path / "cache")
    path = tone(tmp_path / "a.wav")
    jobs, _ = select_jobs([str(path)], setup.settings)

    def results() -> list[Result]:
        with in_this_process(ignore_progress) as pool:
            return list(run(jobs, setup, pool=pool))

    if is_done:
        results()
        (tmp_path / "drafts" / name).unlink()
    (tmp_path / "drafts").mkdir(exist_ok=True)
    put_in_place_of(tmp_path / "drafts" / name, kind)
    told = [each for each in forecast(jobs, setup) if isinstance(each, Result)]
    found = results()
    assert [(each.state, each.error, each.stage) for each in told] == [
        (each.state, each.error, each.stage) for each in found
    ]
    assert [each.state for each in found] == [State.FAILED]


def test_what_is_recognised_already_is_said_and_not_counted_again(tmp_path: Path) -> None:
    """Of forty chunks, in blocks of sixteen, the last block's result is lost."""
    stages = quick
    setup = Setup(Settings(output=str(tmp_path / "drafts")), stages, tmp_path / "cache")
    path = tone(tmp_path / "a.wav", seconds=40.0)
    jobs, _ = select_jobs([str(path)], setup.settings)

    def lines() -> list[str]:
        return [line for line in forecast(jobs, setup) if isinstance(line, str)]

    def blocks() -> list[str]:
        log = (tmp_path / "log").read_text().splitlines()
        return [line.split(" of ")[0] for line in log if line.startswith("block")]

    before = set((tmp_path / "cache").rglob("*"))
    with in_this_process(ignore_progress) as pool:
        list(run(jobs, setup, pool=pool))
    assert before == set()
    assert blocks() == ["block 0", "block 16", "block 32"]
    for file in (tmp_path / "drafts").glob("a.*"):
        file.unlink()
    lost = [file for file in (tmp_path / "cache").rglob("*") if file.is_file() and b"32-0" in file.read_bytes()]
    assert lost, "the words of the third block"
    for file in lost:
        file.unlink()
    assert lines()[0] == f"{path}: to be transcribed: 66 % of it is recognised already"
    (tmp_path / "log").unlink()
    with in_this_process(ignore_progress) as pool:
        list(run(jobs, setup, pool=pool))
    assert blocks() == ["block 32"]


@given(st.floats(0, 1), st.sets(st.sampled_from(sorted(STAGES - {Stage.RECOGNIZE}))))
def test_the_more_is_recognised_the_less_is_left(recognised: float, others: set[Stage]) -> None:
    missing = frozenset({Stage.RECOGNIZE, *others})
    plan = Planned(PlannedAction.NEW, Left(missing, recognised))
    nothing = replace(plan, left=Left(missing))
    assert 0.0 < plan.share <= nothing.share == 1.0
    assert str(plan).startswith(str(nothing))
