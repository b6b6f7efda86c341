"""The best sequence of speakers, of frames as of words: much evidence, few changes. Pure.

After A. Viterbi, "Error bounds for convolutional codes and an asymptotically optimum decoding algorithm", 1967.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_TIE = 1e-9  # differences of rounding


def viterbi(emission: ArrayLike, penalty: ArrayLike) -> NDArray[np.int_]:
    """The path with the largest sum of emissions, (n, states), minus the penalties, (n,), of its changes: (n,) states.

    `penalty[i]` is the cost of a state at i that differs from the one at i − 1; ties do not change the state.
    """
    emissions, penalties = np.asarray(emission, np.float64), np.asarray(penalty, np.float64)
    n, states = emissions.shape
    came_from = np.zeros((n, states), np.int32)
    staying = np.arange(states)
    total = emissions[0].copy()
    for i in range(1, n):
        best = int(total.argmax())
        after_change = total[best] - penalties[i]
        changed = after_change > total + _TIE
        came_from[i] = np.where(changed, best, staying)
        total = np.where(changed, after_change, total) + emissions[i]
    path = np.zeros(n, int)
    path[-1] = total.argmax()
    for i in range(n - 1, 0, -1):
        path[i - 1] = came_from[i, path[i]]
    return path
