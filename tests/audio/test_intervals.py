"""Intervals of time, compared with sets of moments."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from audio.intervals import Interval, common, joined

INTERVALS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 9)).map(lambda pair: (float(pair[0]), float(sum(pair)))), max_size=8
)


def moments(intervals: list[Interval]) -> set[int]:
    return {moment for start, end in intervals for moment in range(round(start), round(end))}


@given(INTERVALS, st.integers(0, 5))
def test_joined_intervals_are_apart_and_lose_nothing(intervals: list[Interval], gap: int) -> None:
    found = joined(intervals, gap=float(gap))
    assert all(after[0] - before[1] > gap for before, after in pairwise(found))
    filled = moments(found) - moments(intervals)
    assert moments(intervals) <= moments(found)
    assert all(end - start <= gap for start, end in joined([(float(m), m + 1.0) for m in filled]))


@given(INTERVALS, INTERVALS)
def test_common_intervals_are_in_both(one: list[Interval], other: list[Interval]) -> None:
    found = common(joined(one), joined(other))
    assert moments(found) == moments(one) & moments(other)
    assert all(start < end for start, end in found)
