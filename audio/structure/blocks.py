"""Find the end and the length of formats that state their number of samples, or consist of blocks of stated lengths:
native FLAC, WavPack, True Audio and Sun's .au.
"""

from __future__ import annotations

import re

from audio.episode import Seconds
from audio.structure.frames import begins_recording
from audio.structure.tails import is_foreign
from audio.structure.view import Part, View

_NEXT_FILE = re.compile(rb"fLaC\x00\x00\x00\x22|OggS\x00\x02")
_OTHER = re.compile(
    rb"ID3[\x02-\x04]|RIFF.{4}WAVE|FORM.{4}AIF|.{4}ftyp|\x1a\x45\xdf\xa3|wvpk|TTA1|\.snd|#!AMR"
    rb"|PK\x03\x04|PK\x05\x06|Rar!|7z\xbc\xaf|\x1f\x8b\x08|\x89PNG|%PDF|<\?xp|<x:x|APETAGEX|TAG|LYRICSBEGIN"
    rb"|\xff(?:[\xe2-\xf7\xf9-\xfe]|\xd8\xff)|\x0b\x77|\x7f\xfe\x80\x01",
    re.DOTALL,
)
_MAX_NUMBER = 0x10FFFF  # of a frame: a day at 48 kHz
_MAX_LOOKS = 64  # at where a frame can end by its check sum
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
    """Native FLAC; its frames state no lengths, so that it ends where another file begins, or the last frame must."""
    if view.at(start, 4) != b"fLaC":
        return None
    end = view.find(_NEXT_FILE, start + 4)
    end = view.size if end < 0 else end
    return Part(start, min(end, _flac_end(view, start)), flac_length(view, start))


def _flac_end(view: View, start: int) -> int:
    """Where something else begins after the frame that holds the last stated sample, or that frame ends at the latest.

    The file's size if that frame is not found, or is not the last one.
    """
    info = view.at(start + 8, 18)
    block = int.from_bytes(info[2:4], "big")
    samples = int.from_bytes(info[13:18], "big") & (1 << 36) - 1
    if len(info) < 18 or not samples or block < 16 or info[:2] != info[2:4]:
        return view.size
    last = (samples - 1) // block
    at = _flac_frame(view, start + 42, last)
    if at < 0 or _flac_frame(view, at, last + 1) >= 0:
        return view.size
    channels, bits = (info[12] >> 1 & 7) + 1, (int.from_bytes(info[12:14], "big") >> 4 & 31) + 1
    plain = block * channels * (bits + 1) // 8 + 64  # bytes of a frame that is not compressed
    latest = min(at + min(int.from_bytes(info[7:10], "big") or plain, plain), view.size)
    value, done, looks = 0, at, 0
    found = view.find(_OTHER, at + 8)
    while 0 <= found < latest and looks < _MAX_LOOKS:
        value, done = _check_sum(view.at(done, found - done), 0x8005, bits=16, value=value), found
        looks += not value
        if not value and begins_recording(view, found):
            return found
        found = view.find(_OTHER, found + 1)
    return latest


def _flac_frame(view: View, at: int, number: int) -> int:
    """Where the frame of that number begins, at or after `at` (RFC 9639, 9.1; blocks of one length); -1 if nowhere."""
    if number > _MAX_NUMBER:
        return -1
    coded = chr(number).encode("utf-8", "surrogatepass")
    pattern = re.compile(rb"\xff\xf8[\x10-\xff][\x00-\xaf]" + re.escape(coded))
    while (at := view.find(pattern, at)) >= 0:
        code, rate = divmod(view.at(at + 2, 1)[0], 16)
        length = 4 + len(coded) + {6: 1, 7: 2}.get(code, 0) + {12: 1, 13: 2, 14: 2}.get(rate, 0)
        header = view.at(at, length + 1)
        if len(header) > length and not _check_sum(header, 0x07, bits=8):
            return at
        at += 1
    return -1


def _check_sum(data: bytes, polynomial: int, *, bits: int, value: int = 0) -> int:
    """That of a frame's header, and of the frame (RFC 9639, 9.1.8 and 9.3); 0 over data that ends in its own.
    `value` is that of what comes before."""
    top = 1 << bits - 1
    for byte in data:
        value ^= byte << bits - 8
        for _ in range(8):
            value = value << 1 ^ polynomial if value & top else value << 1
        value &= (1 << bits) - 1
    return value


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
