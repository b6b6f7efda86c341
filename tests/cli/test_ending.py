"""Signals end every command alike: what is finished stays, no process is left, the exit code names the signal."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import click
import pytest

from tests.support.fetch_helpers import AUDIO
from tests.support.hostile_server import HostileServer, Resource
from tests.support.paths import ROOT
from tests.support.scripted_stages import tone
from tests.support.signals import heed_signals
from tests.support.waiting import wait_for
from transcribe.cli.ending import Ending, ending_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
CODES = {signal.SIGHUP: 129, signal.SIGINT: 130, signal.SIGTERM: 143}


def start(folder: Path, *args: str, stages: str = "slow", before: str = "") -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    environ |= {"XDG_CACHE_HOME": str(folder / "cache"), "XDG_DATA_HOME": str(folder / "data")}
    command = [*before.split(), sys.executable, "-m", "tests.support.faulty_stages", stages, *args]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=folder, env=environ, stdout=pipe, stderr=pipe, text=True, preexec_fn=heed_signals
    )


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def worker_of(folder: Path) -> int:
    log = folder / "log"
    wait_for(lambda: log.exists() and log.read_text().endswith("\n") and " by " in log.read_text())
    return int(log.read_text().split(" by ")[1].split()[0])


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    for number in range(3):
        tone(tmp_path / f"{number}.wav", seconds=35.0 + number, hertz=400.0 + 10 * number)
    return tmp_path


@pytest.fixture(scope="module")
def transcribed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recording and its draft; copied, not changed."""
    folder = tmp_path_factory.mktemp("transcribed")
    tone(folder / "0.wav", seconds=35.0, hertz=400.0)
    process = start(folder, "run", "0.wav", "-o", "out", stages="quick")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return folder


@pytest.fixture
def drafted(transcribed: Path, tmp_path: Path) -> Path:
    """A copy of `transcribed`."""
    return shutil.copytree(transcribed, tmp_path / "drafted")


RUN = ("run", "0.wav", "1.wav", "2.wav", "-o", "out", "--jobs", "1")


@pytest.mark.processes
@pytest.mark.parametrize("number", CODES)
def test_a_run_keeps_what_is_done_and_ends_its_workers(batch: Path, number: int) -> None:
    process = start(batch, *RUN)
    wait_for((batch / "out" / "0.json").exists)
    worker = worker_of(batch)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == CODES[number], err
    assert "out/0.md" in out
    assert "1 written" in err, "the partial report"
    assert "run the same command again to continue" in err
    report = json.loads((batch / "out" / ".turnscript" / "report.json").read_text())
    assert (report["interrupted"], report["exit_code"]) == (True, CODES[number])
    wait_for(lambda: not is_alive(worker))
    again = start(batch, *RUN)  # the lock is free, and the checkpoints are there
    assert again.communicate(timeout=120)[1].splitlines()[-1] in ("2 written, 1 unchanged", "1 written, 2 unchanged")


@pytest.mark.processes
@pytest.mark.parametrize("number", CODES)
def test_a_signal_to_all_processes_is_left_to_the_first(batch: Path, number: int) -> None:
    """As of a terminal that is closed: no episode fails because its worker is gone."""
    process = start(batch, *RUN, stages="endless", before="setsid --wait")
    wait_for((batch / "log").exists)
    worker = worker_of(batch)
    os.killpg(os.getpgid(worker), number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == CODES[number], err
    assert "died" not in err
    wait_for(lambda: not is_alive(worker))


@pytest.mark.processes
def test_a_signal_during_an_event_does_not_wait_for_itself(tmp_path: Path) -> None:
    """Signals arrive right after a line, when the main thread is often still writing."""
    for number in range(6):
        tone(tmp_path / f"{number}.wav", seconds=2.0 + number, hertz=400.0 + 10 * number)
    sources = [f"{number}.wav" for number in range(6)]
    for attempt in range(6):
        process = start(
            tmp_path, "run", *sources, "-o", str(attempt), "--jobs", "1", "--progress", "json", stages="quick"
        )
        assert process.stderr is not None
        while json.loads(process.stderr.readline())["event"] != "ended":
            pass
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
        assert process.returncode in (0, 143), err


@pytest.mark.processes
def test_a_second_signal_ends_it_at_once(batch: Path) -> None:
    process = start(batch, *RUN, stages="endless")
    wait_for((batch / "log").exists)
    worker = worker_of(batch)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=30)
    assert process.returncode in (129, 143)
    wait_for(lambda: not is_alive(worker))


@pytest.mark.processes
def test_nohup_is_respected(batch: Path) -> None:
    process = start(batch, *RUN, before="nohup")
    wait_for((batch / "log").exists)
    process.send_signal(signal.SIGHUP)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "3 written" in err


@pytest.mark.processes
@pytest.mark.parametrize("number", CODES)
@pytest.mark.parametrize("command", ["fetch", "list", "run"])
def test_commands_that_wait_for_a_server_end_too(
    tmp_path: Path, server: HostileServer, command: str, number: int
) -> None:
    url = server.put("/slow", Resource(AUDIO, pause=1.0))
    process = start(tmp_path, command, url)
    wait_for(lambda: bool(server.requests))
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == CODES[number], err
    assert "Traceback" not in err


@pytest.mark.processes
@pytest.mark.parametrize(("number", "code"), [(signal.SIGHUP, 129), (signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_the_editor_ends_too(drafted: Path, number: int, code: int) -> None:
    process = start(drafted, "edit", "out/0.md", "--no-browser")
    assert process.stdout is not None
    with urllib.request.urlopen(process.stdout.readline().strip()) as page:  # it is serving
        page.read()
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code, err
    assert "Traceback" not in err
    assert ("The editor is closed." in err, "interrupted" in err) == (code == 0, code != 0)


@pytest.mark.processes
def test_an_editor_that_is_closed_says_whether_the_times_are_up_to_date(drafted: Path) -> None:
    process = start(drafted, "edit", "out/0.md", "--no-browser")
    assert process.stdout is not None
    assert process.stdout.readline()
    (drafted / "out" / "0.md").write_text("**Zoe**: Ships lay in every harbour of that coast, and none had a crew.\n")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1, err
    assert "The editor is closed.\nError: the draft is saved, and its times are not up to date: " in err
    assert "belongs to another text" in err


def test_an_end_of_the_input_is_no_interruption() -> None:
    aborted = click.Abort()
    aborted.__context__ = EOFError()  # as click raises it
    assert ending_of(aborted) == Ending(
        1, "the input ended before the question was answered; give the answer as an option"
    )
