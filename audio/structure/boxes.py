"""Walk along the boxes of an MP4 or QuickTime file (ISO/IEC 14496-12): where it ends, and the length of its sound."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from audio.episode import Seconds
from audio.structure.view import Part, View

_MAX_BOXES = 100_000
_TYPE = re.compile(rb"[A-Za-z0-9\xa9][A-Za-z0-9 \-]{3}")
_TOP = frozenset(  # what stands outside of other boxes
    (
        b"ftyp",
        b"styp",
        b"moov",
        b"moof",
        b"mdat",
        b"free",
        b"skip",
        b"wide",
        b"uuid",
        b"mfra",
        b"sidx",
        b"ssix",
        b"meta",
    )
) | {b"pdin", b"prft", b"emsg", b"udta", b"pnot", b"PICT", b"imda", b"junk", b"bloc"}
_INNER = frozenset((b"moov", b"trak", b"mdia", b"edts", b"minf", b"stbl"))


def boxes_from(view: View, start: int) -> Part | None:
    """The recording that begins at `start`; None if there is none. A second `ftyp` begins another one."""
    if view.at(start + 4, 4) not in (b"ftyp", b"moov", b"mdat", b"wide", b"styp", b"skip", b"free"):
        return None
    end, tracks, has_index, is_fragmented = start, tuple[Seconds, ...](), False, False
    for name, body, stop in _boxes(view, start, view.size):
        if name not in _TOP or (name == b"ftyp" and has_index):
            break
        if name == b"moov" and not has_index:
            has_index, tracks = True, tuple(_sound_lengths(view, body, stop))
        is_fragmented |= name == b"moof"
        end = stop
    missing = max(end - view.size, 0)
    known = () if is_fragmented else tracks
    return Part(
        start, min(end, view.size), max(known, default=0.0) or None, tracks=known, missing=missing, keeps_time=True
    )


def lacks_sound(view: View) -> bool:
    """Whether an index states tracks and none of sound: a film without sound, or a picture."""
    kinds = set()
    for name, body, stop in _boxes(view, 0, view.size):
        if name == b"moov":
            for inner, at, end in _boxes(view, body, min(stop, view.size)):
                track = dict[bytes, int]()
                if inner == b"trak":
                    _find(view, at, min(end, view.size), track)
                    kinds.add(view.at(track.get(b"hdlr", at) + 8, 4))
    return bool(kinds) and b"soun" not in kinds


def _boxes(view: View, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes from `at` to `end`: type, where the content begins, and where it is said to end."""
    for _ in range(_MAX_BOXES):
        head = view.at(at, 16)
        size, name, body = int.from_bytes(head[:4], "big"), head[4:8], at + 8
        if not _TYPE.fullmatch(name):
            return
        if size == 1:
            size, body = int.from_bytes(head[8:16], "big"), at + 16
        elif size == 0:
            size = end - at
        if size < body - at:
            return
        yield name, body, at + size
        at += size
        if at >= end:
            return


def _sound_lengths(view: View, body: int, end: int) -> list[Seconds]:
    """The length of each sound track: of its edits without the empty ones, else of its media."""
    timescale, lengths = 0, list[Seconds]()
    for name, at, stop in _boxes(view, body, min(end, view.size)):
        if name == b"mvhd":
            timescale = _timescale_and_length(view, at)[0]
        elif name == b"trak":
            track = dict[bytes, int]()
            _find(view, at, min(stop, end, view.size), track)
            if b"mdhd" in track and view.at(track.get(b"hdlr", 0) + 8, 4) == b"soun":
                rate, length = _timescale_and_length(view, track[b"mdhd"])
                edited = _edited_length(view, track[b"elst"]) if b"elst" in track else 0
                stated = edited / timescale if edited and timescale else length / rate if rate else 0
                lengths.append(min(stated, (_continuous_length(view, track) or length) / rate) if rate else stated)
    return lengths


def _continuous_length(view: View, track: dict[bytes, int]) -> int:
    """How long plain samples, which are of one size, are without the pauses between them, which no player makes of
    their durations; 0 for other samples."""
    sizes, head = view.at(track.get(b"stsz", -1), 12), view.at(track.get(b"stts", -1), 8)
    if not any(sizes[4:8]) or len(sizes) < 12 or len(head) < 8:
        return 0
    n_rows = min(int.from_bytes(head[4:8], "big"), _MAX_BOXES)
    rows = view.at(track[b"stts"] + 8, n_rows * 8)
    usual: int
    _, usual = max(struct.iter_unpack(">II", rows[: len(rows) // 8 * 8]), default=(0, 0))
    return int.from_bytes(sizes[8:12], "big") * usual


def _find(view: View, body: int, end: int, found: dict[bytes, int]) -> None:
    """Where the content of each box in a track begins, the first of each type, down to its media header."""
    for name, at, stop in _boxes(view, body, end):
        found.setdefault(name, at)
        if name in _INNER and at > body:
            _find(view, at, min(stop, end), found)


def _timescale_and_length(view: View, at: int) -> tuple[int, int]:
    """Of `mvhd` and `mdhd`, whose dates have 32 or 64 bits."""
    body = view.at(at, 36)
    if body[:1] == b"\1":
        return int.from_bytes(body[20:24], "big"), int.from_bytes(body[24:32], "big")
    length = int.from_bytes(body[16:20], "big")
    return int.from_bytes(body[12:16], "big"), length if length != 0xFFFF_FFFF else 0


def _edited_length(view: View, at: int) -> int:
    """In the film's timescale. An edit without media is silence; a length of 0 is unknown."""
    head = view.at(at, 8)
    is_long, count = head[:1] == b"\1", min(int.from_bytes(head[4:8], "big"), 1000)
    total = 0
    for index in range(count):
        row = view.at(at + 8 + index * (20 if is_long else 12), 20)
        length = int.from_bytes(row[:8] if is_long else row[:4], "big")
        media = int.from_bytes(row[8:16] if is_long else row[4:8], "big", signed=True)
        if media >= 0:
            if not length:
                return 0
            total += length
    return total
