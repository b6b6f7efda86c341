"""The law of repeated runs: the same command twice, and the second time nothing is written and it says so.

Events happen to the folder in any order: edits, other audio, other releases, files deleted, renamed or foreign.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.scripted_stages import SAID, ScriptedStages, tone
from transcribe.batch.mode import Mode
from transcribe.batch.planned import PlannedAction
from transcribe.batch.planning import planned, select_jobs
from transcribe.batch.report import Report, Result, State
from transcribe.batch.runner import Setup, run
from transcribe.pipeline.progress import ignore_progress
from transcribe.settings import Settings
from transcribe.transcript import Transcript
from transcribe.transcript_warnings import LOSSES, TranscriptWarning, WarningCode
from transcribe.workers.local import in_this_process


class Night:
    """A folder with a recording `talk.wav`, its drafts and a cache, and the command that runs over it every night."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.drafts = folder, folder / "drafts"
        self.said, self.settings, self.mode = SAID, Settings(output=str(folder / "drafts")), Mode()
        self.audio = tone(folder / "talk.wav")

    def run(self) -> Report:
        stages = ScriptedStages(said=self.said)
        jobs, failures = select_jobs([str(self.audio)], self.settings)
        # the cache holds what was said in each recording; other words are another release's
        setup = Setup(self.settings, stages, self.folder / f"cache {self.said}", mode=self.mode)
        with in_this_process(ignore_progress) as pool:
            return Report((*failures, *run(jobs, setup, pool=pool)))

    def one(self) -> Result:
        (result,) = self.run().results
        return result

    def action(self) -> PlannedAction:
        (job,), _ = select_jobs([str(self.audio)], self.settings)
        return planned(job, self.settings).action

    def files(self) -> dict[str, tuple[bytes, int]]:
        """Everything in the folder of drafts, with the times of writing."""
        found = (path for path in self.drafts.rglob("*") if path.is_file() and path.suffix != ".lock")
        return {str(path.relative_to(self.drafts)): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}

    def edit(self, name: str = "talk.md") -> None:
        draft = self.drafts / name
        if draft.is_file():
            draft.write_text(draft.read_text().replace("Thank you", "Thank you very much", 1) + "\nMine.\n")

    def other_audio(self) -> None:
        """Other bytes with the same words: a tag was changed, or the file was encoded again."""
        with self.audio.open("ab") as file:
            file.write(b"LIST" + bytes([len(self.audio.read_bytes()) % 250]) * 8)

    def other_words(self) -> None:
        self.said = f"{self.said} Again."
        self.other_audio()

    def older_release(self) -> None:
        """The records are those of an older release."""
        for path in self.drafts.glob("*.json"):
            try:
                before = Transcript.from_json(path.read_text())
            except Exception:  # noqa: BLE001 - a foreign file
                continue
            path.write_text(replace(before, made_with=replace(before.made_with, turnscript="0.0.9")).to_json())

    def delete(self, name: str) -> None:
        (self.drafts / name).unlink(missing_ok=True)

    def rename_draft(self) -> None:
        if (self.drafts / "talk.md").exists():
            (self.drafts / "talk.md").rename(self.drafts / "my talk.md")

    def move_audio(self) -> None:
        folder = self.audio.parent / "moved"
        folder.mkdir()
        self.audio = self.audio.rename(folder / "talk.wav")

    def put(self, name: str, text: str) -> None:
        self.drafts.mkdir(exist_ok=True)
        (self.drafts / name).write_text(text)

    def set(self, **changes: object) -> None:
        self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]


Event = Callable[[Night], object]
EVENTS: dict[str, Event] = {
    "run": Night.run,
    "edit": Night.edit,
    "edit the new draft": lambda night: night.edit("talk.new.md"),
    "edit the captions": lambda night: night.put("talk.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nmine\n"),
    "other bytes": Night.other_audio,
    "other words": Night.other_words,
    "an older release": Night.older_release,
    "no JSON": lambda night: night.delete("talk.json"),
    "no draft": lambda night: night.delete("talk.md"),
    "no captions": lambda night: night.delete("talk.vtt"),
    "no new draft": lambda night: night.delete("talk.new.md"),
    "no new JSON": lambda night: night.delete("talk.new.json"),
    "the draft renamed": Night.rename_draft,
    "the audio moved": Night.move_audio,
    "a foreign draft": lambda night: night.put("talk.md", "typed by hand\n"),
    "a foreign JSON": lambda night: night.put("talk.json", '{"title": "of another program"}'),
    "a damaged JSON": lambda night: night.put("talk.json", '{"schema": 1, "epis'),
    "captions wanted": lambda night: night.set(formats=("md", "json", "vtt")),
    "only JSON wanted": lambda night: night.set(formats=("json",)),
    "other width": lambda night: night.set(wrap=100 - night.settings.wrap),
    "other names": lambda night: night.set(speakers="" if night.settings.speakers else "Zoe,Ada"),
    "other doubts": lambda night: night.set(doubts="50%" if night.settings.doubts == "10%" else "10%"),
    "other documents": lambda night: night.set(docx_times="none" if night.settings.docx_times == "text" else "text"),
    "rarer times": lambda night: night.set(clock_minutes=60 - night.settings.clock_minutes),  # the talk has seconds
    "force": lambda night: setattr(night, "mode", Mode(force=not night.mode.force)),
    "fresh": lambda night: setattr(night, "mode", Mode(ignore_cache=not night.mode.ignore_cache)),
}


def assert_second_run_writes_nothing(events: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        night = Night(Path(folder).resolve())
        for event in events:
            EVENTS[event](night)
        first = night.one()
        assert first.state is not State.FAILED
        before = night.files()
        second = night.one()
        assert second.state is State.UNCHANGED
        assert [path for path in second.paths if path.suffix != ".vtt"] == [
            path for path in first.paths if path.suffix != ".vtt"
        ]
        assert night.files() == before
        if night.mode == Mode():
            assert night.action() is PlannedAction.NONE


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", [(), ("run",), ("run", "edit"), ("run", "edit", "other words", "run")])
def test_the_second_run_writes_nothing_after_any_event(state: tuple[str, ...], event: str) -> None:
    assert_second_run_writes_nothing((*state, event))


@given(st.lists(st.sampled_from(sorted(EVENTS)), max_size=9))
@settings(max_examples=30)
def test_the_second_run_writes_nothing_after_any_events(events: list[str]) -> None:
    assert_second_run_writes_nothing(events)


@pytest.fixture
def night(tmp_path: Path) -> Night:
    night = Night(tmp_path)
    night.one()
    night.edit()
    return night


@pytest.mark.parametrize("event", ["other bytes", "an older release", "run"])
def test_an_edited_draft_with_nothing_new_is_unchanged_at_once(night: Night, event: str) -> None:
    before = {name: night.files()[name] for name in ("talk.md",)}
    EVENTS[event](night)
    assert night.one().state is State.UNCHANGED
    assert {name: night.files()[name] for name in ("talk.md",)} == before
    assert "talk.new.md" not in night.files()
    assert night.action() is PlannedAction.NONE, "and nothing is recognised the next night"


def test_a_reading_that_differs_is_written_next_to_an_edited_draft_once(night: Night) -> None:
    night.other_words()
    first = night.one()
    assert (first.state, [path.name for path in first.paths]) == (State.WRITTEN, ["talk.new.md", "talk.new.json"])
    assert night.one().state is State.UNCHANGED


def test_a_foreign_json_stays(tmp_path: Path) -> None:
    night = Night(tmp_path)
    night.put("talk.json", '{"title": "of another program"}')
    result = night.one()
    assert [path.name for path in result.paths] == ["talk.new.md", "talk.new.json"]
    assert "talk.json was not written by turnscript and is not overwritten" in result.warnings[-1]
    assert json.loads(night.files()["talk.json"][0]) == {"title": "of another program"}


def test_a_damaged_record_is_kept_as_a_backup(tmp_path: Path) -> None:
    night = Night(tmp_path)
    night.put("talk.json", '{"schema": 1, "epis')
    assert "talk.json.bak" in night.one().warnings[-1]
    assert night.files()["talk.json.bak"][0] == b'{"schema": 1, "epis'


def test_moved_audio_of_an_edited_draft_is_recorded(night: Night) -> None:
    night.move_audio()
    assert night.one().state is State.WRITTEN
    assert "moved/talk.wav" in str(json.loads(night.files()["talk.json"][0])["episode"])


def test_what_could_not_be_read_is_said_by_every_run(tmp_path: Path) -> None:
    """A draft that ends where the file was cut looks complete; only the warning says that it is not."""
    night = Night(tmp_path)
    tone(night.audio, seconds=10.0)
    night.audio.write_bytes(night.audio.read_bytes()[:200_000])
    first, again = night.one(), night.one()
    assert (first.state, again.state) == (State.WRITTEN, State.UNCHANGED)
    (cut,) = (warning for warning in first.warnings if "could be read" in warning)
    assert again.warnings == (cut,)
    assert again.with_source == {cut}
    night.edit()
    assert night.one().warnings == (cut,)


@pytest.mark.parametrize("edited", [False, True])
def test_of_the_warnings_of_a_transcript_those_about_losses_are_said_again(tmp_path: Path, edited: bool) -> None:
    """The others are about what an editor sees in the draft."""
    night = Night(tmp_path)
    night.one()
    path = night.drafts / "talk.json"
    given = tuple(TranscriptWarning(code, f"about {code}") for code in WarningCode)
    path.write_text(replace(Transcript.from_json(path.read_text()), warnings=given).to_json())
    if edited:
        night.edit()
    again = night.one()
    assert again.state is State.UNCHANGED
    assert set(again.warnings) == {f"about {code}" for code in LOSSES}
    assert json.loads(Report((again,)).to_json())["episodes"][0]["warnings"] == list(again.warnings)
