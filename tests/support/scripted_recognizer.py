"""A recogniser with scripted readings, for tests of the code around the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from transcribe.recognition.engines.protocol import LanguageGuess, Reading

if TYPE_CHECKING:
    from transcribe.recognition.engines.protocol import Samples


class ScriptedRecognizer:
    """A `Recognizer` that reads each window with `answer`, or above temperature 0 with `sampled`."""

    def __init__(
        self,
        answer: Callable[[Samples], Reading],
        *,
        sampled: Callable[[Samples], Reading] | None = None,
        languages: Iterable[str] = ("en", "nl"),
        spoken: str = "en",
    ) -> None:
        self._answer = answer
        self._sampled = sampled or answer
        self._languages = frozenset(languages)
        self._spoken = spoken
        self.window_lengths: list[int] = []  # of the windows read so far, in samples
        self.temperatures: list[float] = []  # those above 0, one for each window

    @property
    def languages(self) -> frozenset[str]:
        """As given."""
        return self._languages

    def recognize(
        self,
        windows: Iterable[Samples],
        *,
        language: str,
        beam_size: int = 5,
        prompt: str | None = None,
        temperature: float = 0.0,
    ) -> Iterator[Reading]:
        """The scripted reading of each window."""
        for window in windows:
            self.window_lengths.append(len(window))
            if temperature:
                self.temperatures.append(temperature)
            yield self._sampled(window) if temperature else self._answer(window)

    def detect_language(self, window: Samples) -> LanguageGuess:
        """Always the language `spoken`."""
        return LanguageGuess({self._spoken: 1.0})
