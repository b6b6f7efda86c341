"""Check a file before it is decoded: whether it can be audio at all, its fingerprint, and the length its header states.

The stated length may be wrong: `audio.decoding.decode` measures it.
"""

from __future__ import annotations

import re
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from audio.decoding.ffmpeg import Log, probe_command
from audio.disk import sha256_of
from audio.episode import Seconds
from audio.errors import DecodeError, SourceError

_TEXT_CHECK_BYTES = 4096  # read from the start to distinguish text from audio
_MAX_NAME_LENGTH = 80  # characters of a path in a message
_TIMEOUT = 20.0  # seconds for ffmpeg to read a header


def check_source(path: Path) -> None:
    """Refuse a file that cannot be audio, without decoding: not a regular file, unreadable, empty, or text.

    Raises `SourceError` and `DecodeError`, as `decode` does.
    """
    name = printable(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError(f"{name}: is a folder; name an audio file in it")
        if not stat.S_ISREG(mode):  # reading a pipe would block
            raise SourceError(f"{name}: is not a regular file; save the audio to a file first")
        with path.open("rb") as file:
            head = file.read(_TEXT_CHECK_BYTES)
    except PermissionError as exc:
        raise DecodeError(f"{name}: permission denied; make the file readable and run again") from exc
    except FileNotFoundError as exc:
        raise SourceError(f"{name}: no such file; check the name") from exc
    except (OSError, ValueError) as exc:  # ValueError: a NUL in the name
        raise SourceError(f"{name}: cannot be opened ({getattr(exc, 'strerror', exc)}); check the name") from exc
    if not head:
        raise DecodeError(f"{name}: is empty; get the file again")
    if not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", head):  # the bytes file(1) never accepts as text
        raise DecodeError(f"{name}: is text, not audio (a web page or a playlist?); give the audio file itself")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file's SHA-256, and the identity of the file when it was hashed, so that it is hashed once."""

    sha256: str
    identity: tuple[int, ...]  # device, inode, bytes, time of the last write in ns

    @classmethod
    def of(cls, path: Path, *, sha256: str = "") -> Fingerprint:
        """The fingerprint of a file; it is hashed unless its `sha256` is known. Raises `SourceError`."""
        if path.exists() and not path.is_file():  # reading a pipe would block
            raise SourceError(f"{path}: is not a regular file; save the audio to a file first")
        try:
            identity = _identity(path)  # before the hash, so that a write during it is detected
            return cls(sha256 or sha256_of(path), identity)
        except OSError as exc:
            raise SourceError(f"{path}: cannot be read ({exc.strerror}); check the name and its permissions") from exc

    def is_file_at(self, path: Path) -> bool:
        """Whether the file at `path` is the one that was hashed, and was not written to since.

        Detects another file in its place, and a write to it; not a write that keeps the size within one tick of the
        file system's clock, nor one after which the time of the last write was set back.
        """
        try:
            return self.identity == _identity(path)
        except OSError:
            return False

    def matches(self, path: Path) -> bool:
        """Whether the contents at `path` are still those: `is_file_at`, and if not, by hash. Raises `OSError`."""
        return self.is_file_at(path) or sha256_of(path) == self.sha256


def stated_length(path: Path) -> Seconds | None:
    """The length the file's header states, or ffmpeg's estimate from its size; None if neither is available."""
    log = Log()
    try:
        with subprocess.Popen(
            probe_command(path), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            assert process.stderr is not None
            log.follow(process.stderr)
            process.wait(_TIMEOUT)
    except (OSError, ValueError, DecodeError, subprocess.SubprocessError):
        return None
    return log.stated


def _identity(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def printable(path: Path) -> str:
    """The path on one line for a message; a long one is shortened to its end."""
    name = str(path) if str(path).isprintable() else ascii(str(path))
    return name if len(name) <= _MAX_NAME_LENGTH else f"…{name[1 - _MAX_NAME_LENGTH :]}"
