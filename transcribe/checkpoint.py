"""What a stage found out, kept as it finishes, so that a later failure does not cost it.

A checkpoint is a small JSON file under the audio's SHA-256, the stage and the digest of what the stage depends on.
A damaged, foreign or unreadable one is a miss, never an error; nor is a cache that cannot be written to.
"""

from __future__ import annotations

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


def users_checkpoints(*, fresh: bool = False) -> Checkpoints:
    """The store in the user's cache folder; `fresh`: what earlier runs kept there is passed over."""
    folder = cache_folder() / "stages"
    return ForgetfulCheckpoints(folder) if fresh else Checkpoints(folder)


def _seal(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
