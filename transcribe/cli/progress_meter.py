"""How far a run is: minutes of audio done, × real time, and the time left. Pure, except for the clock it is given.

Episodes count by their length, so that the estimate settles; those of unknown length count by the mean of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from audio.episode import Seconds
from transcribe.declaration import Stage
from transcribe.pipeline.progress import Progress

# Of the work, measured on two cores with `base`:
_SHARE = {Stage.DECODE: 0.03, Stage.RECOGNIZE: 0.75, Stage.DIARIZE: 0.22}
_MIN_ELAPSED = 10.0  # seconds of work before the time left is estimated


@dataclass(slots=True)
class RunningEpisode:
    """An episode in progress."""

    name: str
    duration: Seconds | None  # None: unknown
    stages: dict[Stage, float] = field(default_factory=dict)  # stage → fraction done

    @property
    def fraction(self) -> float:
        """The fraction of the episode's work that is done."""
        return sum(share * self.stages.get(stage, 0.0) for stage, share in _SHARE.items())


@dataclass(frozen=True, slots=True)
class Reading:
    """The state of a run at one moment. `total` and `left` are estimates, in seconds; None: too early to say."""

    episodes: int
    episodes_done: int
    failed: int
    done: Seconds  # of audio
    total: Seconds | None
    elapsed: Seconds
    left: Seconds | None
    running: tuple[RunningEpisode, ...]

    @property
    def speed(self) -> float:
        """× real time, over the run so far."""
        return self.done / self.elapsed if self.elapsed > 0 else 0.0


class Meter:
    """Counts the progress of a run of this number of episodes. `clock` returns monotonic seconds."""

    def __init__(self, episodes: int, clock: Callable[[], float]) -> None:
        self._episodes = episodes
        self._clock = clock
        self._start: float | None = None  # of the first work
        self._running: dict[int, RunningEpisode] = {}
        self._interrupted: list[RunningEpisode] = []  # by the end of the run
        self._done = 0.0  # seconds of audio, in episodes that have ended
        self._durations: list[float] = []  # of the episodes that had to be processed
        self._ended = self._failed = 0

    def started(self, number: int, name: str, duration: Seconds | None) -> None:
        """Work on an episode begins; `duration` is None if unknown."""
        self._start = self._clock() if self._start is None else self._start
        self._running[number] = RunningEpisode(name, duration)
        if duration is not None:
            self._durations.append(duration)

    def progressed(self, progress: Progress) -> None:
        """A stage of an episode has done more; a smaller fraction than before is ignored."""
        episode = self._running.get(progress.task)
        if episode is not None:
            episode.stages[progress.stage] = max(episode.stages.get(progress.stage, 0.0), min(1.0, progress.fraction))

    def interrupted(self, number: int) -> None:
        """The run ends before this episode, which counts as far as it came and not among those done."""
        if (episode := self._running.pop(number, None)) is not None:
            self._interrupted.append(episode)

    def ended(self, number: int | None, *, duration: Seconds | None, failed: bool) -> None:
        """An episode has ended; `duration` is its measured length, `number` None if it was not fetched."""
        episode = None if number is None else self._running.pop(number, None)
        self._ended += 1
        self._failed += failed
        if episode is not None:
            if episode.duration is None and duration is not None:
                self._durations.append(duration)
            self._done += 0.0 if failed else (duration or episode.duration or 0.0)

    def read(self) -> Reading:
        """The state now."""
        mean = sum(self._durations) / len(self._durations) if self._durations else None
        begun = [*self._running.values(), *self._interrupted]
        lengths = [one.duration if one.duration is not None else mean or 0.0 for one in begun]
        done = self._done + sum(one.fraction * length for one, length in zip(begun, lengths, strict=True))
        waiting = max(0, self._episodes - self._ended - len(begun))
        total = None if mean is None else self._done + sum(lengths) + waiting * mean
        elapsed = 0.0 if self._start is None else self._clock() - self._start
        is_settled = total is not None and done > 0 and elapsed >= _MIN_ELAPSED and not self._interrupted
        left = (total - done) * elapsed / done if is_settled and total is not None else None
        copies = tuple(RunningEpisode(one.name, one.duration, dict(one.stages)) for one in self._running.values())
        return Reading(self._episodes, self._ended, self._failed, done, total, elapsed, left, copies)
