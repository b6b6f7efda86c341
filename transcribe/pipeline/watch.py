"""A run of stages as seen from outside: its progress, how long each stage took, where it failed, and how to stop it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from transcribe.declaration import Stage
from transcribe.pipeline.progress import OnProgress, Progress, ignore_progress


class StoppedError(Exception):
    """Raised inside a stage whose run was stopped."""


class RunMonitor:
    """Reports a task's progress, and records the seconds of each stage and the stage that failed."""

    def __init__(self, on_progress: OnProgress = ignore_progress, *, task: int = 0) -> None:
        self._on_progress, self._task = on_progress, task
        self._stopped = threading.Event()
        self.seconds: dict[str, float] = {}  # by stage, of this run
        self.failed_in = ""

    def report(self, stage: Stage, fraction: float) -> None:
        """`stage` has done this fraction of its work. Raises `StoppedError` once the run is stopped."""
        if self._stopped.is_set():
            raise StoppedError
        self._on_progress(Progress(self._task, stage, fraction))

    def stop(self) -> None:
        """End every running stage at its next report."""
        self._stopped.set()

    @contextlib.contextmanager
    def stage(self, name: Stage) -> Iterator[None]:
        """The block is work of this stage."""
        start = time.perf_counter()
        try:
            yield
        except Exception:
            self.failed_in = self.failed_in or name
            raise
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
