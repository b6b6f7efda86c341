"""Worker processes on this machine: how many it can run, and how to survive the death of one.

Each worker is a process of its own (`ReportingWorker`), so that one that is killed or runs out of memory takes no
other task with it; the next task gets a new process.
"""

from __future__ import annotations

import contextlib
import inspect
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transcribe.parallel import available_cores
from transcribe.pipeline.progress import OnProgress
from transcribe.pipeline.stages import uses_gpu
from transcribe.settings import Settings
from transcribe.workers.reporting_worker import ReportingWorker, send_progress

if TYPE_CHECKING:
    from transcribe.pipeline.stages import StagesMaker

# A worker with base took 0.8 to 1.0 GB on half an hour of audio.
_MEMORY = {
    "base": 1_200_000_000,
    "small": 2_000_000_000,
    "distil-small": 2_000_000_000,
    "medium": 4_000_000_000,
    "distil-medium": 3_000_000_000,
    "large-v3-turbo": 4_000_000_000,
    "large": 7_000_000_000,
    "distil-large": 4_000_000_000,
    "turbo": 4_000_000_000,
}
_UNKNOWN_MEMORY = 1 << 60  # bytes


@dataclass(frozen=True, slots=True)
class WorkerPool:
    """Runs tasks: an executor, how many tasks to submit at a time, the callback each task reports progress to, and a
    function that drops running tasks immediately.

    `last_threads` is the number of threads for the last task, which will soon have the machine to itself; 0: the same
    as the others.
    """

    executor: Executor
    size: int
    on_progress: OnProgress
    abandon: Callable[[], None]
    last_threads: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """How many tasks at a time, the threads of each, and the threads of the last one."""

    jobs: int
    threads: int
    last_threads: int


def layout(settings: Settings, episodes: int) -> Layout:
    """The layout for this machine and number of episodes: the requested jobs, or as many as cores and memory allow.

    The jobs share the threads equally, so that together they fill the cores. A GPU serves one job.
    """
    cores = settings.threads or available_cores()
    jobs = settings.jobs
    if not jobs:
        most = min(cores, episodes, available_memory() // memory_of(settings.model))
        jobs = 1 if most > 1 and uses_gpu(settings) else max(1, most)
    return Layout(jobs, max(1, cores // jobs), cores)


def memory_of(model: str) -> int:
    """Bytes reserved for a worker with this model: measured for base, by the size of their weights for the others."""
    return next((size for name, size in _MEMORY.items() if model.startswith(name)), _MEMORY["base"])


def available_memory() -> int:
    """Bytes of available memory, within the limit of a container; a large number if unknown."""
    limits = [_UNKNOWN_MEMORY]
    with contextlib.suppress(OSError, ValueError, StopIteration, IndexError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        limits.append(1024 * int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1]))
    with contextlib.suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup")
        limits.append(int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    return max(0, min(limits))


@contextlib.contextmanager
def in_this_process(on_progress: OnProgress) -> Iterator[WorkerPool]:
    """One thread of this process, for stages that cannot be made in another one."""
    executor = ThreadPoolExecutor(1, thread_name_prefix="task")
    try:
        yield WorkerPool(executor, 1, on_progress, lambda: executor.shutdown(wait=False, cancel_futures=True))
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


@contextlib.contextmanager
def processes(
    count: int,
    on_progress: OnProgress,
    *,
    last_threads: int = 0,
    prepare: Callable[[], object] = lambda: None,
    ahead: ReportingWorker | None = None,
) -> Iterator[WorkerPool]:
    """`count` processes, each started when first needed; `on_progress` is called in threads of this process.

    `prepare` is called in this process before the first task; what it raises, `submit` raises. `ahead` is one of the
    processes, started already; it ends as the others do.
    """
    executor = Processes(count, on_progress, prepare=prepare, ahead=ahead)
    try:
        yield WorkerPool(executor, count, send_progress, executor.abandon, last_threads)
        executor.shutdown()
    finally:
        executor.abandon()


def suits_processes(stages: StagesMaker) -> bool:
    """Whether these stages can be made in another process: only by a function at the top level of a module."""
    return inspect.isfunction(stages) and stages.__qualname__ == stages.__name__


class Processes(Executor):
    """An executor of single processes. `submit` accepts as many calls at a time as there are processes."""

    def __init__(
        self,
        count: int,
        on_progress: OnProgress,
        *,
        prepare: Callable[[], object] = lambda: None,
        ahead: ReportingWorker | None = None,
    ) -> None:
        self._on_progress = on_progress
        self._prepare: Callable[[], object] | None = prepare
        self._lock = threading.Lock()
        self._free: list[ReportingWorker | None] = [None] * count  # None: not started
        self._busy: set[ReportingWorker] = set()
        if ahead is not None:
            ahead.report_to(on_progress)
            self._free[0] = ahead

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See `Executor`. A future whose process died raises `BrokenExecutor`."""
        if self._prepare is not None:
            self._prepare()
            self._prepare = None
        with self._lock:
            if not self._free:
                raise RuntimeError("every process is busy")
            self._free.sort(key=lambda worker: worker is None)  # running ones first: their models are loaded
            worker = self._free.pop(0)
        if worker is None or not worker.is_alive:  # it may have died while it was idle
            worker = self._start_process()
        used = worker
        with self._lock:
            self._busy.add(used)
        future = used.submit(fn, *args, **kwargs)
        future.add_done_callback(lambda done: self._release(used, done))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """See `Executor`."""
        workers = self._workers()
        for worker in workers:
            worker.close()
        for worker in workers:
            worker.join()

    def abandon(self) -> None:
        """Kill every process with its task."""
        for worker in self._workers():
            worker.kill()

    def _workers(self) -> list[ReportingWorker]:
        with self._lock:
            return [*self._busy, *(worker for worker in self._free if worker is not None)]

    def _start_process(self) -> ReportingWorker:
        worker = ReportingWorker()
        worker.report_to(self._on_progress)
        return worker

    def _release(self, worker: ReportingWorker, done: Future[Any]) -> None:
        broken = not done.cancelled() and isinstance(done.exception(), BrokenExecutor)
        with self._lock:
            self._busy.discard(worker)
            self._free.append(None if broken else worker)
