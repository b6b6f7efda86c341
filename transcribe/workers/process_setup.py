"""What a process is told before the networks are loaded into it.

It holds for the whole process, so no function of the library does it: what begins one does, which is the command line
and its workers (`begin`), and a task on a worker of a cluster, which others have started. What the user's environment
says stands.
"""

from __future__ import annotations

import contextlib
import os

# onnxruntime's wheels send events to their maker, and keep a device id and a store for them (its Privacy.md, 1.32).
_TELEMETRY_OFF = ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY")

# mallopt(3), numbered in glibc's malloc.h: one arena, since the others take what is larger than 64 MB (HEAP_MAX_SIZE)
# from the system each time; no block from a mapping of its own; up to 2 GiB kept that are free.
_ARENA_MAX, _MMAP_MAX, _TRIM_THRESHOLD = -8, -4, -1
_KEPT = ((_ARENA_MAX, 1), (_MMAP_MAX, 0), (_TRIM_THRESHOLD, (1 << 31) - 1))


def begin() -> None:
    """All that follows; nothing that reckons may be imported yet."""
    report_to_nobody()
    if not _memory_is_the_users_business():
        keep_freed_memory()
    keep_numpy_to_one_thread()


def report_to_nobody() -> None:
    """Switch libraries' reports to their makers off for this process and those it starts."""
    for variable in _TELEMETRY_OFF:
        os.environ.setdefault(variable, "1")


def keep_freed_memory() -> None:
    """Have glibc hand freed memory to whoever asks next, not back to the system; other C libraries are left alone.

    The networks ask for and free hundreds of megabytes a second, and the system clears each page it hands out: an
    eighth of recognition, where pages are small (docs/performance.md).
    """
    import ctypes

    with contextlib.suppress(OSError, AttributeError, TypeError):  # another system, another allocator
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in _KEPT:
            mallopt(parameter, value)


def keep_numpy_to_one_thread() -> None:
    """Have numpy and scipy reckon with one thread: a second one spins after each product, on a core others could use.

    They read this when they are first imported.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _memory_is_the_users_business() -> bool:
    """Whether the environment tells glibc what to do, by either of its ways."""
    return any(name.startswith("MALLOC_") for name in os.environ) or "glibc.malloc" in os.environ.get(
        "GLIBC_TUNABLES", ""
    )
