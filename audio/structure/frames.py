"""Walk along bare frames: MPEG audio (.mp3, .mp2), ADTS (.aac), AC-3 and E-AC-3.

Every frame's header states its length, its rate and how many samples it holds, so that complete frames form a chain.
Tags between and after them are known; what else is between them took the place of sound, or was put there.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import NamedTuple

from audio.episode import Seconds
from audio.structure.tails import after_tags, before_tags
from audio.structure.view import Part, View

_CHAIN = 4  # complete frames of one kind in a row: no coincidence, as a header's fixed bits match once in 2¹⁷
_MAX_LOOKS = 1 << 18
_MAX_KNOWN = 4096
_BLOCK = 1 << 20
_BEGINNING = 1 << 16  # bytes whose bit rate is taken for that of the whole
_HEADER = 9  # bytes of the longest header looked at
# kbit/s by the bit rate index, from 1, of (MPEG-1?, layer): ISO/IEC 11172-3, 2.4.2.3, and ISO/IEC 13818-3, 2.4.2.3.
_LOW_RATES = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_KILOBITS = {
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 2): _LOW_RATES,
    (False, 3): _LOW_RATES,
}
_ADTS_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_DTS_RATES = {1: 8_000, 2: 16_000, 3: 32_000, 6: 11_025, 7: 22_050, 8: 44_100, 11: 12_000, 12: 24_000, 13: 48_000}
_AMR = {  # bytes of a frame by its mode
    b"#!AMR\n": (13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1),
    b"#!AMR-WB\n": (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1),
}
_AC3_RATES = (48_000, 44_100, 32_000)
_AC3_KILOBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)


class _Frame(NamedTuple):
    length: int  # bytes, the header included
    samples: int
    rate: int
    kind: int  # equal in all frames of one recording


_Measure = Callable[[bytes], _Frame | None]


def mpeg_frame(header: bytes) -> _Frame | None:
    """The frame whose header has these bytes (ISO/IEC 11172-3, 2.4.3.1).

    None for an invalid header, for layer I and for the free format, which states no bit rate. Version 0 is "MPEG-2.5".
    """
    if len(header) < 3 or header[0] != 0xFF or header[1] < 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bit_rate, sampling_rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer not in {2, 3} or bit_rate in {0, 15} or sampling_rate == 3:
        return None
    hertz = (44_100, 48_000, 32_000)[sampling_rate] // {3: 1, 2: 2, 0: 4}[version]
    samples = 576 if layer == 3 and version != 3 else 1152
    length = samples * 125 * _KILOBITS[version == 3, layer][bit_rate - 1] // hertz + padding
    return _Frame(length, samples, hertz, (header[1] & 0xFE) << 8 | header[2] & 0x0C)


def _adts_frame(header: bytes) -> _Frame | None:
    """ISO/IEC 14496-3, 1.A.2.2: the fixed and the variable header."""
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
        return None
    rate, length = header[2] >> 2 & 15, (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    if rate >= len(_ADTS_RATES) or length < 7:
        return None
    return _Frame(length, 1024 * (header[6] & 3) + 1024, _ADTS_RATES[rate], header[1] << 8 | header[2])


def _ac3_frame(header: bytes) -> _Frame | None:
    """ETSI TS 102 366, 4.4.1 (AC-3) and E.1.2.2 (E-AC-3: `bsid` above 10)."""
    if len(header) < 6 or header[:2] != b"\x0b\x77":
        return None
    code, is_enhanced = header[4] >> 6, 10 < header[5] >> 3 <= 16
    if not is_enhanced:
        size = header[4] & 63
        if code == 3 or size >= 38 or header[5] >> 3 > 10:
            return None
        kilobits, rate = _AC3_KILOBITS[size >> 1], _AC3_RATES[code]
        words = kilobits * 96_000 // rate + (size & 1 if rate == 44_100 else 0)
        return _Frame(2 * words, 1536, rate, code)
    length = 2 * ((header[2] & 7) << 8 | header[3]) + 2
    blocks = (1, 2, 3, 6)[header[4] >> 4 & 3] if code != 3 else 6
    rate = _AC3_RATES[code] if code != 3 else (24_000, 22_050, 16_000, 1)[header[4] >> 4 & 3]
    is_dependent = header[2] >> 6 == 1  # more channels of the same time
    return _Frame(length, 0 if is_dependent else 256 * blocks, rate, 4 | code) if rate > 1 else None


def _dts_frame(header: bytes) -> _Frame | None:
    """ETSI TS 102 114, 5.3: the core, from the synchronisation word to the sampling rate."""
    if header[:4] != b"\x7f\xfe\x80\x01" or len(header) < 9:
        return None
    bits = int.from_bytes(header[4:9], "big")
    blocks, length, code = bits >> 26 & 127, bits >> 12 & 0x3FFF, bits >> 2 & 15
    rate = _DTS_RATES.get(code, 0)
    return _Frame(length + 1, 32 * (blocks + 1), rate, code) if rate and length >= 95 else None


def _amr_frame(header: bytes, *, lengths: tuple[int, ...]) -> _Frame | None:
    """RFC 4867, 5.3: 20 ms each, with the mode in the first byte."""
    mode = header[0] >> 3 & 15 if header else 0
    length = lengths[mode] if header and not header[0] & 0x83 else 0
    return _Frame(length, 160, 8_000, 0) if length else None


class _Framing(NamedTuple):
    measure: _Measure
    header: int  # bytes of a header that are looked at
    sync: re.Pattern[bytes]


_FRAMINGS = (
    _Framing(_adts_frame, 7, re.compile(rb"\xff[\xf0\xf1\xf8\xf9][^\xff]")),
    _Framing(mpeg_frame, 3, re.compile(rb"\xff[\xe2-\xff][\x10-\xef]")),
    _Framing(_ac3_frame, 6, re.compile(rb"\x0b\x77")),
    _Framing(_dts_frame, 9, re.compile(rb"\x7f\xfe\x80\x01")),
)


def frames_from(view: View, start: int) -> Part | None:
    """The recording of bare frames that begins at `start`, after tags and zeros; None if there is none."""
    at = _after_zeros(view, after_tags(view, start))
    for framing in _FRAMINGS:
        if _has_chain(view, at, framing.measure):
            return _Walk(view, framing).along(start, at)
    return None


def begins_recording(view: View, at: int) -> bool:
    """Whether a mark of another file stands at `at`: bare frames that form a chain, tags before them or not, or a name
    that stands nowhere else."""
    if view.at(at, 3) == b"\xff\xd8\xff" or view.at(at, 1) not in (b"\xff", b"\x0b", b"\x7f", b"I"):
        return True
    return begins_frames(view, _after_zeros(view, after_tags(view, at)))


def begins_frames(view: View, at: int) -> bool:
    """Whether frames that form a chain begin at `at`."""
    return any(_has_chain(view, at, framing.measure) for framing in _FRAMINGS)


def amr_from(view: View, start: int) -> Part | None:
    """AMR: nothing tells where frames begin after what is none, so that it ends there."""
    for magic, lengths in _AMR.items():
        if view.at(start, len(magic)) == magic:
            first = start + len(magic)
            walk = _Walk(view, _Framing(functools.partial(_amr_frame, lengths=lengths), 1, re.compile(magic)))
            at = walk.along_chain(first, view.size)
            rest = view.size - at
            ends_open = 0 < rest < max(lengths) and not after_tags(view, at) > at
            return Part(
                start, view.size if ends_open else at, walk.seconds or None, ends_open=ends_open, is_exact=False
            )
    return None


def rough_length(view: View) -> Seconds | None:
    """The length an mp3 states, or that the bit rate of the first frames gives the rest."""
    at = _after_zeros(view, after_tags(view, 0))
    for framing in _FRAMINGS:
        if _has_chain(view, at, framing.measure):
            end = before_tags(view, at)
            walk = _Walk(view, framing)
            first = walk.along_chain(at, min(at + _BEGINNING, end)) - at
            stated = _stated_seconds(view, at, framing.measure)
            return stated or (walk.seconds * (end - at) / first if first else None)
    return None


def _after_zeros(view: View, at: int) -> int:
    block = view.at(at, 1 << 16)
    return at + len(block) - len(block.lstrip(b"\0"))


class _Walk:
    """From frame to frame: three hours are 400,000 of them."""

    def __init__(self, view: View, framing: _Framing) -> None:
        self._view = view
        self._measure, self._header, self._sync = framing
        self._looks = _MAX_LOOKS  # at what may be a frame: a file can consist of nothing else
        self.seconds = 0.0

    def along(self, start: int, at: int) -> Part:
        end = before_tags(self._view, at)
        stated = _stated_seconds(self._view, at, self._measure)
        foreign, ends_open = 0, False
        while at < end:
            begins, at = self._view.at(at, 2), self.along_chain(at, end)
            if at >= end:
                break
            header = self._view.at(at, min(_HEADER, end - at))
            is_header = len(header) < self._header and begins.startswith(header[:2])
            if is_header or self._measure(header):
                ends_open, at = True, end  # inside a frame, or inside a header
            elif (after := after_tags(self._view, at)) > at:
                at = after
            elif (found := self._resync(at, end)) < 0:
                break
            else:
                foreign, at = foreign + found - at, found
        is_known = self._looks > 0
        seconds = max(self.seconds, stated) if is_known else None
        return Part(
            start, at, seconds or None, foreign=foreign * is_known, ends_open=ends_open, is_exact=False, has_frames=True
        )

    def along_chain(self, at: int, end: int) -> int:
        """Where the complete frames from `at` on end, whose time is added up."""
        known: dict[bytes, tuple[int, float] | None] = {}
        seconds = 0.0
        while at < end:
            block, first = self._view.at(at, min(_BLOCK, end - at)), 0
            while (header := block[first : first + self._header]) and len(header) == self._header:
                if header not in known:
                    known = known if len(known) < _MAX_KNOWN else {}
                    frame = self._measure(header)
                    known[header] = (frame.length, frame.samples / frame.rate) if frame else None
                found = known[header]
                if found is None or at + first + found[0] > end:
                    self.seconds += seconds
                    return at + first
                first += found[0]
                seconds += found[1]
            if not first:
                break
            at += first
        self.seconds += seconds
        return at

    def _resync(self, at: int, end: int) -> int:
        """Where the next frames begin that form a chain; -1 if none do."""
        at = self._view.find(self._sync, at + 1)
        while 0 <= at < end and self._looks > 0:
            self._looks -= 1
            if _has_chain(self._view, at, self._measure):
                return at
            at = self._view.find(self._sync, at + 1)
        return -1


def _has_chain(view: View, at: int, measure: _Measure) -> bool:
    """Whether complete frames of one kind begin at `at`, as many as are no coincidence, or up to the file's end."""
    kinds = set[int]()
    for _ in range(_CHAIN):
        frame = measure(view.at(at, _HEADER))
        if frame is None:
            return len(kinds) == 1 and after_tags(view, at) >= view.size
        kinds.add(frame.kind)
        at += frame.length
        if at > view.size:
            return False
    return len(kinds) == 1


def _stated_seconds(view: View, at: int, measure: _Measure) -> Seconds:
    """The length an mp3 states in its first frame: Xing or Info with a number of frames, or VBRI; else 0."""
    frame = measure(view.at(at, _HEADER))
    data = view.at(at, min(frame.length, 256)) if frame else b""
    count = 0
    if (
        (match := re.search(rb"Xing|Info", data))
        and data[match.end() + 3 : match.end() + 4]
        and data[match.end() + 3] & 1
    ):
        count = int.from_bytes(data[match.end() + 4 : match.end() + 8], "big")
    elif data[36:40] == b"VBRI":
        count = int.from_bytes(data[50:54], "big")
    return count * frame.samples / frame.rate if frame else 0.0
