"""File → `Audio`: 16 kHz mono samples on disk, whatever ffmpeg can read and however long it is.

ffmpeg decodes and resamples into a pipe, pydub mixes each block of it down to mono, and the samples go straight to an
anonymous temporary file, so memory stays flat. `pydub.AudioSegment.from_file` is not used: it asks for ffprobe,
which the `imageio-ffmpeg` wheel lacks, and it holds the whole recording in memory several times over.

Files are taken for hostile. A name never becomes an option or a protocol, playlists open nothing else, and what is
text is refused unheard. Does not look for speech, raise the volume or fetch anything.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import re
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import warnings as python_warnings
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from audio.episode import Seconds
from audio.errors import DecodeError, SourceError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE = 16_000  # samples a second, what Whisper and the speaker models hear

_BYTES = 2  # of a sample: int16, little-endian
_SCALE = 32_768  # int16 → [−1, 1), as openai-whisper's audio.py does
_BLOCK_SECONDS = 30  # decoded at a time
_TEXT_LOOK = 4096  # bytes looked at to tell text from audio
_OGG_PAGE = 65_307  # bytes, the longest page (RFC 3533, section 6)
_TOLERATED_FAULTS = 5  # ffmpeg's complaints about intact but spliced files: a lost frame or two at every seam
# Complaints that count for nothing: a tag between two joined mp3s, and what ffmpeg says once more of every fault.
_NO_FAULT = re.compile(r"Header missing|Error submitting packet|Decoding error")
# Containers that hold their own sound. Left out are those that name other files or addresses (hls, concat, dash, sdp,
# imf, avisynth, image sequences …), whatever a file's name or first bytes say.
_CONTAINERS = (
    "aa,aac,aax,ac3,ac4,aiff,amr,amrnb,amrwb,ape,asf,ast,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,iff,ircam,loas,"
    "matroska,mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,mxf,nistsphere,nut,ogg,oma,qcp,rm,shn,tak,truehd,tta,voc,w64,wav,wtv,"
    "wv,xwma"
)


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Audio:
    """A recording: 16 kHz mono, kept as int16 in a temporary file that goes when the object does.

    Threads may read at the same time. Made by `decode` or `Audio.from_samples`; there is at least one sample.
    """

    _file: IO[bytes] = field(repr=False)
    n_samples: int
    warnings: tuple[str, ...] = ()  # sentences for the user: what of the file could not be read
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        weakref.finalize(self, self._file.close)
        if self.n_samples < 1:
            raise ValueError("audio without samples")

    @classmethod
    def from_samples(cls, samples: NDArray[np.float32]) -> Audio:
        """Audio of samples, shape (n,), in [−1, 1] at 16 kHz, rounded to int16; what is louder is clipped.

        Raises `ValueError` for another shape, no samples or values that are no numbers, `DecodeError` for a full disk.
        """
        import numpy as np

        if samples.ndim != 1 or not samples.size or not np.isfinite(samples).all():
            raise ValueError(f"samples must be a row of finite numbers, not of shape {samples.shape}")
        rounded = np.round(samples.astype(np.float64) * _SCALE).clip(-_SCALE, _SCALE - 1).astype("<i2")
        with _scratch_file() as file:
            _write(file, rounded.tobytes())
            return cls(file, len(rounded))

    @property
    def duration(self) -> Seconds:
        """Length in seconds."""
        return self.n_samples / SAMPLE_RATE

    def read(self, start: Seconds = 0.0, end: Seconds | None = None) -> NDArray[np.float32]:
        """The samples from `start` to `end` (default: the last), shape (n,), float32 in [−1, 1).

        Bounds outside the recording are moved to its ends; a stretch that ends before it starts is empty.
        Raises `ValueError` where a bound is not a number or the audio is closed.
        """
        import numpy as np

        first, last = (
            round(min(max(bound, 0.0), self.duration) * SAMPLE_RATE)
            for bound in (start, self.duration if end is None else end)
        )
        data = self._read_bytes(first * _BYTES, max(last - first, 0) * _BYTES)
        return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(_SCALE)

    def blocks(self, seconds: Seconds) -> Iterator[NDArray[np.float32]]:
        """The recording in consecutive stretches of `seconds`, the last one what is left. Raises `ValueError` for 0."""
        step = round(seconds * SAMPLE_RATE)
        if step < 1:
            raise ValueError(f"blocks of {seconds} seconds hold no sample")
        for first in range(0, self.n_samples, step):
            yield self.read(first / SAMPLE_RATE, (first + step) / SAMPLE_RATE)

    def close(self) -> None:
        """Give the disk space back now; reading is over."""
        self._file.close()

    def __enter__(self) -> Audio:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _read_bytes(self, offset: int, count: int) -> bytes:
        if hasattr(os, "pread"):  # not on Windows
            return _gather(lambda done: os.pread(self._file.fileno(), count - done, offset + done), count)
        with self._lock:
            self._file.seek(offset)
            return _gather(lambda done: self._file.read(count - done), count)


def decode(path: Path, *, progress: Callable[[float], None] = lambda fraction: None) -> Audio:
    """The first sound track of a file in any format ffmpeg reads, mixed to mono at 16 kHz.

    `progress` is called with the part done, rising to 1. What of a cut or damaged file can be read is returned,
    and `Audio.warnings` says what is missing. (A cut mp3 that states no length, or an m4a whose index went with its
    end, gives no way to tell or to read.)
    Raises `SourceError` where there is no such file, `DecodeError` where no sound can be had from it: each names the
    file and what to do.
    """
    name = _shown(path)
    _check_source(path, name)
    with _scratch_file() as file:
        log = _Log()
        n_samples = _pour(path, file, log=log, progress=progress)
        if n_samples == 0:
            raise DecodeError(f"{name}: {log.verdict}")
        try:
            audio = Audio(file, n_samples, _warnings(path, n_samples / SAMPLE_RATE, log=log))
        except OSError as exc:
            raise SourceError(f"{name}: went away while it was read ({exc.strerror}); run again") from exc
    progress(1.0)
    return audio


class _Log:
    """What ffmpeg says on stderr, read as it comes and boiled down to a few facts, however much it is."""

    def __init__(self) -> None:
        self.stated: Seconds | None = None  # the length the file claims
        self.estimated = False  # the claim is ffmpeg's guess from the bit rate
        self.has_film = False  # a film may be longer than its sound
        self.cut = False  # the last packet is not whole
        self.faults = 0
        self.first_fault = ""
        self.text = ""  # the last complaints

    def follow(self, stream: IO[bytes]) -> None:
        """Read to the end; to be run in a thread of its own."""
        while line := stream.readline(1000):
            self._take(line.decode("utf-8", "replace").rstrip())

    def _take(self, line: str) -> None:
        if self.stated is None and (match := re.match(r"\[info\]   Duration: (\d+):(\d\d):(\d\d\.\d+)", line)):
            hours, minutes, seconds = match.groups()
            self.stated = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        self.estimated |= "[warning] Estimating duration" in line
        self.has_film |= bool(re.match(r"\[info\]   Stream #0:.*: Video: (?!.*\(attached pic\))", line))
        # Not so for wav: one written into a pipe claims more than it can have, see `_declared_bytes_ratio`.
        self.cut |= bool(re.search(r"^\[(?!(in#0/)?wav).*(Packet corrupt|File ended prematurely)", line))
        if re.search(r"\[(error|fatal|panic)\]", line):
            complaint = re.sub(r"\[[^\]]*\] ", "", line)
            if not _NO_FAULT.search(complaint):
                self.faults += 1
                self.first_fault = self.first_fault or complaint[:100]
            self.text = f"{self.text}\n{complaint}"[-4000:]

    @property
    def verdict(self) -> str:
        """Why there are no samples, and what to do."""
        if "matches no streams" in self.text or not self.text:
            return "holds no sound; give a recording, or a film with a sound track"
        if "moov atom not found" in self.text:
            return "its end is missing, and with it the index ffmpeg needs; get the file again"
        if "not on whitelist" in self.text:
            return "is not a recording but a list, a picture or the like; give the audio file itself"
        reason = self.first_fault or "broken throughout"
        return f"is not audio ffmpeg can read ({reason}); check the file, or convert it to wav or mp3"


def _check_source(path: Path, name: str) -> None:
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
        raise SourceError(f"{name}: cannot be opened ({exc}); check the name") from exc
    if not head:
        raise DecodeError(f"{name}: is empty; get the file again")
    if not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", head):  # the bytes file(1) allows in no text
        raise DecodeError(f"{name}: is text, not audio (a web page or a playlist?); give the audio file itself")


def _command(path: Path) -> list[str]:
    """ffmpeg's command line: one file in, PCM with a WAV header (for the number of channels, one or two) out."""
    quiet = ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info"]
    fence = ["-protocol_whitelist", "file,pipe", "-format_whitelist", _CONTAINERS]
    source = ["-i", f"file:{os.path.abspath(path)}", "-map", "0:a:0"]  # noqa: PTH100 - Path.absolute keeps ".."
    form = ["-af", "aformat=channel_layouts=mono|stereo", "-ar", str(SAMPLE_RATE), "-c:a", "pcm_s16le"]
    sink = ["-map_metadata", "-1", "-bitexact", "-f", "wav", "pipe:1"]
    return [_ffmpeg(), *quiet, *fence, *source, *form, *sink]


def _ffmpeg() -> str:
    if found := shutil.which("ffmpeg"):
        return found
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as exc:
        raise DecodeError("no ffmpeg to decode with; run `pip install imageio-ffmpeg`, or install ffmpeg") from exc


def _pour(path: Path, file: IO[bytes], *, log: _Log, progress: Callable[[float], None]) -> int:
    """Run ffmpeg on `path` and write the mono samples to `file`; their number."""
    command = _command(path)
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as exc:
        raise DecodeError(f"{command[0]}: cannot be run ({exc}); install ffmpeg anew") from exc
    with process:
        assert process.stdout
        assert process.stderr
        listener = threading.Thread(target=log.follow, args=(process.stderr,), daemon=True)
        listener.start()
        n_samples = 0
        try:
            for block in _mono_blocks(process.stdout):
                _write(file, block)
                n_samples += len(block) // _BYTES
                if log.stated:
                    progress(min(n_samples / SAMPLE_RATE / log.stated, 1.0))
        except BaseException:
            process.kill()
            raise
        finally:
            listener.join()
    return n_samples


def _mono_blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """A WAV stream of one or two channels as stretches of mono int16."""
    segment = _audio_segment()
    channels = _skip_wav_header(stream)
    frame_bytes = channels * _BYTES
    while channels and (data := stream.read(_BLOCK_SECONDS * SAMPLE_RATE * frame_bytes)):
        whole = data[: len(data) // frame_bytes * frame_bytes]
        block = segment(data=whole, sample_width=_BYTES, frame_rate=SAMPLE_RATE, channels=channels)
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


def _warnings(path: Path, read: Seconds, *, log: _Log) -> tuple[str, ...]:
    """What to tell the user of a file of which `read` seconds came out: at most one sentence."""
    name = _shown(path)
    trusted = log.stated is not None and not log.estimated and not (log.has_film and not log.faults)
    stated = log.stated if trusted and log.stated else read * _declared_bytes_ratio(path)
    if read < stated - max(0.5, 0.002 * stated):
        return (
            f"{name}: only {_clock(read)} of {_clock(stated)} could be read, the file is cut or damaged; get it again",
        )
    if log.cut or _ogg_breaks_off(path):
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


@contextlib.contextmanager
def _scratch_file() -> Iterator[IO[bytes]]:
    """An anonymous file in the temp folder; the caller's from then on, unless the block fails."""
    try:
        file: IO[bytes] = tempfile.TemporaryFile(buffering=0, prefix="turnscript-")  # noqa: SIM115 - outlives us
    except OSError as exc:
        raise _no_room(exc) from exc
    try:
        yield file
    except BaseException:
        file.close()
        raise


def _write(file: IO[bytes], data: bytes) -> None:
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as exc:
        raise _no_room(exc) from exc


def _no_room(exc: OSError) -> DecodeError:
    folder = tempfile.gettempdir() if exc.errno != errno.ENOENT else "the temp folder"
    return DecodeError(
        f"{folder}: cannot hold the decoded samples ({exc.strerror}; 115 MB an hour); free some space, "
        "or set TMPDIR to a folder with more"
    )


def _gather(read_from: Callable[[int], bytes], count: int) -> bytes:
    """`count` bytes by as many reads as the system needs; fewer only where the file ends."""
    parts = [read_from(0)]
    done = len(parts[0])
    while done < count and parts[-1]:
        parts.append(read_from(done))
        done += len(parts[-1])
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _shown(path: Path) -> str:
    """The path as it can stand in a line of a message."""
    return str(path) if str(path).isprintable() else ascii(str(path))


def _clock(seconds: Seconds) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
