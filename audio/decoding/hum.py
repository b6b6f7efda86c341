"""What goes on below all voices: a hum or a constant, whose level would be taken for that of the speech."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audio.decoding.samples import SAMPLE_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOWEST = 120  # Hz: above mains hum, and with the overtones of all voices
_ORDER = 8


class AboveHum:
    """Takes from samples, as they come, what is below all voices."""

    def __init__(self) -> None:
        from scipy.signal import butter

        self._sections = butter(_ORDER, _LOWEST, "highpass", fs=SAMPLE_RATE, output="sos")
        self._state: NDArray[np.float64] | None = None

    def of(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The next samples, (n,), without it. A constant from the first sample on leaves nothing, not even a click."""
        from scipy.signal import sosfilt, sosfilt_zi

        if self._state is None:
            self._state = sosfilt_zi(self._sections) * (samples[0] if len(samples) else 0.0)
        filtered, self._state = sosfilt(self._sections, samples, zi=self._state)
        result: NDArray[np.float32] = filtered.astype(np.float32)
        return result
