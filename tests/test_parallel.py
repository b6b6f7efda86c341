"""Results in order, few items ahead, errors where they belong."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.parallel import map_in_order


@given(st.lists(st.integers()), st.integers(0, 5))
def test_results_come_in_the_items_order(items: list[int], threads: int) -> None:
    assert list(map_in_order(lambda item: item * 3, items, threads=threads)) == [item * 3 for item in items]


def test_an_endless_supply_is_taken_only_as_needed() -> None:
    taken = []

    def supply() -> Iterator[int]:
        number = 0
        while True:
            taken.append(number)
            yield number
            number += 1

    assert list(islice(map_in_order(str, supply(), threads=2), 3)) == ["0", "1", "2"]
    assert len(taken) <= 3 + 2 * 2 + 1


def test_an_error_comes_out_after_the_results_before_it() -> None:
    results = map_in_order(lambda item: 12 // item, [3, 4, 0, 6], threads=2)
    assert [next(results), next(results)] == [4, 3]
    with pytest.raises(ZeroDivisionError):
        next(results)
