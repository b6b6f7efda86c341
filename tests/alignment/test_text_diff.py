"""The text diff by property: against difflib, and against dynamic programming."""

from __future__ import annotations

import difflib
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from transcribe.alignment.moves import add_moves
from transcribe.alignment.text_diff import NO_MATCH, increasing, matches, slide_deletions

WORDS = "we all said that the well of packages is deep and the yes".split()


@given(st.lists(st.sampled_from(WORDS), max_size=40), st.lists(st.sampled_from(WORDS), max_size=40))
def test_matches_are_equal_increasing_and_half_as_many_as_difflib_finds(old: list[str], new: list[str]) -> None:
    found = matches(old, new)
    pairs = [(i, index) for i, index in enumerate(found) if index != NO_MATCH]
    assert all(old[index] == new[i] for i, index in pairs)
    assert all(a < b for (_, a), (_, b) in pairwise(pairs))
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    assert len(pairs) >= sum(block.size for block in blocks) / 2
    carried = [index for index in add_moves(old, new, found) if index != NO_MATCH]
    assert len(set(carried)) == len(carried)
    assert all(old[index] == word for index, word in zip(add_moves(old, new, found), new, strict=True) if index >= 0)


@given(
    st.lists(st.sampled_from("ab"), min_size=1, max_size=12),
    st.lists(st.booleans(), min_size=12, max_size=12),
    st.lists(st.integers(0, 3), min_size=13, max_size=13),
)
def test_sliding_keeps_the_text_and_the_order(old: list[str], kept: list[bool], worth: list[int]) -> None:
    found = [i for i in range(len(old)) if kept[i]]
    result = slide_deletions(old, found, [float(value) for value in worth[: len(old) + 1]])
    assert [old[i] for i in result] == [old[i] for i in found]
    assert result == sorted(set(result))


@given(st.lists(st.integers(0, 9), max_size=12))
def test_increasing_is_as_long_as_dynamic_programming_finds(values: list[int]) -> None:
    chosen = [values[i] for i in increasing(values)]
    assert chosen == sorted(chosen)
    best = [0] * (len(values) + 1)
    for i, value in enumerate(values):
        best[i] = 1 + max((best[j] for j in range(i) if values[j] <= value), default=0)
    assert len(chosen) == max(best, default=0)


def test_of_a_run_that_is_taken_in_part_only_that_part_counts_against_a_longer_one() -> None:
    old, new = "ecmggmagocma", "gmagocggmagecmgma"
    assert add_moves(old, new, matches(old, new))[11:15] == [0, 1, 2, 3]  # "ecmg"
