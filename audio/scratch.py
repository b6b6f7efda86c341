"""Folders in the temp folder, for what only other programs read and write: removed after use.

A killed process, such as a worker of a run that is interrupted, leaves its folder. The next process that needs one
removes those: a folder in use is locked, by its open descriptor, so that the lock ends with the process whatever ends
it. On Windows, which locks no folders, they stay.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from audio.disk import APP, lock

_PREFIX = f"{APP}-"
_GRACE = 3600.0  # seconds in which a folder may not be locked yet, or is of a release that locks none


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder of this user's in the temp folder, removed after the block. Raises `OSError`."""
    _sweep_once(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name, _locked(Path(name)):
        yield Path(name)


def remove_left_folders(parent: Path) -> int:
    """Remove the folders in `parent` of processes that are no more; return their number. A folder in use stays, and so
    do one changed just now, another user's, a link, and whatever has such a name and is no folder."""
    return sum(map(_remove_if_left, parent.glob(f"{_PREFIX}*")))


@cache
def _sweep_once(parent: Path) -> None:
    with contextlib.suppress(OSError):
        remove_left_folders(parent)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        if sys.platform != "win32":
            descriptor = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            lock(descriptor)
        yield


def _remove_if_left(folder: Path) -> bool:
    if sys.platform == "win32":
        return False
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            status = os.fstat(descriptor)
            is_ours = status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) == stat.S_IRWXU
            if is_ours and time.time() - status.st_mtime > _GRACE and lock(descriptor):
                shutil.rmtree(folder)
                return True
        finally:
            os.close(descriptor)
    return False
