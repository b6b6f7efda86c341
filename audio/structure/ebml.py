"""Walk along the elements of a Matroska or WebM file (RFC 9559): where it ends, and the length it states."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator

from audio.episode import Seconds
from audio.structure.view import Part, View

EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT, _CLUSTER = b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"
_INFO, _TRACKS = b"\x15\x49\xa9\x66", b"\x16\x54\xae\x6b"
_SCALE, _DURATION, _TRACK, _TRACK_TYPE = b"\x2a\xd7\xb1", b"\x44\x89", b"\xae", b"\x83"
_CUES, _TAGS, _CHAPTERS = b"\x1c\x53\xbb\x6b", b"\x12\x54\xc3\x67", b"\x10\x43\xa7\x70"
_INSIDE = (_CLUSTER, _CUES, _TAGS, _CHAPTERS)
_MAX_ELEMENTS = 100_000
_VIDEO, _AUDIO = b"\1", b"\2"
_LONGEST: Seconds = 1e7


def segments_from(view: View, start: int) -> Part | None:
    """The recording that begins at `start`; None if there is none.

    A film states the length of its pictures, which may go on after the sound: then no length is known.
    """
    if view.at(start, 4) != EBML:
        return None
    head = next(_elements(view, start, view.size), None)
    segment = next(_elements(view, head[2], view.size), None) if head and head[2] else None
    if segment is None or segment[0] != _SEGMENT:
        return Part(start, view.size)
    _, body, end = segment
    seconds = _stated_seconds(view, body, min(end or view.size, view.size))
    if end is None or view.at(end, 4) in _INSIDE:  # ffmpeg reads on where a segment does
        return Part(start, view.size, seconds, keeps_time=True)
    return Part(start, min(end, view.size), seconds, missing=max(end - view.size, 0), keeps_time=True)


def lacks_sound(view: View) -> bool:
    """Whether the tracks are stated and none is of sound."""
    elements = list(itertools.islice(_elements(view, 0, view.size), 2))
    if len(elements) < 2:
        return False
    for name, at, stop in _elements(view, elements[1][1], min(elements[1][2] or view.size, view.size)):
        if name == _CLUSTER or stop is None:
            break
        if name == _TRACKS:
            tracks = [(body, end) for kind, body, end in _elements(view, at, stop) if kind == _TRACK and end]
            return bool(tracks) and not any(_is_of_kind(view, body, end, _AUDIO) for body, end in tracks)
    return False


def _stated_seconds(view: View, body: int, end: int) -> Seconds | None:
    """The length in the segment's information, before its clusters."""
    scale, ticks, has_video = 1_000_000, 0.0, False
    for name, at, stop in _elements(view, body, end):
        if name == _CLUSTER or stop is None:
            break
        for inner, inner_at, inner_stop in _elements(view, at, stop) if name in (_INFO, _TRACKS) else ():
            data = view.at(inner_at, min((inner_stop or inner_at) - inner_at, 8))
            if inner == _SCALE:
                scale = int.from_bytes(data, "big")
            elif inner == _DURATION and len(data) in (4, 8):
                (ticks,) = struct.unpack(">f" if len(data) == 4 else ">d", data)
            elif inner == _TRACK and inner_stop:
                has_video |= _is_of_kind(view, inner_at, inner_stop, _VIDEO)
    seconds = ticks * scale / 1e9
    return seconds if 0 < seconds < _LONGEST and not has_video else None


def _is_of_kind(view: View, body: int, end: int, kind: bytes) -> bool:
    return any(name == _TRACK_TYPE and view.at(at, 1) == kind for name, at, _ in _elements(view, body, end))


def _elements(view: View, at: int, end: int) -> Iterator[tuple[bytes, int, int | None]]:
    """The elements from `at` to `end`: identifier, where the content begins, and where it ends; None if not stated."""
    for _ in range(_MAX_ELEMENTS):
        first = view.at(at, 1)
        id_bytes = 9 - first[0].bit_length() if first and first[0] else 9
        size_at = at + id_bytes
        marker = view.at(size_at, 1)
        size_bytes = 9 - marker[0].bit_length() if marker and marker[0] else 9
        if at >= end or id_bytes > 4 or size_bytes > 8:
            return
        value = int.from_bytes(view.at(size_at, size_bytes), "big")
        size = value - (1 << 7 * size_bytes)
        body = size_at + size_bytes
        if size == (1 << 7 * size_bytes) - 1:
            yield view.at(at, id_bytes), body, None
            return
        yield view.at(at, id_bytes), body, body + size
        at = body + size
