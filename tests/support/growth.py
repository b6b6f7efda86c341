"""Time that grows with the input's length, not with its square: for work inside one call, such as a regular expression.

Sizes are compared, never a clock with a limit. Each is the least of three: another program may take the processor.
"""

from __future__ import annotations

import time
from collections.abc import Callable

_SMALL, _LARGE = 4_000, 64_000
_MOST = 80  # of 16 times the input; a square would be 256
_NOISE = 0.005  # seconds


def assert_time_in_proportion(work: Callable[[str], object], text_of: Callable[[int], str]) -> None:
    """The processor's time for texts of two sizes; `text_of` makes one of about so many characters."""
    large = _seconds(work, text_of(_LARGE))
    if large >= _MOST * _NOISE:  # what takes less is in proportion, however little the small one takes
        small, large = (min(_seconds(work, text_of(n)) for _ in range(3)) for n in (_SMALL, _LARGE))
        assert large < _MOST * max(small, _NOISE)


def _seconds(work: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    work(text)
    return time.process_time() - began
