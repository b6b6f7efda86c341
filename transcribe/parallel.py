"""Work on several threads, results in order: for networks, which release the interpreter lock while they compute.

Two threads with one piece of work each are faster than one piece split over two: no thread waits for the other, and
next to other work (the recogniser's) none spins while it waits.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_order(function: Callable[[Item], Result], items: Iterable[Item], *, threads: int) -> Iterator[Result]:
    """`function` of every item, in the items' order; only a few items are read ahead, so memory stays bounded.

    `threads` is the number of threads, 0 for one per core. What `function` raises is raised in place of its result.
    """
    workers = threads or available_cores()
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[Result]] = deque()
        for item in items:
            ahead.append(pool.submit(function, item))
            if len(ahead) > 2 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def available_cores() -> int:
    """The cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_limited_addresses() -> bool:
    """Whether this process may not have as many addresses as it asks for (`ulimit -v`)."""
    if sys.platform == "win32":
        return False
    import resource

    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY
