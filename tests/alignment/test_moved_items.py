"""Which items a diff leaves over of both texts stand elsewhere, however far."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.alignment.moved_items import NEAR, moved_items
from transcribe.alignment.text_diff import matches

FAR = [f"far{number}" for number in range(2 * NEAR)]


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ("so we left early".split(), "early so we left".split(), [(3, 0)]),
        (["early", *FAR], [*FAR, "early"], [(0, 2 * NEAR)]),
        (["the", *FAR, "the", "one", "two"], ["the", *FAR, "one", "two", "the"], [(2 * NEAR + 1, 2 * NEAR + 3)]),
        (["the", *FAR, "the", "one"], ["the", *FAR, "one"], []),
        (["the", "the", *FAR], ["the", *FAR, "the"], []),
        ("a the b".split(), ["a", "the", *FAR, "the", "b"], []),
    ],
    ids=["near", "the only one", "the only one near", "deleted", "one of several", "a new one"],
)
def test_an_item_is_moved_if_it_is_the_only_one(old: list[str], new: list[str], moved: list[tuple[int, int]]) -> None:
    assert list(moved_items(old, new, matches(old, new))) == moved


@given(st.permutations(range(120)), st.integers(0, 60))
def test_of_items_that_differ_every_one_is_found(order: list[int], n: int) -> None:
    """Of 120 items the first `n` in any order: what the diff does not match is moved."""
    old = [f"w{number}" for number in range(120)]
    new = [f"w{number}" for number in (*[each for each in order if each < n], *range(n, 120))]
    matched = matches(old, new)
    places = {j: i for j, i in enumerate(matched) if i >= 0} | {j: i for i, j in moved_items(old, new, matched)}
    assert [old[places[j]] for j in range(120)] == new
