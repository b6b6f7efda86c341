"""An editor's corrections of a few words: what the machine wrote, and what stands there now. Pure.

A title before a name, and a possessive behind it, belong to neither side: "Mr. Hanson's" for "Mr. Henderson's" is
Hanson for Henderson, and a word behind a title begins no sentence, whatever mark "Mr." ends with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, pairwise

from transcribe.alignment.text_diff import NO_MATCH, matches
from transcribe.person_names import is_title
from transcribe.recognition.glossary import split_marks
from transcribe.scripts import ends_sentence

Edit = tuple[Sequence[str], Sequence[str]]
"""The machine's words of a draft, and the editor's."""

LONGEST = 4  # words on either side of a correction; longer ones are rewriting
CONTEXT_WORDS = 4  # before and after the correction

_EDGES = re.compile(r"^\W+|\W+$")
_COLON_END = re.compile(r":\W*$")  # a quotation starts with a capital as well


@dataclass(frozen=True, slots=True)
class Correction:
    """Words in place of others; `behind_title`: what is correct is a name, as a title before it says."""

    misheard: str
    correct: str
    context: str
    opens_sentence: bool
    behind_title: bool


def corrections(recognised: Sequence[str], edited: Sequence[str]) -> Iterator[Correction]:
    """Substitutions of a few words of a sentence by a few others."""
    origins = origins_of(recognised, edited)
    anchors = [
        (-1, -1),
        *((i, index) for i, index in enumerate(origins) if index != NO_MATCH),
        (len(edited), len(recognised)),
    ]
    for (i, before), (j, after) in pairwise(anchors):
        if 0 < j - i - 1 <= LONGEST and 0 < after - before - 1 <= LONGEST:
            written = edited[i + 1 : j]
            untitled = list(dropwhile(is_title, written))
            misheard, correct = _cores(_without_titles(recognised[before + 1 : after]), untitled)
            is_divided = any(map(ends_sentence, misheard.split()[:-1]))
            if misheard and correct and misheard.casefold() != correct.casefold() and not is_divided:
                behind_title = len(untitled) < len(written) or (i >= 0 and is_title(edited[i]))
                opens = not behind_title and (i < 0 or ends_sentence(edited[i]) or bool(_COLON_END.search(edited[i])))
                yield Correction(misheard, correct, context_of(edited, i + 1, j), opens, behind_title)


def origins_of(recognised: Sequence[str], edited: Sequence[str]) -> list[int]:
    """For each of the editor's words the position of the machine's that it is, or `NO_MATCH`."""
    return matches([bare(word).casefold() for word in recognised], [bare(word).casefold() for word in edited])


def context_of(edited: Sequence[str], first: int, stop: int) -> str:
    """The words from `first` up to `stop` with some around them."""
    return " ".join(edited[max(0, first - CONTEXT_WORDS) : stop + CONTEXT_WORDS])


def bare(word: str) -> str:
    """
    >>> bare("(Wuille),")
    'Wuille'
    """
    return _EDGES.sub("", word)


def _without_titles(words: Sequence[str]) -> list[str]:
    """What the machine wrote, in small letters too, without the titles before it."""
    return list(dropwhile(lambda word: is_title(word[:1].upper() + word[1:]), words))


def _cores(recognised: Sequence[str], edited: Sequence[str]) -> tuple[str, str]:
    """Both sides without the marks around them, and without a possessive that both have."""
    sides = bare(" ".join(recognised)), bare(" ".join(edited))
    (_, misheard, ours), (_, correct, theirs) = map(split_marks, sides)
    return (misheard, correct) if ours and ours == theirs else sides
