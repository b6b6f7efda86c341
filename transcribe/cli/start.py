"""Where the console script begins. Until the modules of `transcribe.cli.main` are imported, which heeds all signals
itself, Ctrl-C ends the process at once, as nothing has begun: else it is a traceback, or lost in one of Python's
callbacks.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

_INTERRUPTED = 128 + signal.SIGINT  # as `transcribe.cli.ending` has it


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    is_heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not ignored, as by a script's `&`
    if is_heeded:
        signal.signal(signal.SIGINT, _end)
    try:
        from transcribe.cli.main import main as run

        if is_heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        run()
    except KeyboardInterrupt:  # between the two, or after the end of the command
        sys.exit(_INTERRUPTED)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(_INTERRUPTED)
