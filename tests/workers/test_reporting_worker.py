"""A worker that is started ahead: what it imports, whose progress it sends, how it ends, and what no signal does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.waiting import wait_for
from transcribe.pipeline.progress import Progress, ignore_progress
from transcribe.settings import Stage
from transcribe.workers.local import processes
from transcribe.workers.reporting_worker import ReportingWorker, send_progress

pytestmark = pytest.mark.processes


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., ReportingWorker]]:
    """Starts workers that find modules in `tmp_path`; kills what is left of them."""
    workers: list[ReportingWorker] = []

    def start(*modules: str) -> ReportingWorker:
        workers.append(ReportingWorker(modules=modules))
        return workers[-1]

    monkeypatch.syspath_prepend(str(tmp_path))
    yield start
    for worker in workers:
        worker.kill()


def loaded(*names: str) -> list[str]:
    return [name for name in names if name in sys.modules]


def report(progress: Progress) -> int:
    send_progress(progress)
    return os.getpid()


def test_modules_are_imported_before_the_first_call(tmp_path: Path, started: Callable[..., ReportingWorker]) -> None:
    (tmp_path / "first_of_all.py").touch()
    (tmp_path / "broken_one.py").write_text("raise RuntimeError('not here')")
    (tmp_path / "last_of_all.py").write_text(f"open({str(tmp_path / 'mark')!r}, 'w').close()")
    names = ("first_of_all", "no_such_module", "broken_one", "last_of_all")
    worker = started(*names)
    wait_for((tmp_path / "mark").exists)
    assert worker.submit(loaded, *names).result() == ["first_of_all", "last_of_all"]


def test_a_call_waits_for_one_module_and_not_for_all(tmp_path: Path, started: Callable[..., ReportingWorker]) -> None:
    mark, go = tmp_path / "mark", tmp_path / "go"
    (tmp_path / "first_of_all.py").write_text(
        f"import pathlib, time\npathlib.Path({str(mark)!r}).touch()\n"
        f"while not pathlib.Path({str(go)!r}).exists():\n    time.sleep(0.01)\n"
    )
    (tmp_path / "last_of_all.py").touch()
    worker = started("first_of_all", "last_of_all")
    wait_for(mark.exists)
    answer = worker.submit(loaded, "first_of_all", "last_of_all")
    time.sleep(0.2)  # for the call to arrive
    assert not answer.done()
    go.touch()
    assert answer.result() == ["first_of_all"]


def test_a_pool_uses_the_worker_that_is_started_and_hears_of_its_progress() -> None:
    worker, heard = ReportingWorker(), []
    with processes(2, heard.append, ahead=worker) as pool:
        progress = Progress(1, Stage.DECODE, 1.0)
        pid = pool.executor.submit(report, progress).result()
        assert pool.executor.submit(os.getpid).result() == pid
        assert worker.submit(os.getpid).result() == pid
        wait_for(lambda: heard == [progress])
    assert not worker.is_alive


def test_a_worker_nobody_called_ends_with_its_pool_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "endless_import.py").write_text("import time\ntime.sleep(600)")
    monkeypatch.syspath_prepend(str(tmp_path))
    worker = ReportingWorker(modules=["endless_import"])
    with processes(1, ignore_progress, ahead=worker):
        assert worker.is_alive
    assert not worker.is_alive


def test_one_that_died_before_its_first_call_is_replaced() -> None:
    worker = ReportingWorker()
    worker.kill()
    with processes(1, ignore_progress, ahead=worker) as pool:
        assert pool.executor.submit(int, "7").result() == 7


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_no_signal_of_a_terminal_ends_a_worker_that_starts(started: Callable[..., ReportingWorker]) -> None:
    """From the first instant on: the interpreter is not even up."""
    worker = started()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(worker.pid, number)
    assert worker.submit(os.getpid).result() == worker.pid
    assert worker.submit(blocked_signals).result() == set()
    assert not {signal.SIGINT, signal.SIGTERM, signal.SIGHUP} & blocked_signals(), "of this process"


def blocked_signals() -> set[int]:
    return set(signal.pthread_sigmask(signal.SIG_BLOCK, ()))


def test_what_a_worker_printed_is_there_when_it_has_ended() -> None:
    code = (
        "from transcribe.workers.reporting_worker import ReportingWorker\n"
        "if __name__ == '__main__':\n"
        "    worker = ReportingWorker()\n"
        "    worker.submit(print, 'said', end='').result()\n"
        "    worker.close()\n"
        "    worker.join()\n"
        "    print(worker.exit_code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("said0\n", "")
