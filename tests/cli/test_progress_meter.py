"""The progress of a run: what the meter counts, and the lines and events of the display."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.waiting import wait_for
from transcribe.batch.report import Result, State
from transcribe.cli import run_display
from transcribe.cli.progress_meter import Meter, RunningEpisode
from transcribe.cli.run_display import Display, as_dict, episode_line, total_line
from transcribe.declaration import Stage
from transcribe.pipeline.progress import Progress
from transcribe.units import format_duration


class Clock:
    """Seconds that pass when a test sets them."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_time_left_against_numbers_computed_by_hand() -> None:
    time = Clock()
    meter = Meter(4, time)
    assert meter.read().total is None
    meter.started(1, "a.mp3", 600.0)
    meter.started(2, "b.mp3", 200.0)
    time.now += 20
    meter.ended(2, duration=200.0, failed=False)
    for stage in (Stage.DECODE, Stage.RECOGNIZE, Stage.DIARIZE):
        meter.progressed(Progress(1, stage, 0.5))
    read = meter.read()
    assert read.done == pytest.approx(500.0)  # 200, and half of 600
    assert read.total == pytest.approx(1600.0)  # 200 and 600, and two more of 400, the mean
    assert read.speed == pytest.approx(25.0)
    assert read.left == pytest.approx(44.0)  # 1100 s at 25 × real time
    assert total_line(read) == "1 of 4 episodes, 8.3 of about 27 min of audio, 25.0 × real time, 44 s left"


def test_unknown_lengths_settle_as_episodes_end() -> None:
    time = Clock()
    meter = Meter(3, time)
    meter.started(1, "a.mp3", None)
    assert meter.read().total is None
    time.now += 12
    meter.ended(1, duration=60.0, failed=False)
    assert (meter.read().done, meter.read().total, meter.read().left) == (60.0, 180.0, 24.0)


def test_failed_and_unchanged_episodes_count_as_no_audio_done() -> None:
    time = Clock()
    meter = Meter(3, time)
    meter.ended(1, duration=500.0, failed=False)  # unchanged: it never started
    meter.started(2, "b.mp3", 100.0)
    time.now += 30
    meter.ended(2, duration=None, failed=True)
    read = meter.read()
    assert (read.episodes_done, read.failed, read.done, read.left) == (2, 1, 0.0, None)
    assert "1 failed" in total_line(read)


@given(st.lists(st.tuples(st.sampled_from(Stage), st.floats(0, 1))))
def test_progress_never_decreases_and_never_exceeds_the_whole(reports: list[tuple[Stage, float]]) -> None:
    meter = Meter(1, Clock())
    meter.started(1, "a", 60.0)
    before = 0.0
    for stage, fraction in reports:
        meter.progressed(Progress(1, stage, fraction))
        done = meter.read().done
        assert before <= done <= 60.0 + 1e-9
        before = done


@given(st.integers(1, 4), st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["start", "half", "done", "lost"]))))
def test_an_interruption_leaves_the_numbers_as_they_are(episodes: int, happens: list[tuple[int, str]]) -> None:
    """What is interrupted is not done; how far the run came stays, and nobody waits for the rest."""
    time = Clock()
    meter, begun, over = Meter(episodes, time), set[int](), set[int]()
    for number, what in happens:
        time.now += 11
        if number > episodes or number in over or (what == "start") == (number in begun):
            continue
        if what == "start":
            begun.add(number)
            meter.started(number, f"{number}.mp3", 60.0)
        elif what == "half":
            meter.progressed(Progress(number, Stage.RECOGNIZE, 0.5))
        else:
            over.add(number)
            meter.ended(number, duration=60.0, failed=what == "lost")
    before = meter.read()
    for number in begun - over:
        meter.interrupted(number)
    after = meter.read()
    assert (after.done, after.total) == (pytest.approx(before.done), before.total)
    assert after.episodes_done == before.episodes_done == len(over)
    assert after.running == ()
    assert after.left is None or begun <= over


def test_a_download_that_failed_is_an_episode_that_ended() -> None:
    meter = Meter(2, Clock())
    meter.ended(None, duration=None, failed=True)
    assert total_line(meter.read()) == "1 of 2 episodes, 0.0 min of audio, 1 failed"


def test_the_last_progress_of_an_interrupted_run_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(run_display._INTERVALS, "json", 0.001)
    stream = io.StringIO()
    with Display(stream, 1, kind="json") as display:
        display.started(1, "a.mp3", 60.0)
        display.on_progress(Progress(1, Stage.DECODE, 1.0))
        display.ended(1, Result("a.mp3", State.INTERRUPTED, error="the run ended"))
        lines = stream.getvalue().count("\n")
        wait_for(lambda: stream.getvalue().count("\n") > lines + 1)
    last = json.loads(stream.getvalue().splitlines()[-1])
    assert (last["event"], last["episodes"], last["episodes_done"]) == ("progress", 1, 0)
    assert (last["audio_seconds_done"], last["seconds_left"]) == (1.8, None)


def test_lines() -> None:
    assert format_duration(40) == "40 s"
    running = RunningEpisode(
        "a/very/long/path/to/some/recording/of/an/interview.mp3", 60.0, {Stage.DECODE: 1.0, Stage.RECOGNIZE: 0.25}
    )
    assert episode_line(running).endswith("reading 100 %  words  25 %")
    assert episode_line(RunningEpisode("a\x1b[2J.mp3", None)) == f"  {chr(97) + chr(27) + '[2J.mp3'!a:<34} starting"
    assert json.loads(json.dumps(as_dict(Meter(2, Clock()).read())))["seconds_left"] is None


def test_json_lines_for_programs() -> None:
    stream = io.StringIO()
    with Display(stream, 1, kind="json") as display:
        display.started(1, "a.mp3", 60.0)
        display.on_progress(Progress(1, Stage.DECODE, 1.0))
        display.ended(1, Result("a.mp3", State.FAILED, error="a.mp3: is broken"))
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [event["event"] for event in events if event["event"] != "progress"] == ["started", "ended"]
    assert events[-1]["error"] == "a.mp3: is broken"


def test_a_log_gets_no_bars() -> None:
    stream = io.StringIO()
    with Display(stream, 1, kind="auto") as display:
        display.started(1, "a.mp3", 60.0)
    assert stream.getvalue() == ""  # the first line comes after a minute
