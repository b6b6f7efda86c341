"""Walk along what else holds films and sound: ASF (.wma, .wmv) and Flash (.flv)."""

from __future__ import annotations

import re

from audio.episode import Seconds
from audio.structure.tails import is_foreign
from audio.structure.view import Part, View

_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")  # the identifiers of objects in ASF
_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_STREAM_PROPERTIES = bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365")
_VIDEO = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
_INDEXES = (bytes.fromhex("90080033b1e5cf1189f400a0c90349cb"), bytes.fromhex("d329e2d6da35d111903400a0c90349be"))
_MAX_OBJECTS = 10_000
_FLV = b"FLV\x01"
_TAGS = (8, 9, 18)  # sound, pictures, data
_SOUND = 8
_FLV_TAG = re.compile(rb"[\x08\x09\x12].{6}.\x00\x00\x00", re.DOTALL)


def asf_from(view: View, start: int) -> Part | None:
    """The recording that begins at `start`; None if there is none. The length of a film is that of its pictures."""
    if view.at(start, 16) != _HEADER:
        return None
    at, seconds = start, None
    for _ in range(_MAX_OBJECTS):
        head = view.at(at, 24)
        name, size = head[:16], int.from_bytes(head[16:24], "little")
        if name not in (_HEADER, _DATA, *_INDEXES) or (name == _HEADER and at > start) or size < 24:
            break
        if name == _HEADER:
            seconds = _asf_length(view, at + 30, min(at + size, view.size))
        at += size
    return Part(start, min(at, view.size), seconds, missing=max(at - view.size, 0), is_exact=False, keeps_time=True)


def _asf_length(view: View, at: int, end: int) -> Seconds | None:
    seconds, has_video = 0.0, False
    for _ in range(_MAX_OBJECTS):
        head = view.at(at, 24)
        name, size = head[:16], int.from_bytes(head[16:24], "little")
        if size < 24 or at + size > end:
            break
        if name == _FILE_PROPERTIES:
            body = view.at(at + 24, 64)
            seconds = int.from_bytes(body[40:48], "little") / 1e7 - int.from_bytes(body[56:64], "little") / 1e3
        has_video |= name == _STREAM_PROPERTIES and view.at(at + 24, 16) == _VIDEO
        at += size
    return seconds if seconds > 0 and not has_video else None


def flv_from(view: View, start: int) -> Part | None:
    """The recording that begins at `start`; None if there is none. Its tags form a chain, with the time in each."""
    head = view.at(start, 9)
    if head[:4] != _FLV or len(head) < 9:
        return None
    at, first, last, foreign, missing = start + int.from_bytes(head[5:9], "big") + 4, -1, 0, 0, 0
    while head := view.at(at, 11):
        length = 11 + int.from_bytes(head[1:4], "big") + 4
        if len(head) == 11 and head[0] in _TAGS and head[8:11] == b"\0\0\0":
            if head[0] == _SOUND:
                last = int.from_bytes(head[4:7], "big") | head[7] << 24
                first = last if first < 0 else first
            at += length
            if at > view.size:
                missing, at = at - view.size, view.size
        elif len(head) < 11 and head[0] in _TAGS:
            missing, at = 11 - len(head), view.size
        elif len(head) < 11 or is_foreign(view, at) or head[:4] == _FLV:
            break
        else:
            found = view.find(_FLV_TAG, at)
            if found < 0:
                break
            foreign, at = foreign + found - at, found
    seconds = (last - first) / 1000
    return Part(
        start, at, seconds if seconds > 0 else None, foreign=foreign, missing=missing, is_exact=False, keeps_time=True
    )
