"""A recogniser that answers by script: for tests of what stands around the weights, and for demonstrations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from transcribe.engines.protocol import LanguageGuess, Reading

if TYPE_CHECKING:
    from transcribe.engines.protocol import Samples


class Scripted:
    """A `Recognizer` whose readings are what `answer` makes of each window."""

    def __init__(
        self, answer: Callable[[Samples], Reading], *, languages: Iterable[str] = ("en", "nl"), speaks: str = "en"
    ) -> None:
        self._answer = answer
        self._languages = frozenset(languages)
        self._speaks = speaks
        self.asked: list[int] = []  # the lengths of the windows given so far, in samples

    @property
    def languages(self) -> frozenset[str]:
        """As given."""
        return self._languages

    def recognize(
        self, windows: Iterable[Samples], *, language: str, beam_size: int = 5, prompt: str | None = None
    ) -> Iterator[Reading]:
        """The scripted reading of each window."""
        for window in windows:
            self.asked.append(len(window))
            yield self._answer(window)

    def detect_language(self, window: Samples) -> LanguageGuess:
        """Always the language `speaks`."""
        return LanguageGuess({self._speaks: 1.0})
