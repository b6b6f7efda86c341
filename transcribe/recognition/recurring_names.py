"""A name that was misheard in the same way several times: corrected in one place, it is corrected in the others. Pure.

The law: one spelling of a recording is one name. A mishearing is as sure of itself the second time ("Ray Conan" with a
probability of .98 for Räikkönen, corrected a minute before), so the evidence of one place counts for all. Not for
ordinary words and given names, of which there may be several, nor if most places of the spelling stay as they are.

What this does not do: find the first of them (`transcribe.recognition.name_biasing`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from transcribe.person_names import is_given_name
from transcribe.recognition.common_words import is_ordinary
from transcribe.recognition.glossary import split_marks
from transcribe.recognition.phonetics import SOUNDS_ALIKE, phonetic_similarity
from transcribe.transcript import Word

_SHORTEST = 4  # letters of a word that is a name on its own


class NameSpan(NamedTuple):
    """Words `first` up to `stop`, to be written as `name`."""

    first: int
    stop: int
    name: str


def with_recurring(words: Sequence[Word], spans: Sequence[NameSpan], names: Sequence[str]) -> list[NameSpan]:
    """The spans, and those of the same words elsewhere; in order, without overlaps.

    A part of a name that was corrected with it counts too, if it sounds alike: "Rikonen" of "Kimmy Rikonen". A spelling
    that is a name of the glossary, or a part of one, stays.
    """
    parts = [split_marks(word.text) for word in words]
    known = {part for name in names for part in (name.casefold(), *name.casefold().split())}
    learned = {heard: name for heard, name in _learned(parts, spans).items() if name and " ".join(heard) not in known}
    taken = {i for span in spans for i in range(span.first, span.stop)}
    found = list(spans)
    for heard, places in _places(parts, learned).items():
        rest = [i for i in places if taken.isdisjoint(range(i, i + len(heard)))]
        if 2 * len(rest) <= len(places):
            for i in rest:
                if taken.isdisjoint(range(i, i + len(heard))):
                    found.append(NameSpan(i, i + len(heard), learned[heard]))
                    taken.update(range(i, i + len(heard)))
    return sorted(found)


def _places(
    parts: Sequence[tuple[str, str, str]], wanted: Collection[tuple[str, ...]]
) -> dict[tuple[str, ...], list[int]]:
    """Where each of these phrases, in their order, begins: without marks between its words."""
    cores = [core.casefold() for _, core, _ in parts]
    places: dict[tuple[str, ...], list[int]] = {phrase: [] for phrase in wanted}
    for size in {len(phrase) for phrase in wanted}:
        for i in range(len(parts) - size + 1):
            phrase = tuple(cores[i : i + size])
            if phrase in places and not any(parts[at][2] or parts[at + 1][0] for at in range(i, i + size - 1)):
                places[phrase].append(i)
    return places


def _learned(parts: Sequence[tuple[str, str, str]], spans: Sequence[NameSpan]) -> dict[tuple[str, ...], str]:
    """What is written for words without case, the longest first; nothing for those that were two names."""
    learned: dict[tuple[str, ...], str] = {}
    for span in spans:
        heard = tuple(core.casefold() for _, core, _ in parts[span.first : span.stop])
        for words, name in _pairs(heard, span.name):
            if _is_distinct(words, name):
                learned[words] = name if learned.get(words, name) == name else ""
    return dict(sorted(learned.items(), key=lambda pair: -len(pair[0])))


def _pairs(heard: tuple[str, ...], name: str) -> Iterator[tuple[tuple[str, ...], str]]:
    yield heard, name
    parts = name.split()
    if len(parts) == len(heard) > 1:
        for word, part in zip(heard, parts, strict=True):
            if word != part.casefold() and phonetic_similarity(word, part) >= SOUNDS_ALIKE:
                yield (word,), part


def _is_distinct(heard: tuple[str, ...], name: str) -> bool:
    """Whether words are hardly anything but this name: "Kristen" may be somebody else than "Kristin"."""
    if len(heard) == 1:
        is_given = is_given_name(heard[0]) or is_given_name(name.casefold())
        return len(heard[0]) >= _SHORTEST and not is_given and not is_ordinary(heard[0])
    return not all(is_ordinary(word) for word in heard)
