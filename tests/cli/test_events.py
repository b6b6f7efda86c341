"""`--progress json`: whatever goes wrong, every line of stderr is an event, and stdout has paths."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

from tests.support.audio_files import cut
from tests.support.command_line import Run
from tests.support.paths import ROOT
from tests.support.run_lock import another_run
from tests.support.scripted_stages import ScriptedStages, tone

BATCHES = ROOT / "docs" / "batches.md"


def events_of(err: str) -> list[dict[str, Any]]:
    """The events; each line is one, its name is documented, and whatever has started has ended once."""
    events = [json.loads(line) for line in err.splitlines()]
    started, ended = (
        [event["number"] for event in events if event["event"] == name and event["number"] is not None]
        for name in ("started", "ended")
    )
    assert set(started) <= set(ended), "what starts ends"
    assert len(ended) == len(set(ended))
    documented = set(re.findall(r"^\| `(\w+)` \|", BATCHES.read_text(), re.MULTILINE))
    assert {event["event"] for event in events} <= documented
    return events


WAYS: dict[str, tuple[str, ...]] = {
    "nothing": ("run", "a.wav"),
    "a missing file": ("run", "missing.mp3", "a.wav"),
    "a bad feed": ("run", "feed.xml"),
    "a page without audio": ("run", "page.html"),
    "text for audio": ("run", "text.mp3"),
    "damaged audio": ("run", "cut-a.wav"),
    "no network": ("run", "http://127.0.0.1:9/feed.xml"),
    "a bad value": ("run", "a.wav", "--wrap", "x"),
    "no source": ("run",),
    "both": ("run", "a.wav", "--show", "x"),
    "a missing glossary": ("run", "a.wav", "--glossary", "none.txt"),
    "an unknown voice": ("run", "a.wav", "--voices", "Nobody"),
    "a file for a folder": ("run", "a.wav", "-o", "text.mp3"),
    "a dry run": ("run", "a.wav", "missing.mp3", "--dry-run"),
    "verbose": ("run", "text.mp3", "a.wav", "--verbose"),
    "quiet": ("run", "text.mp3", "a.wav", "--quiet"),
    "twice": ("run", "a.wav", "a.wav", "--fresh"),
    "an odd name": ("run", "a\x1b[31m.wav", "b\udce9.wav"),
    "an unknown option": ("run", "a.wav", "--nope"),
    "a value that is not one of the choices": ("run", "a.wav", "--labels", "x"),
    "a value for a flag": ("run", "a.wav", "--fresh=1"),
    "a deprecated setting": ("run", "a.wav", "--comments", "true"),
}


def prepare(folder: Path) -> None:
    tone(folder / "a.wav")
    cut(tone(folder / "a.wav", seconds=10.0), 0.6)
    (folder / "text.mp3").write_text("I am not music.\n" * 50)
    (folder / "feed.xml").write_text("<rss><channel><item></channel>")
    (folder / "page.html").write_text("<html><p>Nothing here.</p></html>")


@pytest.mark.parametrize("way", WAYS)
def test_every_line_is_an_event(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setattr("urllib3.util.retry.Retry.get_backoff_time", lambda retry: 0.01)
    prepare(tmp_path)
    code, out, err = run(*WAYS[way], "--progress", "json")
    events = events_of(err)
    assert events[-1]["event"] in ("report", "error")
    assert events[-1]["exit_code"] == code
    assert all(Path(line).suffix in (".md", ".json") for line in out.splitlines())


def test_the_environment_and_the_file_ask_for_events_too(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "transcribe.toml").write_text("progress = 'json'\nwrap = 'wide'\n")
    assert "wrap" in events_of(run("run", "a.wav")[2])[-1]["message"]
    (tmp_path / "transcribe.toml").write_text("[[show]\n")
    monkeypatch.setenv("TRANSCRIBE_PROGRESS", "json")
    assert "not valid TOML" in events_of(run("run")[2])[-1]["message"]


@pytest.mark.processes
def test_a_held_lock_and_an_interruption(run: Run, tmp_path: Path) -> None:
    class Interrupted(ScriptedStages):
        def recognize(self, *args: object, **rest: object) -> object:  # type: ignore[override]
            raise KeyboardInterrupt

    tone(tmp_path / "a.wav")
    code, _, err = run("run", "a.wav", "--progress", "json", stages=Interrupted())
    assert (code, events_of(err)[-1]["interrupted"]) == (130, True)
    with another_run(tmp_path / "transcripts"):
        code, _, err = run("run", "a.wav", "--progress", "json")
    assert code == 1
    assert "in use by" in events_of(err)[-1]["message"]


def test_a_defect_and_a_warning_of_python(run: Run, tmp_path: Path) -> None:
    class Defective(ScriptedStages):
        def model(self) -> Any:
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                warnings.warn("an old habit", DeprecationWarning, stacklevel=1)
            sys.stderr.write("half a line")
            sys.stderr.write("a line\n")
            raise ZeroDivisionError("of\ncourse")

    tone(tmp_path / "a.wav")
    code, _, err = run("run", "a.wav", "--progress", "json", "--verbose", stages=Defective())
    events = events_of(err)
    assert code == 1
    assert "half a linea line" in [event.get("message") for event in events]
    assert "ZeroDivisionError" in next(event["error"] for event in events if event["event"] == "ended")


def test_a_show_that_fails_as_a_whole_has_ended(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    faults = {
        "Glossary": "glossary = 'none.txt'",
        "Language": "language = 'xx'",
        "Folder": "output = 'a.wav'",
        "Value": "wrap = 3",
    }
    shows = "".join(f"[[show]]\nname = '{name}'\nfeed = 'a.wav'\n{fault}\n" for name, fault in faults.items())
    (tmp_path / "transcribe.toml").write_text(shows)
    for options in ((), ("--dry-run",)):
        code, _, err = run("run", "--progress", "json", *options)
        events = events_of(err)
        ended = [(event["show"], event["source"], event["state"]) for event in events if event["event"] == "ended"]
        assert (code, ended) == (1, [(name, name, "failed") for name in faults])
        assert all(event["error"] for event in events if event["event"] == "ended")


def test_what_has_started_ends_when_the_run_cannot_go_on(run: Run, tmp_path: Path) -> None:
    """Weights that are not in reach, a signal, a defect of the pool: an episode that started is interrupted."""
    for number in range(3):
        tone(tmp_path / f"{number}.wav", hertz=440.0 + number)

    class Interrupted(ScriptedStages):
        def recognize(self, *args: object, **rest: object) -> object:  # type: ignore[override]
            raise KeyboardInterrupt

    code, _, err = run("run", ".", "--progress", "json", stages=Interrupted())
    events = events_of(err)
    assert code == 130
    assert [event["state"] for event in events if event["event"] == "ended"] == ["interrupted"]


def test_a_failed_show_is_named_in_every_event(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    (tmp_path / "transcribe.toml").write_text(
        "[[show]]\nname = 'Gone'\nfeed = 'nowhere'\n[[show]]\nname = 'Here'\nfeed = 'a.wav'\n"
    )
    code, _, err = run("run", "--progress", "json")
    events = events_of(err)
    assert code == 1
    assert [event["show"] for event in events if event["event"] == "ended"] == ["Gone", "Here"]
    assert [each["show"] for each in events[-1]["failed"]] == ["Gone"]


@pytest.mark.processes
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_other_writers_and_workers_of_a_real_process(tmp_path: Path) -> None:
    for number in range(2):
        tone(tmp_path / f"{number}.wav", seconds=35.0 + number)
    tone(tmp_path / "deadly.wav", seconds=3.0)
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "tests.support.faulty_stages", "slow", "run", ".", "--progress", "json"]
    command += ["--jobs", "1", "-o", "out"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "out" / "0.json").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    events = events_of(err)
    assert process.returncode == events[-1]["exit_code"] == 143
    assert {"event": "stopping", "signal": "SIGTERM"} in events
