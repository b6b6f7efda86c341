"""The Viterbi search: compared with all paths, and ties."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from transcribe.diarization.viterbi import viterbi

TENTHS = st.integers(-30, 30).map(lambda tenths: tenths / 10)


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.tuples(arrays(float, (n, 3), elements=TENTHS), arrays(float, n, elements=TENTHS.map(abs)))
    )
)
def test_viterbi_agrees_with_exhaustive_search(problem: tuple[np.ndarray, np.ndarray]) -> None:
    emission, penalty = problem

    def worth(path: Sequence[int]) -> float:
        stays = sum(emission[i, state] for i, state in enumerate(path))
        return stays - sum(penalty[i] for i in range(1, len(path)) if path[i] != path[i - 1])

    best = max(worth(path) for path in itertools.product(range(3), repeat=len(emission)))
    assert worth(viterbi(emission, penalty).tolist()) == pytest.approx(best)


def test_a_tie_does_not_change_the_state() -> None:
    assert viterbi([[0.1, 0.0], [0.0, 0.1]], [0.0, 0.1]).tolist() == [0, 0]
    assert viterbi([[0.3, 0.0], [0.0, 0.1], [0.3, 0.0]], [0.0, 0.1, 0.1]).tolist() == [0, 0, 0]
