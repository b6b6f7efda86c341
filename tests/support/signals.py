"""Signals of programs that tests start."""

from __future__ import annotations

import signal

ENDING = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


def heed_signals() -> None:
    """As a shell starts programs: what the tests themselves ignore, under `nohup` or in the background, is heeded."""
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
