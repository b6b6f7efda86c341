"""How long a recording is, as far as the page around it says. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from audio.episode import Seconds
from audio.sources.dates import parse_duration

_CLOCK = re.compile(r"(?<![\d:])(?:\d{1,2}:)?\d{1,3}:\d{2}(?![\d:])")
_SIZE = re.compile(r"(?<![\d.,])(\d{1,5}(?:[.,]\d{1,3})?)\s?([KMG])i?B\b", re.IGNORECASE)
_BYTES = {"K": 1e3, "M": 1e6, "G": 1e9}
_BYTES_PER_SECOND = 16_000  # of an mp3 at 128 kbit/s: enough to tell a jingle from an episode
_MAX_TEXT = 300  # characters


def length_in(attributes: Mapping[str, str], label: str) -> Seconds | None:
    """The duration in an element's attributes or in its label, or what its size in the label makes likely.

    >>> length_in({"data-duration": "61"}, ""), length_in({}, "Play (1:02:03)"), length_in({}, "MP3, 32 MB")
    (61.0, 3723.0, 2000.0)
    """
    for name in ("data-duration", "duration", "data-length"):
        if name in attributes and (duration := parse_duration(attributes[name])):
            return duration
    if not any(each.isdigit() for each in label):
        return None
    if clock := _CLOCK.search(label[:_MAX_TEXT]):
        return parse_duration(clock[0])
    if size := _SIZE.search(label[:_MAX_TEXT]):
        return float(size[1].replace(",", ".")) * _BYTES[size[2].upper()] / _BYTES_PER_SECOND
    return None
