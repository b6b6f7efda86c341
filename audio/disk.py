"""Atomic file writes, and the platform's folders for caches and data.

The lowest module: all packages write through it. Callers choose the file names.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import IO

APP = "turnscript"

STATE_FOLDER = f".{APP}"
"""The hidden subfolder of an output folder for the index of fetched files, the lock and the report of a run."""

TEMPORARY_SUFFIX = f".{APP}.tmp"
"""The end of the hidden names of our temporary files; no other program uses it."""

_LOCK_GRACE = 2.0  # seconds in which a new file may not be locked yet


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to that replaces `path` if the block succeeds, and is removed if not.

    It is written in the same folder (created if missing), synced and renamed. If `path` is a link, its target is
    replaced. Raises `OSError`.
    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=TEMPORARY_SUFFIX, dir=path.parent)
    temporary, lock = Path(name), os.dup(descriptor)
    try:
        _lock(lock)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(lock)


def remove_leftovers(folder: Path) -> int:
    """Remove the temporary files in `folder` of killed processes that used `replacing`; return their number.

    A file being written is locked and stays, and so does one created just now. Hidden files of other programs are
    ignored.
    """
    count = 0
    for path in folder.glob(f".*{TEMPORARY_SUFFIX}"):
        with contextlib.suppress(OSError), path.open("rb") as file:
            if time.time() - path.stat().st_mtime > _LOCK_GRACE and _lock(file.fileno()):
                path.unlink()
                count += 1
    return count


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write `data` (text as UTF-8, line ends unchanged) to `path`, completely or not at all. Raises `OSError`."""
    with replacing(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)


def write_all(file: IO[bytes], data: bytes) -> None:
    """Write all of `data`: an unbuffered file may accept less per call, for example on a nearly full disk."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def replace_if_unchanged(path: Path, data: bytes, *, over: str | None) -> bool:
    """Write `data` to `path` if its content still has the SHA-256 `over` (None: if it does not exist); return whether.

    The check comes last, when `data` is on the disk already: other programs may write at any time. Raises `OSError`.
    """
    try:
        with replacing(path) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            if (sha256_of(path) if path.exists() else None) != over:
                raise _ChangedError
    except _ChangedError:
        return False
    return True


class _ChangedError(Exception):
    """Another program wrote the file in the meantime."""


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's content in hex, read in blocks. Raises `OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_regular(path: Path, *, most: int) -> bytes:
    """The content of a regular file of at most `most` bytes.

    Raises `OSError` for any other file: a pipe could block, a device might never end.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(most + 1)
    finally:
        os.close(descriptor)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"larger than {most // 2**20} MiB", str(path))
    return data


def free_backup_path(path: Path) -> Path:
    """An unused path for a backup of `path`: `NAME.bak`, else `NAME.bak2`, `NAME.bak3`, …"""
    number, backup = 1, path.with_name(f"{path.name}.bak")
    while backup.exists():
        number += 1
        backup = path.with_name(f"{path.name}.bak{number}")
    return backup


class CacheKind(StrEnum):
    """The kinds of cached files; the value is the name of the folder in the cache."""

    STAGES = "stages"
    DOCUMENTS = "documents"
    SCORES = "scores"
    MODELS = "models"


def cache_folder(kind: CacheKind | None = None) -> Path:
    """The folder for reproducible files, or its subfolder for one kind: in `XDG_CACHE_HOME`, else the platform's own.

    It may not exist yet.
    """
    folder = _folder("XDG_CACHE_HOME", "user_cache_dir")
    return folder if kind is None else folder / kind


def data_folder() -> Path:
    """The folder for the user's data: in `XDG_DATA_HOME`, else the platform's own. It may not exist yet."""
    return _folder("XDG_DATA_HOME", "user_data_dir")


def _lock(descriptor: int) -> bool:
    """Lock an open file until its last descriptor is closed; False if it is locked already, or locks do not exist."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _folder(variable: str, platform_function: str) -> Path:
    configured = os.environ.get(variable, "")
    if Path(configured).is_absolute():  # the specification says to ignore relative ones
        return Path(configured) / APP
    import platformdirs

    return Path(getattr(platformdirs, platform_function)(APP, appauthor=False))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
