"""What a process is told before the networks are loaded into it.

It holds for the whole process, so no function of the library does it: what begins one does, which is the command line
and its workers (`begin`), and a task on a worker of a cluster, which others have started (`report_to_nobody`). What the
user's environment says stands.
"""

from __future__ import annotations

import os
import sys

# onnxruntime's wheels send events to their maker, and keep a device id and a store for them (its Privacy.md, 1.32).
_TELEMETRY_OFF = ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY")

# glibc's mallopt(3) and malloc.h: one arena, since others are bound to 64 MB and give back what is larger; nothing
# under 1 GiB from a mapping of its own; up to 2 GiB kept that are free.
_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1
_KEPT = ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, 1 << 30), (_TRIM_THRESHOLD, (1 << 31) - 1))
_SAID_OTHERWISE = ("GLIBC_TUNABLES", "MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")


def begin() -> None:
    """All of it; nothing that reckons may be imported yet."""
    report_to_nobody()
    keep_freed_memory()
    keep_numpy_to_one_thread()


def report_to_nobody() -> None:
    """Switch libraries' reports to their makers off for this process and those it starts."""
    for variable in _TELEMETRY_OFF:
        os.environ.setdefault(variable, "1")


def keep_freed_memory() -> None:
    """Have the C library hand freed memory to whoever asks next, not back to the system; glibc's alone.

    The networks ask for and free hundreds of megabytes a second, and the system clears each page it hands out: an
    eighth of recognition (docs/performance.md). Less is in use at once, since there is one store of free memory.
    """
    if not sys.platform.startswith("linux") or any(name in os.environ for name in _SAID_OTHERWISE):
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for parameter, value in _KEPT:
            mallopt(parameter, value)


def keep_numpy_to_one_thread() -> None:
    """Have numpy and scipy reckon with one thread: a second one spins after each product, on a core others could use.

    They read this when they are first imported.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
