"""Removes fillers ("uh", "um", "uhm", "er") and the commas that went with them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from transcribe.scripts import SENTENCE_MARKS
from transcribe.transcript import Word

# "um" and "er" are words in German, "um" in Portuguese: removed only in English. "ER" and "UM" are abbreviations.
_ENGLISH = re.compile(r"(?:[Uu]h+m*|[Uu]m+|[Ee]rm*)([,.?!…;:—–-]*)")
_OTHER_LANGUAGES = re.compile(r"(?:[Uu]h+m*)([,.?!…;:—–-]*)")


def remove_fillers(words: Sequence[Word], *, language: str) -> tuple[Word, ...]:
    """`words` without standalone fillers, whose punctuation and capital pass to the words around them.

    >>> text = "So, um, we waited. Uh, nobody came to the, uh."
    >>> words = [Word(text, i, i + 1) for i, text in enumerate(text.split())]
    >>> " ".join(word.text for word in remove_fillers(words, language="en"))
    'So we waited. Nobody came to the.'
    """
    filler = _ENGLISH if language == "en" else _OTHER_LANGUAGES
    result: list[Word] = []
    capitalise = False
    for word in words:
        match = filler.fullmatch(word.text)
        if match is None:
            result.append(replace(word, text=_capitalise(word.text)) if capitalise else word)
            capitalise = False
            continue
        starts_sentence = not result or result[-1].text[-1] in SENTENCE_MARKS
        capitalise = capitalise or (starts_sentence and word.text[0].isupper())
        if not starts_sentence:
            result[-1] = replace(result[-1], text=_with_punctuation(result[-1].text, match[1]))
    return tuple(result)


def text_without_fillers(text: str, *, language: str) -> str:
    """The words of a text but its fillers.

    >>> text_without_fillers("Um, so we, uh, waited", language="en")
    'so we, waited'
    """
    filler = _ENGLISH if language == "en" else _OTHER_LANGUAGES
    return " ".join(part for part in text.split() if filler.fullmatch(part) is None)


def _with_punctuation(text: str, marks: str) -> str:
    """The word before a filler with its `marks`: the end of a sentence is taken over, a pair of commas removed."""
    if marks.startswith((".", "?", "!")) and not marks.startswith(".."):
        return text.rstrip(",;:—–-") + marks or text
    if marks.startswith(",") and text.endswith(",") and len(text) > 1:
        return text[:-1]
    return text


def _capitalise(text: str) -> str:
    at = next((i for i, character in enumerate(text) if character.isalnum()), 0)
    return text[:at] + text[at].upper() + text[at + 1 :]
