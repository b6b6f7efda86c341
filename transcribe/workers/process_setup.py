"""Settings of a process that must be made before the networks are loaded into it.

They hold for the whole process, so no library function makes them; whatever starts a process does: the command line and
its workers (`configure_process`), and a task on a worker of a cluster. Environment variables take precedence.
"""

from __future__ import annotations

import contextlib
import os

# onnxruntime's wheels send events to Microsoft, and store a device id and pending events (its Privacy.md, 1.32).
_TELEMETRY_OFF = ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY")

# mallopt(3), numbered in glibc's malloc.h: one arena, since the others take what is larger than 64 MB (HEAP_MAX_SIZE)
# from the system each time; no block in a mapping of its own; up to 2 GiB of freed memory retained.
_ARENA_MAX, _MMAP_MAX, _TRIM_THRESHOLD = -8, -4, -1
_MALLOC_OPTIONS = ((_ARENA_MAX, 1), (_MMAP_MAX, 0), (_TRIM_THRESHOLD, (1 << 31) - 1))


def configure_process() -> None:
    """Make all settings of this module; call before numpy, torch or onnxruntime is imported."""
    os.environ.setdefault("PATH", os.defpath)  # pydub fails without one when it is imported
    disable_telemetry()
    if not _malloc_is_configured():
        keep_freed_memory()
    keep_numpy_to_one_thread()


def disable_telemetry() -> None:
    """Switch off the telemetry of libraries, in this process and those it starts."""
    for variable in _TELEMETRY_OFF:
        os.environ.setdefault(variable, "1")


def keep_freed_memory() -> None:
    """Have glibc reuse freed memory instead of returning it to the system; without effect on other C libraries.

    The networks allocate and free hundreds of megabytes a second, and the system clears each page it hands out: an
    eighth of the time of recognition, where pages are small (docs/performance.md).
    """
    import ctypes

    with contextlib.suppress(OSError, AttributeError, TypeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in _MALLOC_OPTIONS:
            mallopt(parameter, value)


def keep_numpy_to_one_thread() -> None:
    """Have numpy and scipy compute with one thread: a second one spins after each product, on a core others could use.

    They read this when they are first imported.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _malloc_is_configured() -> bool:
    """Whether the environment configures glibc's malloc, by either kind of variable."""
    return any(name.startswith("MALLOC_") for name in os.environ) or "glibc.malloc" in os.environ.get(
        "GLIBC_TUNABLES", ""
    )
