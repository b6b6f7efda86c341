"""A recogniser that answers by script: for tests of what stands around the weights, and for demonstrations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from transcribe.recognition.engines.protocol import LanguageGuess, Reading

if TYPE_CHECKING:
    from transcribe.recognition.engines.protocol import Samples


class ScriptedRecognizer:
    """A `Recognizer` whose readings are what `answer` makes of each window, at a temperature what `by_chance` does."""

    def __init__(
        self,
        answer: Callable[[Samples], Reading],
        *,
        by_chance: Callable[[Samples], Reading] | None = None,
        languages: Iterable[str] = ("en", "nl"),
        speaks: str = "en",
    ) -> None:
        self._answer = answer
        self._by_chance = by_chance or answer
        self._languages = frozenset(languages)
        self._speaks = speaks
        self.asked: list[int] = []  # the lengths of the windows given so far, in samples
        self.temperatures: list[float] = []  # those above 0, a window each

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
            self.asked.append(len(window))
            if temperature:
                self.temperatures.append(temperature)
            yield self._by_chance(window) if temperature else self._answer(window)

    def detect_language(self, window: Samples) -> LanguageGuess:
        """Always the language `speaks`."""
        return LanguageGuess({self._speaks: 1.0})
