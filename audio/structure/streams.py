"""Walk along an MPEG transport stream."""

from __future__ import annotations

import re

from audio.structure.view import Part, View

_PACKETS = (188, 192)  # bytes of a packet; the second with a time stamp before each, as camcorders write
_SYNC = re.compile(rb"\x47")


def is_transport_stream(view: View) -> bool:
    """Whether it begins with packets of one length, each with a byte of synchronisation."""
    return _packet_length(view, 0) > 0


def transport_from(view: View, start: int) -> Part | None:
    """The transport stream that begins at `start`; None if there is none."""
    length = _packet_length(view, start)
    return _transport(view, start, length) if length else None


def _packet_length(view: View, start: int) -> int:
    for length in _PACKETS:
        at = start + length - 188
        if all(view.at(at + index * length, 1) == b"\x47" for index in range(8)):
            return length
    return 0


def _transport(view: View, start: int, length: int) -> Part:
    at, foreign, lead = start, 0, length - 188
    while at + length <= view.size:
        block = view.at(at, length * 4096)
        whole = len(block) // length
        marks = block[lead::length][:whole]
        good = len(marks) - len(marks.lstrip(b"\x47"))
        at += good * length
        if good < whole:
            found = _packet_after(view, at + 1, length)
            if found < 0:
                break
            foreign, at = foreign + found - at, found
    return Part(start, at, foreign=foreign, missing=_missing(view, at + lead, at + length))


def _packet_after(view: View, at: int, length: int) -> int:
    lead = length - 188
    at = view.find(_SYNC, at + lead)
    for _ in range(1 << 18):
        if at < 0:
            return -1
        if all(view.at(at + index * length, 1) == b"\x47" for index in range(5)):
            return at - lead
        at = view.find(_SYNC, at + 1)
    return -1


def _missing(view: View, sync: int, end: int) -> int:
    """How many bytes of the last packet are not there."""
    return end - view.size if view.at(sync, 1) == b"\x47" and end > view.size else 0
