"""The standard streams of a command: closed ones get the null device, and one that fails does not stop the work.

What a command prints is not worth its work: a run whose log is on a full disk still writes its drafts, and the other
episodes follow. `StandardStreams.error` tells of it at the end.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from typing import Any


class StandardStreams:
    """The standard streams of this process, made ready. They stay so: the process ends with its command."""

    def __init__(self) -> None:
        closed = _open_closed()
        self._stdout, _ = (_tolerant(name, is_closed=name in closed) for name in ("stdout", "stderr"))
        if isinstance(sys.stdout, io.TextIOWrapper):  # a path that is not UTF-8 is printed unchanged
            is_utf8 = codecs.lookup(sys.stdout.encoding).name == "utf-8"
            sys.stdout.reconfigure(errors="surrogateescape" if is_utf8 else "backslashreplace")  # cp1252 has no →

    @property
    def error(self) -> OSError | None:
        """Why not all results could be printed; a reader that went away, such as `head`, is `BrokenPipeError`."""
        if self._stdout is None:
            return None
        sys.stdout.flush()
        return self._stdout.error


class _TolerantFile(io.RawIOBase):
    """Writes to a file until that fails; then it drops what it gets, and has the `error`."""

    def __init__(self, file: io.FileIO, stream: object) -> None:
        self._file, self._stream = file, stream  # which closes the file when it is gone
        self.is_closed = False  # by who started us: what is written to it is lost, as on a full disk
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()

    def write(self, data: Any, /) -> int | None:
        if self.error is None:
            try:
                if self.is_closed:
                    raise OSError(errno.EBADF, "the stream is closed")
                return self._file.write(data)
            except OSError as error:
                self.error = error
        return len(data)


def tolerant(stream: io.TextIOWrapper, *, newline: str | None = None) -> tuple[io.TextIOWrapper, _TolerantFile | None]:
    """A stream over the file of `stream` that drops what cannot be written, and that file; `stream` if it has none.

    `newline` is that of `open`.
    """
    raw = getattr(stream.buffer, "raw", stream.buffer)  # python -u has no buffer in between
    if not isinstance(raw, io.FileIO):
        return stream, None
    stream.flush()
    file = _TolerantFile(raw, stream)
    buffer = io.BufferedWriter(file)
    flags = stream.line_buffering, stream.write_through
    return io.TextIOWrapper(buffer, stream.encoding, stream.errors, newline, *flags), file


def _tolerant(name: str, *, is_closed: bool) -> _TolerantFile | None:
    """Make a standard stream tolerant, unless a program has replaced it."""
    stream = getattr(sys, name)
    if not isinstance(stream, io.TextIOWrapper):
        return None
    new, file = tolerant(stream)
    setattr(sys, name, new)
    if file is not None:
        file.is_closed = is_closed
    return file


def failure_of(error: OSError) -> str:
    """What to tell of results that could not be printed; nothing if their reader went away, as `head` does."""
    if error.errno == errno.EPIPE:
        return ""
    return f"the results could not all be printed ({error.strerror}); what was written to files is complete"


def _open_closed() -> frozenset[str]:
    """Give the null device to each standard stream that was closed, as by `2>&-`, here and in processes started later.
    Returns their names.

    Else the next file opened has its number, and gets what anybody writes to it.
    """
    closed = frozenset(name for name in ("stdin", "stdout", "stderr") if getattr(sys, name) is None)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115, PTH123 - open as long as the process is
            if stream.fileno() == number:  # the lowest one free
                os.set_inheritable(number, True)
            setattr(sys, name, stream)
    return closed
