"""Matrices are quantized in blocks as they would be at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from transcribe.recognition.engines import quantized_layers
from transcribe.recognition.engines.quantized_layers import quantized_rows

BLOCK = quantized_layers._BLOCK
HALVES = np.arange(1 << 16, dtype=np.uint16).view(np.float16)

floats = st.sampled_from([(np.float16, 16), (np.float32, 32)]).flatmap(
    lambda kind: arrays(
        kind[0],
        st.tuples(st.integers(1, 6), st.integers(1, 40)),
        elements=st.floats(width=kind[1], allow_nan=False, allow_infinity=False),
    )
)


def check(weight: NDArray[Any]) -> None:
    """The same bits as of the whole matrix in 32 bits."""
    whole = weight.astype(np.float32)
    scales = np.maximum(np.abs(whole).max(axis=1, keepdims=True), 1e-6) / 127
    integers, found = quantized_rows(weight)
    assert (integers.dtype, found.dtype) == (np.int8, np.float32)
    assert integers.tobytes() == np.rint(whole / scales).astype(np.int8).T.tobytes()
    assert found.tobytes() == scales.tobytes()


@given(floats)
def test_any_numbers_are_quantized_as_at_once(weight: NDArray[Any]) -> None:
    """Also zeros, denormal numbers, one row and one column."""
    check(weight)


@given(
    n_columns=st.sampled_from([1, 3, 512, BLOCK // 2 - 1, BLOCK, BLOCK + 1]),
    n_blocks=st.integers(0, 2),
    more=st.integers(-2, 2),
    dtype=st.sampled_from([np.float16, np.float32]),
    seed=st.integers(0, 1000),
)
def test_the_border_of_a_block_makes_no_difference(
    n_columns: int, n_blocks: int, more: int, dtype: type[np.float16] | type[np.float32], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    n_rows = max(0, n_blocks * max(1, BLOCK // n_columns) + more)
    sizes = 10.0 ** rng.uniform(-9, 4, (n_rows, 1))  # from less than what is divided by at least
    check((rng.normal(size=(n_rows, n_columns)) * sizes).astype(dtype))


def test_every_number_of_16_bits_is_quantized_as_in_32() -> None:
    finite = HALVES[np.isfinite(HALVES)]
    check(finite[:, None])
    check(finite[None])
    check(finite[np.abs(finite) < 1e-6][None])


def test_a_part_of_a_matrix_is_quantized_where_it_lies() -> None:
    weight = np.random.default_rng(0).normal(size=(9, 8)).astype(np.float16)
    before = weight.tobytes()
    check(weight[3:6])
    check(weight[:, ::2])
    check(weight.T)
    check(weight.astype(np.float32)[1:, 3:])
    assert weight.tobytes() == before


@pytest.mark.parametrize("shape", [(), (3,), (2, 2, 2), (2, 0)])
def test_what_is_no_matrix_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - numpy's messages
        quantized_rows(np.zeros(shape, np.float16))
