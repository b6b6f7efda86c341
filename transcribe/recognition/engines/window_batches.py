"""How an engine's windows are divided among threads of a processor: pure arithmetic."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from transcribe.parallel import available_cores

Item = TypeVar("Item")


def batches(windows: Iterable[Item], *, workers: int, batch: int) -> Iterator[list[Item]]:
    """`windows` in lists of at most `batch`, smaller towards the end so that every worker stays busy."""
    rest = iter(windows)
    waiting = deque(islice(rest, workers * batch))
    while waiting:
        size = -(-len(waiting) // workers)
        yield [waiting.popleft() for _ in range(size)]
        waiting.extend(islice(rest, size))


def worker_layout(threads: int) -> tuple[int, int]:
    """The number of workers, and of threads for each. Beyond four workers the weights contend for the CPU's cache."""
    available = threads or available_cores()
    workers = min(available, 4)
    return workers, max(1, available // workers)
