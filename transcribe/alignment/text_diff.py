"""Diff of two sequences of strings: which items of one are in the other. Used for realignment and merging.

Patience diff (Bram Cohen, 2005) on runs of items that occur once in each sequence, then on single items; the short rest
between two anchors gets a longest common subsequence. O(n log n) for texts: 30,000 words take well under a second,
where `difflib` takes minutes once it has no rare words to discard. `matches` finds one increasing sequence; what was
moved elsewhere is found by `transcribe.alignment.moves`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

ANCHOR_RUNS = (4, 1)  # lengths of the unique runs used as anchors, in this order
MOST_CELLS = 20_000  # of the table for a range without unique items; larger ranges are halved
SHORTEST_EVIDENCE = 3  # items in a row that count as evidence of one text; single ones agree by chance

NO_MATCH = -1


def matches(old: Sequence[str], new: Sequence[str]) -> list[int]:
    """For each item of `new` its index in `old`, or `NO_MATCH`; the matched indices increase.

    >>> matches("we all said so".split(), "we never said so".split())
    [0, -1, 2, 3]
    """
    matched = [NO_MATCH] * len(new)
    open_ranges = [(0, len(old), 0, len(new))]
    while open_ranges:
        range_ = _trimmed(old, new, open_ranges.pop(), matched)
        old_start, old_end, new_start, new_end = range_
        if old_start == old_end or new_start == new_end:
            continue
        anchors = _anchors(old, new, range_)
        if anchors:
            for old_index, new_index in anchors:
                matched[new_index] = old_index
            edges = [(old_start - 1, new_start - 1), *anchors, (old_end, new_end)]
            open_ranges += [(a + 1, c, b + 1, d) for (a, b), (c, d) in pairwise(edges)]
        elif (old_end - old_start) * (new_end - new_start) <= MOST_CELLS:
            _longest_common(old, new, range_, matched)
        else:
            old_cut, new_cut = (old_start + old_end) // 2, (new_start + new_end) // 2
            open_ranges += [(old_start, old_cut, new_start, new_cut), (old_cut, old_end, new_cut, new_end)]
    return matched


def slide_deletions(old: Sequence[str], matched: Sequence[int], edge_scores: Sequence[float]) -> list[int]:
    """`matched`, with each pure deletion slid to where its edges score highest.

    If the same word is on both sides of a deletion ("I've, well, I've had it"), the text does not show which one
    remains. `edge_scores[i]` is the score of an edge before `old[i]`; there are `len(old) + 1`.

    >>> slide_deletions("I've well I've had".split(), [0, 3], [9, 0, 5, 0, 9])
    [2, 3]
    """
    result = list(matched)
    for j in range(1, len(result)):
        before, after = result[j - 1], result[j]
        if NO_MATCH in (before, after) or after <= before + 1:
            continue
        steps = [0]
        while j - 2 - steps[-1] >= -1 and result[j - 1 - steps[-1]] == before - steps[-1]:
            if old[before - steps[-1]] != old[after - 1 - steps[-1]]:
                break
            steps.append(steps[-1] + 1)
        best = max(steps, key=lambda step: edge_scores[before + 1 - step] + edge_scores[after - step])
        for step in range(best):
            result[j - 1 - step] = after - 1 - step
    return result


def slide_insertions(new: Sequence[str], matched: Sequence[int], edge_scores: Sequence[float]) -> list[int]:
    """`matched`, with each longer pure insertion slid to where its edge scores highest, as in `slide_deletions`.

    >>> slide_insertions("at the one two in the end".split(), [0, 1, -1, -1, -1, -1, 2], [9, 5, 0, 9])
    [0, -1, -1, -1, -1, 1, 2]
    """
    result, first = list(matched), 0
    while first < len(result):
        if result[first] != NO_MATCH:
            first += 1
            continue
        last = next((i for i in range(first, len(result)) if result[i] != NO_MATCH), len(result))
        edge = result[first - 1] + 1 if first else 0
        is_pure = edge == (result[last] if last < len(result) else len(edge_scores) - 1)
        if is_pure and last - first >= SHORTEST_EVIDENCE:
            steps = [0]
            while first - 1 + steps[-1] >= 0 and result[first - 1 + steps[-1]] == edge - 1 + steps[-1]:
                if new[first - 1 + steps[-1]] != new[last - 1 + steps[-1]]:
                    break
                steps.append(steps[-1] - 1)
            ahead = 0
            while last + ahead < len(result) and result[last + ahead] == edge + ahead:
                if new[first + ahead] != new[last + ahead]:
                    break
                ahead += 1
                steps.append(ahead)
            step = max(steps, key=lambda step: edge_scores[edge + step])
            low, high = first + min(step, 0), last + max(step, 0)
            kept = [*range(edge + min(step, 0), edge), *range(edge, edge + max(step, 0))]
            result[low:high] = [NO_MATCH] * (high - low)
            place = low if step > 0 else high - len(kept)
            result[place : place + len(kept)] = kept
            last = high
        first = max(last, first + 1)
    return result


def overlap_ratio(matched: Sequence[int], shorter: int) -> float:
    """The share of the shorter text, of `shorter` items, that `matches` found in runs, 0 to 1.

    Only runs count: any two texts in one language share a third of their words in order.
    """
    shared, run = 0, 0
    for i, index in enumerate(matched):
        follows = index != NO_MATCH and i > 0 and index == matched[i - 1] + 1
        run = run + 1 if follows else int(index != NO_MATCH)
        shared += SHORTEST_EVIDENCE if run == SHORTEST_EVIDENCE else int(run > SHORTEST_EVIDENCE)
    return shared / shorter if shorter >= SHORTEST_EVIDENCE else 1.0


def increasing(values: Sequence[float]) -> list[int]:
    """The positions of a longest non-decreasing subsequence, in order (patience sorting).

    >>> increasing([1, 9, 2, 3])
    [0, 2, 3]
    """
    tails: list[float] = []
    ends: list[int] = []
    before: list[int] = []
    for position, value in enumerate(values):
        rank = bisect_right(tails, value)
        before.append(ends[rank - 1] if rank else -1)
        tails[rank : rank + 1] = [value]
        ends[rank : rank + 1] = [position]
    path = []
    position = ends[-1] if ends else -1
    while position >= 0:
        path.append(position)
        position = before[position]
    return path[::-1]


_Range = tuple[int, int, int, int]


def _trimmed(old: Sequence[str], new: Sequence[str], range_: _Range, matched: list[int]) -> _Range:
    """The range without the common items at both ends, which are recorded in `matched`."""
    old_start, old_end, new_start, new_end = range_
    while old_start < old_end and new_start < new_end and old[old_start] == new[new_start]:
        matched[new_start] = old_start
        old_start, new_start = old_start + 1, new_start + 1
    while old_start < old_end and new_start < new_end and old[old_end - 1] == new[new_end - 1]:
        old_end, new_end = old_end - 1, new_end - 1
        matched[new_end] = old_end
    return old_start, old_end, new_start, new_end


def _anchors(old: Sequence[str], new: Sequence[str], range_: _Range) -> list[tuple[int, int]]:
    """The first items (old, new) of runs that occur once on each side, both increasing."""
    old_start, old_end, new_start, new_end = range_
    for length in ANCHOR_RUNS:
        here = _unique_runs(new, new_start, new_end, length)
        there = _unique_runs(old, old_start, old_end, length)
        pairs = sorted((index, there[run]) for run, index in here.items() if run in there)
        if pairs:
            return [(pairs[i][1], pairs[i][0]) for i in increasing([old_index for _, old_index in pairs])]
    return []


def _unique_runs(items: Sequence[str], start: int, end: int, length: int) -> dict[tuple[str, ...], int]:
    runs = [tuple(items[i : i + length]) for i in range(start, end - length + 1)]
    counts = Counter(runs)
    return {run: i for i, run in enumerate(runs, start) if counts[run] == 1}


def _longest_common(old: Sequence[str], new: Sequence[str], range_: _Range, matched: list[int]) -> None:
    old_start, old_end, new_start, new_end = range_
    table = [[0] * (new_end - new_start + 1)]  # [i][j]: length for the last i of old and the last j of new
    for i in range(old_end - 1, old_start - 1, -1):
        below, row = table[-1], [0]
        for j in range(new_end - 1, new_start - 1, -1):
            k = len(row)
            row.append(below[k - 1] + 1 if old[i] == new[j] else max(below[k], row[k - 1]))
        table.append(row)
    i, j = old_start, new_start
    while i < old_end and j < new_end:
        rest_old, rest_new = old_end - i, new_end - j
        if old[i] == new[j]:
            matched[j] = i
            i, j = i + 1, j + 1
        elif table[rest_old - 1][rest_new] >= table[rest_old][rest_new - 1]:
            i += 1
        else:
            j += 1
