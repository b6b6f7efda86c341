"""A copy of a recording that browsers play, of one in a format they do not: its samples as recognition heard them.

So a time in the copy is the time of the transcript. It is made once and kept in the cache.
"""

from __future__ import annotations

import hashlib
import wave
from pathlib import Path
from typing import TYPE_CHECKING

from audio.decoding.decode import decode
from audio.decoding.samples import SAMPLE_BYTES, SAMPLE_RATE, as_int16
from audio.disk import CacheKind, cache_folder, replacing
from audio.trust import problem_of

if TYPE_CHECKING:
    from audio.progress import OnFraction

_BLOCK = 30.0  # seconds written at a time


def copy_path(path: Path) -> Path:
    """Where the copy of a file is kept, as long as the file is not written to. Raises `OSError`."""
    status = path.stat()
    key = f"{path.resolve()}\n{status.st_size}\n{status.st_mtime_ns}".encode("utf-8", "surrogateescape")
    return cache_folder(CacheKind.MIXES) / f"{hashlib.sha256(key).hexdigest()[:32]}.wav"


def has_copy(path: Path) -> bool:
    """Whether the copy of a file is there. Raises `OSError`."""
    copy = copy_path(path)
    return copy.is_file() and not problem_of(copy)


def make_copy(path: Path, *, progress: OnFraction) -> Path:
    """Write the copy of a file. Raises as `decode` does, and `OSError`."""
    copy = copy_path(path)
    with decode(path, progress=progress) as audio, replacing(copy) as file, wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(SAMPLE_BYTES)
        written.setframerate(SAMPLE_RATE)
        written.setnframes(audio.n_samples)
        for block in audio.blocks(_BLOCK):
            written.writeframesraw(as_int16(block))
    return copy
