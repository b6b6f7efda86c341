"""One run per output folder at a time, safe from cron: the holder is named, and a dead process holds no lock.

The lock is the operating system's (`flock`, on Windows `msvcrt`): it ends with the process that took it, however that
ends, so a crash or a reboot leaves no lock. A file next to it names the holder, for the message. If a network file
system does not share locks between machines, that file is the only sign of a run on another machine; it is respected
as long as it exists, since this machine cannot see whether that run is still alive.
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

from audio.disk import STATE_FOLDER, state_folder, write_atomically
from audio.trust import read_regular, real_path, step_after
from transcribe.errors import TranscribeError

if TYPE_CHECKING:
    from filelock import FileLock

_log = logging.getLogger(__name__)
_LOCK = "run.lock"
_RETRY_S = 0.5
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # Linux; the same in every container of one machine


class InUseError(TranscribeError):
    """Another run is using the folder, or the folder cannot be locked."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that holds a folder. `boot` identifies one start of one machine; empty if unknown."""

    pid: int
    host: str
    boot: str
    started: str  # local time with its offset, to the second
    command: str

    @classmethod
    def ourselves(cls, command: str) -> Owner:
        """This process as an owner."""
        return cls(os.getpid(), socket.gethostname(), _boot(), f"{datetime.now().astimezone():%F %T %z}", command)

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is a process of another machine, whose end our lock may not show."""
        if self.host == socket.gethostname():
            return False
        return not self.boot or self.boot != _boot()

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.started} ({self.command})"


@contextlib.contextmanager
def run_lock(
    folder: Path, command: str, *, wait: bool = False, on_wait: Callable[[str], None] = lambda holder: None
) -> Iterator[None]:
    """Hold the lock of `folder` (created if missing) during the block, against this and all other processes.

    `command` names this run in the messages of others. If another run holds the lock: with `wait`, calls `on_wait` once
    with the holder and waits; without, raises `InUseError`. Also raised if the folder is not writable or its file
    system has no locks.
    """
    hidden, is_new = folder / STATE_FOLDER, not folder.exists()
    lock, is_waiting = _lock(hidden), False
    while (holder := _acquire(lock, hidden / "run.json", Owner.ourselves(command))) is not None:
        if not wait:
            raise InUseError(f"{folder}: {holder}; wait for it to end, or pass --wait")
        if not is_waiting:
            on_wait(f"{folder}: {holder}")
            is_waiting = True
        time.sleep(_RETRY_S)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            (hidden / "run.json").unlink()
            if [path.name for path in hidden.iterdir()] == [_LOCK]:  # this run wrote nothing, so nothing of it stays
                (hidden / _LOCK).unlink()
                hidden.rmdir()
                if is_new:
                    folder.rmdir()  # fails if it is not empty
        lock.release()


def _acquire(lock: FileLock, note: Path, owner: Owner) -> str | None:
    """Take the lock and write the note, or return who holds it."""
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
            return f"in use by {before} according to {note}; if that run has ended, remove this file"
        if before is not None:
            _log.info("%s: the lock of %s is stale: that run was interrupted", note.parent.parent, before)
        try:
            text = json.dumps(asdict(owner), ensure_ascii=False)
            write_atomically(note, text.encode(errors="backslashreplace"))  # file names need not be UTF-8
        except OSError:
            lock.release()
            raise
    return None


def _lock(hidden: Path) -> FileLock:
    from filelock import FileLock

    with _disk(hidden.parent):
        state_folder(hidden.parent).mkdir(parents=True, exist_ok=True)
        return FileLock(real_path(hidden / _LOCK, inside=hidden.parent), thread_local=False)


def _owner(note: Path) -> Owner | None:
    """Who wrote the note; None if it is missing or invalid."""
    try:
        data = json.loads(read_regular(note))
        owner = Owner(**{field.name: data[field.name] for field in fields(Owner)})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    is_valid = type(owner.pid) is int and all(isinstance(text, str) for text in (owner.host, owner.boot, owner.command))
    return owner if is_valid else None


@contextlib.contextmanager
def _disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except NotImplementedError as error:  # filelock's error for a file system without locks
        raise InUseError(f"{folder}: its file system has no locks; choose another folder") from error
    except OSError as error:
        step = step_after(error, "choose another folder")
        raise InUseError(f"{folder}: cannot be locked ({error.strerror or error}); {step}") from error


def _boot() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
