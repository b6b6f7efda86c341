"""What a stage found out, kept as it finishes, so that a later failure does not cost it.

A checkpoint is a small JSON file under the audio's SHA-256, the stage and the digest of what the stage depends on. Its
first line is the hash of the rest. A damaged, foreign or unreadable one is a miss, never an error; nor is a cache that
cannot be written to. The time of a file is that of its last use, for those who trim the cache.
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
from pathlib import Path
from typing import Any, Protocol

from audio.disk import cache_folder, write_atomically
from transcribe.settings import Stage

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Key:
    """Which result: of which audio (SHA-256), of which stage, under which circumstances (any text)."""

    audio_sha256: str
    stage: Stage
    circumstances: str

    @property
    def file_name(self) -> str:
        """Where it lies below the store's folder."""
        digest = hashlib.sha256(self.circumstances.encode()).hexdigest()[:16]
        return f"{self.audio_sha256[:32]}/{self.stage}-{digest}.json"


Kept = tuple[str, Any]
"""A checkpoint on its way between processes: `Key.file_name`, and what it holds."""


class Store(Protocol):
    """Where checkpoints are kept."""

    def load(self, key: Key) -> Any | None:
        """What was saved under `key`, or None."""

    def save(self, key: Key, data: Any) -> None:
        """Keep `data` (anything JSON knows) under `key`."""


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """A folder of checkpoints. Safe between threads and processes."""

    folder: Path

    def load(self, key: Key) -> Any | None:
        """What was saved under `key`, or None."""
        path = self.folder / key.file_name
        try:
            seal, _, body = path.read_bytes().partition(b"\n")
            if seal != _seal(body):
                return None
            data = json.loads(body)
        except (OSError, ValueError, RecursionError):
            return None
        with contextlib.suppress(OSError):  # a cache that is read only still serves
            os.utime(path)
        return data

    def save(self, key: Key, data: Any) -> None:
        """Keep `data` (anything JSON knows) under `key`. A disk that refuses is logged, not raised."""
        body = json.dumps(data, ensure_ascii=False).encode()
        try:
            write_atomically(self.folder / key.file_name, _seal(body) + b"\n" + body)
        except OSError as error:
            _log.warning("the result of %s could not be kept for later runs: %s", key.stage, error)


class ForgetfulCheckpoints(Checkpoints):
    """Keeps what is found now, and knows nothing of earlier runs."""

    def load(self, key: Key) -> Any | None:
        """Always a miss."""
        return None


class Gathered:
    """What one run found or was told, over a store of what earlier runs kept; it remembers what it took from there."""

    def __init__(self, store: Store, known: Iterable[Kept] = ()) -> None:
        self._store = store
        self._found = dict(known)
        self._lock = threading.Lock()

    def load(self, key: Key) -> Any | None:
        """What this run knows, else what the store has."""
        with self._lock:
            if key.file_name in self._found:
                return self._found[key.file_name]
        data = self._store.load(key)
        if data is not None:
            with self._lock:
                self._found[key.file_name] = data
        return data

    def save(self, key: Key, data: Any) -> None:
        """Keep `data`, here and in the store."""
        with self._lock:
            self._found[key.file_name] = data
        self._store.save(key, data)

    @property
    def found(self) -> tuple[Kept, ...]:
        """Everything this run knows so far."""
        with self._lock:
            return tuple(self._found.items())


SOURCE_NOTE = "source.txt"
"""The file, beside a recording's checkpoints, that says where it was last transcribed from."""


def note_source(store: Path, audio_sha256: str, path: Path) -> None:
    """Note where a recording lies, for people who look at the cache, if anything of it is in the folder `store`.

    A disk that refuses is passed over.
    """
    note = store / audio_sha256[:32] / SOURCE_NOTE
    said = str(path.resolve())
    with contextlib.suppress(OSError):
        if note.parent.is_dir() and source_of(note.parent) != said:
            write_atomically(note, said.encode("utf-8", "surrogateescape"))


def source_of(folder: Path) -> str:
    """What was noted of the recording whose checkpoints lie in `folder`; empty where nothing was."""
    try:
        return (folder / SOURCE_NOTE).read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return ""


def is_whole(path: Path) -> bool:
    """Whether the file of a checkpoint is as it was written; any other is a miss."""
    try:
        seal, _, body = path.read_bytes().partition(b"\n")
    except OSError:
        return False
    return seal == _seal(body)


def users_checkpoints(*, fresh: bool = False) -> Checkpoints:
    """The store in the user's cache folder; `fresh`: what earlier runs kept there is passed over."""
    folder = cache_folder() / "stages"
    return ForgetfulCheckpoints(folder) if fresh else Checkpoints(folder)


def _seal(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
