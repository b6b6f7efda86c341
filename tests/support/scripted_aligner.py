"""An aligner that says where words are without listening."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transcribe.transcript import Word


class ScriptedAligner:
    """Aligns a word every 0.1 s from the window's start, with the given probability, and records the calls."""

    def __init__(self, probability: float = 0.9) -> None:
        self.calls: list[tuple[float, str]] = []  # seconds of the window, and the text
        self.probability = probability

    def align(self, window: NDArray[np.float32], text: str, *, language: str) -> tuple[Word, ...]:
        self.calls.append((len(window) / 16_000, text))
        return tuple(Word(part, i / 10, i / 10 + 0.08, self.probability) for i, part in enumerate(text.split()))
