"""How an engine's work is shared out among threads of a processor: pure arithmetic."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from transcribe.parallel import available_cores

Item = TypeVar("Item")


def batches(windows: Iterable[Item], *, workers: int, batch: int) -> Iterator[list[Item]]:
    """`windows` in lists of at most `batch`, of fewer towards the end, so that no worker is left with nothing."""
    left = iter(windows)
    waiting = deque(islice(left, workers * batch))
    while waiting:
        size = -(-len(waiting) // workers)
        yield [waiting.popleft() for _ in range(size)]
        waiting.extend(islice(left, size))


def worker_layout(threads: int) -> tuple[int, int]:
    """How many workers, and how many threads each has. Beyond four workers the weights contend for the cache."""
    available = threads or available_cores()
    workers = min(available, 4)
    return workers, max(1, available // workers)
