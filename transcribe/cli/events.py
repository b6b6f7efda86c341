"""`--progress json`: every line on stderr is a JSON object with an `event`, whoever writes it.

What this program has to say are events with fields; its log, warnings of Python, and whatever libraries and worker
processes write to stderr become events too. docs/batches.md lists them.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import threading
import traceback
import uuid
from collections.abc import Iterator
from typing import Any, TextIO

import click

from transcribe.cli.ending import ending_of
from transcribe.cli.streams import tolerant
from transcribe.terminal import json_for_terminal

_DRAIN_S = 5.0  # to wait for the last lines of other writers
_LONGEST_LINE = 1 << 20  # characters of one line of another program


class Events:
    """Writes events to a stream, from any thread. A stream whose reader is gone is no error."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.show = ""  # the name of the show the run is at

    def emit(self, event: str, **data: Any) -> None:
        """Write one event; values are those of JSON."""
        if self.show and not data.get("show"):
            data["show"] = self.show
        line = json_for_terminal({"event": event, **data}, indent=None)
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()


class _EventHandler(logging.Handler):
    def __init__(self, events: Events) -> None:
        super().__init__()
        self._events = events

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = self.format(record)
        except Exception:  # noqa: BLE001 - a library's faulty record costs itself
            message = str(record.msg)
        self._events.emit("log", level=record.levelname.lower(), logger=record.name, message=message)


class _Lines(io.TextIOBase):
    """A text stream whose lines become events."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, events: Events) -> None:
        self._events, self._rest = events, ""
        self._lock = threading.RLock()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with self._lock:
            *lines, self._rest = (self._rest + text).replace("\r", "\n").split("\n")
            if len(self._rest) > _LONGEST_LINE:
                lines, self._rest = [*lines, self._rest], ""
        for line in filter(str.strip, lines):
            self._events.emit("output", message=line)
        return len(text)

    def finish(self) -> None:
        self.write("\n")


@contextlib.contextmanager
def events_on_stderr(*, verbose: bool, quiet: bool) -> Iterator[Events]:
    """Turn stderr into a stream of events during the block, which are written by the `Events` it yields.

    An error that leaves the block becomes an event, and `click.exceptions.Exit` with its code.
    """
    original = sys.stderr
    with contextlib.ExitStack() as stack:
        events = Events(stack.enter_context(_own_descriptor(original)))
        lines = _Lines(events)
        stack.callback(lines.finish)
        stack.enter_context(_of_other_writers(original, lines))
        stack.enter_context(contextlib.redirect_stderr(lines))
        stack.enter_context(_log_as(events, verbose=verbose, quiet=quiet))
        with _errors_as(events):
            yield events


@contextlib.contextmanager
def _errors_as(events: Events) -> Iterator[None]:
    try:
        yield
    except click.exceptions.Exit:
        raise
    except (Exception, KeyboardInterrupt) as error:
        ending = ending_of(error)
        if ending is None:
            trace = "".join(traceback.format_exception(error))
            message = f"unexpected {type(error).__name__}: {error}; report it with the traceback"
            events.emit("error", message=message, exit_code=1, traceback=trace)
            raise click.exceptions.Exit(1) from error
        events.emit("error", message=ending.message, exit_code=ending.exit_code)
        raise click.exceptions.Exit(ending.exit_code) from error


@contextlib.contextmanager
def _log_as(events: Events, *, verbose: bool, quiet: bool) -> Iterator[None]:
    from transcribe.cli.options import set_log_level

    handler, root = _EventHandler(events), logging.getLogger()
    set_log_level(verbose=verbose, quiet=quiet)
    root.addHandler(handler)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.removeHandler(handler)


@contextlib.contextmanager
def _own_descriptor(original: TextIO) -> Iterator[TextIO]:
    """The stream for events: a copy of stderr, which stays when descriptor 2 is redirected."""
    if not _is_descriptor_2(original):
        yield original
        return
    with open(os.dup(2), "w", encoding="utf-8", newline="\n") as copy:  # noqa: PTH123
        yield tolerant(copy, newline="\n")[0]


@contextlib.contextmanager
def _of_other_writers(original: TextIO, lines: _Lines) -> Iterator[None]:
    """Descriptor 2, which libraries and child processes write to, as lines."""
    if not _is_descriptor_2(original):
        yield
        return
    original.flush()
    saved, (reading, writing) = os.dup(2), os.pipe()
    end = f"{uuid.uuid4().hex}\n".encode()  # child processes may hold the pipe open
    reader = threading.Thread(target=_read, args=(reading, end, lines), daemon=True, name="stderr")
    reader.start()
    os.dup2(writing, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        with contextlib.suppress(OSError):
            os.write(writing, b"\n" + end)
        os.close(writing)
        reader.join(_DRAIN_S)


def _read(descriptor: int, end: bytes, lines: _Lines) -> None:
    with os.fdopen(descriptor, "rb") as pipe:
        while line := pipe.readline(_LONGEST_LINE):
            if line == end:
                return
            lines.write(line.decode("utf-8", "backslashreplace"))


def _is_descriptor_2(stream: TextIO) -> bool:
    try:
        return stream.fileno() == 2
    except (OSError, ValueError, AttributeError):
        return False
