"""What a pass over a recording's channels measures, in windows of a quarter of a second: how loud each channel is, how
alike every two are where speech is, how many samples are at full scale, and whether a channel holds more than bass.

Of clicks, which last less than speech and may be far louder, the level of a window does not depend.

Per window it keeps three matrices of the channels' products: 170 kB an hour for mono, 44 MB for 16 channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audio.decoding.samples import SAMPLE_RATE, SCALE

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW = SAMPLE_RATE // 4  # samples
_SECOND = SAMPLE_RATE // WINDOW  # windows
_FULL = (SCALE - 1) / SCALE  # the largest sample of 16 bits
_VOICE = slice(200 * WINDOW // SAMPLE_RATE, 4000 * WINDOW // SAMPLE_RATE)  # of a window's frequencies
_LOUD_PART = 10  # the loudest tenth of them counts alike
_BAND = 100 * WINDOW // SAMPLE_RATE  # of the voice's frequencies: 100 Hz, in which noise is nearly as loud at all times
_STEADY = 10  # percent of the windows of a block in which a band is no louder than what goes on all the time …
_ABOVE = 4.0  # … and by how much what stands out of that is louder
_LEAST_PART = 0.1  # of a window's energy, that stands out
_LEAST_SPOKEN = 0.05  # of the windows with a sound, in which something stands out; of fewer all sound is compared
_ROUNDING = 1e-4  # of a frequency's energy: 30 dB above what rounding to 16 bits leaves
_STEADY_DB = 3.0  # of the loudest second above the quiet parts of what only hums
_STEP = SAMPLE_RATE // 100  # samples
_CLICK = 8  # steps of a window, 80 ms: in speech the others have all but 3 to 7 dB of the energy
_CLICK_DB, _FAINT_DB = 20.0, -64.0  # a click is so much louder than all else, which is fainter than recognition hears
_SILENT = 1.5 / SCALE  # a louder sample is more than what rounding leaves of silence


@dataclass(frozen=True, eq=False)
class Survey:
    """The measures of a recording of n channels.

    `grams`, (windows, n, n): the mean product of two channels' samples in [−1, 1]; `voices`, likewise, of what they
    have from 200 to 4000 Hz (`_voices_of`), zeros of a single channel; `is_spoken`, (windows,): whether that is of what
    stands out of the sound that goes on all the time; `peaks`, (n,): the loudest samples;
    `full_scale`: the share of the samples that are at the limits of 16 bits; `slopes`, (n,): the mean square of the
    difference of two neighbouring samples; `steady`, (windows,): the energy of the loudest channel without that of the
    loudest 80 ms.
    """

    grams: NDArray[np.float32]
    voices: NDArray[np.float32]
    is_spoken: NDArray[np.bool_]
    peaks: NDArray[np.float64]
    full_scale: float
    slopes: NDArray[np.float64]
    steady: NDArray[np.float32]

    @property
    def n_channels(self) -> int:
        """The number of channels."""
        return int(self.grams.shape[1])

    @property
    def sounding(self) -> NDArray[np.bool_]:
        """Which channels, (n,), have a sample that is not silence."""
        return self.peaks > _SILENT

    def loudest_second(self, weights: NDArray[np.float64]) -> float:
        """The root mean square, in dB below full scale, of the loudest second of the channels mixed with `weights`."""
        energy = np.einsum("kij,i,j->k", self.grams, weights, weights, dtype=np.float64)
        return _loudest_second(energy)

    @property
    def is_steady(self) -> bool:
        """Whether the recording is nearly as loud at all times, as no speech is."""
        energy = np.einsum("kii->k", self.grams)
        loud = _loudest_second(energy)
        return loud - 10 * float(np.log10(max(float(np.percentile(energy, _STEADY)), 1e-12))) < _STEADY_DB

    @property
    def has_clicks(self) -> bool:
        """Whether the recording is loud only in moments that are too short to be speech."""
        steady = _loudest_second(self.steady)
        loud = _loudest_second(np.einsum("kii->ki", self.grams).max(axis=1))
        return steady < _FAINT_DB and loud - steady > _CLICK_DB

    def above_bass(self, channel: int) -> bool:
        """Whether a channel holds sound that a subwoofer would not play: above about 200 Hz."""
        energy = float(self.grams[:, channel, channel].mean(dtype=np.float64))
        return bool(self.sounding[channel] and self.slopes[channel] > _BASS_SLOPE * energy)


def _loudest_second(energy: NDArray[np.floating[Any]]) -> float:
    """In dB below full scale, of windows' energies."""
    seconds = np.convolve(energy, np.full(_SECOND, 1 / _SECOND))[_SECOND - 1 :][: max(len(energy) - _SECOND + 1, 1)]
    return float(10 * np.log10(max(float(seconds.max(initial=0.0)), 1e-12)))


_BASS_SLOPE = (2 * np.sin(np.pi * 200 / SAMPLE_RATE)) ** 2  # of a tone of 200 Hz, over its energy


class Surveyor:
    """Measures a recording, block by block; every block but the last is a whole number of windows."""

    def __init__(self) -> None:
        self._grams: list[NDArray[np.float32]] = []
        self._voices: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
        self._peaks: list[NDArray[np.float64]] = []
        self._steady: list[NDArray[np.float32]] = []
        self._slopes: list[NDArray[np.float64]] = []
        self._n_full = self._n_samples = 0

    def add(self, rows: NDArray[np.float32]) -> None:
        """The next samples, (channels, n), in [−1, 1]."""
        channels, n = rows.shape
        padded = rows if n % WINDOW == 0 else np.pad(rows, ((0, 0), (0, -n % WINDOW)))
        windows = padded.reshape(channels, -1, WINDOW)
        grams = np.empty((windows.shape[1], channels, channels), np.float32)
        for one in range(channels):
            for other in range(one + 1):
                product = np.einsum("kw,kw->k", windows[one], windows[other]) / np.float32(WINDOW)
                grams[:, one, other] = grams[:, other, one] = product
        self._grams.append(grams)
        self._voices.append(_voices_of(windows) if channels > 1 else (np.zeros_like(grams), np.zeros_like(grams)))
        steps = np.square(windows).reshape(channels, -1, WINDOW // _STEP, _STEP).sum(axis=3)
        steps.partition(WINDOW // _STEP - _CLICK, axis=2)
        self._steady.append(steps[:, :, :-_CLICK].sum(axis=2).max(axis=0) / np.float32(WINDOW))
        low, high = rows.min(axis=1), rows.max(axis=1)
        self._peaks.append(np.maximum(-low, high).astype(np.float64))
        if low.min() <= -1.0 or high.max() >= _FULL:
            self._n_full += int(((rows >= _FULL) | (rows <= -1.0)).sum())
        self._n_samples += rows.size
        if channels > 2:
            self._slopes.append(np.square(np.diff(rows, axis=1)).sum(axis=1, dtype=np.float64))

    def survey(self) -> Survey:
        """The measures of all blocks so far, of which there has to be one."""
        grams = np.concatenate(self._grams)
        n_frames = self._n_samples / grams.shape[1]
        slopes = np.sum(self._slopes, axis=0) / n_frames if self._slopes else np.zeros(grams.shape[1])
        voices, spoken = (np.concatenate(each) for each in zip(*self._voices, strict=True))
        is_spoken = np.asarray(spoken.any(axis=(1, 2)))
        if is_spoken.sum() < _LEAST_SPOKEN * voices.any(axis=(1, 2)).sum():
            is_spoken[:] = False
        voices[is_spoken] = spoken[is_spoken]
        full_scale = self._n_full / self._n_samples
        steady = np.concatenate(self._steady)
        return Survey(grams, voices, is_spoken, np.max(self._peaks, axis=0), full_scale, slopes, steady)


def _voices_of(windows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The products of the channels where speech is, (k, n, n), of windows, (n, k, samples): of all that sounds, and of
    what stands out of the sound that goes on all the time.

    A hum, a constant or a whistle may be far louder than the speech, and alike in channels whose speech is opposite: of
    the frequencies of a window those louder than nine in ten are made as loud as these, so that no few of them decide.
    Noise of all frequencies is fainter than speech as a whole and louder than it in most bands and in its pauses. It is
    told from speech by time: a band counts in the windows in which it is louder than it is in the quietest ones.
    """
    from scipy.fft import rfft

    spectra = rfft(windows * _FADED, axis=2)[:, :, _VOICE]
    loudest = np.square(np.abs(spectra)).max(axis=0)
    at = loudest.shape[1] - loudest.shape[1] // _LOUD_PART
    bound = np.partition(loudest, at, axis=1)[:, at, None].clip(min=_ROUNDING)
    bands = loudest.reshape(len(loudest), -1, _BAND).sum(axis=2)
    stands_out = bands > _ABOVE * np.percentile(bands, _STEADY, axis=0).clip(min=_BAND * _ROUNDING)
    spectra *= np.sqrt(bound / np.maximum(loudest, bound))
    every = _products_of(spectra)
    spectra *= np.repeat(stands_out, _BAND, axis=1)
    spoken = _products_of(spectra)
    spoken[np.einsum("kii->k", spoken) < _LEAST_PART * np.einsum("kii->k", every)] = 0.0
    return every, spoken


def _products_of(spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
    """The products of channels, (k, n, n), of their spectra, (n, k, frequencies)."""
    parts = np.concatenate([spectra.real, spectra.imag], axis=2).transpose(1, 0, 2)
    products: NDArray[np.float32] = parts @ parts.transpose(0, 2, 1)
    return products


_FADED = np.hanning(WINDOW).astype(np.float32)
