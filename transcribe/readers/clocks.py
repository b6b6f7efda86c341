"""Times as texts and captions print them: `1:05`, `00:01:05.250`, `00:01:05,25`."""

from __future__ import annotations

import re

from audio.episode import Seconds

CLOCK = r"(?:\d{1,4}:)?\d{1,3}:\d{1,2}(?:[.,]\d{1,9})?"
"""A time with at least minutes and seconds. Bounded repeats: linear in a text of digits and colons."""

_PARTS = re.compile(r"(?:(\d{1,4}):)?(\d{1,3}):(\d{1,2}(?:[.,]\d{1,9})?)")


def clock_seconds(text: str) -> Seconds | None:
    """The seconds of a printed time; None for anything else.

    >>> clock_seconds("1:05"), clock_seconds("00:01:05,250"), clock_seconds("1:75"), clock_seconds("soon")
    (65.0, 65.25, None, None)
    """
    match = _PARTS.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = int(match[1] or 0), int(match[2]), float(match[3].replace(",", "."))
    if seconds >= 60 or (match[1] and minutes >= 60):
        return None
    return round(hours * 3600 + minutes * 60 + seconds, 6)
