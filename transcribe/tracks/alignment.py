"""When each track starts, and how fast its clock is, from what the tracks hear of each other.

Passages of one track are looked for in another; the times of a true match lie on one line, whose slope is the drift of
the clocks. Passages of both tracks are used, since sound travels: what one hears of the other is a few milliseconds
late, both ways, and the mean is right. Without bleed there are no matches, and nothing is found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audio.decoding.samples import LEVEL_SAMPLES, SAMPLE_RATE
from audio.progress import part_of
from transcribe.tracks.correlation import Match, Passage, find_match
from transcribe.tracks.layout import Clock

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.progress import OnFraction

    Floats = NDArray[np.float32]

FARTHEST = 31.0  # seconds between the starts of two tracks
_WORST_PPM = 150.0
_WIDE, _NARROW = 6, 24  # passages of a track looked for: anywhere, and near the place that the first ones give …
_LONG, _SHORT = 8.0, 3.0  # … and their seconds; a clock 100 millionths off moves by a millisecond in the long ones
_OWN_DB = 3.0  # by which a track is louder than the other where its own person speaks
_SIGNIFICANT = 3.0  # deviations
_AGREE = 0.015  # seconds between matches of one line: the travel of sound in a room
_FEWEST = 3  # matches that agree
_AGREED_SHARE = 0.5  # of the matches
_LEAST_SPAN = 60.0  # seconds between the first match and the last for a drift
_LEAST_PPM = 1.5
_STEP = LEVEL_SAMPLES / SAMPLE_RATE  # seconds between levels


def find_clocks(
    sounds: Sequence[Audio],
    levels: Sequence[Floats],
    *,
    stated: Sequence[float | None],
    progress: OnFraction = lambda fraction: None,
) -> tuple[Clock | None, ...]:
    """The clock of each track on the timeline of the first; None where nothing is stated and nothing found.

    A stated offset is believed; the drift is found all the same.
    """
    clocks: dict[int, Clock] = {0: Clock(stated[0] or 0.0)}
    left, steps = list(range(1, len(sounds))), max(1, len(sounds) * (len(sounds) - 1) // 2)
    tried: set[tuple[int, int]] = set()
    while pairs := [(a, b) for a in clocks for b in left if (a, b) not in tried]:
        one, other = pairs[0]
        tried.add((one, other))
        pair = (sounds[one], sounds[other]), (levels[one], levels[other])
        offset = stated[other]
        known = None if offset is None else offset - clocks[one].offset
        found = pair_clock(*pair, known=known, progress=part_of(progress, len(tried) - 1, steps))
        if found is not None or offset is not None:
            relative = found or Clock(known or 0.0)
            start = clocks[one].on_timeline(relative.offset) if offset is None else offset
            clocks[other] = Clock(start, round(relative.drift_ppm + clocks[one].drift_ppm, 1))
            left.remove(other)
    return tuple(clocks.get(number) for number in range(len(sounds)))


def pair_clock(
    sounds: tuple[Audio, Audio],
    levels: tuple[Floats, Floats],
    *,
    known: float | None = None,
    progress: OnFraction = lambda fraction: None,
) -> Clock | None:
    """The clock of the second track on the first one's timeline; None without matches that agree.

    `known` is its offset, to within half a second.
    """
    rough = Clock(known) if known is not None else _rough(sounds, levels, progress=part_of(progress, 0, 2))
    if rough is None:
        progress(1.0)
        return None
    within = 0.1 + _WORST_PPM / 1e6 * max(sound.duration for sound in sounds) + (0.4 if known is not None else 0.0)
    own = [own_passages(levels[number], levels[1 - number], shift=shift) for number, shift in _shifts(rough)]
    near, turned = _Search(*sounds, within), _Search(sounds[1], sounds[0], within)
    forth = near.matches(own[0], rough.in_track, progress=part_of(progress, 2, 4))
    back = turned.matches(own[1], rough.on_timeline, progress=part_of(progress, 3, 4))
    return fit_clock(forth, [Match(match.other, match.time) for match in back])


def _shifts(clock: Clock) -> tuple[tuple[int, float], tuple[int, float]]:
    """Each track's number, and what its times are less than the other's."""
    return (0, -clock.offset), (1, clock.offset)


def fit_clock(forth: Sequence[Match], back: Sequence[Match]) -> Clock | None:
    """The clock of the other track, from matches found in passages of the first, and in passages of the other.

    `time` is in the first track and `other` in the second.
    """
    matches = [*forth, *back]
    chosen = _largest_agreement(matches)
    if len(chosen) < max(_FEWEST, _AGREED_SHARE * len(matches)):
        return None
    x = np.array([matches[number].other for number in chosen])
    y = np.array([matches[number].time - matches[number].other for number in chosen])
    is_forth = np.array([number < len(forth) for number in chosen])
    groups = [group for group in (is_forth, ~is_forth) if group.any()]
    slope = _slope(x, y, groups) if np.ptp(x) >= _LEAST_SPAN else 0.0
    starts = [float(np.median((y - slope * x)[group])) for group in groups]
    return Clock(round(sum(starts) / len(starts), 4), round(slope * 1e6, 1))


def _slope(x: NDArray[np.float64], y: NDArray[np.float64], groups: Sequence[NDArray[np.bool_]]) -> float:
    """The common slope of the lines through the groups, each with its own start; 0 if it may be chance.

    The median of the slopes of all pairs (P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau",
    JASA 63, 1968), then least squares of the values near that line.
    """
    pairs = [_pair_slopes(x[group], y[group]) for group in groups]
    slope = float(np.median(np.concatenate(pairs))) if any(len(each) for each in pairs) else 0.0
    far = np.zeros(len(x))
    for group in groups:
        far[group] = np.abs((y - slope * x)[group] - np.median((y - slope * x)[group]))
    near = far <= max(3.0 * float(np.median(far)), 1e-4)
    centred = []
    for group in groups:
        if (both := group & near).any():
            centred.append((x[both] - x[both].mean(), y[both] - y[both].mean()))
    run, rise = (np.concatenate(each) for each in zip(*centred, strict=True))
    square = float(run @ run)
    if len(run) < _FEWEST + 1 or square <= 0.0:
        return 0.0
    slope = float(run @ rise) / square
    deviation = float(np.sqrt(np.mean(np.square(rise - slope * run)) / square))
    return slope if abs(slope) > max(_LEAST_PPM / 1e6, _SIGNIFICANT * deviation) else 0.0


def _pair_slopes(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    first, second = np.triu_indices(len(x), 1)
    run = x[second] - x[first]
    apart = np.abs(run) > _LEAST_SPAN / 4
    slopes: NDArray[np.float64] = (y[second] - y[first])[apart] / run[apart]
    return slopes


def _rough(sounds: tuple[Audio, Audio], levels: tuple[Floats, Floats], *, progress: OnFraction) -> Clock | None:
    """The clock to within what a drift makes of it, from a few passages looked for everywhere."""
    passages = [loud_passages(each) for each in levels]
    anywhere, turned = _Search(*sounds, FARTHEST), _Search(sounds[1], sounds[0], FARTHEST)
    forth = anywhere.matches(passages[0], lambda time: time, progress=part_of(progress, 0, 2))
    back = turned.matches(passages[1], lambda time: time, progress=part_of(progress, 1, 2))
    matches = [*forth, *(Match(match.other, match.time) for match in back)]
    agreeing = _largest_agreement(matches)
    if len(agreeing) < 2:
        return None
    return Clock(float(np.median([matches[number].time - matches[number].other for number in agreeing])))


@dataclass(frozen=True, slots=True)
class _Search:
    """For passages of a sound in another one, at most so many seconds from where they are expected."""

    sound: Audio
    other: Audio
    within: float

    def matches(
        self, passages: Sequence[Passage], to_other: Callable[[float], float], *, progress: OnFraction
    ) -> list[Match]:
        """The matches of passages, near where `to_other` expects them."""
        found = []
        for number, each in enumerate(passages, 1):
            match = find_match(each, self.sound, self.other, around=to_other(each.start), within=self.within)
            found += [] if match is None else [match]
            progress(number / len(passages))
        return found


def loud_passages(levels: Floats) -> list[Passage]:
    """The loudest long passage in each of some equal parts of a track."""
    energy = _means(np.square(levels, dtype=np.float64), _LONG)
    return [Passage(start, _LONG) for start in _best_of_parts(energy, _WIDE, _LONG)]


def own_passages(levels: Floats, other: Floats, *, shift: float) -> list[Passage]:
    """The short passages of a track, one of each of some equal parts, in which its own person speaks alone, as far as
    there are such: the other track, `shift` seconds away, is fainter."""
    at = np.arange(len(levels)) + round(shift / _STEP)
    inside = (at >= 0) & (at < len(other))
    theirs = np.zeros(len(levels))
    theirs[inside] = np.square(other[at[inside]], dtype=np.float64)
    mine, theirs = _means(np.square(levels, dtype=np.float64), _SHORT), _means(theirs, _SHORT)
    is_own = mine > theirs * 10 ** (_OWN_DB / 10)
    starts = _best_of_parts(np.where(is_own, mine, 0.0), _NARROW, _SHORT)
    return [Passage(start, _SHORT) for start in starts if is_own[round(start / _STEP)]]


def _means(values: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """The means of values over so many seconds from each on; of fewer values the mean of all."""
    width = min(round(seconds / _STEP), len(values))
    total = np.concatenate([[0.0], np.cumsum(values)])
    means: NDArray[np.float64] = (total[width:] - total[: len(total) - width]) / max(width, 1)
    return means


def _best_of_parts(values: NDArray[np.float64], count: int, seconds: float) -> list[float]:
    """The times of the largest value of each of `count` equal parts, or of fewer that are as long as `seconds`."""
    parts = min(count, max(1, int(len(values) * _STEP / seconds)))
    edges = np.linspace(0, len(values), parts + 1).astype(int)
    return [float((first + values[first:last].argmax()) * _STEP) for first, last in pairwise(edges)]


def _largest_agreement(matches: Sequence[Match]) -> list[int]:
    """The numbers of the most matches whose difference in time changes no faster than clocks do."""
    if not matches:
        return []
    x = np.array([match.other for match in matches])
    y = np.array([match.time - match.other for match in matches])
    best = np.zeros(len(x), bool)
    for one in range(len(x)):
        for other in range(len(x)):
            slope = (y[other] - y[one]) / (x[other] - x[one]) if abs(x[other] - x[one]) > _LEAST_SPAN else 0.0
            if abs(slope) <= _WORST_PPM / 1e6 + _AGREE / _LEAST_SPAN:
                agrees = np.abs(y - y[one] - slope * (x - x[one])) <= _AGREE
                best = agrees if agrees.sum() > best.sum() else best
    return [int(number) for number in np.flatnonzero(best)]
