"""Detect truncated and damaged files, from ffmpeg's log and the file's last bytes.

A file states its length, marks its end (Ogg) or is a chain of frames of stated lengths (MPEG audio); without any of
these a cut cannot be detected. Does not decode: `audio.decoding.decode` does.
"""

from __future__ import annotations

import re
from pathlib import Path

from audio.decoding.ffmpeg import Log
from audio.decoding.probe import printable
from audio.episode import Seconds

_OGG_PAGE = 65_307  # bytes, the longest page (RFC 3533, section 6)
_ID3V1 = 128  # bytes of the tag at a file's end
_MPEG_TAIL = 32_768  # bytes: at least 18 of the longest frames
_MPEG_CHAIN = 4  # complete frames in a row: no coincidence, as a header's fixed bits match once in 2¹⁷
# kbit/s by the bit rate index, from 1, of (MPEG-1?, layer): ISO/IEC 11172-3, 2.4.2.3, and ISO/IEC 13818-3, 2.4.2.3.
_LOW_RATES = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_KILOBITS = {
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 2): _LOW_RATES,
    (False, 3): _LOW_RATES,
}
_TOLERATED_ERRORS = 5  # ffmpeg reports some for intact but spliced files: a lost frame or two at every splice


def damage_warnings(path: Path, decoded: Seconds, *, log: Log) -> tuple[str, ...]:
    """The warning about a file that decoded to `decoded` seconds: at most one sentence."""
    name = printable(path)
    trusted = log.stated is not None and not log.estimated and not (log.has_video and not log.n_errors)
    stated = log.stated if trusted and log.stated else decoded * _declared_size_ratio(path)
    if decoded < stated - max(0.5, 0.002 * stated):
        part = f"{clock(decoded)} of {clock(stated)}"
        return (f"{name}: only {part} could be read, the file is cut or damaged; get a complete copy",)
    if log.cut or _ogg_is_cut(path) or (log.is_mpeg and _mpeg_is_cut(path)):
        return (
            f"{name}: ends after {clock(decoded)} without an end mark; if something is missing, get a complete copy",
        )
    if log.n_errors > _TOLERATED_ERRORS:
        return (f"{name}: damaged in places ({log.n_errors} errors, first: {log.first_error}); listen to it to check",)
    return ()


def _declared_size_ratio(path: Path) -> float:
    """Declared over actual size of a RIFF file; 1 for other files and for streams of unknown length."""
    with path.open("rb") as file:
        head = file.read(8)
    declared = int.from_bytes(head[4:8], "little") + 8
    unknown = declared >= 0xFFFF_FF00 or abs(declared - 0x8000_0000) < 4096  # as ffmpeg and sox write into a pipe
    if head[:4] != b"RIFF" or unknown:
        return 1.0
    return max(declared / path.stat().st_size, 1.0)


def _ogg_is_cut(path: Path) -> bool:
    """Whether an Ogg file's last page is incomplete, or not marked as a stream's last (RFC 3533, section 6)."""
    with path.open("rb") as file:
        if file.read(4) != b"OggS":
            return False
        file.seek(max(path.stat().st_size - 2 * _OGG_PAGE, 0))
        tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return True
    complete = 27 + page[26] + sum(page[27 : 27 + page[26]])
    return len(page) < complete or not page[5] & 0x04


def _mpeg_is_cut(path: Path) -> bool:
    """Whether the last frame of an MPEG audio file (layer II or III) is incomplete.

    Frames state their lengths, so complete ones of one kind form a chain; the file is cut if the longest chain that
    reaches its end does so inside a frame. No chain reaches the end of a file with a tag or junk after the sound.
    """
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _MPEG_TAIL, 0))
        tail = file.read()
    if tail[-_ID3V1:].startswith(b"TAG"):  # also added to files already cut
        tail = tail[:-_ID3V1]
    chains: dict[tuple[int, bytes], int] = {}  # (offset of the next frame, its kind) → frames before it
    incomplete = 0
    for match in re.finditer(rb"\xff(?=[\xe0-\xff].)", tail, re.DOTALL):
        at, header = match.start(), tail[match.start() : match.start() + 3]
        kind, length = _mpeg_kind(header), _mpeg_frame_bytes(header)
        frames = chains.get((at, kind), 0)
        if at + length > len(tail):
            incomplete = max(incomplete, frames)
        elif length:  # a false header inside a frame may lead to the same offset, by fewer frames
            chains[at + length, kind] = max(frames + 1, chains.get((at + length, kind), 0))
    complete = 0
    for (at, kind), frames in chains.items():
        if at == len(tail):
            complete = max(complete, frames)
        elif at > len(tail) - 3 and kind.startswith(_mpeg_kind(tail[at:])):  # one or two bytes of a header
            incomplete = max(incomplete, frames)
    return incomplete >= _MPEG_CHAIN and incomplete > complete


def _mpeg_kind(header: bytes) -> bytes:
    """The bits of a header's first (up to three) bytes equal in all frames: sync, version, layer, sampling rate."""
    return bytes(byte & mask for byte, mask in zip(header, b"\xff\xfe\x0c", strict=False))


def _mpeg_frame_bytes(header: bytes) -> int:
    """The length of the frame whose header has these first three bytes (ISO/IEC 11172-3, 2.4.3.1).

    0 for an invalid header, for layer I and for the free format, which states no bit rate. Version 0 is "MPEG-2.5".
    """
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bit_rate, sampling_rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if header[1] < 0xE0 or version == 1 or layer not in {2, 3} or bit_rate in {0, 15} or sampling_rate == 3:
        return 0
    hertz = (44_100, 48_000, 32_000)[sampling_rate] // {3: 1, 2: 2, 0: 4}[version]
    eighth_of_samples = 72 if layer == 3 and version != 3 else 144
    return eighth_of_samples * 1000 * _KILOBITS[version == 3, layer][bit_rate - 1] // hertz + padding


def clock(seconds: Seconds) -> str:
    """A length as `H:MM:SS`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
