"""Atomic file writes, and the platform's folders for caches and data.

The lowest module: all packages write through it. Callers choose the file names.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import IO

from audio.errors import NoHomeError, UntrustedError
from audio.trust import LARGEST_FILE, check_size, open_regular, problem_of, real_path

APP = "turnscript"

STATE_FOLDER = f".{APP}"
"""The hidden subfolder of an output folder for the index of fetched files, the lock and the report of a run."""

TEMPORARY_SUFFIX = f".{APP}.tmp"
"""The end of the hidden names of our temporary files; no other program uses it."""

_IN_USE = (5, 32)  # Windows: access denied, sharing violation
_RENAME_WAITS = (0.01, 0.05, 0.2, 0.5, 1.0)  # seconds
_LOCK_GRACE = 2.0  # seconds in which a new file may not be locked yet


@contextlib.contextmanager
def replacing(path: Path, *, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """A file to write to that replaces `path` if the block succeeds, and is removed if not.

    It is written in the same folder (created if missing), synced and renamed, and the folder is synced. A new file has
    the permissions `mode` less the umask, a replaced one keeps its own. If `path` is a link to a file in its folder,
    that file is replaced. A link that leads out of the folder is not followed: it may have come with somebody else's
    checkout. Raises `OSError`.
    """
    path = real_path(path, inside=_chosen_folder(path))
    create_folder(path.parent, mode=mode)
    _sweep_once(path.parent)
    temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}{TEMPORARY_SUFFIX}")
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    held = None if sys.platform == "win32" else os.dup(descriptor)  # Windows renames no open file
    try:
        if held is not None:
            lock(held)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            temporary.chmod(path.stat().st_mode)
        patiently(lambda: temporary.replace(path))
        _sync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        if held is not None:
            os.close(held)


def patiently(rename: Callable[[], object], *, waits: Sequence[float] = _RENAME_WAITS) -> None:
    """Call `rename` until it succeeds: on Windows, a file that an indexer or a scanner has open cannot be replaced.

    Raises `OSError`; after the last wait, one that says so.
    """
    for wait in waits:
        try:
            rename()
            return
        except PermissionError as exc:
            if getattr(exc, "winerror", None) not in _IN_USE:
                raise
        time.sleep(wait)
    try:
        rename()
    except PermissionError as exc:
        if getattr(exc, "winerror", None) not in _IN_USE:
            raise
        raise PermissionError(exc.errno, "read-only, or open in another program; close it there", exc.filename) from exc


def remove_leftovers(folder: Path) -> int:
    """Remove the temporary files in `folder` of killed processes that used `replacing`; return their number.

    A file being written is locked and stays, and so does one created just now. Hidden files of other programs are
    ignored. Every folder is swept by the first write into it, once a process.
    """
    return sum(map(_remove_if_left, folder.glob(f".*{TEMPORARY_SUFFIX}")))


@cache
def _sweep_once(folder: Path) -> None:
    remove_leftovers(folder)


def _remove_if_left(path: Path) -> bool:
    """Remove a temporary file that nobody is writing; return whether. Windows refuses to remove an open file."""
    with contextlib.suppress(OSError):
        if time.time() - path.lstat().st_mtime <= _LOCK_GRACE or path.is_dir():
            return False
        if sys.platform == "win32":
            path.unlink()
            return True
        else:  # noqa: RET505 - so that mypy sees one platform at a time
            with open_regular(path) as file:
                if lock(file.fileno()):
                    path.unlink()
                    return True
    return False


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write `data` (text as UTF-8, line ends unchanged) to `path`, completely or not at all. Raises `OSError`."""
    with replacing(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)


def write_privately(path: Path, data: bytes | str) -> None:
    """`write_atomically`, for files that only this user may read, such as voices; new folders are private too."""
    with replacing(path, mode=0o600) as file:
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
            if (sha256_of(path, max_bytes=LARGEST_FILE) if path.exists() else None) != over:
                raise _ChangedError
    except _ChangedError:
        return False
    return True


class _ChangedError(Exception):
    """Another program wrote the file in the meantime."""


def sha256_of(path: Path, *, max_bytes: int | None = None) -> str:
    """The SHA-256 of a file's content in hex, read in blocks. Raises `OSError`, at once if it has over `max_bytes`."""
    with open_regular(path) as file:
        check_size(file, path, max_bytes=max_bytes)
        return hashlib.file_digest(file, "sha256").hexdigest()


def size_of_folder(folder: Path) -> int:
    """Bytes of the files in a folder and below it. Links are not followed; what cannot be read or has gone is 0."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(parent, name).lstat().st_size
    return total


def free_backup_path(path: Path) -> Path:
    """An unused path for a backup of `path`: `NAME.bak`, else `NAME.bak2`, `NAME.bak3`, …"""
    number, backup = 1, path.with_name(f"{path.name}.bak")
    while os.path.lexists(backup):
        number += 1
        backup = path.with_name(f"{path.name}.bak{number}")
    return backup


class CacheKind(StrEnum):
    """The kinds of cached files; the value is the name of the folder in the cache."""

    STAGES = "stages"
    DOCUMENTS = "documents"
    SCORES = "scores"
    MIXES = "mixes"
    MODELS = "models"


def cache_folder(kind: CacheKind | None = None) -> Path:
    """The folder for reproducible files, or its subfolder for one kind: in `XDG_CACHE_HOME`, else the platform's own.

    It may not exist yet. Raises `UntrustedError` if another user could have put something there, `NoHomeError` if no
    such folder is known.
    """
    folder = _folder("XDG_CACHE_HOME", "user_cache_dir")
    return folder if kind is None else _believed(folder / kind, "XDG_CACHE_HOME")


def data_folder() -> Path:
    """The folder for the user's data: in `XDG_DATA_HOME`, else the platform's own. It may not exist yet.

    Raises `UntrustedError` if another user could have put something there, `NoHomeError` if no such folder is known.
    """
    return _folder("XDG_DATA_HOME", "user_data_dir")


def state_folder(folder: Path) -> Path:
    """The hidden subfolder of an output folder; it may not exist. Raises `OSError` if it is a link that leads out."""
    real_path(folder / STATE_FOLDER, inside=folder)
    return folder / STATE_FOLDER


def is_own_file(path: Path) -> bool:
    """Whether what is at `path` is a regular file with no other name: writing to it changes nothing elsewhere.

    Raises `OSError`, also if nothing is there.
    """
    status = path.lstat()
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def _chosen_folder(path: Path) -> Path:
    """The folder a user chose, in which we write `path`: its own, or the one with our hidden subfolder around it."""
    hidden = [parent for parent in path.parents if parent.name == STATE_FOLDER]
    return (hidden[-1] if hidden else path).parent


def create_folder(folder: Path, *, mode: int) -> None:
    """Create a folder, and those above it, for files with the permissions `mode`: who may read may also enter."""
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        missing.mkdir(mode=mode | (mode & 0o444) >> 2, exist_ok=True)


def _sync_folder(folder: Path) -> None:
    """Write a folder's entries to the disk, so that a rename in it survives a power failure, where that is possible."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def lock(descriptor: int) -> bool:
    """Lock an open file or folder until its last descriptor is closed; False if it is locked, or locks do not exist."""
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
        return _believed(Path(configured) / APP, variable)
    import platformdirs

    try:
        folder = Path(getattr(platformdirs, platform_function)(APP, appauthor=False))
    except RuntimeError:  # its releases differ: some return ~, which would be made in the working folder
        folder = Path("~")
    if not folder.is_absolute():
        raise NoHomeError(f"no home folder is known; set HOME, or set {variable} to a folder of your own")
    return _believed(folder, variable)


def _believed(folder: Path, variable: str) -> Path:
    if problem := problem_of(folder):
        raise UntrustedError(f"is not used, because {problem}; set {variable} to a folder of your own", about=folder)
    return folder


def folded(name: str) -> str:
    """A name as file systems compare it that ignore case, or how a letter is composed.

    >>> folded("Cafe\u0301") == folded("CAF\u00c9")
    True
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
