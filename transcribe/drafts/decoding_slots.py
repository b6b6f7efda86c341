"""A bound on the programs that decode parts of one recording at once, whoever reads how many parts of it.

The law: at most so many run, every reader gets all of its part, and none waits for a reader who asks for nothing: a
program whose reader rests is ended when another needs its place, and its reader begins one again where it stopped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

MOST_PROGRAMS = 4  # a page reads one part at a time, or two after a jump


class DecodingSlots:
    """The places for programs, which their readers have while they read and keep while they rest. Thread-safe."""

    def __init__(self, most: int = MOST_PROGRAMS) -> None:
        self._most = most
        self._changed = threading.Condition()
        self._busy: set[object] = set()
        self._resting: dict[object, Callable[[], None]] = {}  # what ends each program; the longest at rest first
        self._n_waiting = 0

    def take(self, reader: object) -> bool:
        """Whether the reader, who rested, still has its place and program; if not, it has a place, for a new program.

        Waits while all places are read from.
        """
        with self._changed:
            has_its_own = self._resting.pop(reader, None) is not None
            if not has_its_own:
                self._n_waiting += 1
                self._changed.wait_for(lambda: self._resting or len(self._busy) < self._most)
                self._n_waiting -= 1
                if len(self._busy) + len(self._resting) >= self._most:
                    self._resting.pop(next(iter(self._resting)))()
            self._busy.add(reader)
            return has_its_own

    def rest(self, reader: object, end: Callable[[], None]) -> None:
        """The reader has read what it needs now: `end` ends its program, at once if somebody waits for a place."""
        with self._changed:
            self._busy.remove(reader)
            if self._n_waiting:
                end()
                self._changed.notify()
            else:
                self._resting[reader] = end

    def leave(self, reader: object) -> None:
        """The reader's place, if it has one, is free; its program is the reader's to end."""
        with self._changed:
            self._busy.discard(reader)
            self._resting.pop(reader, None)
            self._changed.notify()
