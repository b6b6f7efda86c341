"""Tasks in processes of their own: what a worker that dies costs, how many there are, and that they end."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, CancelledError
from pathlib import Path

import pytest

from tests.support.faulty_stages import FATAL_SECONDS, MORTAL_SECONDS, logged, quick
from tests.support.paths import ROOT
from tests.support.scripted_stages import ScriptedStages, tone
from transcribe.batch.planning import select_jobs
from transcribe.batch.report import Report, State
from transcribe.batch.runner import Setup, run
from transcribe.pipeline.checkpointed_run import CHUNKS_PER_BLOCK
from transcribe.pipeline.progress import Progress, ignore_progress
from transcribe.settings import Settings
from transcribe.workers.local import available_memory, layout, memory_of, processes, suits_processes

pytestmark = pytest.mark.processes


def done(folder: Path, *sources: Path, jobs: int = 2, cache: str = "cache", drafts: str = "drafts") -> Report:
    settings = Settings(output=str(folder / drafts))
    planned, failures = select_jobs([str(source) for source in sources], settings)
    with processes(jobs, ignore_progress) as pool:
        return Report((*failures, *run(planned, Setup(settings, quick, folder / cache), pool=pool)))


def states(report: Report) -> dict[str, State]:
    return {Path(result.source).name: result.state for result in report.results}


def test_a_worker_that_dies_costs_its_own_episode(tmp_path: Path) -> None:
    sources = [tone(tmp_path / f"{i}.wav", seconds=6.0 + i) for i in range(3)]
    fatal = tone(tmp_path / "fatal.wav", seconds=FATAL_SECONDS)
    mortal = tone(tmp_path / "mortal.wav", seconds=MORTAL_SECONDS)
    (tmp_path / "died").touch()
    report = done(tmp_path, sources[0], fatal, *sources[1:])
    assert states(report) == {f"{i}.wav": State.WRITTEN for i in range(3)} | {"fatal.wav": State.FAILED}
    (failure,) = report.failed
    assert "its worker process died twice" in failure.error
    (tmp_path / "died").unlink()
    assert states(done(tmp_path, mortal)) == {"mortal.wav": State.WRITTEN}
    assert logged(tmp_path).count("block 0 of 4.0") == 1


def test_a_split_recording_has_the_words_of_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transcribe.workers.task_splitting.MIN_DURATION", 100.0)
    long = tone(tmp_path / "long.wav", seconds=110.0)
    one = done(tmp_path, long, jobs=1, cache="one", drafts="a")
    before = logged(tmp_path)
    (tmp_path / "log").unlink()
    three = done(tmp_path, long, jobs=3, cache="three", drafts="b")
    assert states(one) == states(three) == {"long.wav": State.WRITTEN}
    for name in ("long.md", "long.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    by = {line.split(" by ")[1] for line in (tmp_path / "log").read_text().splitlines()}
    assert len(by) == 3
    assert sorted(logged(tmp_path)) == sorted(before)
    assert len([line for line in before if line.startswith("block")]) == -(-110 // CHUNKS_PER_BLOCK)


def test_processes_are_started_when_needed_used_again_and_ended(tmp_path: Path) -> None:
    with processes(2, ignore_progress) as pool:
        first = pool.executor.submit(os.getpid).result()
        assert pool.executor.submit(os.getpid).result() == first
        assert first != os.getpid()
        dying = pool.executor.submit(os.kill, first, signal.SIGKILL)
        with pytest.raises(BrokenExecutor):
            dying.result()
        second = pool.executor.submit(os.getpid).result()
        assert second != first
    assert not alive(second)


def test_abandoned_tasks_are_killed() -> None:
    with processes(1, ignore_progress) as pool:
        pid = pool.executor.submit(os.getpid).result()
        sleeping = pool.executor.submit(time.sleep, 600)
        pool.abandon()
        with pytest.raises((BrokenExecutor, CancelledError)):
            sleeping.result()
    assert not alive(pid)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_progress_comes_back_from_other_processes(tmp_path: Path) -> None:
    reports: list[Progress] = []
    settings = Settings(output=str(tmp_path / "drafts"))
    jobs, _ = select_jobs([str(tone(tmp_path / "a.wav"))], settings)
    with processes(1, reports.append) as pool:
        list(run(jobs, Setup(settings, quick, tmp_path / "cache"), pool=pool))
    assert {progress.stage for progress in reports} == {"decode", "recognize", "diarize"}
    assert {progress.task for progress in reports} == {1}
    assert all(0.0 <= progress.fraction <= 1.0 for progress in reports)


def test_only_stages_of_a_module_function_go_to_other_processes() -> None:
    assert suits_processes(quick)
    assert not suits_processes(ScriptedStages())
    assert not suits_processes(lambda settings: quick(settings))


def test_jobs_share_the_threads() -> None:
    assert layout(Settings(jobs=2, threads=8), episodes=10).threads == 4
    assert layout(Settings(jobs=4, threads=2), episodes=10).threads == 1
    assert layout(Settings(threads=4), episodes=1).jobs == 1
    assert layout(Settings(threads=4, device="cuda"), episodes=9).jobs == 1
    assert memory_of("large-v3") > memory_of("small.en") > memory_of("base") == memory_of("/a/folder")
    assert available_memory() > 1 << 20


def unsendable() -> object:
    return lambda: None


def raising() -> None:
    raise EOFError("the call's own")


def test_errors_of_calls_and_results_that_cannot_be_sent_cost_no_process() -> None:
    with processes(1, ignore_progress) as pool:
        pid = pool.executor.submit(os.getpid).result()
        with pytest.raises(EOFError, match="the call's own"):
            pool.executor.submit(raising).result()
        with pytest.raises(RuntimeError, match="cannot be sent"):
            pool.executor.submit(unsendable).result()
        with pytest.raises((AttributeError, TypeError, pickle.PicklingError)):
            pool.executor.submit(lambda: None).result()
        assert pool.executor.submit(os.getpid).result() == pid


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such exit codes")
def test_the_end_of_a_process_is_told() -> None:
    with processes(1, ignore_progress) as pool:
        with pytest.raises(BrokenExecutor, match="ended with exit code 3"):
            pool.executor.submit(os._exit, 3).result()
        with pytest.raises(BrokenExecutor, match="ended by SIGKILL"):
            pool.executor.submit(signal.raise_signal, signal.SIGKILL).result()


def test_workers_need_no_semaphores() -> None:
    """A container whose /dev/shm is missing or read-only has none: here the name of one cannot be created."""
    code = (
        "import _multiprocessing\n"
        "def refused(*args): raise OSError(30, 'Read-only file system')\n"
        "_multiprocessing.SemLock = refused\n"
        "import os\n"
        "from transcribe.pipeline.progress import ignore_progress\n"
        "from transcribe.workers.local import processes\n"
        "if __name__ == '__main__':\n"
        "    with processes(2, ignore_progress) as pool:\n"
        "        assert pool.executor.submit(os.getpid).result() != os.getpid()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
