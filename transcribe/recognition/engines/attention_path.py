"""Which frames some heads of the decoder look at for each token → in which frame each token begins. Pure.

The method is openai-whisper's (`find_alignment` in timing.py): each head's weights are smoothed in time, and of the
mean of the heads the path is taken along which the tokens follow each other with the greatest sum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MEDIAN = 7  # frames a median is of
_EXCHANGES = [(0, 5), (0, 3), (1, 6), (2, 4), (0, 1), (3, 5), (2, 6), (2, 3), (3, 6), (4, 5), (1, 4), (1, 3), (3, 4)]
"""A network that brings the median of seven into the middle: N. Devillard, "Fast median search", 1998 (`opt_med7`)."""


def first_frames(weights: NDArray[np.float32]) -> NDArray[np.int64]:
    """The frame in which each token begins, in order: (tokens,), of `weights` (heads, tokens, frames).

    Raises `ValueError` for weights that are not finite.
    """
    smoothed = np.zeros(weights.shape[1:])
    for head in weights:
        smoothed += medians(head)
    return path_starts(-smoothed / len(weights))


def medians(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Along each row (n, frames) the median of each frame and the three on either side, mirrored at the ends.

    Rows of three frames or fewer stay as they are: they are too short to be mirrored.

    >>> medians(np.array([[0, 9, 1, 2, 8, 3, 4]], np.float32))
    array([[2., 2., 3., 3., 3., 3., 3.]], dtype=float32)
    """
    n_frames, reach = rows.shape[1], _MEDIAN // 2
    if n_frames <= reach:
        return rows
    padded = np.pad(rows, ((0, 0), (reach, reach)), mode="reflect")
    shifted = [padded[:, i : i + n_frames] for i in range(_MEDIAN)]
    for i, j in _EXCHANGES:
        shifted[i], shifted[j] = np.minimum(shifted[i], shifted[j]), np.maximum(shifted[i], shifted[j])
    return shifted[reach]


def path_starts(costs: NDArray[np.float64]) -> NDArray[np.int64]:
    """The first column in each row (rows,) of the cheapest path through `costs` (rows, columns).

    It goes from the first row and column to the last ones, each step to the next row, column or both: dynamic time
    warping (H. Sakoe and S. Chiba, "Dynamic programming algorithm optimization for spoken word recognition", 1978).
    Raises `ValueError` for costs that are not finite.

    >>> path_starts(np.array([[0, 0, 9, 9], [9, 9, 0, 9], [9, 9, 9, 0.0]]))
    array([0, 2, 3])
    """
    sums = _cheapest_sums(costs)
    if not np.isfinite(sums[-1, -1]):
        raise ValueError("a path's cost is not finite")
    starts = np.zeros(len(costs), np.int64)
    column = costs.shape[1] - 1
    for row in range(len(costs) - 1, 0, -1):
        # From above a row is reached where that is cheaper than from the left.
        above = np.minimum(sums[row - 1, : column + 1], np.append(np.inf, sums[row - 1, :column]))
        left = np.append(np.inf, sums[row, :column])
        column = int(np.flatnonzero(above <= left)[-1])
        starts[row] = column
        if column and sums[row - 1, column - 1] <= sums[row - 1, column]:
            column -= 1
    return starts


def _cheapest_sums(costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each place the sum along the cheapest path to it.

    In a row a path enters from above somewhere and goes right from there: with the running sums C of the row's costs,
    the least of what it has cost above to column k, less C before k, plus C at the place.
    """
    sums = np.cumsum(costs, axis=1)
    running = sums.copy()
    for row in range(1, len(costs)):
        above = sums[row - 1].copy()
        above[1:] = np.minimum(above[1:], sums[row - 1, :-1])
        sums[row] = np.minimum.accumulate(above - running[row] + costs[row]) + running[row]
    return sums
