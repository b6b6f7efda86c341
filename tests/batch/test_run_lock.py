"""One run per folder: with real processes, because a lock that dies with its process is the point."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.run_lock import another_run
from transcribe.batch.run_lock import InUseError, Owner, run_lock

COME_AND_GO = """
import os, sys, time
from pathlib import Path
from transcribe.batch.run_lock import InUseError, run_lock
folder, inside, entered = Path(sys.argv[1]), Path(sys.argv[2]), 0
while entered < 150:
    try:
        with run_lock(folder, "x"):
            os.close(os.open(inside, os.O_CREAT | os.O_EXCL))  # fails if another process is inside
            time.sleep(0.001)
            inside.unlink()
            entered += 1
    except InUseError:
        pass
"""


def note(folder: Path) -> Path:
    return folder / ".turnscript" / "run.json"


@pytest.mark.processes
def test_the_holder_is_named_and_a_clean_end_leaves_the_folder_free(tmp_path: Path) -> None:
    with another_run(tmp_path) as process:
        with pytest.raises(InUseError) as caught, run_lock(tmp_path, "transcribe run"):
            pytest.fail("both are in")
        message = str(caught.value)
        assert message.startswith(f"{tmp_path}: in use by process {process.pid} on {socket.gethostname()}, since ")
        assert message.endswith("(transcribe run other); wait for it to end, or pass --wait")
        process.communicate("")
        assert process.returncode == 0
    assert not note(tmp_path).exists()
    with run_lock(tmp_path, "transcribe run"):
        assert json.loads(note(tmp_path).read_text())["pid"] == os.getpid()


@pytest.mark.processes
def test_a_killed_holder_holds_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with another_run(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert json.loads(note(tmp_path).read_text())["pid"] == process.pid
        with run_lock(tmp_path, "transcribe run"):
            pass
    assert f"the lock of process {process.pid} on {socket.gethostname()}" in caplog.text
    assert "is stale" in caplog.text


def test_a_note_from_before_a_reboot_is_stale(tmp_path: Path) -> None:
    note(tmp_path).parent.mkdir()
    note(tmp_path).write_text(json.dumps(left_by(host=socket.gethostname(), boot="an-earlier-start")))
    with run_lock(tmp_path, "transcribe run"):
        pass


def left_by(**changes: object) -> dict[str, object]:
    return {"pid": 1, "host": "elsewhere", "boot": "theirs", "started": "2026-01-01", "command": "x", **changes}


def test_a_run_on_another_machine_is_respected_and_named(tmp_path: Path) -> None:
    note(tmp_path).parent.mkdir()
    note(tmp_path).write_text(json.dumps(left_by()))
    with pytest.raises(InUseError, match="process 1 on elsewhere, since 2026-01-01") as caught, run_lock(tmp_path, "x"):
        pytest.fail("the other run was passed over")
    assert f"according to {note(tmp_path)}; if that run has ended, remove this file" in str(caught.value)
    note(tmp_path).unlink()
    with run_lock(tmp_path, "x"):
        pass


def test_another_container_of_this_machine_counts_as_this_machine(tmp_path: Path) -> None:
    ours = Owner.ourselves("x")
    if not ours.boot:
        pytest.skip("this system has no boot id")
    note(tmp_path).parent.mkdir()
    note(tmp_path).write_text(json.dumps(left_by(boot=ours.boot)))
    with run_lock(tmp_path, "x"):  # its lock is free, and its locks are ours: it is dead
        pass


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"pid": "1"}', json.dumps({**left_by(), "pid": None})])
def test_a_damaged_note_counts_as_none(damage: str, tmp_path: Path) -> None:
    note(tmp_path).parent.mkdir()
    note(tmp_path).write_text(damage)
    with run_lock(tmp_path, "x"):
        pass


@pytest.mark.processes
def test_waiting_is_reported_once_and_ends_with_the_other_run(tmp_path: Path) -> None:
    holders: list[str] = []
    with another_run(tmp_path) as process:

        def on_wait(holder: str) -> None:
            holders.append(holder)
            threading.Timer(0.7, process.kill).start()

        with run_lock(tmp_path, "x", wait=True, on_wait=on_wait):
            assert process.wait() != 0
    assert len(holders) == 1
    assert f"process {process.pid}" in holders[0]


def test_two_runs_in_one_process_exclude_each_other_too(tmp_path: Path) -> None:
    with (
        run_lock(tmp_path, "first"),
        run_lock(tmp_path / "other", "second"),
        pytest.raises(InUseError, match="first"),
        run_lock(tmp_path, "third"),
    ):
        pytest.fail("both are in")
    with run_lock(tmp_path, "fourth"):
        pass


@pytest.mark.soak
def test_never_two_at_the_same_time_although_each_removes_the_folder_at_its_end(tmp_path: Path) -> None:
    """A lock on a file that was removed meanwhile, and the removal of a lock of the next one, would let two in."""
    command = [sys.executable, "-c", COME_AND_GO, str(tmp_path / "new"), str(tmp_path / "inside")]
    runs = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for run in runs:
        _, err = run.communicate()
        assert run.returncode == 0, err


def test_a_run_that_writes_nothing_leaves_nothing(tmp_path: Path) -> None:
    new = tmp_path / "new"
    with run_lock(new, "x"):
        assert note(new).exists()
    assert not new.exists()
    with run_lock(tmp_path, "x"):
        (tmp_path / ".turnscript" / "index.json").write_text("{}")
    assert sorted(path.name for path in (tmp_path / ".turnscript").iterdir()) == ["index.json", "run.lock"]
    with run_lock(new, "x"):
        (new / "draft.md").write_text("x")
    assert [path.name for path in new.iterdir()] == ["draft.md"]


def test_a_folder_that_cannot_be_locked_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InUseError, match="cannot be locked"), run_lock(tmp_path / "file", "x"):
        pytest.fail("a file was locked as a folder")
