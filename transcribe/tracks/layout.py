"""Where the tracks of an episode lie on its timeline, and which stretches of each are its own person's. Pure values.

Recognition hears one recording, the joined speech: every stretch of its owner's track, one person after another. So
crosstalk is heard twice, once from each owner's microphone, and nothing else is. Pauses are cut to a second. (In the
order of time, with a pause at each change of speaker, a recogniser leaves out whole turns of the same conversations.)
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from audio.episode import Seconds

TRACKS_VERSION = "tracks 3"
"""Raised when the layout of several tracks changes; it is part of the key of all stages, and of the name of the mix."""

LONGEST_PAUSE = 1.0  # seconds between two stretches on the joined speech; between those of two people it is as long
_LEAD = 0.3  # seconds before the first stretch and after the last


@dataclass(frozen=True, slots=True)
class Clock:
    """When a track starts on the episode's timeline, and how much its clock has to be stretched, in millionths."""

    offset: Seconds = 0.0
    drift_ppm: float = 0.0

    def on_timeline(self, seconds: Seconds) -> Seconds:
        """The time in the episode of a time in the track.

        >>> Clock(2.0, 100.0).on_timeline(1000.0)
        1002.1
        """
        return self.offset + seconds * (1 + self.drift_ppm / 1e6)

    def in_track(self, seconds: Seconds) -> Seconds:
        """The inverse of `on_timeline`."""
        return (seconds - self.offset) / (1 + self.drift_ppm / 1e6)


def speaker_of(track: int) -> str:
    """The speaker of a track: numbers in the order of the files.

    >>> speaker_of(0)
    'S1'
    """
    return f"S{track + 1}"


@dataclass(frozen=True, slots=True)
class OwnSpeech:
    """A stretch of the timeline in which a track's own person is heard: from `first` to `last`, with the margin before
    and after them in which nobody else is, and how far it is above what the other tracks' bleed explains."""

    track: int
    start: Seconds
    end: Seconds
    first: Seconds
    last: Seconds
    excess_db: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.start <= self.first < self.last <= self.end:
            raise ValueError(f"{self.start}, {self.first}, {self.last}, {self.end} is not a stretch of speech")


@dataclass(frozen=True)
class Layout:
    """The clocks of an episode's tracks, its length, and the stretches of speech, track by track.

    `silent` are the tracks in which nobody is heard.
    """

    duration: Seconds
    clocks: tuple[Clock, ...]
    stretches: tuple[OwnSpeech, ...]
    silent: tuple[int, ...] = ()

    @cached_property
    def places(self) -> tuple[Seconds, ...]:
        """Where each stretch starts on the joined speech."""
        places = [_LEAD] if self.stretches else []
        for before, stretch in pairwise(self.stretches):
            gap = stretch.start - before.end if before.track == stretch.track else LONGEST_PAUSE
            places.append(round(places[-1] + (before.end - before.start) + min(gap, LONGEST_PAUSE), 3))
        return tuple(places)

    @property
    def joined_length(self) -> Seconds:
        """Seconds of the joined speech."""
        if not self.stretches:
            return 2 * _LEAD
        return self.places[-1] + self.stretches[-1].end - self.stretches[-1].start + _LEAD

    @property
    def owners(self) -> tuple[tuple[Seconds, Seconds, str], ...]:
        """Start, end and speaker of each stretch on the joined speech."""
        return tuple(
            (place, place + self._length(number), speaker_of(self.stretches[number].track))
            for number, place in enumerate(self.places)
        )

    def at(self, start: Seconds, end: Seconds) -> tuple[OwnSpeech, Seconds, Seconds] | None:
        """What a span of the joined speech is on the timeline: the stretch with most of it, and the span there.

        None if there is no speech at all.
        """
        if not self.stretches:
            return None
        lowest = max(0, bisect_right(self.places, start) - 1)
        highest = max(lowest, bisect_right(self.places, end) - 1)
        number = max(range(lowest, highest + 1), key=lambda each: self._shared(each, start, end))
        if self._shared(number, start, end) <= 0.0 and number + 1 < len(self.places):  # in a pause: the nearer stretch
            ended = self.places[number] + self._length(number)
            number += self.places[number + 1] - end < start - ended
        stretch, shift = self.stretches[number], self.stretches[number].start - self.places[number]
        first, last = (min(max(time + shift, stretch.start), stretch.end) for time in (start, end))
        return stretch, first, last

    def spans_on_timeline(self, start: Seconds, end: Seconds) -> Sequence[tuple[int, Seconds, Seconds]]:
        """All parts of a span of the joined speech: track, start and end on the timeline."""
        found = []
        for number in range(max(0, bisect_right(self.places, start) - 1), len(self.places)):
            if self.places[number] >= end:
                break
            if self._shared(number, start, end) > 0.0:
                stretch = self.stretches[number]
                shift = stretch.start - self.places[number]
                found.append((stretch.track, max(stretch.start, start + shift), min(stretch.end, end + shift)))
        return found

    def _length(self, number: int) -> Seconds:
        return self.stretches[number].end - self.stretches[number].start

    def _shared(self, number: int, start: Seconds, end: Seconds) -> Seconds:
        place = self.places[number]
        return min(end, place + self._length(number)) - max(start, place)
