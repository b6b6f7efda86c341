"""The mix of all channels as floats, in a scratch file, and the gain with which it is levelled.

Floats may be anything: far above full scale, and no numbers at all, which are silence here.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import numpy as np

from audio.decoding.loudness import LoudnessMeter
from audio.decoding.samples import LEVEL_SAMPLES, as_int16, levels_of, write
from audio.decoding.survey import WINDOW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audio.decoding.downmix import Downmix
    from audio.decoding.hum import AboveHum

_OVER = 1.02  # the loudest sample of what is not clipped in the file itself, but by us
_QUIET_LUFS = -60.0
_TARGET_LUFS = -23.0  # EBU R128
LEAST_LUFS = -100.0  # below is only what rounding leaves
_MOST_PEAK = 0.95
_STEP = LEVEL_SAMPLES  # samples for which the limiter has one gain
_HIGHEST = 1e6  # of a float: more is no sound, nor is what is no number


class Floats:
    """The floats of a second pass, in a scratch file, and what is measured of them."""

    def __init__(self, file: IO[bytes], mix: Downmix, *, has_clicks: bool, above: AboveHum | None = None) -> None:
        self.n_samples = 0
        self.has_clicks = has_clicks
        self.meter = LoudnessMeter()
        self.channel_peak = 0.0
        self._file, self._mix, self._n_windows = file, mix, 0
        self._above = above
        self._levels: list[NDArray[np.float32]] = []
        self._peaks: list[NDArray[np.float32]] = []  # of the steps

    def take(self, frames: NDArray[Any]) -> None:
        """The next frames, a whole number of windows of them except for the last."""
        numbers = sane(frames)
        self.channel_peak = max(self.channel_peak, float(np.abs(numbers).max()))
        if numbers.shape[1] == 2:
            self._levels.append(levels_of(numbers.T))
        mono = self._mix.of(numbers, first=self._n_windows)
        self._n_windows += -(-len(frames) // WINDOW)
        mono = mono if self._above is None else self._above.of(mono)
        self.meter.add(mono)
        if self.has_clicks:
            self._peaks.append(np.maximum.reduceat(np.abs(mono), np.arange(0, len(mono), _STEP)))
        write(self._file, mono.astype("<f4").tobytes())

    @property
    def loudness(self) -> float | None:
        """In LUFS; of what is no click, if there are any."""
        return self.meter.loudness_beside_clicks if self.has_clicks else self.meter.loudness

    @property
    def is_silent(self) -> bool:
        """Whether no loudness can be measured, or less than any recording's."""
        return self.loudness is None or self.loudness < LEAST_LUFS

    @property
    def gain(self) -> float:
        """What brings a level outside the ordinary to that of broadcasts; 1 for one within."""
        loudness = self.loudness
        if loudness is None or self.is_silent or (loudness >= _QUIET_LUFS and self.channel_peak <= _OVER):
            return 1.0
        wanted = 10 ** ((_TARGET_LUFS - loudness) / 20)
        return wanted if self.has_clicks else float(min(wanted, _MOST_PEAK / self.meter.peak))

    def levels(self) -> NDArray[np.float32] | None:
        """The levels of two channels, with the gain."""
        return np.concatenate(self._levels, axis=1) * np.float32(self.gain) if self._levels else None

    def write_int16(self, file: IO[bytes]) -> None:
        """Write the samples with the gain."""
        self._file.seek(0)
        gain, limits, at = np.float32(self.gain), self._limits(), 0
        for data in iter(lambda: self._file.read(4 * WINDOW * 120), b""):
            samples = np.frombuffer(data, "<f4") * gain
            if limits is not None:
                steps = (at + np.arange(len(samples))) / _STEP
                samples *= np.interp(steps, np.arange(len(limits)), limits).astype(np.float32)
                at += len(samples)
            write(file, as_int16(samples))

    def _limits(self) -> NDArray[np.float32] | None:
        """By what the samples at each edge of two steps are fainter, so that no click is louder than full scale."""
        if not self._peaks:
            return None
        peaks = np.concatenate(self._peaks) * np.float32(self.gain)
        within = (_MOST_PEAK / np.maximum(peaks, _MOST_PEAK)).astype(np.float32)
        limits: NDArray[np.float32] = np.minimum(np.append(within, 1.0), np.append(1.0, within)).astype(np.float32)
        return limits


def sane(frames: NDArray[Any]) -> NDArray[np.float32]:
    """The frames, silent where a float is no sound."""
    return np.where(np.abs(frames) <= _HIGHEST, frames, np.float32(0.0))
