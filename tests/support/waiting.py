"""Waiting for other processes."""

from __future__ import annotations

import time
from collections.abc import Callable

_PATIENCE = 60.0  # seconds; on a busy machine a process takes many to start


def wait_for(condition: Callable[[], bool]) -> None:
    """Return when the condition holds. Raises `AssertionError` if it does not for a minute."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the condition does not come to hold"
        time.sleep(0.02)
