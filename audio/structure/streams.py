"""Walk along MPEG transport and program streams (ISO/IEC 13818-1), and the blocks of Creative's .voc."""

from __future__ import annotations

import re

from audio.structure.tails import is_blank, is_foreign
from audio.structure.view import Part, View

_PACKETS = (188, 192)  # bytes of a packet; the second with a time stamp before each, as camcorders write
_PACK = b"\0\0\1\xba"
_PACKS = re.compile(_PACK)
_BLOCKS = range(2, 9)  # types other than sound
_SYNC = re.compile(rb"\x47")


def is_transport_stream(view: View) -> bool:
    """Whether it begins with packets of one length, each with a byte of synchronisation."""
    return begins_packets(view, 0)


def begins_packets(view: View, at: int) -> bool:
    """Whether such packets begin at `at`."""
    return _packet_length(view, at) > 0


def is_program_stream(view: View) -> bool:
    """Whether it begins with the header of a pack."""
    return view.at(0, 4) == _PACK


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
    return Part(start, at, foreign=foreign, missing=_missing(view, at + lead, at + length), keeps_time=True)


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


def program_from(view: View, start: int) -> Part | None:
    """The program stream (.mpg, .vob) that begins at `start`; None if there is none. All in it states its length."""
    if view.at(start, 4) != _PACK:
        return None
    at, foreign, blank, missing = start, 0, 0, 0
    while len(head := view.at(at, 14)) >= 6:
        if head[:4] == _PACK:
            length = 14 + (head[13] & 7) if head[4] >> 6 == 1 and len(head) == 14 else 12
        elif head[:3] == b"\0\0\1" and head[3] == 0xB9:
            length = 4
        elif head[:3] == b"\0\0\1" and head[3] > 0xBA:
            length = 6 + int.from_bytes(head[4:6], "big")
        elif is_foreign(view, at) or (found := view.find(_PACKS, at)) < 0:
            break
        else:
            if is_blank(view, at, found):
                blank += found - at
            else:
                foreign += found - at
            at = found
            continue
        at += length
    if at > view.size:
        missing, at = at - view.size, view.size
    return Part(start, at, foreign=foreign, blank=blank, missing=missing, keeps_time=True)


def voice_from(view: View, start: int) -> Part | None:
    """Creative's .voc: blocks of stated lengths, up to one without any."""
    head = view.at(start, 26)
    if head[:19] != b"Creative Voice File" or len(head) < 26:
        return None
    at, seconds = start + int.from_bytes(head[20:22], "little"), 0.0
    while kind := view.at(at, 1).lstrip(b"\0"):
        block = view.at(at, 16)
        size = int.from_bytes(block[1:4], "little")
        if kind == b"\1" and len(block) > 4:
            seconds += (size - 2) * (256 - block[4]) / 1e6
        elif kind == b"\x09" and len(block) == 16:
            rate, bits, channels = int.from_bytes(block[4:8], "little"), block[8], block[9]
            seconds += (size - 12) * 8 / (rate * bits * channels or 1)
        elif kind[0] not in _BLOCKS:
            break
        at += 4 + size
    missing = max(at - view.size, 0)
    end = at + 1 if view.at(at, 1) == b"\0" else at
    return Part(start, min(end, view.size), seconds or None, missing=missing)
