"""The recogniser protocol: windows of audio in, readings out. Knows nothing of chunks, files or second passes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from transcribe.transcript import Word, as_written

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

LONGEST_WINDOW = 30.0  # seconds; Whisper's encoder has positions for no more


@dataclass(frozen=True, slots=True)
class Reading:
    """The words recognised in one window. Times count from the window's start."""

    words: tuple[Word, ...]
    avg_logprob: float  # mean natural logarithm of the tokens' probabilities, the end token's included
    no_speech_probability: float
    alternatives: tuple[str, ...] = ()  # other texts that the search found, the likeliest first
    spoken: LanguageGuess | None = None  # if the engine has it at hand

    @property
    def text(self) -> str:
        """The words as they are written, see `as_written`."""
        return as_written(self.words)

    @property
    def compression_ratio(self) -> float:
        """Length of the text over its compressed length; loops are far above 2 (openai-whisper's measure).

        >>> Reading((Word("yes", 0, 1),) * 40, -0.2, 0.0).compression_ratio > 10
        True
        """
        data = self.text.encode()
        return len(data) / len(zlib.compress(data)) if data else 0.0


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """The probability of each language, by its code. Never empty; the probabilities sum to about one."""

    probabilities: Mapping[str, float]

    def __post_init__(self) -> None:
        if not self.probabilities:
            raise ValueError("a guess needs at least one language")

    @classmethod
    def of_tokens(cls, pairs: Iterable[tuple[str, float]]) -> LanguageGuess:
        """The guess of the probabilities of tokens such as `<|en|>`."""
        return cls({token.strip("<|>"): probability for token, probability in pairs})

    @property
    def likeliest(self) -> tuple[str, float]:
        """The likeliest language and its probability."""
        return max(self.probabilities.items(), key=lambda pair: pair[1])


class Recognizer(Protocol):
    """An engine. Two are in this package; tests have a scripted one.

    A window is float32 mono in [−1, 1] at 16 kHz, at least one sample and at most `LONGEST_WINDOW` long. Its reading
    depends only on itself and the options: not on its neighbours, nor on how many windows are passed together. May be
    called from several threads at the same time.
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
        """A reading for each window, in order, as they are done; only a few windows are consumed ahead.

        `prompt` is passed to the decoder as the text before each window. With a `temperature` above 0 the tokens are
        sampled, without a beam; the same call gives the same readings. Raises `EngineError` if the engine fails.
        """

    def detect_language(self, window: Samples) -> LanguageGuess:
        """The probable languages of the window. Raises `EngineError` if the engine fails."""


@runtime_checkable
class Aligner(Protocol):
    """Finds when known words are spoken. The CTranslate2 engine is one; tests have a scripted one."""

    def align(self, window: Samples, text: str, *, language: str) -> tuple[Word, ...]:
        """A word for each blank-separated part of `text`, in the order of time, counted from the window's start.

        Each word's probability is the model's at that place. Raises `EngineError` if the engine fails.
        """
