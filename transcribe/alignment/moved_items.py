"""Items that stand in two texts at other places: what a diff leaves over of both. Pure.

Runs are found by `transcribe.alignment.moves`. A single item counts as moved if it is the only one of its kind in both
texts, or near its place in both: "the" and "and" agree by chance.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

from transcribe.alignment.moves import add_moves
from transcribe.alignment.text_diff import NO_MATCH

NEAR = 40  # items to each side in which a single one is the only one of its kind


def moved_items(old: Sequence[str], new: Sequence[str], matched: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The places in `old` and in `new` of the items that are elsewhere; `matched` has those of an ordinary diff.

    >>> list(moved_items("so we left early".split(), "early so we left".split(), [-1, 0, 1, 2]))
    [(3, 0)]
    """
    both = add_moves(old, new, matched)
    yield from ((i, j) for j, (i, before) in enumerate(zip(both, matched, strict=True)) if NO_MATCH != i != before)
    there, here, taken = _places(old), _places(new), set(both)
    expected = 0
    for j, i in enumerate(both):
        if i != NO_MATCH:
            expected = i + 1
            continue
        origins = _near(there.get(new[j], ()), expected)
        if len(origins) == 1 == len(_near(here[new[j]], j)) and origins[0] not in taken:
            yield origins[0], j


def _places(items: Sequence[str]) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        found.setdefault(item, []).append(place)
    return found


def _near(places: Sequence[int], place: int) -> Sequence[int]:
    """Those of the places that are near `place`; one that is the only one wherever it is."""
    return (
        places if len(places) == 1 else places[bisect_left(places, place - NEAR) : bisect_right(places, place + NEAR)]
    )
