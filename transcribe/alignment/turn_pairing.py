"""Which of the deleted turns in a row each of the turns written in their place stands for. Pure.

The turns of both keep their order. A turn stands for the deleted ones of its own speaker, and for those of others
beside them only if it is about as long as all of them; where speakers do not tell, lengths do: the dynamic programme of
Gale and Church (1993).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

UNKNOWN = ""
"""The speaker of a turn of whom nothing is known."""

_MOST_WAYS = 500_000  # tried; of more turns all stand for all: half a second


@dataclass(frozen=True, slots=True)
class Voices:
    """Who speaks each edited turn, and each timed one: ids of the same people, or `UNKNOWN`."""

    edited: Sequence[str] = field(default=())
    timed: Sequence[str] = field(default=())

    def of_edited(self, turn: int) -> str:
        """The speaker of an edited turn."""
        return self.edited[turn] if turn < len(self.edited) else UNKNOWN

    def of_timed(self, turn: int) -> str:
        """The speaker of a timed turn."""
        return self.timed[turn] if turn < len(self.timed) else UNKNOWN


@dataclass(frozen=True, slots=True)
class Passage:
    """A whole turn: its speaker and the number of its letters."""

    speaker: str
    length: int


def pair(new: Sequence[Passage], old: Sequence[Passage]) -> list[tuple[list[int], list[int]]]:
    """The positions of new turns, and those of the old turns they stand for: all the new ones once, in order.

    >>> pair([Passage("S2", 20)], [Passage("S1", 30), Passage("S2", 25)])
    [([0], [1])]
    >>> pair([Passage("S1", 4), Passage("S1", 20)], [Passage("S1", 5), Passage("S1", 10), Passage("S1", 9)])
    [([0], [0]), ([1], [1, 2])]
    """
    known = {one.speaker for one in old} & {one.speaker for one in new}
    new, old = ([one if one.speaker in known else replace(one, speaker=UNKNOWN) for one in row] for row in (new, old))
    if _n_ways(*sorted((len(new), len(old)))) > _MOST_WAYS:
        return [(list(range(len(new))), list(range(len(old))))]
    if len(new) <= len(old):
        tiles = _tiles(new, old) or _tiles(_unknown(new), old)
        return [([i], _nearest(new[i], old, tile=tile)) for i, tile in enumerate(tiles)]
    tiles = _tiles(old, new) or _tiles(_unknown(old), new)
    return [(list(tile), [i]) for i, tile in enumerate(tiles)]


def _tiles(few: Sequence[Passage], many: Sequence[Passage]) -> list[range]:
    """`many` cut into as many parts as there are `few`, each with a turn of its speaker; empty if none can be.

    Of all ways the one where the lengths differ least, and of those the one where the first parts are short.
    """
    known = {one.speaker for one in many} - {UNKNOWN}
    lengths = {
        who: list(accumulate((one.length * (who in (UNKNOWN, one.speaker)) for one in many), initial=0))
        for who in {one.speaker for one in few}
    }
    none = (float("inf"), 0)
    best = [(0.0, 0), *[none] * len(many)]  # by the number of turns cut off: the least difference, the last cut
    cuts: list[list[int]] = []
    for i, one in enumerate(few):
        letters, later = lengths[one.speaker], len(few) - i - 1
        row = [none] * (len(many) + 1)
        for end in range(i + 1, len(many) - later + 1) if later else (len(many),):
            ways = (
                (best[start][0] + abs(one.length - (letters[end] - letters[start])), start)
                for start in (range(i, end) if i else (0,))
                if letters[end] > letters[start] or one.speaker not in known
            )
            row[end] = min(ways, default=none)
        cuts.append([cut for _, cut in row])
        best = row
    if best[-1][0] == float("inf"):
        return []
    return list(_cut(cuts, len(many)))[::-1]


def _n_ways(few: int, many: int) -> int:
    """How many parts `_tiles` looks at: the first begins where all do, the last ends there, others are between."""
    ends = many - few + 1
    return 1 if few < 2 else 2 * ends + (few - 2) * ends * (ends + 1) // 2


def _cut(cuts: Sequence[Sequence[int]], end: int) -> Iterator[range]:
    """The parts, the last one first."""
    for row in reversed(cuts):
        yield range(row[end], end)
        end = row[end]


def _nearest(one: Passage, row: Sequence[Passage], *, tile: range) -> list[int]:
    """The turns of the tile that are the speaker's own, or all of them if the turn is rather as long as these."""
    own = [i for i in tile if one.speaker in (UNKNOWN, row[i].speaker)]
    choices = [own, list(tile)] if own else [list(tile)]
    return min(choices, key=lambda choice: abs(one.length - sum(row[i].length for i in choice)))


def _unknown(row: Sequence[Passage]) -> list[Passage]:
    return [replace(one, speaker=UNKNOWN) for one in row]
