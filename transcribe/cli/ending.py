"""How a command ends: what the signals do, and the message and exit code for an error. In one place for all commands.

SIGINT (Ctrl-C), SIGTERM and SIGHUP (the terminal is gone) end a command in the same way: what is finished is kept,
locks are released, and the exit code is 128 and the signal's number. A second one ends it at once. A signal that was
ignored when the command started, as by `nohup`, stays ignored.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

import click

from audio.errors import AudioError, MistypedError, WrongKindError, missing_package
from audio.program import installing
from audio.shortage import room_step, shortage_of
from output.errors import NotAFolderError, OutputError
from transcribe.errors import NotInstalledError, SettingsError, TranscribeError
from transcribe.workers.ending_signals import ENDING

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
_WRONG_USAGE = (SettingsError, NotInstalledError, MistypedError, NotAFolderError, WrongKindError)
_INTERRUPTED = "interrupted; run the same command again to continue"


class StoppedError(KeyboardInterrupt):
    """A signal ended the command; like Ctrl-C, no `except Exception` catches it."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)


@dataclass(frozen=True, slots=True)
class Ending:
    """The exit code after an error, and what to tell the user; `is_error` unless the user ended it."""

    exit_code: int
    message: str
    is_error: bool = True


def ending_of(error: BaseException) -> Ending | None:
    """The ending for an error of a command; None for one nobody foresaw.

    >>> ending_of(SettingsError("wrap: 3 is too narrow"))
    Ending(exit_code=2, message='wrap: 3 is too narrow', is_error=True)
    """
    if isinstance(error, click.Abort):
        cause = error.__cause__ or error.__context__
        if isinstance(cause, EOFError):
            return Ending(1, "the input ended before the question was answered; give the answer as an option")
        return Ending(_exit_code(cause), _INTERRUPTED, is_error=False)
    if isinstance(error, KeyboardInterrupt):
        return Ending(_exit_code(error), _INTERRUPTED, is_error=False)
    if isinstance(error, click.ClickException):
        return Ending(error.exit_code, error.format_message())
    if shortage := shortage_of(error):
        return Ending(1, shortage)
    if isinstance(error, _WRONG_USAGE):
        return Ending(2, str(error))
    if isinstance(error, AudioError | TranscribeError | OutputError):
        return Ending(1, str(error))
    if isinstance(error, OSError) and (told := _of_the_system(error)):
        return Ending(1, told)
    if isinstance(error, ModuleNotFoundError) and (package := missing_package(error)):
        return Ending(2, f"this command needs {package}, which is not installed; {installing()}")
    return None


def _of_the_system(error: OSError) -> str:
    """What to tell of an error of the system that nobody foresaw; empty if it says too little."""
    if error.errno in _NO_ROOM:
        step = room_step(error, elsewhere="use another folder")
        return f"{error.filename or 'a file'}: cannot be written ({error.strerror}); {step}, and run again"
    if error.filename is not None:
        return f"{error.filename}: {error.strerror}; check the path and its permissions, and run again"
    if error.errno == errno.ENOENT:  # of getcwd(2)
        return "the working folder does not exist any more; change to another with `cd` and run again"
    return ""


def signal_of(error: BaseException) -> int:
    """The signal behind a `KeyboardInterrupt`."""
    return error.number if isinstance(error, StoppedError) else signal.SIGINT


@contextlib.contextmanager
def on_signals(first: Callable[[int], None]) -> Iterator[None]:
    """The first signal calls `first` with its number; a second one ends the process at once.

    `first` runs in the main thread, in the middle of whatever that does: it takes no locks and writes nothing. In a
    thread other than the main one nothing changes. After a signal the handlers stay: the process is ending.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received = 0

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal received
        if received:
            os._exit(128 + number)
        received = number
        first(number)

    heard = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, on_signal) for number in heard}
    try:
        yield
    finally:
        if not received:
            _restore(before)


@dataclass(slots=True)
class Stop:
    """Set by a signal."""

    event: threading.Event
    signal: int = signal.SIGINT


@contextlib.contextmanager
def stopping(stop: Stop) -> Iterator[None]:
    """A signal sets the event of `stop`, and files in progress are written. A second one exits at once, and the workers
    end with this process.

    The handler says nothing: it may have interrupted this thread while it writes, and would wait for itself.
    """

    def first(number: int) -> None:
        stop.signal = number
        stop.event.set()

    with on_signals(first):
        yield


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[None]:
    """For the whole of a command: the first signal raises `StoppedError` in the main thread."""
    before = {number: signal.getsignal(number) for number in ENDING}
    try:
        with on_signals(_stop):
            yield
    finally:
        if threading.current_thread() is threading.main_thread():
            _restore(before)


def _stop(number: int) -> NoReturn:
    raise StoppedError(number)


def _restore(before: dict[int, Callable[[int, FrameType | None], object] | int | None]) -> None:
    for number, handler in before.items():
        if handler is not None:  # None: not set from Python
            signal.signal(number, handler)


def _exit_code(error: BaseException | None) -> int:
    return 128 + (signal_of(error) if error is not None else signal.SIGINT)
