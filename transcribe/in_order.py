"""Work spread over threads, results in order: for networks, which leave the interpreter free while they compute.

Two threads with a piece of work each beat one piece spread over two: nobody waits for anybody, and beside other work
(the recogniser's) no thread burns time waiting. They stand back for that other work and take what it leaves: it has
moments with less to do than there are cores, which are lost where this is over before they come.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_STAND_BACK = 10  # of the 19 steps of niceness: on a machine full of others' work a tenth of their share


def map_in_order(function: Callable[[Item], Result], items: Iterable[Item], *, threads: int) -> Iterator[Result]:
    """`function` of every item, in the items' order; few items are taken ahead, so memory stays bounded.

    `threads` is how many work at a time, 0 for one per core. What `function` raises comes out where its result would.
    """
    workers = threads or os.cpu_count() or 1
    with ThreadPoolExecutor(workers, initializer=_stand_back) as pool:
        ahead: deque[Future[Result]] = deque()
        for item in items:
            ahead.append(pool.submit(function, item))
            if len(ahead) > 2 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _stand_back() -> None:
    """Lower this thread's priority where threads have one of their own, which is on Linux (setpriority(2))."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError):  # a sandbox may forbid it; nothing but time is lost
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _STAND_BACK)
