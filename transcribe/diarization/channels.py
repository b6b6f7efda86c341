"""One person on each channel: whether a recording is like that, and who speaks when if it is. Pure.

Calls and remote interviews are often recorded with a microphone a channel. There the louder channel tells who speaks,
sooner and more surely than a voice does, and a second person who is really there from one who is merely picked up by
the other's microphone. In a produced stereo recording both channels hold everybody. The measure is how the difference
in level is spread while one person speaks: on two sides with little in between, or around one value. (After the
cross-channel energies of T. Pfau, D. Ellis & A. Stolcke, "Multispeaker speech activity detection for the ICSI meeting
recorder", ASRU 2001.) That each side is one and the same voice is checked in `transcribe.diarization.diarize`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from transcribe.diarization.segmentation import ALONE, FRAME_STEP, Activity

LEVEL_STEP = 0.01  # seconds from one measured level to the next, as in `audio.decoding.samples`

_AVERAGED = 0.05  # seconds on either side of a moment whose energy counts for it
_SILENCE = 1e-9  # energy below 16 bits
_APART_DB = 10.0  # between the two sides: half of what a microphone each makes of two people in one small room
_CLEAR_SHARE = 0.9  # of the frames that must lie near one side …
_CLEAR = 0.25  # … which is this far from the middle, as a part of the way from side to side
_LEAST_SECONDS = 1.0  # on each side
_BOTH = 0.3  # nearer to the middle than this both may speak
_AUDIBLE_DB = 15.0  # above its noise a channel must be for that


class Channels(StrEnum):
    """What a recording's two channels are taken for: whatever is found out, everybody on both, or a person each."""

    AUTO = "auto"
    MIX = "mix"
    SEPARATE = "separate"


@dataclass(frozen=True, slots=True)
class ChannelEvidence:
    """What the channels tell: `scores`, (frames, 2) from 0 to 1, is how surely a frame's speaker is on a channel.

    `activity` is that of the recording with the number of speakers as the channels have it.
    """

    are_separate: bool
    scores: NDArray[np.float64]
    activity: Activity


def hear_channels(
    levels: NDArray[np.float32], activity: Activity, *, speech: NDArray[np.bool_]
) -> ChannelEvidence | None:
    """The evidence of two channels, or None where they cannot be told apart at all.

    `levels`, (2, n), is the root mean square of each channel, `LEVEL_STEP` apart; `speech`, (frames,), says where
    somebody speaks.
    """
    decibels = _decibels(levels, activity.times)
    difference = decibels[0] - decibels[1]
    alone = difference[speech & (activity.speakers < ALONE)]
    sides = _sides(alone)
    if sides is None:
        return None
    middle, apart = sum(sides) / 2, sides[1] - sides[0]
    place = ((difference - middle) / apart).clip(-0.5, 0.5)
    near = np.abs(alone - middle) >= _CLEAR * apart
    on_each = min((alone > middle).sum(), (alone < middle).sum()) * FRAME_STEP
    are_separate = bool(apart >= _APART_DB and near.mean() >= _CLEAR_SHARE and on_each >= _LEAST_SECONDS)
    audible = decibels > np.quantile(decibels, 0.1, axis=1, keepdims=True) + _AUDIBLE_DB
    both = speech & audible.all(axis=0) & (np.abs(place) < _BOTH)
    speakers = np.where(both, 2.0, np.minimum(activity.speakers, 1.0)).astype(np.float32)
    scores = np.stack([0.5 + place, 0.5 - place], axis=1)
    return ChannelEvidence(are_separate, scores, replace(activity, speakers=speakers))


def _decibels(levels: NDArray[np.float32], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """The level of each channel around each moment in dB: (2, n), (frames,) → (2, frames)."""
    total = np.concatenate([np.zeros((2, 1)), np.cumsum(np.square(levels, dtype=np.float64), axis=1)], axis=1)
    n = levels.shape[1]
    first = np.rint((times - _AVERAGED) / LEVEL_STEP).astype(int).clip(0, n - 1)
    last = np.rint((times + _AVERAGED) / LEVEL_STEP).astype(int).clip(first + 1, n)
    energy = (total[:, last] - total[:, first]) / (last - first)
    decibels: NDArray[np.float64] = 10 * np.log10(np.maximum(energy, 0.0) + _SILENCE)
    return decibels


def _sides(difference: NDArray[np.float64]) -> tuple[float, float] | None:
    """The medians of the lower and the upper of two groups, by Lloyd's 2-means; None where all values are alike."""
    if len(difference) == 0:
        return None
    low, high = (float(value) for value in np.quantile(difference, [0.02, 0.98]))
    for _ in range(20):
        upper = difference > (low + high) / 2
        if not upper.any() or upper.all():
            return None
        low, high = float(np.median(difference[~upper])), float(np.median(difference[upper]))
    return low, high
