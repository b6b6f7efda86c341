"""What runs on a worker of a Dask cluster: a task with its audio found or shipped, and the worker's own cache.

A worker process does one task at a time, with as many threads as it has; its models are loaded once. Shipped files lie
in the folder Dask gives the worker, which goes with it. The client's side is `transcribe.cluster`.
"""

from __future__ import annotations

import contextlib
import ctypes
import platform
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import transcribe
from audio.disk import cache_folder, sha256_of, write_atomically
from transcribe.errors import ClusterError
from transcribe.task import Outcome, Part, Task, Tell

_KEPT_FILES = 4  # shipped recordings a worker keeps: parts of one recording may come to it again
_TOLD_EVERY_S = 1.0
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h, glibc


@dataclass(frozen=True, slots=True)
class Versions:
    """What must be the same on both sides, so that they understand each other's values."""

    turnscript: str
    python: str  # major and minor


@dataclass(frozen=True, slots=True)
class Parcel:
    """A task as it travels: with what the worker cannot find on its own disk. `run` names the run, and the topic its
    progress is told under; `glossary` is the file's name and contents."""

    task: Task
    run: str
    versions: Versions
    glossary: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """Said instead of an outcome: the worker at this address does not see the audio."""

    worker: str


class StoppedError(Exception):
    """The run this task belongs to was given up."""


def versions() -> Versions:
    """Those of this process."""
    return Versions(transcribe.__version__, ".".join(platform.python_version_tuple()[:2]))


def do(fn: Callable[[Task, Tell], Outcome], parcel: Parcel) -> Outcome | Missing:
    """Do the task on this worker, or say that its audio is not here. Raises `ClusterError` for another version."""
    from distributed import get_worker

    worker, desk = get_worker(), _desk()
    _keep_memory()
    if parcel.versions != versions():
        raise ClusterError(f"worker {worker.address} has {versions()}, the run {parcel.versions}")
    path = _audio(parcel.task, _shipped(worker, parcel.task.audio_sha256))
    if path is None:
        return Missing(worker.address)
    with desk.turn:
        task = _here(parcel, worker, path)
        try:
            return fn(task, _Reporter(worker, parcel.run, desk))
        finally:
            if task.part is Part.ALL:
                _shipped(worker, task.audio_sha256).unlink(missing_ok=True)


def store(audio_sha256: str, offset: int, piece: bytes, *, dask_worker: Any) -> None:
    """Put a piece of a recording where `do` will find it. Pieces come in order; the hash is checked when it is used."""
    path = _shipped(dask_worker, audio_sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    if offset == 0:
        _make_room(path.parent)
    with path.open("r+b" if offset else "wb") as file:
        file.seek(offset)
        file.write(piece)
        file.truncate()


def stop(run: str) -> None:
    """Have the tasks of a run end at their next sign of progress."""
    _desk().stopped.add(run)


class _Desk:
    """What a worker process keeps between tasks."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.stopped: set[str] = set()


@lru_cache(maxsize=1)
def _desk() -> _Desk:
    return _Desk()


@lru_cache(maxsize=1)
def _keep_memory() -> None:
    """Let glibc keep freed memory for the next window, as it does by itself outside of Dask.

    Dask starts its workers with `MALLOC_TRIM_THRESHOLD_=65536`, which also stops glibc from learning that large blocks
    come again (mallopt(3)): then every one is asked of the system anew, which cost a third of the speed. The values
    are those glibc's own learning ends at.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):  # another system, another allocator
        allocator = ctypes.CDLL(None)
        allocator.mallopt(_M_MMAP_THRESHOLD, 32 << 20)
        allocator.mallopt(_M_TRIM_THRESHOLD, 64 << 20)


class _Reporter:
    """Tells the scheduler how far a task is, not too often; ends the task where its run was given up."""

    def __init__(self, worker: Any, run: str, desk: _Desk) -> None:
        self._worker, self._run, self._desk = worker, run, desk
        self._told: dict[str, float] = {}

    def __call__(self, number: int, stage: str, fraction: float) -> None:
        if self._run in self._desk.stopped:
            raise StoppedError
        now = time.monotonic()
        if fraction >= 1.0 or now - self._told.get(stage, -_TOLD_EVERY_S) >= _TOLD_EVERY_S:
            self._told[stage] = now
            self._worker.log_event(self._run, (number, stage, fraction))


def _audio(task: Task, shipped: Path) -> Path | None:
    """Where the recording is to be read here: at its own path if that is the same file, else where it was shipped."""
    for path in (task.episode.path, shipped):
        try:
            if path is not None and path.is_file() and sha256_of(path) == task.audio_sha256:
                return path
        except OSError:  # not for us to read: it is shipped
            continue
    return None


def _here(parcel: Parcel, worker: Any, path: Path) -> Task:
    """The task with everything that depends on the machine put right for this one."""
    task = parcel.task
    settings = replace(task.settings, threads=worker.state.nthreads)
    if parcel.glossary is not None:
        name, contents = parcel.glossary
        glossary = _folder(worker) / parcel.run / name
        write_atomically(glossary, contents)
        settings = replace(settings, glossary=str(glossary))
    episode = replace(task.episode, path=path)
    return replace(task, episode=episode, settings=settings, cache=cache_folder() / "stages")


def _folder(worker: Any) -> Path:
    return Path(worker.local_directory) / "turnscript"


def _shipped(worker: Any, audio_sha256: str) -> Path:
    return _folder(worker) / "shipped" / audio_sha256


def _make_room(folder: Path) -> None:
    files = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    for old in files[: max(0, len(files) - _KEPT_FILES + 1)]:
        old.unlink(missing_ok=True)
