"""What was moved: runs of items that are in another order in the new sequence. Added to an ordinary diff (`text_diff`).

A diff finds one increasing sequence, so of two sentences that changed places it finds one, and single words of the
other by chance. A moved run is found by content: five items in a row that occur once in each sequence, or once among
what the diff left over, wherever they are; three items that occur once among what is left over near the place where
they would be expected. A run is extended as far as its items are equal, and takes items from matches in shorter runs.
Time and memory grow as n log n.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from transcribe.alignment.text_diff import NO_MATCH

SURE_RUN = 5  # items in a row, found anywhere
NEAR_RUN = 3  # items in a row, found near
NEAR = 400  # items: a few minutes of speech


def add_moves(old: Sequence[str], new: Sequence[str], matched: Sequence[int]) -> list[int]:
    """`matched` with the moved runs added: for each item of `new` its index in `old`, or `NO_MATCH`; none twice.

    >>> add_moves("a b c d e f".split(), "d e f a b c".split(), [3, 4, 5, -1, -1, -1])
    [3, 4, 5, 0, 1, 2]
    """
    if NO_MATCH not in matched:
        return list(matched)
    moves = _Moves(old, new, matched)
    everything = [True] * len(old), [True] * len(new)
    for are_open in (everything, moves.open()):
        there, here = (_runs(items, is_open, SURE_RUN) for items, is_open in zip((old, new), are_open, strict=True))
        for run, positions in here.items():
            if len(positions) == 1 and len(there.get(run, ())) == 1:
                moves.take(there[run][0], positions[0])
    expected = moves.expected()
    is_open = moves.open()
    there, here = _runs(old, is_open[0], NEAR_RUN), _runs(new, is_open[1], NEAR_RUN)
    for run, positions in here.items():
        for position in positions:
            origin = _only_one_near(there.get(run, []), expected[position])
            if origin is not None and _only_one_near(positions, position) is not None:
                moves.take(origin, position)
    return moves.matched


class _Moves:
    """Matches to which moved runs are added; `lengths` are those of the run each item of `new` is matched in."""

    def __init__(self, old: Sequence[str], new: Sequence[str], matched: Sequence[int]) -> None:
        self.old, self.new, self.matched = old, new, list(matched)
        self.position_of = {index: position for position, index in enumerate(matched) if index != NO_MATCH}
        self.lengths = _run_lengths(matched)

    def open(self) -> tuple[list[bool], list[bool]]:
        """Which items of each sequence are not matched."""
        return [i not in self.position_of for i in range(len(self.old))], [i == NO_MATCH for i in self.matched]

    def expected(self) -> list[int]:
        """For each item of `new` the index in `old` of the next one after the match before it."""
        result, following = [], 0
        for index in self.matched:
            following = following if index == NO_MATCH else index + 1
            result.append(following)
        return result

    def take(self, i: int, j: int) -> None:
        """Match the longest run of equal items around `old[i]` and `new[j]`, up to items of longer runs."""
        if self.matched[j] == i:
            return
        before, after = self._equal(i - 1, j - 1, -1), self._equal(i, j, 1)
        length = before + after
        taken = []
        for start, count, step in ((0, after, 1), (-1, before, -1)):
            for k in range(start, start + step * count, step):
                if self._strength(i + k, j + k) >= length:
                    break
                taken.append(k)
            if not taken:
                return
        for k in taken:
            self._match(i + k, j + k, len(taken))

    def _equal(self, i: int, j: int, step: int) -> int:
        count = 0
        while 0 <= i < len(self.old) and 0 <= j < len(self.new) and self.old[i] == self.new[j]:
            if self.matched[j] == i:  # already one run
                break
            count, i, j = count + 1, i + step, j + step
        return count

    def _strength(self, i: int, j: int) -> int:
        """The length of the longest run that one of the two items is matched in, 0 if none."""
        other = self.position_of.get(i)
        here = self.lengths[j] if self.matched[j] != NO_MATCH else 0
        return max(here, self.lengths[other] if other is not None else 0)

    def _match(self, i: int, j: int, length: int) -> None:
        if (other := self.position_of.pop(i, None)) is not None:
            self.matched[other] = NO_MATCH
        if (index := self.matched[j]) != NO_MATCH:
            del self.position_of[index]
        self.matched[j], self.position_of[i], self.lengths[j] = i, j, length


def _run_lengths(matched: Sequence[int]) -> list[int]:
    """For each item the number of matched items in a row around it whose matches are in a row."""
    lengths = [0] * len(matched)
    start = 0
    for end in range(1, len(matched) + 1):
        if end == len(matched) or matched[end] != matched[end - 1] + 1 or matched[end - 1] == NO_MATCH:
            if matched[start] != NO_MATCH:
                lengths[start:end] = [end - start] * (end - start)
            start = end
    return lengths


def _runs(items: Sequence[str], is_open: Sequence[bool], length: int) -> dict[tuple[str, ...], list[int]]:
    """Where each run of open items starts, in order."""
    starts: dict[tuple[str, ...], list[int]] = {}
    open_before = 0
    for end, free in enumerate(is_open, start=1):
        open_before = open_before + 1 if free else 0
        if open_before >= length:
            starts.setdefault(tuple(items[end - length : end]), []).append(end - length)
    return starts


def _only_one_near(positions: Sequence[int], place: int) -> int | None:
    """The position within `NEAR` of a place, if there is exactly one."""
    low, high = bisect_left(positions, place - NEAR), bisect_right(positions, place + NEAR)
    return positions[low] if high - low == 1 else None
