"""What a stage found out, kept as it finishes, so that a later failure does not cost it.

A checkpoint is a small JSON file under the audio's SHA-256, the stage and the digest of what the stage depends on.
A damaged, foreign or unreadable one is a miss, never an error; nor is a cache that cannot be written to.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """A folder of checkpoints."""

    folder: Path

    def load(self, key: Key) -> Any | None:
        """What was saved under `key`, or None."""
        try:
            seal, _, body = (self.folder / key.file_name).read_text(encoding="utf-8").partition("\n")
            return json.loads(body) if seal == _seal(body) else None
        except (OSError, ValueError):
            return None

    def save(self, key: Key, data: Any) -> None:
        """Keep `data` (anything JSON knows) under `key`. A disk that refuses is logged, not raised."""
        body = json.dumps(data, ensure_ascii=False)
        try:
            write_atomically(self.folder / key.file_name, f"{_seal(body)}\n{body}")
        except OSError as error:
            _log.warning("the result of %s could not be kept for later runs: %s", key.stage, error)


class ForgetfulCheckpoints(Checkpoints):
    """Keeps what is found now, and knows nothing of earlier runs."""

    def load(self, key: Key) -> Any | None:
        """Always a miss."""
        return None


SOURCE_NOTE = "source.txt"
"""The file, beside a recording's checkpoints, that says where it was last transcribed from."""


def note_source(store: Checkpoints, audio_sha256: str, path: Path) -> None:
    """Note where a recording lies, for people who look at the cache. A disk that refuses is passed over."""
    note = store.folder / audio_sha256[:32] / SOURCE_NOTE
    said = str(path.resolve())
    with contextlib.suppress(OSError):
        if source_of(note.parent) != said:
            write_atomically(note, said.encode("utf-8", "surrogateescape"))


def source_of(folder: Path) -> str:
    """What was noted of the recording whose checkpoints lie in `folder`; empty where nothing was."""
    try:
        return (folder / SOURCE_NOTE).read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def is_whole(path: Path) -> bool:
    """Whether the file of a checkpoint is as it was written; any other is a miss."""
    try:
        seal, _, body = path.read_bytes().partition(b"\n")
    except OSError:
        return False
    return seal == hashlib.sha256(body).hexdigest().encode()


def users_checkpoints(*, fresh: bool = False) -> Checkpoints:
    """The store in the user's cache folder; `fresh`: what earlier runs kept there is passed over."""
    folder = cache_folder() / "stages"
    return ForgetfulCheckpoints(folder) if fresh else Checkpoints(folder)


def _seal(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
