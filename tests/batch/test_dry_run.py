"""A dry run: what would be done with each episode, and about how long it takes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.decoding.probe import stated_length
from tests.support.faulty_stages import quick
from tests.support.scripted_stages import ScriptedStages, tone
from transcribe.batch.dry_run import ASSUMED_SPEED, forecast, note_speed
from transcribe.batch.mode import Mode
from transcribe.batch.planned import STAGES, Left, Planned, PlannedAction
from transcribe.batch.planning import select_jobs
from transcribe.batch.report import Report, Result, State, Tally
from transcribe.batch.runner import Setup, run
from transcribe.pipeline.progress import ignore_progress
from transcribe.settings import Settings, Stage
from transcribe.workers.local import in_this_process


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return with_settings(tmp_path)


def with_settings(folder: Path, **changes: object) -> Setup:
    settings = Settings(output=str(folder / "drafts"), **changes)  # type: ignore[arg-type]
    return Setup(settings, quick, folder / "cache")


def done(path: Path, setup: Setup) -> None:
    jobs, _ = select_jobs([str(path)], setup.settings)
    with in_this_process(ignore_progress) as pool:
        assert [result.state for result in run(jobs, setup, pool=pool)] == [State.WRITTEN]


def forecast_lines(path: Path, setup: Setup) -> list[str]:
    jobs, _ = select_jobs([str(path)], setup.settings)
    return [line.removeprefix(f"{path}: ") for line in forecast(jobs, setup) if isinstance(line, str)]


def test_new_unchanged_changed_and_edited_episodes(setup: Setup, tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav")
    assert forecast_lines(path, setup)[0] == "to be transcribed"
    done(path, setup)
    assert forecast_lines(path, setup) == ["unchanged"]
    assert forecast_lines(path, with_settings(tmp_path, labels="name")) == ["to be written again from cached results"]
    changed = with_settings(tmp_path, beam_size=2)
    assert forecast_lines(path, changed)[0] == "to be transcribed again: the audio, the settings or turnscript changed"
    assert forecast_lines(path, Setup(setup.settings, quick, setup.cache, mode=Mode(ignore_cache=True)))[0].startswith(
        "to be transcribed"
    )
    (tmp_path / "drafts" / "a.md").write_text("mine")
    assert forecast_lines(path, changed)[0].endswith(
        "the edited draft stays; if the new text is another, it is written next to it"
    )


def counted(stages: ScriptedStages, folder: Path, **changes: object) -> tuple[str, list[str]]:
    """The line of a dry run, and what stages the run that follows it runs."""
    setup = replace(with_settings(folder, **changes), stages=stages)
    jobs, _ = select_jobs([str(folder / "a.wav")], setup.settings)
    lines = [line for line in forecast(jobs, setup) if isinstance(line, str)]
    stages.calls.clear()
    with in_this_process(ignore_progress) as pool:
        list(run(jobs, setup, pool=pool))
    assert len(lines) == (2 if stages.calls else 1), "an estimate exactly if there is work"
    return lines[0].removeprefix(f"{folder / 'a.wav'}: "), sorted(stages.calls)


def test_the_line_says_what_the_run_then_does(setup: Setup, tmp_path: Path) -> None:
    """Names given on a second run were called a transcription."""
    tone(tmp_path / "a.wav")
    stages, told, same = ScriptedStages(), "to be written again", "; no words are recognised again"
    names = "names are listened for in the words again"
    who = "who speaks when is found again"
    assert counted(stages, tmp_path) == ("to be transcribed", ["diarize", "recognize"])
    assert counted(stages, tmp_path, labels="name") == (f"{told} from cached results", [])
    assert counted(stages, tmp_path, speakers="2") == (f"{told}: {who}{same}", ["diarize"])
    assert counted(stages, tmp_path, speakers="Zoe,Ben") == (f"{told}: {names}{same}", ["rehear"])
    assert counted(stages, tmp_path, speakers="Zoe,Ben,Cy") == (
        f"{told}: {who} and {names}{same}",
        ["diarize", "rehear"],
    )
    assert counted(stages, tmp_path, speakers="Zoe,Ben") == (f"{told} from cached results", [])
    edited = tmp_path / "drafts" / "a.md"
    edited.write_text(edited.read_text() + "\nMine.\n")
    told = "to be made again"
    beside = "; the edited draft stays; if the new text is another, it is written next to it"
    assert counted(stages, tmp_path, speakers="2") == (f"{told} from cached results{beside}", [])
    assert counted(stages, tmp_path, speakers="4") == (f"{told}: {who}{same}{beside}", ["diarize"])


def test_results_that_are_gone_from_the_cache_are_no_changed_settings(setup: Setup, tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav")
    done(path, setup)
    (tmp_path / "drafts" / "a.md").unlink()
    assert forecast_lines(path, setup) == ["to be written again from cached results"]
    shutil.rmtree(setup.cache)
    assert forecast_lines(path, setup)[0] == (
        "to be transcribed again: a file is missing, and so are the cached results"
    )


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        (Mode(ignore_cache=True), "--fresh asks for it"),
        (Mode(ignore_cache=True, force=True), "--fresh asks for it"),
        (Mode(force=True), "--force asks for it, and the cached results are missing"),
    ],
)
@pytest.mark.parametrize("is_cached", [True, False])
def test_what_is_asked_for_is_the_reason_and_not_a_file_that_is_missing(
    setup: Setup, tmp_path: Path, mode: Mode, told: str, is_cached: bool
) -> None:
    path = tone(tmp_path / "a.wav")
    done(path, setup)
    if not is_cached:
        shutil.rmtree(setup.cache)
    line = forecast_lines(path, replace(setup, mode=mode))[0]
    from_cache = is_cached and not mode.ignore_cache
    assert line == ("to be written again from cached results" if from_cache else f"to be transcribed again: {told}")


def test_force_is_no_reason_where_the_run_without_it_does_the_same(setup: Setup, tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav")
    done(path, setup)
    shutil.rmtree(setup.cache)
    changed = replace(with_settings(tmp_path, beam_size=2), mode=Mode(force=True))
    assert forecast_lines(path, changed)[0] == "to be transcribed again: the audio, the settings or turnscript changed"
    (tmp_path / "drafts" / "a.md").unlink()
    told = "to be transcribed again: a file is missing, and so are the cached results"
    assert forecast_lines(path, replace(setup, mode=Mode(force=True)))[0] == told


def test_a_recording_that_was_moved_is_no_missing_file(setup: Setup, tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav")
    done(path, setup)
    shutil.rmtree(setup.cache)
    (tmp_path / "b").mkdir()
    moved = path.rename(tmp_path / "b" / "a.wav")
    told = "to be transcribed again: the recording is not where it was, and the cached results are missing"
    assert forecast_lines(moved, setup)[0] == told


@given(st.sampled_from(PlannedAction), st.sets(st.sampled_from(sorted(STAGES))))
def test_a_line_says_transcribed_exactly_if_words_are_recognised(action: PlannedAction, missing: set[Stage]) -> None:
    plan = Planned(action, Left(frozenset(missing)))
    is_local = action.is_work and action is not PlannedAction.FETCH
    recognises = bool(missing - {Stage.DIARIZE, Stage.REHEAR})
    if is_local:
        assert str(plan).startswith("to be transcribed") == recognises
        assert (plan.share == 1.0) == recognises
    assert (plan.share > 0) == plan.is_work


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "the file is empty; get the file again"), (b"I am a letter.\n" * 50, "this is text, not audio")],
)
def test_a_file_without_audio_is_reported_before_the_run(
    setup: Setup, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(content)
    (failure,) = forecast(select_jobs([str(path)], setup.settings)[0], setup)
    assert isinstance(failure, Result)
    assert (failure.state, failure.error.startswith(f"{path}: {message}")) == (State.FAILED, True)


def test_the_estimate_uses_the_speed_of_earlier_runs(setup: Setup, tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav", seconds=90.0)
    assumed = f"about {90 / ASSUMED_SPEED:.0f} s (assuming 10 × real time; nothing measured yet)"
    assert forecast_lines(path, setup)[1] == f"2 min of audio: {assumed}"
    stages = {"decode": 1.0, "recognize": 2.0, "diarize": 3.0}
    result = Result("a", State.WRITTEN, tally=Tally(100.0, 1, 1, 0), seconds=stages)
    note_speed(Report((result,), elapsed=5.0), setup)
    assert forecast_lines(path, setup)[1] == "2 min of audio: about 4 s (20 × real time, from earlier runs)"
    note_speed(Report((result,), elapsed=10.0), setup)
    assert "(15 × real time" in forecast_lines(path, setup)[1]
    for report in (
        Report((Result("a", State.WRITTEN, tally=Tally(100.0, 1, 1, 0), seconds={"decode": 1.0}),), elapsed=1.0),
        Report((Result("a", State.UNCHANGED, tally=Tally(100.0, 1, 1, 0)),), elapsed=1.0),
    ):  # most of it was cached, so it is not measured
        note_speed(report, setup)
    assert "(15 × real time" in forecast_lines(path, setup)[1]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"x": "fast"}'])
def test_damaged_speeds_are_ignored(content: str, setup: Setup, tmp_path: Path) -> None:
    notes = tmp_path / "cache" / "turnscript" / "speeds.json"
    notes.parent.mkdir(parents=True)
    notes.write_text(content)
    assert "(assuming 10 × real time" in forecast_lines(tone(tmp_path / "a.wav"), setup)[1]


def test_the_length_a_file_states(tmp_path: Path) -> None:
    assert stated_length(tone(tmp_path / "a.wav", seconds=2.5)) == 2.5
    (tmp_path / "b.mp3").write_text("no sound")
    assert stated_length(tmp_path / "b.mp3") is None
    assert stated_length(tmp_path / "nowhere.mp3") is None
