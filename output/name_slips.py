"""Names that are used once and are another one but for a slip of the hand: `Rihc` beside `Rich`.

What differs is inside one word of four letters or more, since endings make other names ("Carl", "Carla"), and the
word is no name that people have ("Jon" beside "John").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from output.labels import fold_name
from output.parse import Draft, DraftTurn
from transcribe.person_names import is_given_name

_SHORTEST = 4  # letters: shorter names differ in one letter and are two
_MOST_NAMES = 100  # of a draft: among more, each is compared with none


def slips_in(draft: Draft) -> Iterator[tuple[DraftTurn, str]]:
    """The turns of speakers who speak once, whose name is one slip away from another speaker's, with that one's name.

    A slip is a letter too many, missing, or other than it should be, or two letters in each other's place.
    """
    times = Counter(turn.speaker for turn in draft.turns)
    usual = [name for name, count in times.items() if count > 1]
    for turn in draft.turns if len(times) <= _MOST_NAMES else ():
        if times[turn.speaker] == 1 and (meant := [name for name in usual if is_slip(turn.speaker, name)]):
            yield turn, meant[0]


def is_slip(name: str, other: str) -> bool:
    """Whether a name is another one but for a slip in one word.

    >>> [is_slip(name, "Rich Bowen") for name in ("Rihc Bowen", "Rich Bowwen", "Rch Bowen", "Rich Bowem", "Rick Bowen")]
    [True, True, True, False, False]
    """
    words = zip(fold_name(name).split(), fold_name(other).split(), strict=False)
    pairs = [(one, two) for one, two in words if one != two]
    if len(pairs) != 1 or name.count(" ") != other.count(" "):
        return False
    [(one, two)] = pairs
    is_word = min(len(one), len(two)) >= _SHORTEST - 1 and max(len(one), len(two)) >= _SHORTEST and one.isalpha()
    return is_word and not is_given_name(one) and _differ_inside(one, two)


def _differ_inside(one: str, two: str) -> bool:
    """Whether one letter differs, or two that changed places, and neither the first letter nor the ending alone."""
    start = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), 0)
    if not start:
        return False
    one, two = one[start:], two[start:]
    if one[:2] == two[1::-1]:
        return one[2:] == two[2:]
    return len(one) > 1 and len(two) > 1 and (one[1:] == two[1:] or one[1:] == two or one == two[1:])
