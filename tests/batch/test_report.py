"""The report of a run: its exit code, its file and the files of tracebacks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import Run
from tests.support.scripted_stages import tone
from transcribe.batch.report import Report, Result, State, Tally


def report(*results: Result) -> Report:
    return Report(results, elapsed=10.0)


DONE = Result(
    "a.mp3", State.WRITTEN, (Path("a.md"),), ("quiet",), Tally(60.0, 120, 2, 3, 12, 0.6125), {"decode": 0.123}, stem="a"
)
BROKEN = Result("b.mp3", State.FAILED, error="broken", stem="b", stage="decode", traceback="Traceback …")


def test_a_report_is_written_with_the_tracebacks(tmp_path: Path) -> None:
    path = report(DONE, BROKEN).save(tmp_path)
    assert not list(tmp_path.glob("*.json")), "what lies there by that name is a transcript"
    assert path == tmp_path / ".turnscript" / "report.json"
    data = json.loads(path.read_text())
    done, broken = data["episodes"]
    assert (data["exit_code"], data["summary"]) == (1, "1 written, 1 failed")
    assert (done["words"], done["speakers"], done["doubtful_passages"]) == (120, 2, 3)
    assert (done["doubtful_words"], done["errors_held"]) == (12, 0.613)
    assert (broken["doubtful_words"], broken["errors_held"]) == (None, None)
    assert (done["warnings"], done["error"], done["seconds"]) == (["quiet"], None, {"decode": 0.12})
    assert (broken["stage"], broken["error"]) == ("decode", "broken")
    assert (tmp_path / broken["traceback"]).read_text() == "Traceback …"
    mended = Result("b.mp3", State.WRITTEN, stem="b")
    report(mended).save(tmp_path)
    assert not (tmp_path / broken["traceback"]).exists()


def test_a_run_that_did_nothing_leaves_the_last_report(tmp_path: Path) -> None:
    report(DONE).save(tmp_path)
    before = (tmp_path / ".turnscript" / "report.json").read_bytes()
    assert report(Result("a.mp3", State.UNCHANGED)).save(tmp_path) is None
    assert report(Result("missing.mp3", State.FAILED, error="no such file")).save(tmp_path) is None
    assert report(DONE).save(tmp_path / "nowhere") is None
    assert (tmp_path / ".turnscript" / "report.json").read_bytes() == before


def test_a_source_without_episodes_is_in_the_report_of_a_run_that_did_something(tmp_path: Path) -> None:
    path = report(DONE, Result("missing.mp3", State.FAILED, error="no such file")).save(tmp_path)
    assert path is not None
    assert [each["state"] for each in json.loads(path.read_text())["episodes"]] == ["written", "failed"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("run", "missing.wav"),
        ("run", "a.wav", "missing.wav"),
        ("run", "notes.txt"),
        ("run", "'*.mp9'"),
        ("run", "a.wav", "--beam-size", "none"),
        ("run", "--tracks", "a.wav", "missing.wav"),
        ("run", "a.wav", "--dry-run", "--fresh"),
    ],
)
def test_a_run_that_is_refused_leaves_the_last_report(run: Run, tmp_path: Path, wrong: tuple[str, ...]) -> None:
    tone(tmp_path / "a.wav")
    (tmp_path / "notes.txt").write_text("I am not music.")
    assert run("run", "a.wav")[0] == 0
    path = tmp_path / "transcripts" / ".turnscript" / "report.json"
    before = path.read_bytes()
    run(*wrong)
    assert path.read_bytes() == before


def test_interrupted_is_130() -> None:
    assert Report((BROKEN,), interrupted=True).exit_code == 130
