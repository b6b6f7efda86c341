"""How far a run is: minutes of sound done, × real time, and how long it will take. Pure, but for the clock it is given.

Episodes count by their length, so that the time left settles; those whose length is not known yet count by the mean of
the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from transcribe.progress import Progress

Seconds = float

_SHARE = {"decode": 0.03, "recognize": 0.75, "diarize": 0.22}  # of the work, measured on two cores with `base`
_SETTLED = 10.0  # seconds of work before a time left is worth saying


@dataclass(slots=True)
class Running:
    """An episode under way."""

    name: str
    seconds: Seconds | None  # of sound
    stages: dict[str, float] = field(default_factory=dict)  # how much of each is done, 0 to 1

    @property
    def fraction(self) -> float:
        """How much of the work is done, 0 to 1."""
        return sum(share * self.stages.get(stage, 0.0) for stage, share in _SHARE.items())


@dataclass(frozen=True, slots=True)
class Reading:
    """What the meter shows at a moment. `total` and `left` are estimates, in seconds; None: too early to say."""

    episodes: int
    episodes_done: int
    failed: int
    done: Seconds  # of sound
    total: Seconds | None
    elapsed: Seconds
    left: Seconds | None
    running: tuple[Running, ...]

    @property
    def speed(self) -> float:
        """× real time, over the run so far."""
        return self.done / self.elapsed if self.elapsed > 0 else 0.0


class Meter:
    """Counts what is done of a run of so many episodes. `clock` gives seconds that only rise."""

    def __init__(self, episodes: int, clock: Callable[[], float]) -> None:
        self._episodes = episodes
        self._clock = clock
        self._start: float | None = None  # of the first work
        self._running: dict[int, Running] = {}
        self._done = 0.0  # of sound, in episodes that have ended
        self._known: list[float] = []  # lengths of the episodes that had to be worked on
        self._ended = self._failed = 0

    def started(self, number: int, name: str, seconds: Seconds | None) -> None:
        """Work on an episode begins; its length as far as it is known."""
        self._start = self._clock() if self._start is None else self._start
        self._running[number] = Running(name, seconds)
        if seconds is not None:
            self._known.append(seconds)

    def progressed(self, progress: Progress) -> None:
        """A stage of an episode has done more; an earlier fraction of it is ignored."""
        one = self._running.get(progress.task)
        if one is not None:
            one.stages[progress.stage] = max(one.stages.get(progress.stage, 0.0), min(1.0, progress.fraction))

    def ended(self, number: int, *, seconds: Seconds | None, failed: bool) -> None:
        """An episode is done with; `seconds` is its length as it turned out."""
        one = self._running.pop(number, None)
        self._ended += 1
        self._failed += failed
        if one is not None:
            if one.seconds is None and seconds is not None:
                self._known.append(seconds)
            self._done += 0.0 if failed else (seconds or one.seconds or 0.0)

    def read(self) -> Reading:
        """How far it is now."""
        mean = sum(self._known) / len(self._known) if self._known else None
        under_way = [(one, one.seconds if one.seconds is not None else mean or 0.0) for one in self._running.values()]
        done = self._done + sum(one.fraction * seconds for one, seconds in under_way)
        waiting = max(0, self._episodes - self._ended - len(self._running))
        total = None if mean is None else self._done + sum(s for _, s in under_way) + waiting * mean
        elapsed = 0.0 if self._start is None else self._clock() - self._start
        settled = total is not None and done > 0 and elapsed >= _SETTLED
        left = (total - done) * elapsed / done if settled and total is not None else None
        running = tuple(Running(one.name, one.seconds, dict(one.stages)) for one in self._running.values())
        return Reading(self._episodes, self._ended, self._failed, done, total, elapsed, left, running)
