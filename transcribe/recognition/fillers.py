"""Leaves out what nobody means to say: "uh", "um", "uhm", "er", and the comma that went with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from transcribe.transcript import Word

# German has "um" and "er", Portuguese "um": only English loses those. "ER" and "UM" in capitals are something else.
_ENGLISH = re.compile(r"(?:[Uu]h+m*|[Uu]m+|[Ee]rm*)([,.?!…;:—–-]*)")
_ELSEWHERE = re.compile(r"(?:[Uu]h+m*)([,.?!…;:—–-]*)")
_SENTENCE_ENDS = (".", "?", "!", "…")


def remove_fillers(words: Sequence[Word], *, language: str) -> tuple[Word, ...]:
    """`words` without standalone fillers; the words around them get the marks and the capital they leave behind.

    >>> said = "So, um, we waited. Uh, nobody came to the, uh."
    >>> words = [Word(text, i, i + 1) for i, text in enumerate(said.split())]
    >>> " ".join(word.text for word in remove_fillers(words, language="en"))
    'So we waited. Nobody came to the.'
    """
    filler = _ENGLISH if language == "en" else _ELSEWHERE
    kept: list[Word] = []
    capital = False
    for word in words:
        match = filler.fullmatch(word.text)
        if match is None:
            kept.append(replace(word, text=_capitalised(word.text)) if capital else word)
            capital = False
            continue
        opens = not kept or kept[-1].text.endswith(_SENTENCE_ENDS)
        capital = capital or (opens and word.text[0].isupper())
        if not opens:
            kept[-1] = replace(kept[-1], text=_inheriting(kept[-1].text, match[1]))
    return tuple(kept)


def _inheriting(text: str, marks: str) -> str:
    """The word before a filler with the filler's marks: an end of sentence moves over, a pair of commas goes."""
    if marks.startswith(_SENTENCE_ENDS) and not marks.startswith(("..", "…")):
        return text.rstrip(",;:—–-") + marks or text
    if marks.startswith(",") and text.endswith(",") and len(text) > 1:
        return text[:-1]
    return text


def _capitalised(text: str) -> str:
    at = next((i for i, character in enumerate(text) if character.isalnum()), 0)
    return text[:at] + text[at].upper() + text[at + 1 :]
