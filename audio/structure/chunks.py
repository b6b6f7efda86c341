"""Walk along chunks: RIFF (.wav, .avi), RF64, Sony's W64, AIFF and CAF.

A recorder that is switched off, or that writes into a pipe, leaves sizes in the header that are 0, too small or too
large. A chunk of sound ends where its size says only if another chunk, a tag or the end of the file follows there.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Literal

from audio.structure.frames import begins_frames
from audio.structure.streams import begins_packets
from audio.structure.tails import MARKS, is_foreign
from audio.structure.view import Part, View

_W64_IDS = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"  # the end of all its identifiers but the first
_MAX_CHUNKS = 100_000
_LONGEST = 100 * 3600  # seconds; more is not meant
_STREAM_HEADERS = 1 << 16  # bytes from the start of a film in which they stand
_PCM = (1, 3, 6, 7, 0xFFFE)  # format tags of samples of one size: integers, floats, A-law, µ-law
_UNKNOWN = 0x7FFF_0000  # and more: what programs write that do not know the size yet
_ID = re.compile(rb"[A-Za-z0-9_(][A-Za-z0-9_ \-.)]{3}")


@dataclass(frozen=True, slots=True)
class _Kind:
    """How the chunks of a container are written. `header` is the length of what stands before the first one."""

    header: int
    id_bytes: int
    size_bytes: int
    order: Literal["little", "big"]
    alignment: int
    is_inclusive: bool  # a size counts its own header
    sound: bytes


_RIFF = _Kind(12, 4, 4, "little", 2, is_inclusive=False, sound=b"data")
_AIFF = _Kind(12, 4, 4, "big", 2, is_inclusive=False, sound=b"SSND")
_CAF = _Kind(8, 4, 8, "big", 1, is_inclusive=False, sound=b"data")
_W64 = _Kind(40, 16, 8, "little", 8, is_inclusive=True, sound=b"data" + _W64_IDS)


def chunks_from(view: View, start: int) -> Part | None:
    """The recording of chunks that begins at `start`; None if there is none."""
    head = view.at(start, 40)
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return _Walk(view, _RIFF).along(start)
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return _riffs(view, start)
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return _Walk(view, _AIFF).along(start)
    if head[:4] == b"caff":
        return _Walk(view, _CAF).along(start)
    if head[:4] == b"riff" and head[24:28] == b"wave":
        return _Walk(view, _W64).along(start)
    return None


def _riffs(view: View, start: int) -> Part:
    """A film: one RIFF, and more of them if it is long (OpenDML), each of a stated size."""
    end, seconds = start, _stream_length(view, start)
    while (head := view.at(end, 12))[:4] == b"RIFF" and (end == start or head[8:12] == b"AVIX"):
        size = int.from_bytes(head[4:8], "little")
        if size >= _UNKNOWN * 2 or not size:
            return Part(start, view.size, seconds, is_exact=False, keeps_time=True)
        end += 8 + size + size % 2
    return Part(
        start, min(end, view.size), seconds, missing=max(end - view.size - 1, 0), is_exact=False, keeps_time=True
    )


def _stream_length(view: View, start: int) -> float | None:
    """The length of the longest sound track, by the headers of a film's streams.

    Chunks of one frame each may be empty, as where the sound starts late: they count, and are no sound.
    """
    headers = view.at(start, _STREAM_HEADERS)
    lengths, empty = [], None
    for number, match in enumerate(re.finditer(rb"strh....(auds|vids|txts|mids)", headers, re.DOTALL)):
        fields = headers[match.start() + 28 : match.start() + 56].ljust(28, b"\0")
        scale, rate, _, length, _, _, sample_bytes = struct.unpack("<7I", fields)
        if match[1] != b"auds" or not rate:
            continue
        if not sample_bytes:
            empty = _empty_chunks(view, start) if empty is None else empty
            length = max(length - empty.get(b"%02dwb" % number, 0), 0)
        lengths.append(length * scale / rate)
    return max(lengths, default=0.0) or None


def _empty_chunks(view: View, at: int) -> dict[bytes, int]:
    """How many chunks of each name have no content, in a film from `at` on."""
    counts = dict[bytes, int]()
    while len(head := view.at(at, 8)) == 8:
        name, size = head[:4], int.from_bytes(head[4:], "little")
        if name in (b"RIFF", b"LIST") and view.at(at + 8, 4) in (b"AVI ", b"AVIX", b"movi", b"rec "):
            at += 12
            continue
        if not _ID.fullmatch(name):
            break
        if not size:
            counts[name] = counts.get(name, 0) + 1
        at += 8 + size + size % 2
    return counts


class _Walk:
    def __init__(self, view: View, kind: _Kind) -> None:
        self._view = view
        self._kind = kind
        self._bytes_a_second = 0.0
        self._long_size = 0  # of the sound, where 32 bits are too few (RF64)

    def along(self, start: int) -> Part:
        view, at = self._view, start + self._kind.header
        for _ in range(_MAX_CHUNKS):
            name, body, size = self._chunk(at)
            if not self._is_name(name):
                break
            if name == self._kind.sound:
                return self._sound(start, body, size)
            self._look(name, view.at(body, min(size, 64)))
            at = body + size + -(body + size - start) % self._kind.alignment
            if at >= view.size:
                return Part(start, view.size, missing=at - view.size)
        return Part(start, min(at, view.size))

    def _chunk(self, at: int) -> tuple[bytes, int, int]:
        """Its identifier, where its content begins, and how many bytes that has as stated."""
        kind = self._kind
        head = self._view.at(at, kind.id_bytes + kind.size_bytes)
        body = at + kind.id_bytes + kind.size_bytes
        size = int.from_bytes(head[kind.id_bytes :], kind.order)
        return head[: kind.id_bytes], body, max(size - (body - at) * kind.is_inclusive, 0)

    def _is_name(self, name: bytes) -> bool:
        return name.endswith(_W64_IDS) if self._kind is _W64 else bool(_ID.fullmatch(name))

    def _look(self, name: bytes, body: bytes) -> None:
        """Learn how many bytes a second has, and how many there are, from what stands before the sound."""
        if name[:4] == b"fmt " and len(body) >= 16:
            is_pcm = int.from_bytes(body[:2], "little") in _PCM
            self._bytes_a_second = float(int.from_bytes(body[8:12], "little")) if is_pcm else 0.0
        elif name == b"ds64" and len(body) >= 16:
            self._long_size = int.from_bytes(body[8:16], "little")
        elif name == b"COMM" and len(body) >= 18:
            channels, bits = struct.unpack(">H4xH", body[:8])
            exponent, mantissa = struct.unpack(">HQ", body[8:18])
            is_pcm = len(body) < 22 or body[18:22] in (
                b"NONE",
                b"sowt",
                b"fl32",
                b"FL32",
                b"fl64",
                b"in24",
                b"in32",
                b"twos",
            )
            rate = mantissa * 2.0 ** ((exponent & 0x7FFF) - 16_446) if (exponent & 0x7FFF) < 16_446 else 0.0
            self._bytes_a_second = channels * ((bits + 7) // 8) * rate if is_pcm else 0.0
        elif name == b"desc" and len(body) >= 32:
            rate, packet_bytes, frames = struct.unpack(">d8xII", body[:24])
            self._bytes_a_second = packet_bytes * rate / frames if packet_bytes and frames and 0 < rate < 1e7 else 0.0

    def _sound(self, start: int, body: int, size: int) -> Part:
        view = self._view
        if size == 0xFFFF_FFFF and self._long_size:
            size = self._long_size
        is_absent = size == 0 or size > _LONGEST * max(self._bytes_a_second, 1.0)
        is_unknown = is_absent or (size >= _UNKNOWN and body + size > view.size and size < 1 << 32)
        end = body + size
        if is_unknown or end >= view.size:
            return self._part(
                start,
                view.size,
                view.size - body,
                missing=0 if is_unknown else end - view.size,
                outgrows_header=is_absent,
            )
        if self._goes_on(start, end):
            return self._part(start, self._end_of_chunks(start, end), size)
        return self._part(start, view.size, view.size - body, outgrows_header=True)

    def _part(self, start: int, end: int, sound: int, *, missing: int = 0, outgrows_header: bool = False) -> Part:
        rate = self._bytes_a_second
        seconds = (sound + missing) / rate if 1 <= rate < 1e9 else None
        return Part(start, end, seconds, missing=missing, outgrows_header=outgrows_header, is_wav=self._kind is _RIFF)

    def _goes_on(self, start: int, at: int) -> bool:
        """Whether something other than sound begins at `at`: a chunk, a tag, another recording, zeros to the end."""
        if self._begins_chunk(at) or self._begins_chunk(at + -(at - start) % self._kind.alignment):
            return True
        return is_foreign(self._view, at) or begins_frames(self._view, at) or begins_packets(self._view, at)

    def _begins_chunk(self, at: int) -> bool:
        name, body, size = self._chunk(at)
        return self._is_name(name) and body + size <= self._view.size + 1

    def _end_of_chunks(self, start: int, at: int) -> int:
        for _ in range(_MAX_CHUNKS):
            if not self._begins_chunk(at) and not self._begins_chunk(at := at + -(at - start) % self._kind.alignment):
                break
            if self._view.at(at, 4) in MARKS:
                break
            name, body, size = self._chunk(at)
            if name == self._kind.sound and size:
                break
            at = body + size
        return min(at, self._view.size)
