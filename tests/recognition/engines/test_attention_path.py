"""Paths and medians against openai-whisper's, and a path's cost against all paths there are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from transcribe.recognition.engines.attention_path import first_frames, medians, path_starts

Costs = NDArray[np.float64]


def drawn(seed: int, *shape: int) -> Costs:
    return np.random.default_rng(seed).normal(size=shape)


def all_paths(rows: int, columns: int) -> list[list[tuple[int, int]]]:
    if rows == columns == 1:
        return [[(0, 0)]]
    before = [(rows - 1, columns), (rows, columns - 1), (rows - 1, columns - 1)]
    return [[*path, (rows - 1, columns - 1)] for r, c in before if r > 0 and c > 0 for path in all_paths(r, c)]


@given(st.integers(0, 9999), st.integers(1, 5), st.integers(1, 5))
def test_the_path_is_the_cheapest_of_all(seed: int, rows: int, columns: int) -> None:
    costs = drawn(seed, rows, columns)
    cheapest = min(all_paths(rows, columns), key=lambda path: sum(costs[place] for place in path))
    expected = [next(column for row, column in cheapest if row == i) for i in range(rows)]
    assert path_starts(costs).tolist() == expected


@given(st.integers(0, 9999), st.integers(1, 30), st.integers(1, 60))
def test_starts_are_in_order_and_the_first_is_at_once(seed: int, rows: int, columns: int) -> None:
    starts = path_starts(drawn(seed, rows, columns)).tolist()
    assert starts == sorted(starts)
    assert starts[0] == 0
    assert starts[-1] < columns


@pytest.mark.parametrize("columns", [1, 2, 7, 300])
def test_of_equal_costs_there_is_a_path(columns: int) -> None:
    assert (np.diff(path_starts(np.zeros((4, columns)))) >= 0).all()


@given(st.integers(0, 9999), st.integers(1, 5), st.integers(1, 9), st.data())
def test_costs_that_are_no_numbers_are_refused(seed: int, rows: int, columns: int, data: st.DataObject) -> None:
    """An engine that fails says so: the text was searched with such numbers, too."""
    costs = drawn(seed, rows, columns)
    costs[data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        path_starts(costs)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # numba compiles the reference
def test_the_path_is_openai_whisper_s() -> None:
    from whisper import timing  # imports torch

    for seed, (rows, columns) in itertools.product(range(5), [(1, 40), (40, 1), (30, 400), (90, 200)]):
        costs = drawn(seed, rows, columns)
        texts, frames = timing.dtw_cpu(costs)
        expected = [int(frames[list(texts).index(row)]) for row in range(rows)]
        assert path_starts(costs).tolist() == expected


@given(st.integers(0, 9999), st.integers(1, 5), st.integers(1, 40))
def test_the_medians_are_scipy_s(seed: int, rows: int, columns: int) -> None:
    values = drawn(seed, rows, columns).round(1).astype(np.float32)
    expected = median_filter(values, size=(1, 7), mode="mirror") if columns > 3 else values
    assert (medians(values) == expected).all()


@given(st.integers(0, 999), st.lists(st.integers(4, 20), min_size=2, max_size=8))
def test_tokens_begin_where_most_heads_begin_to_look_at_them(seed: int, lengths: list[int]) -> None:
    """Two of three heads follow the audio, the third looks anywhere."""
    starts = np.cumsum([0, *lengths[:-1]])
    follows = np.repeat(np.eye(len(lengths)), lengths, axis=1) * 3
    heads = np.stack([follows, follows, np.abs(drawn(seed, *follows.shape)) / 2]).astype(np.float32)
    assert np.abs(first_frames(heads) - starts).max() <= 2
