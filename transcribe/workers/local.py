"""Worker processes on this machine: how many it can run, and how to survive the death of one.

Each worker is a process of its own (`WorkerProcess`), so that one that is killed or runs out of memory takes no other
task with it; the next task gets a new process. Workers end with the process that started them, even if that is killed.
"""

from __future__ import annotations

import contextlib
import inspect
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transcribe.parallel import available_cores
from transcribe.pipeline.progress import OnProgress, Progress
from transcribe.pipeline.stages import uses_gpu
from transcribe.settings import Settings
from transcribe.workers.process_setup import configure_process
from transcribe.workers.worker_process import WorkerProcess

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from transcribe.pipeline.stages import StagesMaker

# A worker with base took 0.8 to 0.95 GB on half an hour of audio.
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
_MIN_STEP = 0.01  # of a stage: less progress is not sent to another process


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
    count: int, on_progress: OnProgress, *, last_threads: int = 0, prepare: Callable[[], object] = lambda: None
) -> Iterator[WorkerPool]:
    """`count` processes, each started when first needed; `on_progress` is called in threads of this process.

    `prepare` is called in this process before the first task; what it raises, `submit` raises.
    """
    executor = Processes(count, on_progress, prepare=prepare)
    try:
        yield WorkerPool(executor, count, _send_progress, executor.abandon, last_threads)
        executor.shutdown()
    finally:
        executor.abandon()


def suits_processes(stages: StagesMaker) -> bool:
    """Whether these stages can be made in another process: only by a function at the top level of a module."""
    return inspect.isfunction(stages) and stages.__qualname__ == stages.__name__


class Processes(Executor):
    """An executor of single processes. `submit` accepts as many calls at a time as there are processes.

    Each process sends its progress through a pipe of its own: a shared one would stay locked if a process were killed
    while it writes.
    """

    def __init__(self, count: int, on_progress: OnProgress, *, prepare: Callable[[], object] = lambda: None) -> None:
        self._on_progress = on_progress
        self._prepare: Callable[[], object] | None = prepare
        self._lock = threading.Lock()
        self._free: list[WorkerProcess | None] = [None] * count  # None: not started
        self._busy: set[WorkerProcess] = set()

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
        for worker in self._workers():
            worker.close()

    def abandon(self) -> None:
        """Kill every process with its task."""
        for worker in self._workers():
            worker.kill()

    def _workers(self) -> list[WorkerProcess]:
        with self._lock:
            return [*self._busy, *(worker for worker in self._free if worker is not None)]

    def _start_process(self) -> WorkerProcess:
        _start_resource_tracker()
        receiver, sender = multiprocessing.get_context("spawn").Pipe(duplex=False)
        worker = WorkerProcess(_start, sender)
        sender.close()  # so that the pipe ends with the process
        threading.Thread(
            target=_read_progress, args=(receiver, self._on_progress), daemon=True, name="progress"
        ).start()
        return worker

    def _release(self, worker: WorkerProcess, done: Future[Any]) -> None:
        broken = not done.cancelled() and isinstance(done.exception(), BrokenExecutor)
        with self._lock:
            self._busy.discard(worker)
            self._free.append(None if broken else worker)


def _start_resource_tracker() -> None:
    """Start multiprocessing's helper process with SIGHUP blocked: it ignores the other signals of a terminal itself."""
    if sys.platform != "win32":
        from multiprocessing.resource_tracker import ensure_running

        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
        try:
            ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Parent:
    """The pipe from a worker process to its parent; set once, when the process starts."""

    pipe: Connection | None = None
    lock = threading.Lock()
    sent: dict[tuple[int, str], float] = {}  # noqa: RUF012 - a process has one


def _start(pipe: Any) -> None:  # a Connection, a PipeConnection on Windows
    """Runs first in a worker: signals are left to the parent, and the worker ends when the parent does.

    A terminal, and a service manager, send them to all processes of a command at once.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    configure_process()
    _Parent.pipe = pipe
    parent = multiprocessing.parent_process()
    if parent is not None:

        def end_with_parent() -> None:
            connection.wait([parent.sentinel])
            os._exit(1)

        threading.Thread(target=end_with_parent, daemon=True, name="parent").start()


def _send_progress(progress: Progress) -> None:
    stage, fraction = (progress.task, progress.stage), progress.fraction
    if _Parent.pipe is not None and (fraction >= 1.0 or abs(fraction - _Parent.sent.get(stage, -1.0)) >= _MIN_STEP):
        _Parent.sent[stage] = fraction
        with _Parent.lock, contextlib.suppress(OSError):  # the parent has ended
            _Parent.pipe.send(progress)


def _read_progress(pipe: Connection, on_progress: OnProgress) -> None:
    with pipe, contextlib.suppress(EOFError, OSError):
        while True:
            on_progress(pipe.recv())
