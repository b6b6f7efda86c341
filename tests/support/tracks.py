"""Tracks for tests: bursts of tone in place of speech, each person in turn."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from audio.decoding.samples import SAMPLE_RATE
from tests.support.audio_files import tone, write_wav


def bursts(path: Path, *spoken: tuple[float, float], seconds: float = 12.0, hertz: float = 300.0) -> Path:
    """A track in which somebody is heard between these times, over a little noise."""
    noise = np.random.default_rng(round(hertz)).normal(0, 3, round(seconds * SAMPLE_RATE))
    for start, end in spoken:
        sound = tone(hertz, end - start, peak=0.3)
        first = round(start * SAMPLE_RATE)
        noise[first : first + len(sound)] += sound[: len(noise) - first]
    return write_wav(path, noise.round().astype("<i2"))
