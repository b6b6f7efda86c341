"""`transcribe run` and `list` over the shows of a file, from the command line: one's failure is its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import Run
from tests.support.paths import ROOT
from tests.support.run_lock import another_run
from tests.support.scripted_stages import tone
from transcribe.cli.run_sources import SourceSet
from transcribe.settings import Settings

FILE = """
wrap = 0
[[show]]
name = "One"
feed = "one"
output = "drafts/one"
[[show]]
name = "Gone"
feed = "nowhere"
output = "drafts/gone"
[[show]]
name = "Two"
feed = "two"
output = "drafts/two"
host = "Zoe"
labels = "initial"
latest = 1
"""

IMPATIENT = """
from functools import partial
from tests.support.cluster_stages import scripted
from transcribe.cli.main import main
from transcribe.workers import dask_client
dask_client.scheduler = partial(dask_client.scheduler, timeout=1.0)
main(stages=scripted)
"""


@pytest.fixture
def shows(tmp_path: Path) -> Path:
    """A `transcribe.toml` with three shows, of which the second has no recordings."""
    (tmp_path / "transcribe.toml").write_text(FILE)
    for number, name in enumerate(("one", "two")):
        (tmp_path / name).mkdir()
        tone(tmp_path / name / f"{name}.wav", hertz=400.0 + number)
    return tmp_path


def test_every_show_is_brought_up_to_date_and_a_failure_is_listed_last(run: Run, shows: Path) -> None:
    code, out, err = run("run")
    assert code == 1
    one, two = shows / "drafts" / "one" / "one", shows / "drafts" / "two" / "two"
    assert out.splitlines() == [f"{stem}.{suffix}" for stem in (one, two) for suffix in ("md", "json")]
    lines = err.splitlines()
    assert "2 written, 1 failed" in lines
    assert lines[-1].startswith("Error: ")
    assert "nowhere" in lines[-1]
    assert f"One: {one.parent}" in lines
    assert "**Ada**:" in one.with_suffix(".md").read_text()
    assert "**A**:" in two.with_suffix(".md").read_text()
    assert json.loads(two.with_suffix(".json").read_text())["made_with"]["settings"]["host"] == "Zoe"
    before = {path: path.stat().st_mtime_ns for path in (one.with_suffix(".md"), two.with_suffix(".json"))}
    assert run("run", "--quiet")[0] == 1
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_one_show_is_named(run: Run, shows: Path) -> None:
    code, out, _ = run("run", "--show", "TWO")
    assert (code, [Path(line).name for line in out.splitlines()]) == (0, ["two.md", "two.json"])
    assert not (shows / "drafts" / "one").exists()
    code, out, err = run("run", "--dry-run")
    assert (code, out) == (1, "")
    assert not (shows / "drafts" / "one").exists()
    assert "one.wav" in err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["run", "--show", "Three"], "no 'three' in transcribe.toml; the shows are One, Gone, Two"),
        (["run", "one", "--show", "One"], "give a SOURCE or --show, not both"),
        (["list", "one", "--show", "One"], "give a SOURCE or --show, not both"),
        (["run", "one/one.wav", "--voices", "Bob"], "voices: Bob is not enrolled"),
    ],
)
def test_an_invalid_request_is_refused(args: list[str], message: str, run: Run, shows: Path) -> None:
    code, out, err = run(*args)
    assert (code, out) == (2, "")
    assert message in err


def test_a_show_with_a_missing_glossary_is_one_failure(run: Run, shows: Path) -> None:
    text = FILE.replace('labels = "initial"', 'glossary = "names.txt"')
    (shows / "transcribe.toml").write_text(text.replace('feed = "nowhere"', 'feed = "one"'))
    code, out, err = run("run")
    assert (code, len(out.splitlines())) == (1, 4)
    assert "names.txt" in err.splitlines()[-1]


def test_a_faulty_show_is_one_failure_and_stops_no_other(run: Run, shows: Path) -> None:
    text = FILE.replace('feed = "nowhere"', 'feed = "one"\nlable = "y"')
    (shows / "transcribe.toml").write_text(text)
    code, out, err = run("run")
    assert (code, [Path(line).name for line in out.splitlines()]) == (1, ["one.md", "one.json", "two.md", "two.json"])
    fault = f"{shows}/transcribe.toml: line 10: [[show]] 'Gone': 'lable' is not a setting (did you mean 'labels'?)"
    assert err.splitlines()[-1].startswith(f"Error: show 'Gone': {fault}")
    assert run("run", "--show", "one")[0] == 0
    code, out, err = run("run", "--show", "gone", "--progress", "json")
    (failed,) = json.loads(err.splitlines()[-1])["failed"]
    assert (code, out, failed["show"], failed["error"].startswith(fault)) == (1, "", "Gone", True)
    code, out, err = run("list")
    assert (code, [line.split()[0] for line in out.splitlines()]) == (1, ["One", "Two"])
    assert err.startswith(f"Error: {fault}")
    code, out, err = run("list", "--json")
    assert (code, err) == (1, "")
    assert [(row["name"], row["feed"] is None, row["error"] is None) for row in json.loads(out)] == [
        ("One", False, True),
        ("Two", False, True),
        ("Gone", True, False),
    ]
    assert run("list", "--show", "Gone")[0] == 2
    (shows / "transcribe.toml").write_text(f"wrap = 'y'\n{text}")
    assert run("run")[:2] == (2, "")


def test_shows_and_their_episodes_are_listed(run: Run, shows: Path) -> None:
    code, out, _ = run("list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["One", "Gone", "Two"]
    assert str(shows / "two") in out
    rows = json.loads(run("list", "--json")[1])
    output = str(shows / "drafts" / "one")
    assert rows[0] == {"name": "One", "feed": str(shows / "one"), "output": output, "error": None}
    assert run("list", "--show", "one")[1].split()[-2:] == ["local", "one"]
    (shows / "transcribe.toml").unlink()
    code, _, err = run("list")
    assert (code, "give a SOURCE" in err) == (2, True)


@pytest.mark.processes
def test_a_second_run_on_a_folder_names_the_first(run: Run, shows: Path) -> None:
    folder = shows / "drafts" / "one"
    folder.mkdir(parents=True)
    with another_run(folder) as process:
        code, out, err = run("run")
        assert code == 1
        assert [Path(line).name for line in out.splitlines()] == ["two.md", "two.json"]  # the next show has its turn
        assert f"in use by process {process.pid}" in err
        code, out, err = run("run", str(shows / "one"), "-o", str(folder))
        assert (code, out) == (1, "")
        assert err.startswith("Error: ")
        assert "pass --wait" in err


@pytest.mark.processes
def test_a_run_that_waits_uses_the_results_of_the_other(shows: Path, run: Run) -> None:
    folder = shows / "drafts" / "one"
    folder.mkdir(parents=True)
    with another_run(folder) as process:
        command = [sys.executable, "-m", "tests.support.cluster_stages", "run", "--show", "One", "--wait"]
        with subprocess.Popen(
            command, cwd=shows, env=environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as second:
            assert second.stderr is not None
            while not (line := second.stderr.readline()).startswith("waiting; "):
                assert line
            assert f"process {process.pid}" in line
            process.kill()
            out, err = second.communicate()
    assert second.returncode == 0, err
    assert [Path(path).name for path in out.splitlines()] == ["one.md", "one.json"]


def environ() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_the_command_shown_to_others_has_no_secrets() -> None:
    errand = SourceSet(("https://me:secret@x.example/feed.xml?token=1", "a b.mp3"), Settings())
    assert errand.command == "transcribe run 'https://x.example/feed.xml?…' 'a b.mp3'"
    assert SourceSet(("x",), Settings(), "My Show").command == "transcribe run --show 'My Show'"


@pytest.mark.processes
def test_a_missing_scheduler_is_one_line_and_exit_1(shows: Path) -> None:
    """After one second; of twenty, nineteen would show nothing more."""
    command = [sys.executable, "-c", IMPATIENT, "run", "one", "--scheduler", "tcp://127.0.0.1:1"]
    result = subprocess.run(command, cwd=shows, env=environ(), capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stdout == ""
    assert [line for line in result.stderr.splitlines() if line.startswith("Error: ")] == [
        result.stderr.splitlines()[-1]
    ]
    assert "scheduler tcp://127.0.0.1:1: does not answer" in result.stderr


def test_the_cache_is_trimmed_after_a_run(run: Run, shows: Path) -> None:
    stages = shows / "cache" / "turnscript" / "stages"
    assert run("run", "one")[0] == 0
    assert list(stages.rglob("*.json"))
    assert [Path(path.read_text()) for path in stages.rglob("source.txt")] == [shows / "one" / "one.wav"]
    assert run("run", "two", "--cache-limit", "0")[0] == 0
    assert not stages.exists() or not list(stages.rglob("*.json"))
