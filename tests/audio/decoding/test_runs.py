"""Runs of levels and probabilities."""

from __future__ import annotations

import numpy as np

from audio.decoding.runs import hysteresis


def test_hysteresis_starts_high_and_ends_low() -> None:
    values = np.array([0.6, 0.0, 0.6, 0.8, 0.6, 0.5, 0.8, 0.4, 0.6, 0.6], np.float32)
    assert hysteresis(values, 0.7, 0.5).tolist() == [False, False, True, True, True, False, True, False, False, False]
    assert hysteresis(values[:0], 0.7, 0.5).tolist() == []
