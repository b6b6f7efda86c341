"""Which words are common: those the recogniser writes as one token, so that recognising one is no sign of a name.

`common_words.txt` has the whole words of letters in Whisper's vocabulary (byte-pair encoding, as GPT-2's; MIT licence):
the frequent words of the large languages, English above all, and frequent names; no rare ones. A word is there once,
with a capital if it is more frequent so ("Rick", but "will").
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_PARTS = re.compile(r"['’-]")


def is_common(word: str) -> bool:
    """Whether a word, or each of its parts between apostrophes and hyphens, is common. Ignores case.

    >>> is_common("job's"), is_common("GDP"), is_common("Wooler")
    (True, True, False)
    """
    return all(part.casefold() in _vocabulary() for part in _PARTS.split(word))


def is_ordinary(word: str) -> bool:
    """Whether a word, or each of its parts, is common and mostly written small: no name. Ignores case.

    >>> is_ordinary("Right"), is_ordinary("I'll"), is_ordinary("Rick"), is_ordinary("Wooler")
    (True, True, False, False)
    """
    return all(_vocabulary().get(part.casefold(), False) for part in _PARTS.split(word))


@cache
def _vocabulary() -> dict[str, bool]:
    """Each common word, casefolded, and whether it is mostly written small; a single letter is."""
    text = files("transcribe.recognition").joinpath("common_words.txt").read_text(encoding="utf-8")
    return {word.casefold(): word == word.casefold() for word in text.split()}
