"""Folders in the temp folder, for what only other programs read and write: removed after use.

A killed process, such as a worker of a run that is interrupted, leaves its folder. The next process that needs one
removes those. The law: a folder of somebody else is never removed, whatever its name, owner and age. So each of ours
has a marker, a file that says so and names the folder. It is locked by its open descriptor while the folder is in use:
the lock ends with the process whatever ends it. It also has the names of the files that are made there. Of a folder
whose marker nobody holds these are removed, one by one, and then the empty folder; one that has anything else in it,
which somebody put there, stays as it is. On Windows, which locks no files so, they stay.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
import time
from collections.abc import Container, Iterator, Sequence
from functools import cache
from pathlib import Path

from audio.disk import APP, lock

_PREFIX = f"{APP}-scratch-"
_MARKER = f".{APP}-scratch"
_GRACE = 3600.0  # seconds that a marker stays: where machines share the temp folder, one may not see another's locks
_MADE_HERE = os.O_RDWR | os.O_CREAT | os.O_EXCL


@contextlib.contextmanager
def temporary_folder(*names: str) -> Iterator[Path]:
    """A folder of this user's in the temp folder, removed after the block. Raises `OSError`.

    It has a hidden file, the marker; only files with these `names` may be made in it.
    """
    _sweep_once(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name, _marked(Path(name), names):
        yield Path(name)


def remove_left_folders(parent: Path) -> int:
    """Remove the folders in `parent` of processes that are no more; return their number. Whatever has no marker of ours
    stays, and so does a folder in use, or made just now."""
    return sum(map(_remove_if_left, parent.glob(f"{_PREFIX}*")))


@cache
def _sweep_once(parent: Path) -> None:
    with contextlib.suppress(OSError):
        remove_left_folders(parent)


@contextlib.contextmanager
def _marked(folder: Path, names: Sequence[str]) -> Iterator[None]:
    """The folder with its marker, which is locked. It is empty until then: an empty one marks nothing."""
    with contextlib.ExitStack() as stack:
        if sys.platform != "win32":
            descriptor = os.open(folder / _MARKER, _MADE_HERE, 0o600)
            stack.callback(os.close, descriptor)
            if lock(descriptor):
                os.write(descriptor, _statement(folder) + b"".join(os.fsencode(f"{name}\n") for name in names))
        yield


def _statement(folder: Path) -> bytes:
    """What the marker of this folder says, each another thing: a copy is nothing of ours, whatever its name."""
    number = folder.stat(follow_symlinks=False).st_ino
    told = f"{APP} made {folder.name} (inode {number}) for itself, and removes it when no process holds this file\n"
    return os.fsencode(told)


def _remove_if_left(folder: Path) -> bool:
    if sys.platform == "win32":
        return False
    with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
        inside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        stack.callback(os.close, inside)
        marker = os.open(_MARKER, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=inside)
        stack.callback(os.close, marker)
        status, statement = os.fstat(marker), _statement(folder)
        is_left = status.st_uid == os.geteuid() == os.fstat(inside).st_uid and time.time() - status.st_mtime > _GRACE
        if stat.S_ISREG(status.st_mode) and is_left and lock(marker):
            said = os.read(marker, 4096)
            made = {*said.removeprefix(statement).splitlines(), os.fsencode(_MARKER)}
            return said.startswith(statement) and _remove_files(folder, inside, made={*map(os.fsdecode, made)})
    return False


def _remove_files(folder: Path, inside: int, *, made: Container[str]) -> bool:
    """Remove the files of an open folder, the marker last, and the folder; return whether there was nothing in it that
    was not `made` by us: then nothing is removed. Links are removed themselves. Raises `OSError`."""
    if sys.platform == "win32":
        return False
    with os.scandir(inside) as entries:
        kinds = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
    if any(is_folder or name not in made for name, is_folder in kinds.items()):
        return False
    for name in sorted(kinds, key=lambda name: name == _MARKER):
        os.unlink(name, dir_fd=inside)
    folder.rmdir()
    return True
