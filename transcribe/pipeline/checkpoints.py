"""Results of stages, stored as soon as they are computed, so that a later failure does not cost them.

A checkpoint is a small JSON file named by the audio's SHA-256, the stage and the digest of what the stage depends on.
Its first line is the hash of the rest. A damaged, foreign or unreadable file is a miss, never an error; so is one that
another user may have written (`audio.trust`), and a cache that cannot be written. The modification time of a file is
that of its last use, for trimming the cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from audio.disk import CacheKind, cache_folder, write_privately
from audio.shortage import room_step
from audio.trust import read_own
from transcribe.settings import Stage

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Key:
    """Identifies a result: the audio by its SHA-256, the stage, and all else it depends on (any text)."""

    audio_sha256: str
    stage: Stage
    circumstances: str

    @property
    def file_name(self) -> str:
        """The file's path below the store's folder."""
        digest = hashlib.sha256(self.circumstances.encode()).hexdigest()[:16]
        return f"{self.audio_sha256[:32]}/{self.stage}-{digest}.json"


EncodedResult = tuple[str, Any]
"""A checkpoint that is sent to another process: `Key.file_name`, and the JSON data."""


class Store(Protocol):
    """Where checkpoints are stored."""

    def load(self, key: Key) -> Any | None:
        """The data saved under `key`, or None."""

    def save(self, key: Key, data: Any) -> None:
        """Store `data` (any JSON data) under `key`."""


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """A folder of checkpoints. Safe for threads and processes."""

    folder: Path

    def load(self, key: Key) -> Any | None:
        """The data saved under `key`, or None."""
        path = self.folder / key.file_name
        try:
            seal, _, body = read_own(path, inside=self.folder).partition(b"\n")
            if seal != _seal(body):
                return None
            data = json.loads(body)
        except (OSError, ValueError, RecursionError):
            return None
        with contextlib.suppress(OSError):  # a read-only cache is still of use
            os.utime(path)
        return data

    def save(self, key: Key, data: Any) -> None:
        """Store `data` (any JSON data) under `key`. A failure to write is logged, not raised."""
        body = json.dumps(data, ensure_ascii=False).encode()
        try:
            write_privately(self.folder / key.file_name, _seal(body) + b"\n" + body)
        except OSError as error:
            step = room_step(error, elsewhere="make it writable, or set XDG_CACHE_HOME to a folder of your own")
            _warn_once(self.folder, error.strerror or str(error), step)


@cache
def _warn_once(folder: Path, reason: str, step: str) -> None:
    _log.warning("%s: results cannot be kept there for later runs (%s); %s", folder, reason, step)


class WriteOnlyCheckpoints(Checkpoints):
    """Stores results for later runs, and returns none of earlier ones."""

    def load(self, key: Key) -> Any | None:
        """Always a miss."""
        return None


class OverlayStore:
    """The results of one run in memory, over a store of earlier ones; it also remembers what it read from there."""

    def __init__(self, store: Store, results: Iterable[EncodedResult] = ()) -> None:
        self._store = store
        self._results = dict(results)
        self._lock = threading.Lock()

    def load(self, key: Key) -> Any | None:
        """The data of this run, or of the store below."""
        with self._lock:
            if key.file_name in self._results:
                return self._results[key.file_name]
        data = self._store.load(key)
        if data is not None:
            with self._lock:
                self._results[key.file_name] = data
        return data

    def save(self, key: Key, data: Any) -> None:
        """Keep `data` in memory, and save it in the store below."""
        with self._lock:
            self._results[key.file_name] = data
        self._store.save(key, data)

    @property
    def results(self) -> tuple[EncodedResult, ...]:
        """All results in memory."""
        with self._lock:
            return tuple(self._results.items())


SOURCE_NOTE = "source.txt"
"""The file next to a recording's checkpoints that holds the path it was last transcribed from."""


def note_source(store: Path, audio_sha256: str, path: Path) -> None:
    """Record a recording's path in the folder `store`, for `transcribe cache show`, if it has checkpoints there.

    A failure to write is ignored.
    """
    note = store / audio_sha256[:32] / SOURCE_NOTE
    source = str(path.resolve())
    with contextlib.suppress(OSError):
        if note.parent.is_dir() and source_of(note.parent) != source:
            write_privately(note, source.encode("utf-8", "surrogateescape"))


def source_of(folder: Path) -> str:
    """The path recorded for the recording whose checkpoints are in `folder`; empty if none is."""
    try:
        return read_own(folder / SOURCE_NOTE, inside=folder.parent).decode("utf-8", "surrogateescape")
    except OSError:
        return ""


def is_intact(path: Path) -> bool:
    """Whether a checkpoint's file is as it was written, by this user; any other is a miss."""
    try:
        seal, _, body = read_own(path, inside=path.parents[1]).partition(b"\n")
    except OSError:
        return False
    return seal == _seal(body)


def user_checkpoints(*, ignore_cache: bool = False) -> Checkpoints:
    """The store in the user's cache folder; with `ignore_cache` results of earlier runs are not read."""
    folder = cache_folder(CacheKind.STAGES)
    return WriteOnlyCheckpoints(folder) if ignore_cache else Checkpoints(folder)


def _seal(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
