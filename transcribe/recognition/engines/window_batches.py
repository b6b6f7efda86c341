"""How an engine's windows are divided among threads of a processor."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import count, islice
from threading import Event
from typing import Generic, TypeVar

from transcribe.parallel import available_cores

Item = TypeVar("Item")
Part = TypeVar("Part")
Whole = TypeVar("Whole")


def batches(windows: Iterable[Item], *, workers: int, batch: int) -> Iterator[list[Item]]:
    """`windows` in lists of at most `batch`, smaller towards the end so that every worker stays busy."""
    rest = iter(windows)
    waiting = deque(islice(rest, workers * batch))
    while waiting:
        size = -(-len(waiting) // workers)
        yield [waiting.popleft() for _ in range(size)]
        waiting.extend(islice(rest, size))


class Task(Generic[Part, Whole]):
    """Parts that any threads of a pool do, and what joins them, for the thread that is free next after the last part.

    No thread waits for another's part, so a last task does not keep one thread busy while the others have nothing.
    """

    def __init__(
        self, pool: ThreadPoolExecutor, parts: Iterable[Callable[[], Part]], *, join: Callable[[list[Part]], Whole]
    ) -> None:
        self._is_joining, self._is_cancelled = Event(), False
        self._whole: Future[Whole] | None = None
        self._pool, self._join = pool, join
        self._parts = [pool.submit(part) for part in parts]
        self._left = count(len(self._parts), -1)
        for part in self._parts:
            part.add_done_callback(self._go_on)
        self._go_on()  # there may be no parts

    def result(self) -> Whole:
        """What `join` returned. Raises what it or a part raised, and `CancelledError` after `cancel`."""
        self._is_joining.wait()
        if self._whole is None:
            raise CancelledError
        return self._whole.result()

    def cancel(self) -> None:
        """Nothing of it begins any more."""
        self._is_cancelled = True
        for part in self._parts:
            part.cancel()

    def _go_on(self, _: Future[Part] | None = None) -> None:
        if next(self._left) == 0:
            with suppress(RuntimeError):  # the interpreter ends
                self._whole = self._pool.submit(self._joined)
            self._is_joining.set()

    def _joined(self) -> Whole:
        if self._is_cancelled:
            raise CancelledError
        return self._join([part.result() for part in self._parts])


def worker_layout(threads: int) -> tuple[int, int]:
    """The number of workers, and of threads for each. Beyond four workers the weights contend for the CPU's cache."""
    available = threads or available_cores()
    workers = min(available, 4)
    return workers, max(1, available // workers)
