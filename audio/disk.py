"""Files written so that they are whole or not there, and the folders the platform keeps for caches and data.

The lowest room: all three packages write through it. Names of files are the business of their callers.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import IO

APP = "turnscript"

STATE_FOLDER = f".{APP}"
"""The hidden folder in a folder of drafts that holds the index of fetched files, the lock and the report of a run."""

TEMPORARY_SUFFIX = f".{APP}.tmp"
"""What the hidden names of our temporary files end in, and nobody else's."""

_NEW = 2.0  # seconds in which a new file may not be locked yet


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to that takes `path`'s place when the block ends well, and leaves nothing behind when not.

    It is written in the same folder (which is made where missing), synced and renamed. Where `path` is a link, what it
    leads to is replaced. Raises `OSError` as the disk does.
    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=TEMPORARY_SUFFIX, dir=path.parent)
    beside, held = Path(name), os.dup(descriptor)
    try:
        _claimed(held)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    finally:
        os.close(held)


def remove_leftovers(folder: Path) -> int:
    """Remove what `replacing` left half written in `folder` where it was killed; how many files that were.

    A file somebody is writing is locked and stays, and so does one that was made this moment. Hidden files of other
    programs are not looked at.
    """
    count = 0
    for path in folder.glob(f".*{TEMPORARY_SUFFIX}"):
        with contextlib.suppress(OSError), path.open("rb") as file:
            if time.time() - path.stat().st_mtime > _NEW and _claimed(file.fileno()):
                path.unlink()
                count += 1
    return count


def write_atomically(path: Path, data: bytes | str) -> None:
    """Put `data` (text as UTF-8, line ends as they are) at `path`, whole or not at all. Raises `OSError`."""
    with replacing(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)


def replace_if_unchanged(path: Path, data: bytes, *, over: str | None) -> bool:
    """Put `data` at `path` if what is there still has the SHA-256 `over` (None: if nothing is); whether it was put.

    That is looked at last of all, when `data` is on the disk already: others write as they please. Raises `OSError`.
    """
    try:
        with replacing(path) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            if (sha256_of(path) if path.exists() else None) != over:
                raise _MovedOnError
    except _MovedOnError:
        return False
    return True


class _MovedOnError(Exception):
    """Somebody else wrote the file while something was on its way to it."""


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's contents in hex, read in blocks. Raises `OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def free_backup_path(path: Path) -> Path:
    """Where what lies at `path` may be kept: `NAME.bak`, or with the first number from 2 behind it that is free."""
    number, backup = 1, path.with_name(f"{path.name}.bak")
    while backup.exists():
        number += 1
        backup = path.with_name(f"{path.name}.bak{number}")
    return backup


class CacheKind(StrEnum):
    """What a cached file holds; the value is the name of its folder in the cache."""

    STAGES = "stages"
    DOCUMENTS = "documents"
    SCORES = "scores"
    MODELS = "models"


def cache_folder(kind: CacheKind | None = None) -> Path:
    """The folder for what can be made again, or its part for one kind: `XDG_CACHE_HOME`, else the platform's own place.

    It may not exist yet.
    """
    folder = _folder("XDG_CACHE_HOME", "user_cache_dir")
    return folder if kind is None else folder / kind


def data_folder() -> Path:
    """Where what the user made is kept: `XDG_DATA_HOME`, else the platform's own place. It may not exist yet."""
    return _folder("XDG_DATA_HOME", "user_data_dir")


def _claimed(descriptor: int) -> bool:
    """Lock an open file until its last descriptor is closed; False where somebody else has, or there are no locks."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _folder(variable: str, platform_function: str) -> Path:
    named = os.environ.get(variable, "")
    if Path(named).is_absolute():  # the specification has relative ones ignored
        return Path(named) / APP
    import platformdirs

    return Path(getattr(platformdirs, platform_function)(APP, appauthor=False))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
