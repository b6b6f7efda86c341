"""File → `Audio`: 16 kHz mono samples on disk, whatever ffmpeg can read and however long it is.

ffmpeg decodes and resamples into a pipe, pydub mixes each block of it down to mono, and the samples go straight to an
anonymous temporary file, so memory stays flat. `pydub.AudioSegment.from_file` is not used: it asks for ffprobe,
which the `imageio-ffmpeg` wheel lacks, and it holds the whole recording in memory several times over.

Files are taken for hostile: see `audio.decoding.ffmpeg`, and what is text is refused unheard. Does not look for speech,
raise the volume or fetch anything.
"""

from __future__ import annotations

import importlib
import re
import stat
import struct
import subprocess
import sys
import threading
import warnings as python_warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from audio.decoding.ffmpeg import Log, command
from audio.decoding.samples import SAMPLE_BYTES, SAMPLE_RATE, Audio, levels_of, scratch_file, write
from audio.episode import Seconds
from audio.errors import DecodeError, SourceError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST: Seconds = 24 * 3600  # of one recording
_BLOCK_SECONDS = 30  # decoded at a time
_TEXT_LOOK = 4096  # bytes looked at to tell text from audio
_NAME_LENGTH = 80  # letters of a path that are shown
_OGG_PAGE = 65_307  # bytes, the longest page (RFC 3533, section 6)
_ID3V1 = 128  # bytes of the tag at a file's end
_MPEG_TAIL = 32_768  # bytes: at least 18 of the longest frames
_MPEG_CHAIN = 4  # whole frames in a row that are no coincidence: what is fixed of a header matches once in 2¹⁷
# kbit/s by the bit rate index, from 1, of (MPEG-1?, layer): ISO/IEC 11172-3, 2.4.2.3, and ISO/IEC 13818-3, 2.4.2.3.
_LOW_RATES = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_KILOBITS = {
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 2): _LOW_RATES,
    (False, 3): _LOW_RATES,
}
_TOLERATED_FAULTS = 5  # ffmpeg's complaints about intact but spliced files: a lost frame or two at every seam


def decode(
    path: Path, *, progress: Callable[[float], None] = lambda fraction: None, longest: Seconds = LONGEST
) -> Audio:
    """The first sound track of a file in any format ffmpeg reads, mixed to mono at 16 kHz.

    `progress` is called with the part done, rising to 1. What of a cut or damaged file can be read is returned,
    and `Audio.warnings` says what is missing. (An mp3 that states no length and is cut
    between two frames gives no way to tell, an m4a whose index went with its end none to read.)
    Raises `SourceError` where there is no such file, `DecodeError` where no sound can be had from it, or more than
    `longest` (a few kilobytes of some formats unfold to days of silence that fill the disk): each names the
    file and what to do.
    """
    name = _shown(path)
    check_source(path)
    with scratch_file() as file:
        log = Log()
        levels = _Levels()
        n_samples = _pour(path, file, log=log, levels=levels, progress=progress, longest=longest)
        if n_samples == 0:
            raise DecodeError(f"{name}: {log.verdict}")
        try:
            audio = Audio(file, n_samples, _warnings(path, n_samples / SAMPLE_RATE, log=log), levels.of_all)
        except OSError as exc:
            raise SourceError(f"{name}: went away while it was read ({exc.strerror}); run again") from exc
    progress(1.0)
    return audio


class _Levels:
    """The loudness of two channels, gathered block by block; blocks but the last are whole numbers of steps."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.float32]] = []

    def take(self, block: bytes) -> None:
        """Measure a block of interleaved int16."""
        import numpy as np

        self._parts.append(
            levels_of(np.frombuffer(block, "<i2").reshape(-1, 2).T.astype(np.float32) / np.float32(32_768))
        )

    @property
    def of_all(self) -> NDArray[np.float32] | None:
        """(2, n), as `levels_of` gives them; None where there was one channel."""
        import numpy as np

        return np.concatenate(self._parts, axis=1) if self._parts else None


def check_source(path: Path) -> None:
    """Refuse what needs no decoding to be refused: no plain file, one that may not be read, nothing in it, text.

    Raises `SourceError` and `DecodeError`, as `decode` does.
    """
    name = _shown(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError(f"{name}: is a folder; name an audio file in it")
        if not stat.S_ISREG(mode):  # a pipe would keep us waiting
            raise SourceError(f"{name}: is not a plain file; save the audio to one first")
        with path.open("rb") as file:
            head = file.read(_TEXT_LOOK)
    except PermissionError as exc:
        raise DecodeError(f"{name}: may not be read; give yourself the permission and run again") from exc
    except FileNotFoundError as exc:
        raise SourceError(f"{name}: no such file; check the name") from exc
    except (OSError, ValueError) as exc:  # ValueError: a NUL in the name
        raise SourceError(f"{name}: cannot be opened ({getattr(exc, 'strerror', exc)}); check the name") from exc
    if not head:
        raise DecodeError(f"{name}: is empty; get the file again")
    if not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", head):  # the bytes file(1) allows in no text
        raise DecodeError(f"{name}: is text, not audio (a web page or a playlist?); give the audio file itself")


def _pour(
    path: Path,
    file: IO[bytes],
    *,
    log: Log,
    levels: _Levels,
    progress: Callable[[float], None],
    longest: Seconds,
) -> int:
    """Run ffmpeg on `path` and write the mono samples to `file`; their number."""
    program = command(path)
    try:
        process = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as exc:
        raise DecodeError(f"{program[0]}: cannot be run ({exc.strerror}); install ffmpeg anew") from exc
    with process:
        assert process.stdout
        assert process.stderr
        listener = threading.Thread(target=log.follow, args=(process.stderr,), daemon=True)
        listener.start()
        n_samples = 0
        try:
            for block in _mono_blocks(process.stdout, levels):
                write(file, block)
                n_samples += len(block) // SAMPLE_BYTES
                if n_samples > longest * SAMPLE_RATE:
                    raise DecodeError(
                        f"{_shown(path)}: more than {_clock(longest)} of sound; cut it into shorter files"
                    )
                if log.stated:
                    progress(min(n_samples / SAMPLE_RATE / log.stated, 1.0))
        except BaseException:
            process.kill()
            raise
        finally:
            listener.join()
    return n_samples


def _mono_blocks(stream: IO[bytes], levels: _Levels) -> Iterator[bytes]:
    """A WAV stream of one or two channels as stretches of mono int16; `levels` is told of two channels."""
    segment = _audio_segment()
    channels = _skip_wav_header(stream)
    frame_bytes = channels * SAMPLE_BYTES
    while channels and (data := stream.read(_BLOCK_SECONDS * SAMPLE_RATE * frame_bytes)):
        whole = data[: len(data) // frame_bytes * frame_bytes]
        if channels == 2 and whole:
            levels.take(whole)
        block = segment(data=whole, sample_width=SAMPLE_BYTES, frame_rate=SAMPLE_RATE, channels=channels)
        yield block.set_channels(1).raw_data


def _skip_wav_header(stream: IO[bytes]) -> int:
    """Read up to the first sample; the number of channels, or 0 where the stream ends before."""
    stream.read(12)
    channels = 0
    while len(head := stream.read(8)) == 8:
        kind, size = struct.unpack("<4sI", head)
        if kind == b"data":
            return channels
        body = stream.read(size)
        if kind == b"fmt ":
            channels = int.from_bytes(body[2:4], "little")
    return 0


def _audio_segment() -> Any:
    """pydub's class. Its import warns of a missing ffmpeg and of audioop's age: neither is the user's concern."""
    if "pydub" not in sys.modules:
        with python_warnings.catch_warnings():
            python_warnings.simplefilter("ignore")
            importlib.import_module("pydub")
    from pydub import AudioSegment

    return AudioSegment


def _warnings(path: Path, read: Seconds, *, log: Log) -> tuple[str, ...]:
    """What to tell the user of a file of which `read` seconds came out: at most one sentence."""
    name = _shown(path)
    trusted = log.stated is not None and not log.estimated and not (log.has_film and not log.faults)
    stated = log.stated if trusted and log.stated else read * _declared_bytes_ratio(path)
    if read < stated - max(0.5, 0.002 * stated):
        return (
            f"{name}: only {_clock(read)} of {_clock(stated)} could be read, the file is cut or damaged; get it again",
        )
    if log.cut or _ogg_breaks_off(path) or (log.is_mpeg and _mpeg_breaks_off(path)):
        return (f"{name}: breaks off after {_clock(read)} without an end mark; if something is missing, get it again",)
    if log.faults > _TOLERATED_FAULTS:
        return (f"{name}: damaged in places ({log.faults} errors, the first: {log.first_fault}); listen to it",)
    return ()


def _declared_bytes_ratio(path: Path) -> float:
    """How many times longer a RIFF file says it is than it is; 1 for all others and for streams of unknown length."""
    with path.open("rb") as file:
        head = file.read(8)
    declared = int.from_bytes(head[4:8], "little") + 8
    unknown = declared >= 0xFFFF_FF00 or abs(declared - 0x8000_0000) < 4096  # what ffmpeg and sox write into a pipe
    if head[:4] != b"RIFF" or unknown:
        return 1.0
    return max(declared / path.stat().st_size, 1.0)


def _ogg_breaks_off(path: Path) -> bool:
    """Whether an Ogg file's last page is not whole, or not marked as a stream's last (RFC 3533, section 6)."""
    with path.open("rb") as file:
        if file.read(4) != b"OggS":
            return False
        file.seek(max(path.stat().st_size - 2 * _OGG_PAGE, 0))
        tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return True
    whole = 27 + page[26] + sum(page[27 : 27 + page[26]])
    return len(page) < whole or not page[5] & 0x04


def _mpeg_breaks_off(path: Path) -> bool:
    """Whether the last frame of an MPEG audio file (layer II or III) is not whole.

    Frames state their lengths, so whole ones of one kind form a chain; the file breaks off where the longest chain
    that reaches its end does so inside a frame. No chain reaches the end of a file with a tag or junk after the sound.
    """
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _MPEG_TAIL, 0))
        tail = file.read()
    if tail[-_ID3V1:].startswith(b"TAG"):  # also put on files already cut
        tail = tail[:-_ID3V1]
    chains: dict[tuple[int, bytes], int] = {}  # (where the next frame is due, of what kind) → frames up to there
    broken = 0
    for found in re.finditer(rb"\xff(?=[\xe0-\xff].)", tail, re.DOTALL):
        at, header = found.start(), tail[found.start() : found.start() + 3]
        kind, length = _mpeg_kind(header), _mpeg_frame_bytes(header)
        frames = chains.get((at, kind), 0)
        if at + length > len(tail):
            broken = max(broken, frames)
        elif length:  # what looks like a header inside a frame may lead to the same place, by fewer
            chains[at + length, kind] = max(frames + 1, chains.get((at + length, kind), 0))
    whole = 0
    for (at, kind), frames in chains.items():
        if at == len(tail):
            whole = max(whole, frames)
        elif at > len(tail) - 3 and kind.startswith(_mpeg_kind(tail[at:])):  # one or two bytes of a header
            broken = max(broken, frames)
    return broken >= _MPEG_CHAIN and broken > whole


def _mpeg_kind(header: bytes) -> bytes:
    """Of a header's first three bytes, or fewer, the bits alike in all frames: sync, version, layer, sampling rate."""
    return bytes(byte & mask for byte, mask in zip(header, b"\xff\xfe\x0c", strict=False))


def _mpeg_frame_bytes(header: bytes) -> int:
    """The length of the frame with these first three bytes of a header (ISO/IEC 11172-3, 2.4.3.1).

    0 for what is no header, for layer I and for the free format, which states no bit rate. Version 0 is "MPEG-2.5".
    """
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bit_rate, sampling_rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if header[1] < 0xE0 or version == 1 or layer not in {2, 3} or bit_rate in {0, 15} or sampling_rate == 3:
        return 0
    hertz = (44_100, 48_000, 32_000)[sampling_rate] // {3: 1, 2: 2, 0: 4}[version]
    eighth_of_samples = 72 if layer == 3 and version != 3 else 144
    return eighth_of_samples * 1000 * _KILOBITS[version == 3, layer][bit_rate - 1] // hertz + padding


def _shown(path: Path) -> str:
    """The path as it can stand in a line of a message: what is long by its end."""
    name = str(path) if str(path).isprintable() else ascii(str(path))
    return name if len(name) <= _NAME_LENGTH else f"…{name[1 - _NAME_LENGTH :]}"


def _clock(seconds: Seconds) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
