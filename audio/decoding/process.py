"""A program that can be ended with all it has started, and whose output can be read until then.

What is called ffmpeg may be a script that starts the real one. That child has the script's pipes: who ends the script
alone waits for the child's output for ever. So a program gets a process group of its own, which is ended as a whole,
and its pipes are read until it has been ended, even if something that left the group still has them open. Windows has
neither: there only the program itself is ended.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from audio.episode import Seconds

_LOOK_MS = 200  # between two looks at whether a silent program has been ended


class Program(subprocess.Popen[bytes]):
    """A running program, without input. `kill` ends it, what it has started, and all reading from it.

    Read its output to the end before you `wait` for it: as long as nobody has waited, its group's number stays its own.
    """

    def __init__(self, command: Sequence[str], *, stdout: int, environment: Mapping[str, str]) -> None:
        self._is_ended = threading.Event()
        super().__init__(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=environment,
            process_group=None if sys.platform == "win32" else 0,  # Ctrl-C is for us
        )
        if sys.platform != "win32":
            for name in ("stdout", "stderr"):
                if pipe := getattr(self, name):
                    setattr(self, name, io.BufferedReader(_UntilEnded(pipe, self._is_ended)))

    def kill(self) -> None:
        """End the program and its group; readers get what is in their buffers, then the end."""
        if sys.platform == "win32":
            super().kill()
        elif self.returncode is None:  # else its number may be another's
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._is_ended.set()


@contextlib.contextmanager
def ended_after(program: subprocess.Popen[bytes], patience: Seconds) -> Iterator[threading.Event]:
    """End the program, and so its pipes, if the block takes longer than `patience`; the event says whether."""
    ended = threading.Event()

    def end() -> None:
        ended.set()
        program.kill()

    timer = threading.Timer(patience, end)
    timer.daemon = True
    timer.start()
    try:
        yield ended
    finally:
        timer.cancel()
        timer.join()


class _UntilEnded(io.RawIOBase):
    """A pipe that is at its end when its program has been ended, also while others hold it open."""

    def __init__(self, pipe: Any, is_ended: threading.Event) -> None:
        super().__init__()
        self._pipe = pipe
        self._is_ended = is_ended

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._pipe.fileno())

    def readinto(self, buffer: Any, /) -> int:
        if sys.platform == "win32":
            raise io.UnsupportedOperation("pipes of Windows are read as they are")
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        while not poll.poll(_LOOK_MS):
            if self._is_ended.is_set():
                return 0
        return os.readv(self._pipe.fileno(), [buffer])

    def close(self) -> None:
        self._pipe.close()
        super().close()
