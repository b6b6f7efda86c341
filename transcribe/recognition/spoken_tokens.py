"""Words as the rules for written forms see them: each without its marks, and what is found among them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from transcribe.transcript import Word

_BEFORE, _BEHIND = "\"'“‘([", "\"'”’)],.?!;:…"  # marks around a word


class Token(NamedTuple):
    """A word: the marks before it, its letters, the marks behind it."""

    head: str
    core: str
    tail: str

    @property
    def low(self) -> str:
        """The letters without case."""
        return self.core.lower()


class Form(NamedTuple):
    """Words `first` up to `stop` are to be written as `text`."""

    first: int
    stop: int
    text: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of one speaker in a row. Positions beyond them have no letters."""

    tokens: tuple[Token, ...]

    @classmethod
    def of(cls, words: Sequence[Word]) -> Tokens:
        """The tokens of printed words."""
        return cls(tuple(_token(word.text) for word in words))

    def any_of(self, words: frozenset[str]) -> bool:
        """Whether one of the words, given without case, is among these."""
        return any(token.low in words for token in self.tokens)

    def low(self, at: int) -> str:
        """The letters of a word, without case."""
        return self.tokens[at].low if 0 <= at < len(self.tokens) else ""

    def core(self, at: int) -> str:
        """The letters of a word."""
        return self.tokens[at].core if 0 <= at < len(self.tokens) else ""

    def breaks(self, at: int) -> bool:
        """Whether there is a mark, or no word, between the word `at` and the one before it."""
        if not 0 < at < len(self.tokens):
            return True
        return bool(self.tokens[at - 1].tail or self.tokens[at].head)

    def heard(self, first: int, stop: int) -> str:
        """The words as they were written, without the marks around them."""
        whole = " ".join(token.head + token.core + token.tail for token in self.tokens[first:stop])
        return whole[len(self.tokens[first].head) : len(whole) - len(self.tokens[stop - 1].tail)]


def _token(text: str) -> Token:
    bare = text.lstrip(_BEFORE)
    core = bare.rstrip(_BEHIND)
    return Token(text[: len(text) - len(bare)], core, bare[len(core) :])
