"""Many episodes: what is planned, what a failure costs, how edited drafts are protected."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from audio.disk import sha256_of
from audio.episode import Episode
from output.errors import OutputError
from tests.support.scripted_stages import A_SOUNDS, ScriptedStages, tone
from transcribe.batch.planning import Mode, PlannedAction, planned_action, select_jobs, states
from transcribe.batch.report import Report, Result, State
from transcribe.batch.runner import Setup, run
from transcribe.pipeline.progress import ignore_progress
from transcribe.settings import Settings
from transcribe.speakers.voiceprints import Sample, Voiceprint
from transcribe.transcript import Transcript
from transcribe.workers.local import in_this_process


class Desk:
    """A folder with recordings, drafts and a cache, and the way to run over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stages = ScriptedStages()

    def settings(self, **changes: object) -> Settings:
        values = {"output": str(self.folder / "drafts"), "formats": ("md", "json"), **changes}
        return Settings(**values)  # type: ignore[arg-type]

    def run(self, *sources: Path, force: bool = False, ignore_cache: bool = False, **changes: object) -> Report:
        settings = self.settings(**changes)
        jobs, failures = select_jobs([str(source) for source in sources], settings)
        setup = Setup(settings, self.stages, self.folder / "cache", mode=Mode(force=force, ignore_cache=ignore_cache))
        with in_this_process(ignore_progress) as pool:
            return Report((*failures, *run(jobs, setup, pool=pool)))

    def one(self, source: Path, **changes: object) -> Result:
        (result,) = self.run(source, **changes).results  # type: ignore[arg-type]
        return result

    def drafts(self) -> dict[str, tuple[bytes, int]]:
        """Name → contents and time of writing of every file there."""
        return {
            p.name: (p.read_bytes(), p.stat().st_mtime_ns)
            for p in sorted((self.folder / "drafts").iterdir())
            if p.is_file()
        }


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_draft_and_its_timed_transcript(desk: Desk) -> None:
    result = desk.one(tone(desk.folder / "a.wav"))
    assert result.state is State.WRITTEN
    assert [path.name for path in result.paths] == ["a.md", "a.json"]
    assert "**Ada**: I'm Ada. Who are you?" in result.paths[0].read_text()
    transcript = Transcript.from_json(result.paths[1].read_text())
    assert [turn.speaker for turn in transcript.turns] == ["S1", "S2", "S1"]
    assert (desk.folder / "drafts" / str(transcript.episode.path)).resolve() == desk.folder / "a.wav"


def test_an_unchanged_episode_is_not_written_again(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    before = desk.drafts()
    assert planned_action(select_jobs([str(path)], desk.settings())[0][0], desk.settings()) == "unchanged"
    shutil.rmtree(desk.folder / "cache")  # the record is next to the draft
    result = desk.one(path)
    assert (result.state, [p.name for p in result.paths]) == (State.UNCHANGED, ["a.md", "a.json"])
    assert desk.drafts() == before
    assert sorted(desk.stages.calls) == ["diarize", "recognize"]


@pytest.mark.parametrize("change", [{"wrap": 20}, {"host": "Zoe", "speakers": "Zoe,Ada"}, {"labels": "name"}])
def test_a_changed_setting_changes_the_draft(desk: Desk, change: dict[str, object]) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    before = desk.drafts()
    result = desk.one(path, **change)
    assert result.state is State.WRITTEN
    assert sorted(desk.drafts()) == ["a.json", "a.md"]
    assert desk.drafts()["a.md"][0] != before["a.md"][0]


def test_a_missing_format_is_made_from_cached_results(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    result = desk.one(path, formats=("md", "json", "srt"))
    assert [p.name for p in result.paths] == ["a.md", "a.json", "a.srt"]
    assert sorted(desk.stages.calls) == ["diarize", "recognize"]


def edit(desk: Desk) -> bytes:
    draft = desk.folder / "drafts" / "a.md"
    draft.write_text(draft.read_text().replace("Grace", "Grace Hopper"))
    return draft.read_bytes()


def test_an_edited_draft_is_never_overwritten(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    edited, timed = edit(desk), desk.drafts()["a.json"]
    assert desk.one(path).state is State.UNCHANGED
    result = desk.one(path, wrap=20)
    assert [p.name for p in result.paths] == ["a.new.md", "a.new.json"]
    both = " ".join(str(desk.folder / "drafts" / name) for name in ("a.md", "a.new.md"))
    assert result.warnings[-1].endswith(f"to compare: diff -u {both}; to merge: transcribe merge {both}")
    assert desk.drafts()["a.md"][0] == edited
    assert desk.drafts()["a.json"] == timed
    assert json.loads(desk.drafts()["a.new.json"][0])["made_with"]["outputs"].keys() == {"a.new.md"}


def test_an_edit_of_the_new_draft_next_to_an_edited_one_is_not_overwritten_either(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    edit(desk)
    desk.one(path, wrap=20)
    new_draft = desk.folder / "drafts" / "a.new.md"
    new_draft.write_text("my own")
    desk.one(path, wrap=25)
    assert new_draft.read_text() == "my own"
    assert "a.new.new.md" in desk.drafts()


def test_a_draft_written_next_to_an_edited_one_does_not_replace_another_recording(desk: Desk) -> None:
    talk, other = tone(desk.folder / "talk.wav"), tone(desk.folder / "talk.new.wav", hertz=550)
    desk.run(talk, other)
    draft = desk.folder / "drafts" / "talk.md"
    draft.write_text("my own")
    before = desk.drafts()
    for _ in range(2):
        result = desk.one(talk, wrap=20)
        assert [path.name for path in result.paths] == ["talk.new2.md", "talk.new2.json"]
        assert {name: desk.drafts()[name] for name in before} == before
    assert desk.one(other).state is State.UNCHANGED


def test_nor_one_of_a_recording_later_in_the_same_run(desk: Desk) -> None:
    talk, other = tone(desk.folder / "talk.wav"), tone(desk.folder / "talk.NEW.wav", hertz=550)
    (desk.folder / "drafts").mkdir()
    (desk.folder / "drafts" / "talk.md").write_text("my own")
    paths = [path.name for result in desk.run(talk, other).results for path in result.paths]
    assert paths == ["talk.new2.md", "talk.new2.json", "talk.NEW.md", "talk.NEW.json"]


def test_an_equal_draft_is_not_written_next_to_an_edited_one(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    edited, timed = edit(desk), desk.drafts()["a.json"]
    result = desk.one(path, ignore_cache=True, formats=("md", "json", "srt"))
    assert sorted(desk.drafts()) == ["a.json", "a.md", "a.srt"]
    assert desk.drafts()["a.md"][0] == edited
    assert desk.drafts()["a.json"] == timed
    assert "a.srt has the text of a.json; to update both after an edit: transcribe sync" in result.warnings[-1]


def test_the_suggested_commands_quote_the_names_of_drafts(desk: Desk) -> None:
    path, draft = tone(desk.folder / "a talk.wav"), desk.folder / "drafts" / "a talk.md"
    desk.one(path)
    draft.write_text(draft.read_text().replace("Grace", "Grace Hopper"))
    assert desk.one(path, formats=("md", "json", "srt")).warnings[-1].endswith(f": transcribe sync '{draft}'")
    (desk.folder / "drafts" / "a talk.json").unlink()
    assert desk.one(path).warnings[-1].endswith(f": transcribe sync '{draft}'")


def test_an_edit_is_safe_whatever_formats_are_requested(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    edited, timed = edit(desk), desk.drafts()["a.json"]
    result = desk.one(path, formats=("json", "vtt"), host="Zed", speakers="Zed,Ada")
    assert [p.name for p in result.paths] == ["a.new.md", "a.new.json", "a.new.vtt"]
    assert desk.drafts()["a.md"][0] == edited
    assert desk.drafts()["a.json"] == timed


def test_files_of_earlier_formats_are_updated_too(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path, formats=("md", "json", "vtt"))
    result = desk.one(path, formats=("md",), speakers="Zed,Ada")
    assert [p.name for p in result.paths] == ["a.md"]
    assert b"<v Zed>" in desk.drafts()["a.vtt"][0]
    assert b'"Zed"' in desk.drafts()["a.json"][0]
    assert desk.one(path, formats=("md",), labels="name").state is State.WRITTEN
    assert desk.one(path).state is State.WRITTEN
    assert sorted(desk.drafts()) == ["a.json", "a.md", "a.vtt"]


def test_force_keeps_the_edited_draft_as_a_backup(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    machine = desk.drafts()["a.md"][0]
    edited = edit(desk)
    desk.one(path, force=True)
    assert desk.drafts()["a.md"][0] == machine
    assert desk.drafts()["a.md.bak"][0] == edited


@pytest.mark.parametrize(
    "text", ["typed by hand", "**Zoe**: Ships lay in every harbour of that coast, and none of them had a pool.\n"]
)
def test_a_draft_without_a_record_counts_as_edited(desk: Desk, text: str) -> None:
    (desk.folder / "drafts").mkdir()
    (desk.folder / "drafts" / "a.md").write_text(text)
    result = desk.one(tone(desk.folder / "a.wav"))
    assert [path.name for path in result.paths] == ["a.new.md", "a.new.json"]
    assert desk.drafts()["a.md"][0] == text.encode()
    assert "a.json" not in desk.drafts()


def test_an_unknown_format_is_refused_before_any_work(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    with pytest.raises(OutputError, match="format: pdf cannot be written; choose from md, json"):
        desk.run(path, formats=("md", "pdf"))
    assert [file.name for file in desk.folder.iterdir()] == ["a.wav"]


def test_a_failure_costs_its_own_episode(desk: Desk) -> None:
    (desk.folder / "b.mp3").write_text("text in audio's clothing")
    report = desk.run(
        tone(desk.folder / "a.wav"), desk.folder / "b.mp3", desk.folder / "missing.mp3", tone(desk.folder / "c.wav")
    )
    assert {Path(r.source).name: r.state for r in report.results} == {
        "a.wav": State.WRITTEN,
        "b.mp3": State.FAILED,
        "missing.mp3": State.FAILED,
        "c.wav": State.WRITTEN,
    }
    assert report.exit_code == 1
    assert report.summary == "2 written, 2 failed"
    assert all("\n" not in result.error for result in report.failed)
    assert sorted(desk.drafts()) == ["a.json", "a.md", "c.json", "c.md"]


def test_an_unreadable_recording_costs_only_itself_although_its_name_is_taken(desk: Desk) -> None:
    memory = Path("/proc/self/mem")  # a regular file that not even root can read from its start
    if not memory.is_file():
        pytest.skip("this system has no /proc")
    desk.one(tone(desk.folder / "mem.wav"))
    (desk.folder / "b").mkdir()
    (desk.folder / "b" / "mem.wav").symlink_to(memory)
    before = desk.drafts()
    report = desk.run(desk.folder / "b" / "mem.wav", tone(desk.folder / "b" / "talk.wav", hertz=550))
    assert [(Path(result.source).name, result.state) for result in report.results] == [
        ("mem.wav", State.FAILED),
        ("talk.wav", State.WRITTEN),
    ]
    assert "mem.wav: cannot be read" in report.results[0].error
    assert {name: desk.drafts()[name] for name in before} == before
    assert states([Episode.of_file(desk.folder / "b" / "mem.wav")], desk.settings()) == ["fetched"]


def test_an_unreadable_draft_counts_as_edited(desk: Desk) -> None:
    if not Path("/proc/self/mem").is_file():
        pytest.skip("this system has no /proc")
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    draft = desk.folder / "drafts" / "a.md"
    draft.unlink()
    draft.symlink_to("/proc/self/mem")
    assert (
        planned_action(select_jobs([str(path)], desk.settings())[0][0], desk.settings(wrap=20)) is PlannedAction.BESIDE
    )
    assert [each.name for each in desk.one(path, wrap=20).paths] == ["a.new.md", "a.new.json"]
    assert draft.is_symlink()


def test_a_defect_costs_its_own_episode_too(desk: Desk) -> None:
    class Defective(ScriptedStages):
        def diarize(self, audio: object, **rest: object) -> NoReturn:
            raise ZeroDivisionError("of course")

    desk.stages = Defective()
    result = desk.one(tone(desk.folder / "a.wav"))
    assert result.state is State.FAILED
    assert "unexpected ZeroDivisionError" in result.error


def test_two_recordings_with_one_name_stay_separate_in_this_run_and_the_next(desk: Desk) -> None:
    for folder, hertz in (("x", 440), ("y", 550)):
        (desk.folder / folder).mkdir()
        tone(desk.folder / folder / "talk.wav", hertz=hertz)
    sources = (desk.folder / "x" / "talk.wav", desk.folder / "y" / "talk.wav")
    names = [["talk.md", "talk.json"], ["talk-2.md", "talk-2.json"]]
    assert [[p.name for p in r.paths] for r in desk.run(*sources).results] == names
    again = desk.run(*sources)
    assert [[p.name for p in r.paths] for r in again.results] == names
    assert {result.state for result in again.results} == {State.UNCHANGED}
    assert [p.name for p in desk.one(sources[1]).paths] == names[1]


def test_a_recording_that_moved_keeps_its_draft_and_another_does_not_get_it(desk: Desk) -> None:
    for folder, hertz in (("x", 440), ("q", 550)):
        (desk.folder / folder).mkdir()
        tone(desk.folder / folder / "talk.wav", hertz=hertz)
    desk.one(desk.folder / "x" / "talk.wav")
    (desk.folder / "x").rename(desk.folder / "z")
    assert [p.name for p in desk.one(desk.folder / "z" / "talk.wav").paths] == ["talk.md", "talk.json"]
    assert b'"../z/talk.wav"' in desk.drafts()["talk.json"][0]
    assert [p.name for p in desk.one(desk.folder / "q" / "talk.wav").paths] == ["talk-2.md", "talk-2.json"]


def test_a_linked_folder_of_drafts_keeps_recordings_separate_too(desk: Desk) -> None:
    for folder, hertz in (("x", 440), ("y", 550), ("deep/er/drafts", 1)):
        (desk.folder / folder).mkdir(parents=True)
        tone(desk.folder / folder / "talk.wav", hertz=hertz)
    (desk.folder / "drafts").symlink_to(desk.folder / "deep" / "er" / "drafts")
    for folder in ("x", "y"):
        desk.one(desk.folder / folder / "talk.wav")
    assert {"talk.md", "talk-2.md"} <= desk.drafts().keys()


def test_one_recording_named_twice_is_one_job(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    assert len(desk.run(path, path, desk.folder).results) == 1


def test_a_folder_without_write_permission_is_named(desk: Desk) -> None:
    (desk.folder / "drafts").write_text("a file, not a folder")
    result = desk.one(tone(desk.folder / "a.wav"))
    assert result.state is State.FAILED
    assert "drafts" in result.error


def test_a_moved_glossary_does_not_repeat_name_recovery(desk: Desk) -> None:
    path, names = tone(desk.folder / "a.wav"), desk.folder / "names.txt"
    names.write_text("Grace Hopper\n")
    desk.one(path, glossary=str(names))
    moved = names.rename(desk.folder / "people.txt")
    assert desk.one(path, glossary=str(moved)).state is State.UNCHANGED
    shutil.rmtree(desk.folder / "drafts")
    assert desk.one(path, glossary=str(moved)).state is State.WRITTEN
    assert desk.stages.calls.count("rehear") == 1
    moved.write_text("Grace Murray\n")
    assert desk.one(path, glossary=str(moved)).state is State.WRITTEN
    assert desk.stages.calls.count("rehear") == 2


def test_a_new_voiceprint_names_its_speaker_in_an_earlier_transcript(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    assert "Grace" in desk.one(path).named[1]
    jobs, _ = select_jobs([str(path)], desk.settings())

    def rerun(*voices: Voiceprint) -> Result:
        setup = Setup(desk.settings(), desk.stages, desk.folder / "cache", voices=voices)
        with in_this_process(ignore_progress) as pool:
            (result,) = run(jobs, setup, pool=pool)
        return result

    zoe = Voiceprint("Zoe", (Sample("z.wav", 10.0, A_SOUNDS),))
    result = rerun(zoe)
    assert result.state is State.WRITTEN
    assert "**Zoe**: I'm Ada." in result.paths[0].read_text()
    assert "Zoe (matches the enrolled voice" in result.named[0]
    assert desk.stages.calls.count("diarize") == desk.stages.calls.count("recognize") == 1  # from cached results
    assert rerun(zoe).state is State.UNCHANGED
    assert rerun().state is State.WRITTEN  # and taken off file again
    assert "**Ada**" in result.paths[0].read_text()
    result.paths[0].write_text(result.paths[0].read_text() + "\nMine.\n")
    assert rerun(zoe).state is State.UNCHANGED  # an editor has seen to the names


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the recordings that are hashed, in order."""
    names: list[str] = []

    def count(path: Path) -> str:
        names.extend([path.name] if path.suffix == ".wav" else [])
        return sha256_of(path)

    for module in ("audio.fingerprint", "transcribe.drafts.records"):
        monkeypatch.setattr(f"{module}.sha256_of", count)
    return names


def test_a_recording_is_hashed_once(desk: Desk, hashed: list[str]) -> None:
    assert desk.one(tone(desk.folder / "a.wav")).state is State.WRITTEN
    assert hashed == ["a.wav"]


def test_a_moved_recording_is_hashed_once(desk: Desk, hashed: list[str]) -> None:
    path = tone(desk.folder / "talk.wav")
    desk.one(path)
    hashed.clear()
    (desk.folder / "moved").mkdir()
    moved = path.rename(desk.folder / "moved" / "talk.wav")
    (job,), _ = select_jobs([str(moved)], desk.settings())
    assert planned_action(job, desk.settings()) is PlannedAction.CHANGED
    assert hashed == ["talk.wav"]
    hashed.clear()
    assert [path.name for path in desk.one(moved).paths] == ["talk.md", "talk.json"]
    assert hashed == ["talk.wav"]


def test_a_recording_with_a_new_draft_next_to_an_edited_one_is_hashed_once(desk: Desk, hashed: list[str]) -> None:
    talk, other = tone(desk.folder / "talk.wav"), tone(desk.folder / "talk.new.wav", hertz=550)
    desk.run(talk, other)
    (desk.folder / "drafts" / "talk.md").write_text("my own")
    hashed.clear()
    assert desk.one(talk, wrap=20).paths[0].name == "talk.new2.md"
    assert hashed == ["talk.wav"]
