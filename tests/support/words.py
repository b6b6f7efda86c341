"""Words at a steady pace, as a recogniser would return them."""

from __future__ import annotations

from collections.abc import Sequence

from transcribe.transcript import Word


def said(
    text: str, *, start: float = 0.0, step: float = 0.3, pause: float = 0.0, probability: float = 0.9
) -> tuple[Word, ...]:
    """The words of `text`, one every `step` seconds, each followed by `pause` seconds of silence."""
    return tuple(
        Word(word, start + i * step, start + (i + 1) * step - pause, probability) for i, word in enumerate(text.split())
    )


def text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)
