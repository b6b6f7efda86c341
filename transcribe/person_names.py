"""Whether two forms of a name can be one person's: "Rich" and "Rich Bowen", "Haykel" and "Haikel". Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from transcribe.transcript import untitled

_ALIKE = 0.75  # of the letters: recognisers misspell names ("Haykel" for "Haikel")


def are_same(name: str, other: str) -> bool:
    """Whether two forms can be one person's: first names alike, and last names where both have one, titles aside.

    >>> are_same("Haykel", "Dr. Haikel Guemar"), are_same("Ada Lovelace", "Ada Byron")
    (True, False)
    """
    ours, theirs = untitled(name).casefold().split(), untitled(other).casefold().split()
    first = likeness(ours[0], theirs[0]) >= _ALIKE
    if len(ours) > 1 and len(theirs) > 1:
        return first and likeness(ours[-1], theirs[-1]) >= _ALIKE
    return first


def may_be(name: str, other: str) -> bool:
    """Whether somebody of this name may well call themselves so: any word alike, or short for another, or in letters
    that cannot be compared.

    >>> may_be("Dr. Hill", "Jane Hill"), may_be("Liz", "Elizabeth"), may_be("Bob", "Jack")
    (True, True, False)
    """
    ours, theirs = untitled(name).casefold().split(), untitled(other).casefold().split()
    return any(
        one.isascii() != two.isascii()
        or one[:2] == two[:2]
        or likeness(one, two) >= _ALIKE
        or (min(len(one), len(two)) >= 3 and (one in two or two in one))
        for one in ours
        for two in theirs
    )


def likeness(ours: str, theirs: str) -> float:
    """The share of letters two folded names have in common, 0 to 1; nothing where their first letters differ."""
    if min(len(ours), len(theirs)) >= 3 and (ours.startswith(theirs) or theirs.startswith(ours)):
        return 0.99 if ours != theirs else 1.0
    return SequenceMatcher(None, ours, theirs).ratio() if ours[0] == theirs[0] else 0.0


def unlike(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    """The names that can be nobody's of those taken."""
    return [name for name in names if not any(are_same(name, other) for other in taken)]
