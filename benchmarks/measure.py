"""Measure a function in a process of its own, so that its memory, caches and start-up are not those of another.

The child is a new interpreter that imports the function's module; arguments and result are pickled.
"""

from __future__ import annotations

import os
import re
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_MEGABYTE = 1 << (20 if sys.platform == "darwin" else 10)  # in units of ru_maxrss: bytes on macOS, else kB


class Elapsed(NamedTuple):
    """Seconds on the clock and of the processor."""

    wall: float
    cpu: float


def in_child(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of a module-level function, called in a new process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


def timed(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T, Elapsed]:
    """The result of a call and the time it took, in this process and in children that ended meanwhile."""
    wall, before = time.perf_counter(), os.times()
    result = function(*args, **kwargs)
    after = os.times()
    return result, Elapsed(time.perf_counter() - wall, sum(after[:4]) - sum(before[:4]))


def peak_megabytes() -> float:
    """The peak resident memory of this process, in units of 2**20 bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss also counts the parent's memory at the fork
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEGABYTE


def children_peak_megabytes() -> float:
    """The largest peak of any child that has ended, in units of 2**20 bytes."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / _MEGABYTE
