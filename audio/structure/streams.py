"""Walk along an MPEG transport stream, and find the end and the length of native FLAC."""

from __future__ import annotations

import re

from audio.episode import Seconds
from audio.structure.view import Part, View

_PACKETS = (188, 192)  # bytes of a packet; the second with a time stamp before each, as camcorders write
_NEXT_FILE = re.compile(rb"fLaC\x00\x00\x00\x22|OggS\x00\x02")
_SYNC = re.compile(rb"\x47")


def flac_from(view: View, start: int) -> Part | None:
    """Native FLAC; its frames state no lengths, so that it ends where another file begins."""
    if view.at(start, 4) != b"fLaC":
        return None
    end = view.find(_NEXT_FILE, start + 4)
    return Part(start, view.size if end < 0 else end, flac_length(view, start))


def flac_length(view: View, start: int) -> Seconds | None:
    """STREAMINFO states the number of samples (RFC 9639, 8.2), 0 if it was not known."""
    head = view.at(start, 42)
    if head[:4] != b"fLaC" or len(head) < 42:
        return None
    rate = int.from_bytes(head[18:21], "big") >> 4
    samples = int.from_bytes(head[21:26], "big") & (1 << 36) - 1
    return samples / rate if rate and samples else None


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
    return Part(start, at, foreign=foreign, missing=length - (view.size - at) if 0 < view.size - at < length else 0)


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
