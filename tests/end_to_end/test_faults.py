"""Nothing is lost after a kill, a full disk, Ctrl-C, a replaced file, a wrong clock or two simultaneous runs.

The program runs in its own process, with scripted stages.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.support.faulty_stages import logged
from tests.support.paths import ROOT
from tests.support.scripted_stages import tone
from tests.support.signals import heed_signals
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals"),
]


def start(folder: Path, *args: str, stages: str = "slow", limit: int = 0) -> subprocess.Popen[str]:
    """`transcribe run` over the recordings in `folder/in`; `limit`: the largest size of a file it may write."""
    cache = {"XDG_CACHE_HOME": str(folder / "cache"), "XDG_DATA_HOME": str(folder / "data")}
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TRANSCRIBE_")}
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.support.faulty_stages",
            stages,
            "run",
            str(folder / "in"),
            "-o",
            str(folder / "out"),
            *args,
        ],
        env=environ | cache | {"PYTHONPATH": str(ROOT)},
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=partial(prepare, limit),
    )


def prepare(limit: int) -> None:
    heed_signals()
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate()
    return process.returncode, out, err


def batch(folder: Path, count: int = 3) -> None:
    """Create recordings of different lengths."""
    (folder / "in").mkdir(parents=True)
    for i in range(count):
        tone(folder / "in" / f"{i}.wav", seconds=35.0 + i, hertz=400.0 + 10 * i)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The drafts of an undisturbed run over three recordings; those of the first ones are the same without the rest."""
    folder = tmp_path_factory.mktemp("undisturbed")
    batch(folder)
    code, _, err = finished(start(folder, stages="quick"))
    assert code == 0, err
    found = drafts(folder)
    assert set(found) == {f"{i}.{kind}" for i in range(3) for kind in ("md", "json")}
    return found


def of_two(whole: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in whole.items() if not name.startswith("2.")}


def drafts(folder: Path) -> dict[str, bytes]:
    """Every file in the folder of drafts, except the report, which has times, and temporary files left by a kill."""
    return {
        path.name: path.read_bytes()
        for path in sorted((folder / "out").glob("*"))
        if path.is_file() and path.name != "report.json" and path.suffix != ".tmp"
    }


@pytest.mark.soak
def test_repeatedly_killed_run_ends_with_the_drafts_of_an_undisturbed_run(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    batch(tmp_path)
    rng = random.Random(9)
    kills = 0
    for _ in range(6):
        process = start(tmp_path, "--jobs", "2")
        time.sleep(rng.uniform(0.3, 2.0))
        kills += process.poll() is None
        process.kill()
        process.communicate()
    assert kills > 0
    code, _, err = finished(start(tmp_path, "--jobs", "2"))
    assert code == 0, err
    assert drafts(tmp_path) == whole
    # Two workers, each with one block and one diarization in progress at the kill: no more is repeated.
    blocks = [line for line in logged(tmp_path) if line.startswith("block")]
    assert len(blocks) - len(set(blocks)) <= 2 * kills


def test_workers_end_when_the_run_is_killed(tmp_path: Path) -> None:
    batch(tmp_path, 1)
    process = start(tmp_path, stages="endless")
    wait_for(lambda: "plan" in (tmp_path / "log").read_text() if (tmp_path / "log").exists() else False)
    worker = int((tmp_path / "log").read_text().split(" by ")[1].split()[0])
    process.kill()
    process.communicate()
    wait_for(lambda: not is_alive(worker))


def test_ctrl_c_keeps_finished_drafts_and_says_how_to_resume(tmp_path: Path, whole: dict[str, bytes]) -> None:
    batch(tmp_path)
    process = start(tmp_path, "--jobs", "1")
    wait_for(lambda: (tmp_path / "out" / "0.json").exists())
    process.send_signal(signal.SIGINT)
    code, out, err = finished(process)
    assert code == 130
    assert "run the same command again to continue" in err
    assert str(tmp_path / "out" / "0.md") in out
    assert json.loads((tmp_path / "out" / ".turnscript" / "report.json").read_text())["interrupted"] is True
    assert finished(start(tmp_path))[0] == 0
    assert drafts(tmp_path) == whole


def test_ctrl_c_does_not_wait_for_a_worker(tmp_path: Path) -> None:
    batch(tmp_path, 1)
    process = start(tmp_path, stages="endless")
    wait_for(lambda: (tmp_path / "log").exists())
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130  # a chunk takes a minute
    process.communicate()


def test_a_limit_on_the_size_of_files_is_reported_and_damages_no_file(tmp_path: Path, whole: dict[str, bytes]) -> None:
    batch(tmp_path, 2)
    expected = of_two(whole)
    code, _, err = finished(start(tmp_path, limit=3_000))
    assert code == 1
    assert "raise the limit on the size of files (`ulimit -f unlimited`)" in err
    assert all(content == expected[name] for name, content in drafts(tmp_path).items())
    assert finished(start(tmp_path))[0] == 0
    assert drafts(tmp_path) == expected


def test_file_replaced_during_reading_is_not_confused_with_the_new_one(tmp_path: Path) -> None:
    batch(tmp_path, 2)
    other = tone(tmp_path / "other.wav", seconds=36.0, hertz=999.0)
    process = start(tmp_path, "--jobs", "1")
    wait_for(lambda: (tmp_path / "log").exists())  # the first file is being read, the second one has been hashed
    other.replace(tmp_path / "in" / "1.wav")
    code, _, err = finished(process)
    assert code == 0 or "was replaced while it was read" in err
    assert finished(start(tmp_path))[0] == 0
    expected = tmp_path / "expected"
    (expected / "in").mkdir(parents=True)
    for name in ("0.wav", "1.wav"):
        (expected / "in" / name).write_bytes((tmp_path / "in" / name).read_bytes())
    assert finished(start(expected, stages="quick"))[0] == 0
    assert drafts(tmp_path) == drafts(expected)


def test_wrong_file_times_change_nothing(tmp_path: Path, whole: dict[str, bytes]) -> None:
    batch(tmp_path, 2)
    expected = of_two(whole)
    assert finished(start(tmp_path))[0] == 0
    calls = len(logged(tmp_path))
    for number, path in enumerate(sorted(tmp_path.rglob("*"))):
        moment = (0, 4e9)[number % 2]  # 1970 and 2096
        os.utime(path, (moment, moment))
    code, _, err = finished(start(tmp_path))
    assert code == 0
    assert "2 unchanged" in err
    for path in (tmp_path / "out").iterdir():
        if path.is_file():
            path.unlink()
    assert finished(start(tmp_path))[0] == 0
    assert drafts(tmp_path) == expected
    assert len(logged(tmp_path)) == calls


def test_two_simultaneous_runs_in_one_folder(tmp_path: Path, whole: dict[str, bytes]) -> None:
    batch(tmp_path)
    runs = [start(tmp_path, "--jobs", "1") for _ in range(2)]
    ended = [finished(process) for process in runs]
    assert 0 in [code for code, _, _ in ended], ended
    assert drafts(tmp_path) == whole


def test_batch_of_a_hundred_with_ten_broken_files(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for i in range(90):
        tone(tmp_path / "in" / f"{i:02}.wav", seconds=1.5 + i / 1000, hertz=300.0 + i)
    for i in range(10):
        (tmp_path / "in" / f"broken{i}.mp3").write_bytes(b"\x00not audio" * (i + 1))
    code, out, err = finished(start(tmp_path, stages="quick"))
    assert code == 1
    assert len([path for path in out.splitlines() if path.endswith(".md")]) == 90
    errors = [line for line in err.splitlines() if line.startswith("Error: ")]
    assert [any(f"broken{i}.mp3" in line for line in errors) for i in range(10)] == [True] * 10
    report = json.loads((tmp_path / "out" / ".turnscript" / "report.json").read_text())
    failed = [episode for episode in report["episodes"] if episode["state"] == "failed"]
    assert {episode["stage"] for episode in failed} == {"decode"}
    assert all("DecodeError" in (tmp_path / "out" / episode["traceback"]).read_text() for episode in failed)
    calls, times = logged(tmp_path), {p: p.stat().st_mtime_ns for p in (tmp_path / "out").glob("[0-9]*")}
    assert finished(start(tmp_path, stages="quick"))[0] == 1
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "out").glob("[0-9]*")} == times
    finished(start(tmp_path, "--labels", "initial", stages="quick"))
    assert len(list((tmp_path / "out").glob("*.md"))) == 90
    assert all(p.stat().st_mtime_ns != times[p] for p in (tmp_path / "out").glob("[0-9]*.json"))
    assert logged(tmp_path) == calls


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").is_dir() else True
