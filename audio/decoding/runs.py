"""Runs of True in flags. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def runs_of(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The first position of each run of True, and the one after its last.

    >>> runs_of(np.array([True, False, True, True]))
    [(0, 1), (2, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def hysteresis(values: NDArray[np.float32], high: float, low: float) -> NDArray[np.bool_]:
    """Whether values, (n,), are above `low`, in a run with at least one above `high`: (n,)."""
    result = np.zeros(len(values), bool)
    for start, end in runs_of(values > low):
        result[start:end] = values[start:end].max() > high
    return result
