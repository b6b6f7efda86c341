"""Which files on the disk are believed: regular ones, of owners that may act for us, where they seem to be.

A folder may come from a stranger, as a checkout or an archive does. A name of ours in it can be a link to another file
of the user, a FIFO on which a reader waits for ever, or a device without an end; a file in a shared folder above it can
be another user's. Everything here raises `OSError` with a reason in words, as opening the file would, so that callers
report it as they report a file that cannot be read.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from io import BufferedReader
from pathlib import Path

LARGEST_FILE = 256 << 20
"""Bytes of the largest file that is read whole: a transcript of a day of talk has 60 MB."""


class UnbelievedError(OSError):
    """What is at a path is not believed; `step` is what to do about it."""

    def __init__(self, number: int, reason: str, path: Path, *, step: str) -> None:
        super().__init__(number, reason, str(path))
        self.step = step


def step_after(error: OSError, otherwise: str) -> str:
    """What to do about a file that could not be read or written: about what has its name, if that is the reason."""
    if isinstance(error, UnbelievedError):
        return error.step
    if isinstance(error, IsADirectoryError):
        return "a folder has this name; move it away"
    if error.errno == errno.ELOOP:
        return "remove that link"
    return otherwise


def is_readable(path: Path) -> bool:
    """Whether a regular file is at `path`, links followed, that can be read as one of ours: not a pipe, a folder, or
    more than `LARGEST_FILE`."""
    try:
        check_regular(path, max_bytes=LARGEST_FILE)
    except OSError:
        return False
    return True


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading, links followed. Raises `OSError`, at once, for a FIFO, a socket or a device."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a FIFO opens without a writer
    descriptor = os.open(path, flags)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return BufferedReader(io.FileIO(descriptor))
    is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
    os.close(descriptor)
    if is_folder:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise UnbelievedError(errno.EINVAL, "not a regular file", path, step="move away what has this name")


def read_regular(path: Path, *, max_bytes: int = LARGEST_FILE) -> bytes:
    """The content of a regular file. Raises `OSError`, also if it has more than `max_bytes`."""
    with open_regular(path) as file:
        # as much memory as the file has bytes, not as it may have
        content = file.read(min(os.fstat(file.fileno()).st_size, max_bytes) + 1)
        if file.peek(1):  # it has grown, or states no size, as those in /proc do
            content += file.read(max_bytes + 1 - len(content))
    if len(content) > max_bytes:
        raise _too_large(path, max_bytes)
    return content


def read_regular_text(path: Path, *, encoding: str = "utf-8") -> str:
    """The text of a regular file, its line ends as `\\n`. Raises `OSError` and `UnicodeDecodeError`."""
    return io.StringIO(read_regular(path).decode(encoding), newline=None).read()


def is_there(path: Path) -> bool:
    """Whether something has this name, whatever it is: a file, a link to nothing, a pipe, or what may not be looked at.

    The law: what is there and cannot be read is an error, and never the same as what is not there. So whether an input
    is given is asked here, and not with `Path.is_file` or `Path.exists`.
    """
    try:
        path.lstat()
    except OSError as error:
        return error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
    return True


def check_regular(path: Path, *, inside: Path | None = None, max_bytes: int | None = None) -> None:
    """Raise `OSError` unless this is a regular file that can be read, of at most `max_bytes`, which no link below the
    folder `inside` leads out of. Without `inside` it is the user's choice where links lead."""
    if inside is not None:
        real_path(path, inside=inside)
    with open_regular(path) as file:
        check_size(file, path, max_bytes=max_bytes)


def check_size(file: BufferedReader, path: Path, *, max_bytes: int | None) -> None:
    """Raise `OSError` if the open file has more than `max_bytes` (None: no limit): a sparse one costs nothing to make,
    and hours to read."""
    if max_bytes is not None and os.fstat(file.fileno()).st_size > max_bytes:
        raise _too_large(path, max_bytes)


def _too_large(path: Path, max_bytes: int) -> UnbelievedError:
    return UnbelievedError(errno.EFBIG, f"larger than {max_bytes >> 20} MB", path, step="move away what has this name")


def real_path(path: Path, *, inside: Path) -> Path:
    """`path` with links resolved. Raises `OSError` if a link below the folder `inside` leads out of it.

    `inside` may be a link itself: it is the folder the user chose.
    """
    resolved, base = Path(os.path.realpath(path)), Path(os.path.realpath(inside))
    if resolved.is_relative_to(base):
        return resolved
    reason = f"a link leads out of {inside} to {resolved}"
    raise UnbelievedError(errno.ELOOP, reason, path, step="remove that link")


def problem_of(path: Path) -> str:
    """Why what is at `path` is not believed: whose it is, or who else may write it. Empty if there is no reason.

    Ours is what belongs to this user, to root, or, under sudo, to the user who called it. The group may write if it is
    the user's own group, as on systems that give each user one. Windows has other means, which are not looked at.

    >>> problem_of(Path(__file__).resolve().parents[2] / "nothing here")
    ''
    """
    if sys.platform == "win32":
        return ""
    try:
        status = path.stat()
    except OSError:
        return ""
    if status.st_uid not in _trusted_owners():
        return f"it belongs to another user (number {status.st_uid})"
    mode = status.st_mode
    if mode & stat.S_ISVTX and stat.S_ISDIR(mode):  # in such a folder nobody can replace another user's file
        return ""
    if mode & stat.S_IWOTH:
        return "everybody may write to it"
    if mode & stat.S_IWGRP and status.st_gid not in (os.getegid(), 0):
        return f"its group (number {status.st_gid}) may write to it"
    return ""


def problem_below(path: Path, *, inside: Path) -> str:
    """Why what is at `path`, or a folder between it and `inside`, is not believed, with its name; empty if it is.

    `inside` is a folder that is believed already: the cache's, for example. In it nobody else can put anything, but a
    folder or a file made by hand, unpacked or copied may let others write.
    """
    for each in reversed((path, *path.parents[: len(path.relative_to(inside).parts) - 1])):
        if problem := problem_of(each):
            return f"{each} is not believed, because {problem}"
    return ""


def read_own(path: Path, *, inside: Path) -> bytes:
    """`read_regular`, for a file of ours below the folder `inside`. Raises `OSError`, also for a `problem_below`."""
    if problem := problem_below(path, inside=inside):
        raise PermissionError(errno.EPERM, problem, str(path))
    return read_regular(path)


def _trusted_owners() -> set[int]:
    if sys.platform == "win32":
        return set()
    owners, sudo = {0, os.geteuid()}, os.environ.get("SUDO_UID", "")
    if os.geteuid() == 0 and sudo.isascii() and sudo.isdecimal() and len(sudo) < 11:
        owners.add(int(sudo))
    return owners
