"""The memory a program takes at most."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

_MEASURE = (  # in a small process: one that is forked begins with the memory of its parent
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=-3, stderr=-3)\n"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def peak_memory(command: Sequence[str]) -> int:
    """In KiB; on Linux."""
    measured = subprocess.run([sys.executable, "-c", _MEASURE, *command], capture_output=True, text=True, check=True)
    return int(measured.stdout)
