"""The worker's side of a Dask cluster: runs a task on local or shipped audio, over the worker's own cache.

A worker process runs one task at a time, with all its threads; its models are loaded once. Shipped files are in the
folder Dask gives the worker, which is removed with it. The client's side is `transcribe.workers.dask_client`.
"""

from __future__ import annotations

import contextlib
import hashlib
import platform
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import transcribe
from audio.disk import CacheKind, cache_folder, write_atomically
from audio.errors import SourceError
from audio.fingerprint import Fingerprint
from transcribe.declaration import Stage
from transcribe.errors import ClusterError
from transcribe.pipeline.progress import OnProgress, Progress
from transcribe.pipeline.watch import StoppedError
from transcribe.workers.process_setup import disable_telemetry, keep_freed_memory
from transcribe.workers.task import Outcome, Part, Task

_SPARE_FILES = 3  # shipped recordings kept although no task needs them: another part of one may follow
_EXPECTED_S = 12 * 3600.0  # by then the task of a shipped recording must have come, or its client has died
_REPORT_EVERY_S = 1.0
_MAX_FINGERPRINTS = 100  # of files of recent tasks


@dataclass(frozen=True, slots=True)
class Versions:
    """What must be equal on both sides, so that each can unpickle the other's values."""

    turnscript: str
    python: str  # major and minor


@dataclass(frozen=True, slots=True)
class TaskMessage:
    """A task with what the worker cannot find on its own disk. `run` identifies the run, and is the topic of its
    progress; `glossary` is the file's name and contents; `shipment` identifies the transfer of its recording, if it was
    shipped."""

    task: Task
    run: str
    versions: Versions
    glossary: tuple[str, bytes] | None = None
    shipment: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a recording sent to a worker. `shipment` identifies the transfer, `offset` is in bytes."""

    audio_sha256: str
    run: str
    shipment: str
    offset: int
    data: bytes
    is_last: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """Returned instead of an outcome: the worker at this address does not have the audio."""

    worker: str


def versions() -> Versions:
    """The versions of this process."""
    return Versions(transcribe.__version__, ".".join(platform.python_version_tuple()[:2]))


def run_task(fn: Callable[[Task, OnProgress], Outcome], message: TaskMessage) -> Outcome | Missing:
    """Run the task on this worker, or report that its audio is missing. Raises `ClusterError` for another version."""
    from distributed import get_worker

    worker, state = get_worker(), _state()
    keep_freed_memory()  # Dask's environment sets the opposite, which cost a third of the speed
    disable_telemetry()
    if message.versions != versions():
        raise ClusterError(f"worker {worker.address} has {versions()}, the run {message.versions}")
    shipped = _shipped(worker, message.task.fingerprint.sha256)
    try:
        with state.using(message.task.fingerprint.sha256, message.shipment):
            local = _find_audio(message.task, shipped)
            if local is None:
                return Missing(worker.address)
            with state.turn:
                if not local[0].is_file():  # removed while this task waited
                    return Missing(worker.address)
                return fn(_localized(message, worker, *local), _Reporter(worker, message.run, state))
    finally:
        if message.task.part is Part.ALL:
            state.discard(shipped)


def store(piece: Piece, *, dask_worker: Any) -> None:
    """Write a piece of a recording where `run_task` looks for it. Pieces come in order; the hash is checked on use. The
    file stays until the task it was shipped for, or its run, ends. Raises `ClusterError`."""
    path = _shipped(dask_worker, piece.audio_sha256)
    partial = path.with_name(f"{path.name}.{piece.shipment}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if piece.offset == 0:
            _state().expect(piece)
            _state().make_room(path.parent)
        with partial.open("r+b" if piece.offset else "wb") as file:
            file.seek(piece.offset)
            file.write(piece.data)
            file.truncate()
        if piece.is_last:
            partial.replace(path)  # a task that reads an earlier copy keeps it open
    except OSError as error:
        raise ClusterError(
            f"worker {dask_worker.address}: {path.parent} cannot be written to ({error.strerror})"
        ) from error


def stop(run: str) -> None:
    """End the tasks of a run at their next report of progress, and release the files shipped for it."""
    _state().stop(run)


class _WorkerState:
    """The state of a worker process between tasks: whose turn it is, and which shipped recordings are needed."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.stopped: set[str] = set()
        self._lock = threading.Lock()  # held while a file is removed, which a task may just have found
        self._users: Counter[str] = Counter()  # tasks by the SHA-256 of their recording
        self._expected: dict[str, tuple[str, str, float]] = {}  # shipment → SHA-256, run, since when
        self._hashing = threading.Lock()
        self._fingerprints: dict[Path, Fingerprint] = {}

    def expect(self, piece: Piece) -> None:
        """A transfer has begun; a task will follow it."""
        with self._lock:
            self._expected[piece.shipment] = piece.audio_sha256, piece.run, time.monotonic()

    @contextlib.contextmanager
    def using(self, audio_sha256: str, shipment: str) -> Iterator[None]:
        """The block uses this recording, which this shipment brought, if any."""
        with self._lock:
            self._users[audio_sha256] += 1
            self._expected.pop(shipment, None)
        try:
            yield
        finally:
            with self._lock:
                self._users[audio_sha256] -= 1

    def stop(self, run: str) -> None:
        """See the function `stop`."""
        with self._lock:
            self.stopped.add(run)
            self._expected = {key: value for key, value in self._expected.items() if value[1] != run}

    def fingerprint(self, path: Path) -> Fingerprint:
        """The file's fingerprint; it is hashed once for all parts of its task. Raises `SourceError`."""
        with self._hashing:
            known = self._fingerprints.pop(path, None)
            fingerprint = known if known is not None and known.is_file_at(path) else Fingerprint.of(path)
            self._fingerprints[path] = fingerprint
            if len(self._fingerprints) > _MAX_FINGERPRINTS:
                del self._fingerprints[next(iter(self._fingerprints))]  # the one not used for longest
            return fingerprint

    def discard(self, path: Path) -> None:
        """Remove a shipped recording unless another task needs it."""
        with self._lock:
            if path.name not in self._needed():
                path.unlink(missing_ok=True)

    def make_room(self, folder: Path) -> None:
        """Remove all but the newest few of the shipped recordings that no task needs."""
        with self._lock:
            needed = self._needed()
            spare = [path for path in folder.iterdir() if path.name.partition(".")[0] not in needed]
            spare.sort(key=lambda path: path.stat().st_mtime, reverse=True)
            for old in spare[_SPARE_FILES:]:
                old.unlink(missing_ok=True)

    def _needed(self) -> set[str]:
        """The needed recordings by SHA-256."""
        now = time.monotonic()
        expected = {sha256 for sha256, _, since in self._expected.values() if now - since < _EXPECTED_S}
        return expected | {sha256 for sha256, count in self._users.items() if count}


@lru_cache(maxsize=1)
def _state() -> _WorkerState:
    return _WorkerState()


class _Reporter:
    """Reports a task's progress to the scheduler, once a second; ends the task if its run was stopped."""

    def __init__(self, worker: Any, run: str, state: _WorkerState) -> None:
        self._worker, self._run, self._state = worker, run, state
        self._reported: dict[Stage, float] = {}  # stage → when

    def __call__(self, progress: Progress) -> None:
        if self._run in self._state.stopped:
            raise StoppedError
        now, stage = time.monotonic(), progress.stage
        if progress.fraction >= 1.0 or now - self._reported.get(stage, -_REPORT_EVERY_S) >= _REPORT_EVERY_S:
            self._reported[stage] = now
            self._worker.log_event(self._run, (progress.task, stage.value, progress.fraction))


def _find_audio(task: Task, shipped: Path) -> tuple[Path, Fingerprint] | None:
    """The recording as this machine has it: at its own path if that is the same file, else the shipped one."""
    for path in (task.episode.path, shipped):
        try:
            if path is not None and path.is_file():
                fingerprint = _state().fingerprint(path)
                if fingerprint.sha256 == task.fingerprint.sha256:
                    return path, fingerprint
        except (OSError, SourceError):  # this worker may not read it: it is shipped
            continue
    return None


def _localized(message: TaskMessage, worker: Any, path: Path, fingerprint: Fingerprint) -> Task:
    """The task with the paths, threads and cache of this machine."""
    task = message.task
    settings = replace(task.settings, threads=worker.state.nthreads)
    if message.glossary is not None:
        name, contents = message.glossary
        glossary = _folder(worker) / "glossaries" / hashlib.sha256(contents).hexdigest() / name
        write_atomically(glossary, contents)  # under the same name in every run, so that the models stay loaded
        settings = replace(settings, glossary=str(glossary))
    episode = replace(task.episode, path=path)
    cache = cache_folder(CacheKind.STAGES)
    return replace(task, episode=episode, fingerprint=fingerprint, settings=settings, cache=cache)


def _folder(worker: Any) -> Path:
    return Path(worker.local_directory) / "turnscript"


def _shipped(worker: Any, audio_sha256: str) -> Path:
    return _folder(worker) / "shipped" / audio_sha256
