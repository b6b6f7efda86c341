"""Detects recordings with one person per channel, and who speaks when in them. Pure.

Calls and remote interviews often have a microphone per channel. Then the louder channel shows who speaks, faster and
more reliably than the voice, and distinguishes a second speaker from crosstalk. In a produced stereo recording both
channels have everybody. The criterion is the difference in level while one person speaks: two separate groups of
values, or one. (After the cross-channel energies of T. Pfau, D. Ellis & A. Stolcke, "Multispeaker speech activity
detection for the ICSI meeting recorder", ASRU 2001.) `transcribe.diarization.diarize` checks that each channel has one
voice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from audio.decoding.samples import LEVEL_SAMPLES, SAMPLE_RATE
from transcribe.diarization.segmentation import ALONE, FRAME_STEP, Activity

LEVEL_STEP = LEVEL_SAMPLES / SAMPLE_RATE  # seconds between measured levels

_AVERAGED = 0.05  # seconds of levels averaged on either side of a frame
_SILENCE = 1e-9  # energy below 16 bits
_APART_DB = 10.0  # least distance of the two groups: half that of two people with a microphone each in one small room
_CLEAR_SHARE = 0.9  # of the frames that must be clearly in one group …
_CLEAR = 0.25  # … at least this far from the middle, as a fraction of the groups' distance
_LEAST_SECONDS = 1.0  # in each group
_BOTH = 0.3  # distance from the middle, as a fraction, below which both may speak …
_AUDIBLE_DB = 15.0  # … if each channel is this far above its noise


class Channels(StrEnum):
    """What the two channels of a recording are: to be detected, everybody on both, or one person each."""

    AUTO = "auto"
    MIX = "mix"
    SEPARATE = "separate"


@dataclass(frozen=True, slots=True)
class ChannelEvidence:
    """Evidence of the channels: `scores`, (frames, 2) from 0 to 1, that a frame's speaker is on each channel.

    `activity` is the recording's, with the number of speakers according to the channels.
    """

    are_separate: bool
    scores: NDArray[np.float64]
    activity: Activity


def compare_channels(
    levels: NDArray[np.float32], activity: Activity, *, speech: NDArray[np.bool_]
) -> ChannelEvidence | None:
    """The evidence of two channels, or None if their levels do not differ.

    `levels`, (2, n), are the root mean squares of each channel, `LEVEL_STEP` apart; `speech`, (frames,), is True for
    frames with speech.
    """
    decibels = _decibels(levels, activity.times)
    difference = decibels[0] - decibels[1]
    alone = difference[speech & (activity.speakers < ALONE)]
    medians = _group_medians(alone)
    if medians is None:
        return None
    middle, apart = sum(medians) / 2, medians[1] - medians[0]
    position = ((difference - middle) / apart).clip(-0.5, 0.5)
    clear = np.abs(alone - middle) >= _CLEAR * apart
    seconds = min((alone > middle).sum(), (alone < middle).sum()) * FRAME_STEP
    are_separate = bool(apart >= _APART_DB and clear.mean() >= _CLEAR_SHARE and seconds >= _LEAST_SECONDS)
    audible = decibels > np.quantile(decibels, 0.1, axis=1, keepdims=True) + _AUDIBLE_DB
    both = speech & audible.all(axis=0) & (np.abs(position) < _BOTH)
    speakers = np.where(both, 2.0, np.minimum(activity.speakers, 1.0)).astype(np.float32)
    scores = np.stack([0.5 + position, 0.5 - position], axis=1)
    return ChannelEvidence(are_separate, scores, replace(activity, speakers=speakers))


def _decibels(levels: NDArray[np.float32], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """The level of each channel around each frame in dB: (2, n), (frames,) → (2, frames)."""
    total = np.concatenate([np.zeros((2, 1)), np.cumsum(np.square(levels, dtype=np.float64), axis=1)], axis=1)
    n = levels.shape[1]
    first = np.rint((times - _AVERAGED) / LEVEL_STEP).astype(int).clip(0, n - 1)
    last = np.rint((times + _AVERAGED) / LEVEL_STEP).astype(int).clip(first + 1, n)
    energy = (total[:, last] - total[:, first]) / (last - first)
    decibels: NDArray[np.float64] = 10 * np.log10(np.maximum(energy, 0.0) + _SILENCE)
    return decibels


def _group_medians(difference: NDArray[np.float64]) -> tuple[float, float] | None:
    """The medians of the lower and the upper of two groups, by Lloyd's 2-means; None if all values are equal."""
    if len(difference) == 0:
        return None
    low, high = (float(value) for value in np.quantile(difference, [0.02, 0.98]))
    for _ in range(20):
        upper = difference > (low + high) / 2
        if not upper.any() or upper.all():
            return None
        low, high = float(np.median(difference[~upper])), float(np.median(difference[upper]))
    return low, high
