"""The loudness of a recording by ITU-R BS.1770-4, the measure of EBU R128, from its samples at 16 kHz, block by block.

Speech far below what broadcasters call quiet is measured, too: the absolute gate of −70 LUFS counts from a recording
whose loudest sample is at full scale. Clicks can be left out of account: sounds of less than a tenth of a second, which
may be far louder than the speech beside them. Memory: 290 kB an hour.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from audio.decoding.samples import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HOP = SAMPLE_RATE // 10  # a block of 400 ms starts every 100 ms (section 5.1 of annex 1)
_HOPS = 4
_OFFSET = -0.691  # dB
_CLICK_HOPS = 5  # of which two may be a click's
_CREST = 100.0  # of speech: its loudest sample, over the energy of its loudest hop
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, -10.0  # LUFS, LU


class LoudnessMeter:
    """Measures samples as they come."""

    def __init__(self) -> None:
        import numpy as np

        self.peak = 0.0
        self._filters = [_high_shelf(), _high_pass()]
        self._states = [np.zeros(2), np.zeros(2)]
        self._hops: list[NDArray[np.float64]] = []
        self._rest: NDArray[np.float64] = np.zeros(0)

    def add(self, samples: NDArray[np.float32]) -> None:
        """The next samples, (n,), of any scale."""
        import numpy as np
        from scipy.signal import lfilter

        self.peak = max(self.peak, float(np.abs(samples).max(initial=0.0)))
        weighted: Any = samples.astype(np.float64)
        for number, (b, a) in enumerate(self._filters):
            weighted, self._states[number] = lfilter(b, a, weighted, zi=self._states[number])
        weighted = np.concatenate([self._rest, weighted])
        whole = len(weighted) // _HOP * _HOP
        self._hops.append(np.square(weighted[:whole]).reshape(-1, _HOP).mean(axis=1))
        self._rest = weighted[whole:]

    @property
    def loudness(self) -> float | None:
        """The gated loudness in LUFS; None for silence, and for less than a block of 400 ms."""
        return self._gated(self._energies(), self.peak)

    @property
    def loudness_beside_clicks(self) -> float | None:
        """The loudness of what is no click; that of all if there is nothing else."""
        import numpy as np
        from scipy.ndimage import median_filter

        energies = self._energies()
        beside = median_filter(energies, _CLICK_HOPS, mode="constant") if len(energies) else energies
        peak = float(np.sqrt(_CREST * beside.max(initial=0.0)))
        return self._gated(beside, peak) if peak else self.loudness

    def _energies(self) -> NDArray[np.float64]:
        import numpy as np

        return np.concatenate(self._hops) if self._hops else np.zeros(0)

    @staticmethod
    def _gated(energies: NDArray[np.float64], peak: float) -> float | None:
        import numpy as np

        if len(energies) < _HOPS or peak <= 0:
            return None
        blocks = np.convolve(energies, np.full(_HOPS, 1 / _HOPS), "valid")
        with np.errstate(divide="ignore"):
            levels = _OFFSET + 10 * np.log10(blocks)
        for gate in (_ABSOLUTE_GATE + 20 * math.log10(peak), None):
            if not len(blocks) or not blocks.any():
                return None
            bound = gate if gate is not None else _OFFSET + 10 * math.log10(blocks.mean()) + _RELATIVE_GATE
            blocks, levels = blocks[levels > bound], levels[levels > bound]
        return _OFFSET + 10 * math.log10(blocks.mean()) if len(blocks) else None


def _high_shelf() -> tuple[list[float], list[float]]:
    """The first filter of the standard, for the head's effect, at our rate: its analogue form, by the bilinear
    transform. (The standard gives the numbers for 48 kHz only; these are what they come from, as in libebur128.)"""
    hertz, gain, quality = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k, high = math.tan(math.pi * hertz / SAMPLE_RATE), 10 ** (gain / 20)
    mid = high**0.4996667741545416
    a0 = 1 + k / quality + k * k
    b = [(high + mid * k / quality + k * k) / a0, 2 * (k * k - high) / a0, (high - mid * k / quality + k * k) / a0]
    return b, [1.0, 2 * (k * k - 1) / a0, (1 - k / quality + k * k) / a0]


def _high_pass() -> tuple[list[float], list[float]]:
    """The second filter of the standard, likewise."""
    hertz, quality = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * hertz / SAMPLE_RATE)
    a0 = 1 + k / quality + k * k
    return [1.0, -2.0, 1.0], [1.0, 2 * (k * k - 1) / a0, (1 - k / quality + k * k) / a0]
