"""When the same sound is heard in two recordings: matches of short passages. Pure arrays, passage by passage.

A passage of one track is looked for in another one by the generalised cross-correlation with phase transform (C. Knapp
& G. Carter, "The generalized correlation method for estimation of time delay", IEEE Trans. ASSP 24(4), 1976). Before
that both are brought to one level, moment by moment: where one person is silent, their microphone's faint bleed of the
other counts as much as their own voice does elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audio.decoding.samples import SAMPLE_RATE

if TYPE_CHECKING:
    from audio.decoding.samples import Audio

    Floats = NDArray[np.float32]

_DECIMATION = 2
_RATE = SAMPLE_RATE // _DECIMATION
_LEVELLED = 0.1  # seconds around a sample whose level is made 1
_SILENCE = 1e-4  # root mean square below which nothing is made louder
_BAND = 120.0, 3600.0  # Hz: below is hum, above is what codecs leave out
_SMEARED = 5  # samples over which an echo or a drifting clock spreads a match
_CLEAR = 9.0  # deviations of the correlation above which a maximum is a match; chance gives 6


@dataclass(frozen=True, slots=True)
class Match:
    """The middle of a passage in its own track, and where another track has the same sound, in seconds of each."""

    time: float
    other: float


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a track, in seconds."""

    start: float
    length: float

    @property
    def middle(self) -> float:
        """Seconds."""
        return self.start + self.length / 2


def find_match(passage: Passage, sound: Audio, other: Audio, *, around: float, within: float) -> Match | None:
    """The match of a passage of `sound` whose counterpart begins at most `within` seconds from `around` in `other`;
    None if there is no clear one, or less than a second of either."""
    first = max(0.0, around - within)
    heard = sound.read(passage.start, passage.start + passage.length)
    there = other.read(first, around + within + passage.length)
    if min(len(heard), len(there)) < SAMPLE_RATE:
        return None
    sought, place = _levelled(heard), _levelled(there)
    correlation = correlate(sought, place)
    lags = (np.arange(len(correlation)) - len(sought)) / _RATE
    near = np.abs(first + lags - around) <= within
    if not near.any():
        return None
    strength = np.abs(correlation)
    deviation = float(np.sqrt(np.mean(np.square(strength)))) or 1.0
    strength[~near] = 0.0
    best = int(strength.argmax())
    if strength[best] < _CLEAR * deviation:
        return None
    lag = float(lags[best]) + _between(strength, best) / _RATE
    return Match(passage.middle, first + lag + passage.length / 2)


def correlate(passage: Floats, place: Floats) -> NDArray[np.float64]:
    """The whitened correlation, smoothed, at lags of `passage` from minus its length to the length of `place`."""
    from scipy.fft import irfft, next_fast_len, rfft

    before = len(passage)
    size = next_fast_len(before + len(place) + len(passage), real=True)
    cross = rfft(place, size) * np.conj(rfft(passage, size))
    cross /= np.maximum(np.abs(cross), 1e-12)
    frequencies = np.fft.rfftfreq(size, 1 / _RATE)
    cross[(frequencies < _BAND[0]) | (frequencies > _BAND[1])] = 0.0
    values = irfft(cross, size)
    ordered = np.concatenate([values[size - before :], values[: len(place)]])
    energy = np.convolve(np.square(ordered), np.ones(_SMEARED) / _SMEARED, mode="same")
    smooth: NDArray[np.float64] = np.sqrt(energy)
    return smooth


def _levelled(samples: Floats) -> Floats:
    """At half the rate, every moment at the same level; at least as long as what makes a moment."""
    n = len(samples) // _DECIMATION * _DECIMATION
    halved = samples[:n].reshape(-1, _DECIMATION).mean(axis=1)
    width = round(_LEVELLED * _RATE)
    energy = np.convolve(np.square(halved), np.ones(width, np.float32) / width, mode="same")
    level: Floats = halved / np.sqrt(np.maximum(energy, _SILENCE**2))
    return level


def _between(values: NDArray[np.float64], at: int) -> float:
    """How far the maximum of the parabola through three values is from the middle one, in samples."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, middle, after = values[at - 1 : at + 2]
    curve = before - 2 * middle + after
    return 0.0 if curve >= 0 else float(np.clip((before - after) / (2 * curve), -0.5, 0.5))
