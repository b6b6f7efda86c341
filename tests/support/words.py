"""Words for tests, without a recogniser."""

from __future__ import annotations

from collections.abc import Sequence

from transcribe.transcript import Word


def said(text: str, *, start: float = 0.0, step: float = 0.3, probability: float = 0.9) -> tuple[Word, ...]:
    """The words of `text`, one every `step` seconds."""
    return tuple(
        Word(word, start + i * step, start + (i + 1) * step, probability) for i, word in enumerate(text.split())
    )


def text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)
