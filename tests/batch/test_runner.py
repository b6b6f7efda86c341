"""What a run writes, what it repeats, and what a failure costs."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from audio.episode import Episode
from output.errors import OutputError
from tests.support.batch_desk import Desk
from tests.support.scripted_stages import A_SOUNDS, ScriptedStages, tone
from tests.support.unprivileged import folder_for_all, unprivileged
from transcribe.batch.planning import Job, planned, select_jobs
from transcribe.batch.report import NullListener, Result, State
from transcribe.batch.runner import Setup, run
from transcribe.pipeline.progress import ignore_progress
from transcribe.speakers.voiceprints import Sample, Voiceprint
from transcribe.transcript import Transcript
from transcribe.workers.local import in_this_process


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
    assert planned(select_jobs([str(path)], desk.settings())[0][0], desk.settings()).action == "unchanged"
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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes of files")
def test_a_recording_without_permission_is_a_failure_also_in_a_folder() -> None:
    """Left out with exit code 0 it would be missing for months: cron mails only what fails."""
    with folder_for_all() as folder:
        Desk(folder).run(tone(folder / "a.wav"))
        tone(folder / "b.wav", hertz=550).chmod(0)
        (folder / "locked").mkdir(mode=0)
        (folder / "c.wav").symlink_to(folder / "locked" / "c.wav")
        with unprivileged():
            report = Desk(folder).run(folder)
        assert [(Path(result.source).name, result.state) for result in report.results] == [
            ("a.wav", State.UNCHANGED),
            ("b.wav", State.FAILED),
            ("c.wav", State.FAILED),
        ]
        assert all("cannot be read (Permission denied); check the name and" in result.error for result in report.failed)
        assert report.exit_code == 1


def test_a_download_that_fails_is_counted_in_the_progress_too(desk: Desk) -> None:
    """Else a run that is over would have shown one episode fewer than there are."""

    class Counting(NullListener):
        def ended(self, number: int | None, result: Result) -> None:
            counted.append((number, result.state))

    counted: list[tuple[int | None, State]] = []
    here, _ = select_jobs([str(tone(desk.folder / "a.wav"))], desk.settings())
    gone = Job("Gone", Episode("Gone", audio_url="http://127.0.0.1:9/gone.mp3"), None)
    setup = Setup(desk.settings(allow_http=True), desk.stages, desk.folder / "cache")
    with in_this_process(ignore_progress) as pool:
        results = list(run([gone, *here], setup, pool=pool, listener=Counting()))
    assert len(results) == 2
    assert sorted(counted, key=str) == [(1, State.WRITTEN), (None, State.FAILED)]


def test_a_defect_costs_its_own_episode_too(desk: Desk) -> None:
    class Defective(ScriptedStages):
        def diarize(self, audio: object, **rest: object) -> NoReturn:
            raise ZeroDivisionError("of course")

    desk.stages = Defective()
    result = desk.one(tone(desk.folder / "a.wav"))
    assert result.state is State.FAILED
    assert "unexpected ZeroDivisionError" in result.error


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
