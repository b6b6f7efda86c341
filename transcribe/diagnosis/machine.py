"""Cores, memory, a GPU, and what processes that work side by side need."""

from __future__ import annotations

import multiprocessing
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from transcribe.diagnosis.finding import Finding, Level, Surroundings
from transcribe.parallel import available_cores
from transcribe.units import format_size
from transcribe.workers.local import available_memory, memory_of

_SHARED_MEMORY = Path("/dev/shm")  # glibc puts semaphores there
_UNKNOWN = 1 << 50  # bytes; more than any machine has


def check_machine(surroundings: Surroundings) -> Iterator[Finding]:
    """Whether the cores and the memory are enough for the model in force."""
    cores, memory, model = available_cores(), available_memory(), surroundings.settings.model
    of_all = f" of {os.cpu_count()}" if os.cpu_count() != cores else ""
    yield Finding(Level.OK, "cores", f"{cores}{of_all} usable, {platform.machine()}")
    if memory > _UNKNOWN:
        yield Finding(Level.NOTE, "memory", "how much is available is not known on this system")
        return
    message = f"{format_size(memory)} available; a run with {model} takes {format_size(memory_of(model))}"
    if memory >= memory_of(model):
        yield Finding(Level.OK, "memory", message)
    else:
        yield Finding(Level.NOTE, "memory", message, "close other programs, or choose a smaller model with --model")


def check_gpu(surroundings: Surroundings) -> Iterator[Finding]:
    """Whether recognition finds a GPU; none is needed."""
    try:
        import ctranslate2

        count, reason = int(ctranslate2.get_cuda_device_count()), ""
    except Exception as error:  # noqa: BLE001 - a broken driver is a GPU that cannot be used
        count, reason = 0, f" ({type(error).__name__}: {error})"
    if count:
        yield Finding(Level.OK, "GPU", f"{count} with CUDA, used by --device auto and cuda")
    elif surroundings.settings.device == "cuda":
        step = "install NVIDIA's driver and CUDA libraries, or use --device cpu"
        yield Finding(Level.WRONG, "GPU", f"--device cuda is set, and none is found{reason}", step)
    else:
        yield Finding(Level.OK, "GPU", f"none found; recognition uses the processor{reason}")


def check_processes(surroundings: Surroundings) -> Iterator[Finding]:
    """Whether episodes can run in processes of their own: these share semaphores."""
    is_windows = sys.platform == "win32"
    try:  # a lock that is not to be sent elsewhere starts no process that keeps track of it
        multiprocessing.get_context("spawn" if is_windows else "fork").Lock()
    except (OSError, ImportError) as error:
        yield Finding(
            Level.WRONG,
            "semaphores",
            f"this system gives none ({error}), so no worker process can be started",
            f"mount a tmpfs at {_SHARED_MEMORY} that everybody may write to, with the permissions 1777",
        )
        return
    yield Finding(Level.OK, "semaphores", "processes can share locks, so episodes can run side by side")
