"""The signals that a terminal or a service manager ends a command with. The command heeds them, its workers do not."""

from __future__ import annotations

import signal

ENDING = tuple(
    number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
)
"""They are sent to all processes of a command at once. Windows has no SIGHUP."""
