"""Whose speech is where, by the levels of aligned tracks. Pure arrays.

Each microphone hears its own person, and the others more faintly: their bleed. How faintly is measured from the levels
(the cross-channel energies of T. Pfau, D. Ellis & A. Stolcke, "Multispeaker speech activity detection for the ICSI
meeting recorder", ASRU 2001), pair by pair. A track's own person speaks where it is above its own noise floor, and
louder than the bleed of all others explains; so two people who talk at the same time both own their words.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from audio.decoding.runs import hysteresis, runs_of
from audio.decoding.samples import LEVEL_SAMPLES, SAMPLE_RATE
from transcribe.tracks.layout import OwnSpeech

STEP = LEVEL_SAMPLES / SAMPLE_RATE  # seconds between levels

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

_SILENCE_DB = -90.0
_AVERAGED = 5, 15  # levels averaged for activity, and for comparing tracks, whose bleed comes later
_FLOOR, _SPEECH = 0.1, 0.995  # quantiles of a track's levels: its noise floor, and its loudest speech
_ON_DB, _OFF_DB = 12.0, 7.0  # above the floor where speech starts, and below which it ends
_RANGE_DB = 42.0  # of speech below its loudest
_LEAST_SPEECH_DB = -62.0  # a track whose loudest moments are below this is silent …
_LEAST_CONTRAST_DB = 8.0  # … and so is one whose loudest moments are this near to its floor
_LOUD_DB = 10.0  # below a track's loudest: its person, and not the bleed of another
_LEAST_COMPARED = 3.0  # seconds in which both tracks run
_ROUND_TRIP_DB = -8.0  # bleed there and back is less: more means that only one of the two speaks
_MOST_EXCESS_DB = 60.0
_MARGINS_DB = 4.0, 9.0  # least and greatest excess over the bleed
_SPREAD = 2.5  # … in deviations of the bleed's gain
_HOLE, _BLIP, _PAUSE = 0.1, 0.12, 0.6  # seconds: filled, dropped, and kept within one stretch if nobody else speaks
_ORPHAN = 0.3  # seconds of speech that nobody owns, and that somebody has to
_MARGIN = 0.3  # seconds before and after speech, where nobody else speaks
_LEAST_MARGIN = 0.04


def decibels(levels: Floats, averaged: int) -> Floats:
    """Root mean squares, (n,), as levels in dB, averaged over that many steps."""
    energy = np.square(levels, dtype=np.float64)
    total = np.concatenate([[0.0], np.cumsum(np.pad(energy, averaged // 2))])
    mean = (total[averaged:] - total[:-averaged])[: len(levels)] / averaged
    result: Floats = np.maximum(10 * np.log10(np.maximum(mean, 1e-12)), _SILENCE_DB).astype(np.float32)
    return result


def has_speech(levels: Floats) -> bool:
    """Whether a track is not silent."""
    return contrast(levels) > _LEAST_CONTRAST_DB and _range(levels)[1] > _LEAST_SPEECH_DB


def contrast(levels: Floats) -> float:
    """How far a track's loudest moments are above its floor, in dB."""
    floor, loud = _range(levels)
    return loud - floor


def _range(levels: Floats) -> tuple[float, float]:
    if len(levels) == 0:
        return _SILENCE_DB, _SILENCE_DB
    floor, loud = np.quantile(decibels(levels, _AVERAGED[0]), [_FLOOR, 1 - 1e-3])
    return float(floor), float(loud)


@dataclass(frozen=True, slots=True)
class Ownership:
    """Per track and level, (tracks, n): whether its own person speaks, and how far it is above the others' bleed."""

    owned: Flags
    excess_db: Floats


def find_owners(levels: Floats) -> Ownership:
    """Whose speech is where: levels of aligned tracks, (tracks, n); NaN before a track starts and after it has ended.

    What a track hears of others is measured while it runs.
    """
    runs = np.isfinite(levels)
    levels = np.where(runs, levels, np.float32(0))
    near = np.stack([decibels(track, _AVERAGED[1]) for track in levels])
    present = (own[at] if at.any() else own for own, at in zip(near, runs, strict=True))
    floors, louds = np.array([np.quantile(own, [_FLOOR, _SPEECH]) for own in present]).T
    gains, margins = bleed(near, louds, runs)
    owned, active = np.zeros(levels.shape, bool), np.zeros(levels.shape, bool)
    excess = np.full(levels.shape, _MOST_EXCESS_DB, np.float32)
    for track, own in enumerate(levels):
        fine = decibels(own, _AVERAGED[0])
        high = max(floors[track] + _ON_DB, louds[track] - _RANGE_DB)
        active[track] = hysteresis(fine, high, high - (_ON_DB - _OFF_DB))
        bled = np.zeros(len(own))
        for other in np.flatnonzero(np.isfinite(gains[:, track])):
            bled += 10 ** ((near[other] + gains[other, track] + margins[other, track]) / 10)
        excess[track] = np.minimum(near[track] - 10 * np.log10(np.maximum(bled, 1e-12)), _MOST_EXCESS_DB)
        owned[track] = _without_short(_filled(active[track] & (excess[track] > 0), _HOLE), _BLIP)
    _give_to_somebody(owned, active, excess)
    return Ownership(owned, excess)


def _give_to_somebody(owned: Flags, active: Flags, excess: Floats) -> None:
    """What is heard is somebody's: of microphones too near to each other to tell, the one that is likeliest."""
    nobodys: Flags = np.any(active, axis=0) & ~np.any(owned, axis=0)
    for start, end in runs_of(nobodys):
        if (end - start) * STEP >= _ORPHAN:
            likelihood = np.where(active[:, start:end], excess[:, start:end], -_MOST_EXCESS_DB).mean(axis=1)
            owned[int(likelihood.argmax()), start:end] = True


def bleed(near: Floats, louds: NDArray[np.float64], runs: Flags) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The gain in dB with which each track's speech is heard on each other, and the excess over it that is somebody
    else's: two of (from, to). The gain is −∞ from a track whose own person is not heard while both run.

    Where one speaks, the difference of levels is the bleed's gain; both directions together are far below 0. If they
    are not, both are of the same person, the one whose bleed is fainter.
    """
    n = len(near)
    gains, margins = np.full((n, n), -np.inf), np.full((n, n), _MARGINS_DB[0])
    for one in range(n):
        for other in range(n):
            both = runs[one] & runs[other]
            loud = both & (near[one] > louds[one] - _LOUD_DB)
            if one != other and both.sum() * STEP >= _LEAST_COMPARED and loud.any():
                gains[one, other], spread = _lower_mode(near[other, loud] - near[one, loud])
                margins[one, other] = np.clip(_SPREAD * spread, *_MARGINS_DB)
    round_trip = gains + gains.T
    is_later = np.arange(n)[:, None] > np.arange(n)  # of two that are the same, one has to be believed
    unheard = (round_trip > _ROUND_TRIP_DB) & ((gains > gains.T) | ((gains == gains.T) & is_later))
    gains[unheard] = -np.inf
    return gains, margins


def own_speech(ownership: Ownership, *, duration: float) -> list[OwnSpeech]:
    """The stretches of each track's own speech, track by track.

    A person's pauses are kept if nobody else speaks in them, and so is a margin.
    """
    stretches, owned = [], ownership.owned
    for track, own in enumerate(owned):
        others: Flags = np.any(np.delete(owned, track, axis=0), axis=0)
        edges = runs_of(_filled(own, _PAUSE, but=others))
        for number, (first, last) in enumerate(edges):
            before = edges[number - 1][1] if number else 0
            after = edges[number + 1][0] if number + 1 < len(edges) else owned.shape[1]
            start = first - _free(others[max(first - round(_MARGIN / STEP), before) : first][::-1])
            end = last + _free(others[last : min(last + round(_MARGIN / STEP), after)])
            starts, ends, begins, stops = (
                round(min(each * STEP, duration), 3) for each in (max(start, before), end, first, last)
            )
            if begins < stops:
                excess = round(float(ownership.excess_db[track, first:last].mean()), 1)
                stretches.append(OwnSpeech(track, starts, ends, begins, stops, excess))
    return sorted(stretches, key=lambda each: (each.track, each.start))


def _free(others: Flags) -> int:
    """How many steps from the first on are nobody's, and at least a few."""
    taken = np.flatnonzero(others)
    return max(int(taken[0]) if len(taken) else len(others), min(round(_LEAST_MARGIN / STEP), len(others)))


def _lower_mode(values: NDArray[np.float32]) -> tuple[float, float]:
    """The mode of the lower group of values, and the deviation above it."""
    middle = float(np.quantile(values, 0.2))
    for _ in range(5):
        group = values[(values > middle - 6.0) & (values < middle + 6.0)]
        middle = float(np.median(group)) if len(group) else middle
    above = values[(values >= middle) & (values < middle + 8.0)]
    return middle, float(np.quantile(above - middle, 0.68)) if len(above) else 0.0


def _filled(flags: Flags, seconds: float, *, but: Flags | None = None) -> Flags:
    """The flags with gaps of up to `seconds` filled, except those with a flag of `but`."""
    result = flags.copy()
    edges = runs_of(flags)
    for (_, end), (start, _) in pairwise(edges):
        if (start - end) * STEP <= seconds and (but is None or not but[end:start].any()):
            result[end:start] = True
    return result


def _without_short(flags: Flags, seconds: float) -> Flags:
    result = flags.copy()
    for start, end in runs_of(flags):
        if (end - start) * STEP < seconds:
            result[start:end] = False
    return result
