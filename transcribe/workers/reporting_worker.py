"""A worker process whose calls report progress, and which ends with the process that started it, even a killed one.

It can be started before it is known who gets the progress: until its first call it imports what that will need.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from multiprocessing import connection
from typing import TYPE_CHECKING, Any

from transcribe.pipeline.progress import OnProgress, Progress
from transcribe.workers.ending_signals import ENDING
from transcribe.workers.process_setup import configure_process
from transcribe.workers.worker_process import WorkerProcess

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_MIN_STEP = 0.01  # of a stage: less progress is not sent to another process


class ReportingWorker(WorkerProcess):
    """A process of which `report_to` says who gets the progress its calls send with `send_progress`.

    It sends its progress through a pipe of its own: a shared one would stay locked if a process were killed while it
    writes. `modules` are imported as by `WorkerProcess`.
    """

    def __init__(self, *, modules: Sequence[str] = ()) -> None:
        _start_resource_tracker()
        self._reports, sender = multiprocessing.get_context("spawn").Pipe(duplex=False)
        with _blocked(*ENDING):  # the process inherits that, until `_start` runs in it
            super().__init__(_start, sender, modules=modules)
        sender.close()  # so that the pipe ends with the process

    def report_to(self, on_progress: OnProgress) -> None:
        """Have `on_progress` called in a thread of this process; call once."""
        reader = threading.Thread(
            target=_read_progress, args=(self._reports, on_progress), daemon=True, name="progress"
        )
        reader.start()


def send_progress(progress: Progress) -> None:
    """Send the progress of a call, which runs in a worker process, to the process that started it."""
    stage, fraction = (progress.task, progress.stage), progress.fraction
    if _Parent.pipe is not None and (fraction >= 1.0 or abs(fraction - _Parent.sent.get(stage, -1.0)) >= _MIN_STEP):
        _Parent.sent[stage] = fraction
        with _Parent.lock, contextlib.suppress(OSError):  # the parent has ended
            _Parent.pipe.send(progress)


class _Parent:
    """The pipe from a worker process to its parent; set once, when the process starts."""

    pipe: Connection | None = None
    lock = threading.Lock()
    sent: dict[tuple[int, str], float] = {}  # noqa: RUF012 - a process has one


def _start_resource_tracker() -> None:
    """Start multiprocessing's helper process with SIGHUP blocked: it ignores the other signals of a terminal itself."""
    if sys.platform != "win32":
        from multiprocessing.resource_tracker import ensure_running

        with _blocked(signal.SIGHUP):
            ensure_running()


@contextlib.contextmanager
def _blocked(*signals: int) -> Iterator[None]:
    """What is started meanwhile gets none of these signals: it inherits that they are blocked."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(pipe: Any) -> None:  # a Connection, a PipeConnection on Windows
    """Runs first in a worker: signals are left to the parent, and the worker ends when the parent does."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    configure_process()
    _Parent.pipe = pipe
    parent = multiprocessing.parent_process()
    if parent is not None:

        def end_with_parent() -> None:
            connection.wait([parent.sentinel])
            os._exit(1)

        threading.Thread(target=end_with_parent, daemon=True, name="parent").start()


def _read_progress(pipe: Connection, on_progress: OnProgress) -> None:
    with pipe, contextlib.suppress(EOFError, OSError):
        while True:
            on_progress(pipe.recv())
