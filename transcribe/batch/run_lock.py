"""One run per output folder at a time, safe from cron: who holds a folder is known, and a dead holder holds nothing.

The lock is the operating system's (`flock`, on Windows `msvcrt`): it ends with the process that took it, however that
ends, so a crash or a reboot leaves no lock behind. Beside it lies a file on who holds it, for the message. Where the
two machines' locks do not meet (a network file system that keeps them apart), that file alone tells of a run elsewhere;
it is respected as long as it is there, since nobody can see from here whether that run still lives.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from audio.disk import STATE_FOLDER, write_atomically
from transcribe.errors import TranscribeError

if TYPE_CHECKING:
    from filelock import FileLock

_log = logging.getLogger(__name__)
_LOCK = "run.lock"
_RETRY_S = 0.5
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # Linux; the same in every container of one machine


class InUseError(TranscribeError):
    """Another run is at work on the folder, or the folder cannot be locked."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a folder. `boot` tells one start of a machine from the next, and machines from one another; empty
    where the system does not say."""

    pid: int
    host: str
    boot: str
    started: str  # local time with its offset, to the second
    command: str

    @classmethod
    def ourselves(cls, command: str) -> Owner:
        """This process."""
        return cls(os.getpid(), socket.gethostname(), _boot(), f"{datetime.now().astimezone():%F %T %z}", command)

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is, or was, a process of another machine: one whose end the lock here would not show."""
        if self.host == socket.gethostname():
            return False
        return not self.boot or self.boot != _boot()

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.started} ({self.command})"


@contextlib.contextmanager
def alone_in(
    folder: Path, command: str, *, wait: bool = False, waiting: Callable[[str], None] = lambda holder: None
) -> Iterator[None]:
    """Nobody else, in this process or another, is in this block for the same `folder` (made where missing).

    `command` is what this run is called in the message to others. With `wait` it is waited for until the folder is
    free, and `waiting` told once who holds it; without, that is an `InUseError` which says so. Also raised where the
    folder cannot be written to or its file system knows no locks.
    """
    hidden, is_new = folder / STATE_FOLDER, not folder.exists()
    lock, told = _lock(hidden), False
    while (holder := _taken_by(lock, hidden / "run.json", Owner.ourselves(command))) is not None:
        if not wait:
            raise InUseError(f"{folder}: {holder}; wait for its end, or say --wait")
        if not told:
            waiting(f"{folder}: {holder}")
            told = True
        time.sleep(_RETRY_S)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            (hidden / "run.json").unlink()
            if [path.name for path in hidden.iterdir()] == [_LOCK]:  # this run wrote nothing: nothing stays of it
                (hidden / _LOCK).unlink()
                hidden.rmdir()
                if is_new:
                    folder.rmdir()  # refused where there is something in it
        lock.release()


def _taken_by(lock: FileLock, note: Path, owner: Owner) -> str | None:
    """Take the lock and leave a note, or say who holds it."""
    from filelock import Timeout

    with _disk(note.parent.parent):
        try:
            lock.acquire(blocking=False)
        except Timeout:
            holder = _owner(note)
            return f"in use by {holder}" if holder else "in use by another run, which is just starting or ending"
        before = _owner(note)
        if before is not None and before.is_elsewhere:
            lock.release()
            return f"in use by {before}, as {note} says; if that run is over, remove this file"
        if before is not None:
            _log.info("%s: the lock of %s is stale: that run was cut off", note.parent.parent, before)
        try:
            said = json.dumps(asdict(owner), ensure_ascii=False)
            write_atomically(note, said.encode(errors="backslashreplace"))  # names of files need not be UTF-8
        except OSError:
            lock.release()
            raise
    return None


def _lock(hidden: Path) -> FileLock:
    from filelock import FileLock

    with _disk(hidden.parent):
        hidden.mkdir(parents=True, exist_ok=True)
    return FileLock(hidden / _LOCK, thread_local=False)


def _owner(note: Path) -> Owner | None:
    """Who left the note; None where there is none, or nothing to be made of it."""
    try:
        said = json.loads(note.read_bytes())
        owner = Owner(**{field.name: said[field.name] for field in fields(Owner)})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    is_one = type(owner.pid) is int and all(isinstance(text, str) for text in (owner.host, owner.boot, owner.command))
    return owner if is_one else None


@contextlib.contextmanager
def _disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except NotImplementedError as error:  # filelock raises it where the file system cannot lock
        raise InUseError(f"{folder}: its file system knows no locks; write to another folder") from error
    except OSError as error:
        raise InUseError(f"{folder}: cannot be locked ({error.strerror or error}); choose another folder") from error


def _boot() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
