"""What a text is searched in: the encoder's output for some windows, on a CPU every second frame.

Each step of the decoder reads all frames of every window, 20 ms each. With every second one CTranslate2 decodes in a
sixth less, and four windows decoded together take no more memory than two with all frames. The first pass over 34
recordings made 447 word errors for 457, both passes 7.3 % for 7.1 on 24 dialogues and 4.9 for 4.9 on the others
(`base`, beam 5). Means of two frames: 422, 7.2 and 5.1. Word times are found in all frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EVERY = 2


def thinned(encoded: Sequence[Any]) -> NDArray[np.float32]:
    """Encoder outputs of (k, frames, width) each, in CPU memory, as one that has every second of their frames."""
    return np.concatenate([np.asarray(states)[:, ::_EVERY] for states in encoded])
