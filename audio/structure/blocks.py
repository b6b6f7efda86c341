"""Find the end and the length of formats that state their number of samples, or consist of blocks of stated lengths:
native FLAC, WavPack, True Audio and Sun's .au.
"""

from __future__ import annotations

import re

from audio.episode import Seconds
from audio.structure.tails import is_foreign
from audio.structure.view import Part, View

_NEXT_FILE = re.compile(rb"fLaC\x00\x00\x00\x22|OggS\x00\x02")
_WAVPACK = re.compile(rb"wvpk")
_WAVPACK_HEADER = 32
_WAVPACK_RATES = (
    *(6_000, 8_000, 9_600, 11_025, 12_000, 16_000, 22_050, 24_000),
    *(32_000, 44_100, 48_000, 64_000, 88_200, 96_000, 192_000),
)
_UNKNOWN = 0x7FFF_0000  # and more: what programs write that do not know the size yet
_INITIAL_BLOCK = 0x800  # of several with the channels of the same time
_AU_BYTES = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}  # of a sample, by the encoding


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


def wavpack_from(view: View, start: int) -> Part | None:
    """WavPack 4 and 5: each block states its length and its samples."""
    at, seconds, foreign, ends_open = start, 0.0, 0, False
    while True:
        head = view.at(at, _WAVPACK_HEADER)
        length = 8 + int.from_bytes(head[4:8], "little")
        if head[:4] == b"wvpk" and len(head) == _WAVPACK_HEADER and at + length <= view.size:
            flags = int.from_bytes(head[24:28], "little")
            code = flags >> 23 & 15
            if flags & _INITIAL_BLOCK and code < len(_WAVPACK_RATES):
                seconds += int.from_bytes(head[20:24], "little") / _WAVPACK_RATES[code]
            at += length
            continue
        if at == start:
            return None
        if head[:4] == b"wvpk" and at + length > view.size:
            ends_open, at = True, view.size
        found = view.find(_WAVPACK, at) if at < view.size and not is_foreign(view, at) else -1
        if found <= at:
            return Part(start, at, seconds or None, foreign=foreign, ends_open=ends_open)
        foreign, at = foreign + found - at, found


def tta_from(view: View, start: int) -> Part | None:
    """True Audio: the header has the number of samples and a table of the sizes of all frames."""
    head = view.at(start, 22)
    rate, samples = int.from_bytes(head[10:14], "little"), int.from_bytes(head[14:18], "little")
    if head[:4] != b"TTA1" or len(head) < 22 or not rate:
        return None
    frame_samples = max(256 * rate // 245, 1)
    n_frames = -(-samples // frame_samples)
    table = view.at(start + 22, min(4 * n_frames, view.size))
    sizes = sum(int.from_bytes(table[at : at + 4], "little") for at in range(0, len(table), 4))
    end = start + 22 + 4 * n_frames + 4 + sizes
    return Part(start, min(end, view.size), samples / rate or None, missing=max(end - view.size, 0))


def au_from(view: View, start: int) -> Part | None:
    """Sun's header. ffmpeg reads on where it states too little."""
    head = view.at(start, 24)
    if head[:4] != b".snd" or len(head) < 24:
        return None
    fields: list[int] = [_big(head, at) for at in range(4, 24, 4)]
    offset, size, encoding, rate, channels = fields
    sound = view.size - start - offset
    is_stated = 0 < size < _UNKNOWN
    if is_stated and size < sound and is_foreign(view, start + offset + size):
        sound = size
    bytes_a_second = _AU_BYTES.get(encoding, 0) * rate * channels
    missing = max(size - sound, 0) if is_stated else 0
    seconds = (sound + missing) / bytes_a_second if bytes_a_second and sound > 0 else None
    return Part(start, min(start + offset + sound, view.size), seconds, missing=missing, outgrows_header=not size)


def _big(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")
