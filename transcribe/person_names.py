"""Names of people: titles, first names, and whether two forms can be one person's ("Rich", "Rich Bowen"). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import dropwhile

_TITLES = frozenset(
    "dame dr herr frau lord lady madam miss mister mr mrs ms mx prof professor rev reverend sir".split()
)
_SIMILAR = 0.75  # of the letters: recognisers misspell names ("Haykel" for "Haikel")


class NameCertainty(StrEnum):
    """Where a speaker's name comes from, and so how far to trust it."""

    EDITED = "edited"  # from an editor
    GIVEN = "given"  # by the user for this person's track, or by the name of its file
    VOICEPRINT = "voiceprint"  # the voice matches an enrolled one
    STATED = "stated"  # speech in the recording ties the name to the voice
    INFERRED = "inferred"  # the voice is clearly the host, or the only one
    ELIMINATION = "elimination"  # the last name for the last voice: as certain as the others
    GUESS = "guess"
    PLACEHOLDER = "placeholder"  # no name is known
    UNKNOWN = "unknown"  # not recorded, as in older files


@dataclass(frozen=True, slots=True)
class Name:
    """What somebody is called, the evidence for it, in words, and how far to trust it."""

    text: str
    evidence: str
    certainty: NameCertainty


def untitled(name: str) -> str:
    """A name without its leading titles. A name that is only a title is unchanged, and so is "Mr. T".

    >>> untitled("Prof. Dr. Jane Hill"), untitled("Sir"), untitled("Drew Ek"), untitled("Mr. T")
    ('Jane Hill', 'Sir', 'Drew Ek', 'Mr. T')
    """
    words = name.split()
    rest = list(dropwhile(lambda word: word.casefold().rstrip(".") in _TITLES, words[:-1])) + words[-1:]
    return " ".join(rest if len("".join(rest).rstrip(".")) > 1 else words)


def first_name(name: str) -> str:
    """The first word of a name without its titles.

    >>> first_name("Dr. Jane Hill"), first_name("Rich Bowen"), first_name("Mr. T")
    ('Jane', 'Rich', 'Mr. T')
    """
    first, *rest = untitled(name).split()
    return " ".join((first, *rest)) if first.casefold().rstrip(".") in _TITLES else first


def are_same(name: str, other: str) -> bool:
    """Whether two names can be one person's: similar first names, and similar last names if both have one.

    >>> are_same("Haykel", "Dr. Haikel Guemar"), are_same("Ada Lovelace", "Ada Byron")
    (True, False)
    """
    ours, theirs = untitled(name).casefold().split(), untitled(other).casefold().split()
    first = name_similarity(ours[0], theirs[0]) >= _SIMILAR
    if len(ours) > 1 and len(theirs) > 1:
        return first and name_similarity(ours[-1], theirs[-1]) >= _SIMILAR
    return first


def may_be(name: str, other: str) -> bool:
    """Whether a person called `name` may introduce themselves as `other`.

    True if any two words are similar, one is short for the other, or their alphabets cannot be compared.

    >>> may_be("Dr. Hill", "Jane Hill"), may_be("Liz", "Elizabeth"), may_be("Bob", "Jack")
    (True, True, False)
    """
    ours, theirs = untitled(name).casefold().split(), untitled(other).casefold().split()
    return any(
        one.isascii() != two.isascii()
        or one[:2] == two[:2]
        or name_similarity(one, two) >= _SIMILAR
        or (min(len(one), len(two)) >= 3 and (one in two or two in one))
        for one in ours
        for two in theirs
    )


def name_similarity(one: str, other: str) -> float:
    """The share of letters two casefolded names have in common, 0 to 1; 0 if their first letters differ."""
    if min(len(one), len(other)) >= 3 and (one.startswith(other) or other.startswith(one)):
        return 0.99 if one != other else 1.0
    return SequenceMatcher(None, one, other).ratio() if one[0] == other[0] else 0.0


def without_matches(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    """The names that cannot belong to anybody in `taken`."""
    return [name for name in names if not any(are_same(name, other) for other in taken)]
