"""Nothing is told to anybody: libraries that report to their makers are told not to, before they are loaded.

What begins a process calls this: the command line, and a task on a worker of a cluster, which others have started.
"""

from __future__ import annotations

import os

# onnxruntime's wheels send events to their maker, and keep a device id and a store for them (its Privacy.md, 1.32).
_OFF = ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY")


def report_to_nobody() -> None:
    """Switch such reports off for this process and those it starts, unless its user's environment says otherwise."""
    for variable in _OFF:
        os.environ.setdefault(variable, "1")
