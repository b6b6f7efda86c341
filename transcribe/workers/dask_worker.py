"""What runs on a worker of a Dask cluster: a task with its audio found or shipped, and the worker's own cache.

A worker process does one task at a time, with as many threads as it has; its models are loaded once. Shipped files lie
in the folder Dask gives the worker, which goes with it. The client's side is `transcribe.workers.dask_client`.
"""

from __future__ import annotations

import contextlib
import hashlib
import platform
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import transcribe
from audio.decoding.probe import Fingerprint
from audio.disk import CacheKind, cache_folder, write_atomically
from audio.errors import SourceError
from transcribe.errors import ClusterError
from transcribe.pipeline.watch import StoppedError
from transcribe.progress import OnProgress, Progress
from transcribe.workers.process_setup import keep_freed_memory, report_to_nobody
from transcribe.workers.task import Outcome, Part, Task

_SPARE_FILES = 3  # shipped recordings a worker keeps that no task needs: parts of one may come to it again
_EXPECTED_S = 12 * 3600.0  # a task that has not come for its recording by then was sent by a client that died
_REPORT_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Versions:
    """What must be the same on both sides, so that they understand each other's values."""

    turnscript: str
    python: str  # major and minor


@dataclass(frozen=True, slots=True)
class Parcel:
    """A task as it travels: with what the worker cannot find on its own disk. `run` names the run, and the topic its
    progress is told under; `glossary` is the file's name and contents; `shipment` names the sending of its recording,
    where it was sent."""

    task: Task
    run: str
    versions: Versions
    glossary: tuple[str, bytes] | None = None
    shipment: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a recording that is sent to a worker. `shipment` names the sending, `offset` is in bytes."""

    audio_sha256: str
    run: str
    shipment: str
    offset: int
    data: bytes
    is_last: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """Said instead of an outcome: the worker at this address does not see the audio."""

    worker: str


def versions() -> Versions:
    """Those of this process."""
    return Versions(transcribe.__version__, ".".join(platform.python_version_tuple()[:2]))


def do(fn: Callable[[Task, OnProgress], Outcome], parcel: Parcel) -> Outcome | Missing:
    """Do the task on this worker, or say that its audio is not here. Raises `ClusterError` for another version."""
    from distributed import get_worker

    worker, desk = get_worker(), _desk()
    keep_freed_memory()  # Dask's environment says the opposite, which cost a third of the speed
    report_to_nobody()
    if parcel.versions != versions():
        raise ClusterError(f"worker {worker.address} has {versions()}, the run {parcel.versions}")
    shipped = _shipped(worker, parcel.task.fingerprint.sha256)
    try:
        with desk.using(parcel.task.fingerprint.sha256, parcel.shipment):
            local = _find_audio(parcel.task, shipped)
            if local is None:
                return Missing(worker.address)
            with desk.turn:
                if not local[0].is_file():  # somebody cleaned up while this task waited
                    return Missing(worker.address)
                return fn(_here(parcel, worker, *local), _Reporter(worker, parcel.run, desk))
    finally:
        if parcel.task.part is Part.ALL:
            desk.discard(shipped)


def store(piece: Piece, *, dask_worker: Any) -> None:
    """Put a piece of a recording where `do` will find the whole. Pieces come in order; the hash is checked when it is
    used. It is kept until the task it was sent for is done, or its run is. Raises `ClusterError`."""
    path = _shipped(dask_worker, piece.audio_sha256)
    partial = path.with_name(f"{path.name}.{piece.shipment}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if piece.offset == 0:
            _desk().expect(piece)
            _desk().make_room(path.parent)
        with partial.open("r+b" if piece.offset else "wb") as file:
            file.seek(piece.offset)
            file.write(piece.data)
            file.truncate()
        if piece.is_last:
            partial.replace(path)  # a task that reads what was sent before goes on reading it
    except OSError as error:
        raise ClusterError(
            f"worker {dask_worker.address}: {path.parent} cannot be written to ({error.strerror})"
        ) from error


def stop(run: str) -> None:
    """Have the tasks of a run end at their next sign of progress, and let go of what was sent for it."""
    _desk().stop(run)


class _Desk:
    """What a worker process keeps between tasks: whose turn it is, and which of the shipped recordings are needed."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.stopped: set[str] = set()
        self._lock = threading.Lock()  # held while files go, so that none goes that a task has just looked at
        self._users: Counter[str] = Counter()  # tasks by the SHA-256 of their recording
        self._expected: dict[str, tuple[str, str, float]] = {}  # shipment → SHA-256, run, since when

    def expect(self, piece: Piece) -> None:
        """A recording begins to come; a task will follow it."""
        with self._lock:
            self._expected[piece.shipment] = piece.audio_sha256, piece.run, time.monotonic()

    @contextlib.contextmanager
    def using(self, audio_sha256: str, shipment: str) -> Iterator[None]:
        """The block needs this recording; if it was sent for it, by this shipment."""
        with self._lock:
            self._users[audio_sha256] += 1
            self._expected.pop(shipment, None)
        try:
            yield
        finally:
            with self._lock:
                self._users[audio_sha256] -= 1

    def stop(self, run: str) -> None:
        """See `remote.stop`."""
        with self._lock:
            self.stopped.add(run)
            self._expected = {key: value for key, value in self._expected.items() if value[1] != run}

    def discard(self, path: Path) -> None:
        """Remove a shipped recording, unless another task needs it."""
        with self._lock:
            if path.name not in self._needed():
                path.unlink(missing_ok=True)

    def make_room(self, folder: Path) -> None:
        """Remove all but the newest few of the shipped recordings no task needs."""
        with self._lock:
            needed = self._needed()
            spare = [path for path in folder.iterdir() if path.name.partition(".")[0] not in needed]
            spare.sort(key=lambda path: path.stat().st_mtime, reverse=True)
            for old in spare[_SPARE_FILES:]:
                old.unlink(missing_ok=True)

    def _needed(self) -> set[str]:
        """By SHA-256."""
        now = time.monotonic()
        expected = {sha256 for sha256, _, since in self._expected.values() if now - since < _EXPECTED_S}
        return expected | {sha256 for sha256, count in self._users.items() if count}


@lru_cache(maxsize=1)
def _desk() -> _Desk:
    return _Desk()


class _Reporter:
    """Reports a task's progress to the scheduler, once a second; ends the task if its run was stopped."""

    def __init__(self, worker: Any, run: str, desk: _Desk) -> None:
        self._worker, self._run, self._desk = worker, run, desk
        self._reported: dict[str, float] = {}  # stage → when

    def __call__(self, progress: Progress) -> None:
        if self._run in self._desk.stopped:
            raise StoppedError
        now, stage = time.monotonic(), progress.stage
        if progress.fraction >= 1.0 or now - self._reported.get(stage, -_REPORT_EVERY_S) >= _REPORT_EVERY_S:
            self._reported[stage] = now
            self._worker.log_event(self._run, astuple(progress))


def _find_audio(task: Task, shipped: Path) -> tuple[Path, Fingerprint] | None:
    """The recording as this machine has it: at its own path if that is the same file, else the shipped one."""
    for path in (task.episode.path, shipped):
        try:
            if path is not None and path.is_file():
                fingerprint = Fingerprint.of(path)
                if fingerprint.sha256 == task.fingerprint.sha256:
                    return path, fingerprint
        except (OSError, SourceError):  # this worker may not read it: it is shipped
            continue
    return None


def _here(parcel: Parcel, worker: Any, path: Path, fingerprint: Fingerprint) -> Task:
    """The task with everything that depends on the machine put right for this one."""
    task = parcel.task
    settings = replace(task.settings, threads=worker.state.nthreads)
    if parcel.glossary is not None:
        name, contents = parcel.glossary
        glossary = _folder(worker) / "glossaries" / hashlib.sha256(contents).hexdigest() / name
        write_atomically(glossary, contents)  # under the same name in every run: the models stay loaded
        settings = replace(settings, glossary=str(glossary))
    episode = replace(task.episode, path=path)
    cache = cache_folder(CacheKind.STAGES)
    return replace(task, episode=episode, fingerprint=fingerprint, settings=settings, cache=cache)


def _folder(worker: Any) -> Path:
    return Path(worker.local_directory) / "turnscript"


def _shipped(worker: Any, audio_sha256: str) -> Path:
    return _folder(worker) / "shipped" / audio_sha256
