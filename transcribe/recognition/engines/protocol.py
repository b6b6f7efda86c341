"""What a recogniser is: windows of sound in, readings out. Knows nothing of chunks, files or second passes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from transcribe.transcript import Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

SAMPLE_RATE = 16_000  # Hz, of every window
LONGEST_WINDOW = 30.0  # seconds; Whisper's encoder has positions for no more


@dataclass(frozen=True, slots=True)
class Reading:
    """What a recogniser makes of one window. Times count from the window's start."""

    words: tuple[Word, ...]
    avg_logprob: float  # mean natural logarithm of the tokens' probabilities, the end token's included
    no_speech_probability: float

    @property
    def text(self) -> str:
        """The words, a blank between each two."""
        return " ".join(word.text for word in self.words)

    @property
    def compression_ratio(self) -> float:
        """How often the text would fit into itself compressed; loops are far above 2 (openai-whisper's measure).

        >>> Reading((Word("yes", 0, 1),) * 40, -0.2, 0.0).compression_ratio > 10
        True
        """
        data = self.text.encode()
        return len(data) / len(zlib.compress(data)) if data else 0.0


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """How probable each language is, by its code. Never empty; the probabilities sum to about one.

    >>> LanguageGuess({"en": 0.3, "nl": 0.7}).language
    'nl'
    """

    probabilities: Mapping[str, float]

    def __post_init__(self) -> None:
        if not self.probabilities:
            raise ValueError("a guess needs at least one language")

    @property
    def language(self) -> str:
        """The most probable one; of equal ones the first by code."""
        return min(self.probabilities, key=lambda code: (-self.probabilities[code], code))

    @property
    def probability(self) -> float:
        """That of `language`."""
        return self.probabilities[self.language]


class Recognizer(Protocol):
    """Two real ones stand beside this module, and a scripted one for tests and demonstrations.

    A window is float32 mono in [−1, 1] at 16 kHz, at least one sample and at most `LONGEST_WINDOW` long. Its reading
    depends on nothing but itself and the options: not on its neighbours, nor on how many windows are given at once.
    Several threads may ask at a time.
    """

    @property
    def languages(self) -> frozenset[str]:
        """Codes of the languages the weights know; `{"en"}` for English-only ones."""

    def recognize(
        self,
        windows: Iterable[Samples],
        *,
        language: str,
        beam_size: int = 5,
        prompt: str | None = None,
        temperature: float = 0.0,
    ) -> Iterator[Reading]:
        """A reading for each window, in order, as they are done; only a few windows are drawn ahead.

        `prompt` is text said to stand before each window. With a `temperature` above 0 the tokens are drawn by chance
        and without a beam; the same call gives the same readings. Raises `EngineError` when the engine breaks.
        """

    def detect_language(self, window: Samples) -> LanguageGuess:
        """Which language is spoken in the window. Raises `EngineError` when the engine breaks."""


class Aligner(Protocol):
    """Finds when known words are said. The CTranslate2 engine is one, and a scripted one stands in tests."""

    def align(self, window: Samples, text: str, *, language: str) -> tuple[Word, ...]:
        """A word for each blank-separated part of `text`, in the order of time, counted from the window's start.

        A word's probability is how sure the model is of it there. Raises `EngineError` when the engine breaks.
        """
