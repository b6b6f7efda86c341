"""How a recording's channels become one: when as ffmpeg mixes them, and when otherwise, so that each is heard.

ffmpeg mixes channels by the positions of their loudspeakers. It leaves out the bass channel, those above the
listeners' heads and behind them, and guesses positions where the file states none. So of other layouts than
those it mixes whole, of bass channels that hold more than bass, and of channels that cancel each other, the mean is
taken, of all channels that have a sound at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audio.decoding.polarity import find_signs
from audio.decoding.survey import WINDOW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audio.decoding.survey import Survey
    from audio.decoding.tracks import SoundTrack

# Held to ffmpeg 9 by a tone in each channel of every layout it knows (tests/audio/decoding/test_downmix.py).
_MIXED_WHOLE = re.compile(r"quad(\(side\))?|hexagonal|octagonal|[2-7]\.[01](\([a-z-]+\))?")


@dataclass(frozen=True, eq=False)
class Downmix:
    """The weight of each channel, (n,), and its sign in each window, (windows, n); None: always 1."""

    weights: NDArray[np.float64]
    signs: NDArray[np.int8] | None = None

    def __post_init__(self) -> None:
        if self.signs is not None and (not len(self.signs) or self.signs.shape[1] != len(self.weights)):
            raise ValueError("a sign for each channel in each window is needed")

    def of(self, frames: NDArray[np.float32], *, first: int) -> NDArray[np.float32]:
        """The mix, (n,), of frames, (n, channels), that begin at the window `first`."""
        if self.signs is not None:
            windows = np.arange(first, first + -(-len(frames) // WINDOW)).clip(max=len(self.signs) - 1)
            frames = frames * np.repeat(self.signs[windows], WINDOW, axis=0)[: len(frames)]
        mixed: NDArray[np.float32] = frames @ self.weights.astype(np.float32)
        return mixed


def takes_channels_as_they_are(track: SoundTrack) -> bool:
    """Whether one or two channels are all there are and ffmpeg passes them on, so that one pass is enough."""
    return track.channels == 1 or track.layout in ("", "stereo", "downmix", "2 channels")


def mean_of(survey: Survey) -> Downmix:
    """The mean of the channels that have a sound, or of all if none has, none of them cancelling another."""
    chosen = survey.sounding if survey.sounding.any() else np.ones(survey.n_channels, bool)
    weights = chosen / chosen.sum()
    return Downmix(weights, find_signs(survey, weights))


def needed_downmix(track: SoundTrack, survey: Survey) -> Downmix | None:
    """The mix to use instead of ffmpeg's; None if in that every channel is heard."""
    mean = mean_of(survey)
    is_plain = survey.n_channels <= 2 and takes_channels_as_they_are(track)
    if not is_plain and not _MIXED_WHOLE.fullmatch(track.layout):
        return mean
    bass = _bass_channel(track.layout)
    if bass is not None and bass < survey.n_channels and survey.above_bass(bass):
        return mean
    return None if mean.signs is None else mean


def _bass_channel(layout: str) -> int | None:
    """The bass channel's number from 0, in the layouts that ffmpeg mixes whole but for it."""
    if not re.match(r"\d\.1", layout):
        return None
    return 2 if layout in ("2.1", "6.1(front)") else 3
