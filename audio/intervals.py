"""Intervals of time: start and end in seconds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from audio.episode import Seconds

Interval = tuple[Seconds, Seconds]


def joined(intervals: Iterable[Interval], *, gap: Seconds = 0.0) -> list[Interval]:
    """The intervals, in any order, with those at most `gap` apart as one; in the order of time.

    >>> joined([(4.0, 5.0), (0.0, 3.0), (1.0, 2.0)]), joined([(4.0, 5.0), (0.0, 3.0)], gap=1.0)
    ([(0.0, 3.0), (4.0, 5.0)], [(0.0, 5.0)])
    """
    result: list[Interval] = []
    for start, end in sorted(intervals):
        if result and start - result[-1][1] <= gap:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def common(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    """What is in an interval of both, each as `joined` returns them. Linear.

    >>> common([(0.0, 2.0), (3.0, 5.0)], [(1.0, 4.0)])
    [(1.0, 2.0), (3.0, 4.0)]
    """
    result: list[Interval] = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            result.append((start, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return result
