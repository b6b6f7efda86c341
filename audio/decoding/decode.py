"""File → `Audio`: 16 kHz mono samples on disk, whatever ffmpeg can read and however long it is.

ffmpeg decodes and resamples into a pipe, pydub mixes each block down to mono, and the samples go straight to an
anonymous temporary file, so memory use is constant. `pydub.AudioSegment.from_file` is not used: it needs ffprobe,
which the `imageio-ffmpeg` wheel lacks, and it holds the whole recording in memory several times over.

Input files are untrusted: see `audio.decoding.ffmpeg`; text is refused before ffmpeg runs. Does not detect speech,
change the volume or fetch anything.
"""

from __future__ import annotations

import importlib
import struct
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from audio.decoding.damage import Reading, clock, damage_warnings, verdict
from audio.decoding.ffmpeg import decode_command, start
from audio.decoding.log import Log
from audio.decoding.probe import check_source, printable
from audio.decoding.process import Program, ended_after
from audio.decoding.samples import (
    LEVEL_SAMPLES,
    SAMPLE_BYTES,
    SAMPLE_RATE,
    SCALE,
    Audio,
    levels_of,
    scratch_file,
    write,
)
from audio.episode import Seconds
from audio.errors import DecodeError, SourceError
from audio.structure.parts import structure_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audio.decoding.tracks import SoundTrack
    from audio.progress import OnFraction
    from audio.structure.view import Part

MAX_DURATION: Seconds = 24 * 3600  # of one recording
_BLOCK_SECONDS = 30  # decoded at a time
_PATIENCE: Seconds = 120.0  # for ffmpeg to decode the next block, which takes it a fraction of a second
_SLOWEST = 1_000_000  # bytes per second: all of a file may have to be read for one block


def decode(
    path: Path,
    *,
    track: SoundTrack | None = None,
    progress: OnFraction = lambda fraction: None,
    max_duration: Seconds = MAX_DURATION,
    patience: Seconds = _PATIENCE,
) -> Audio:
    """The sound of a file in any format ffmpeg reads, mixed to mono at 16 kHz.

    `track` is one of `audio.decoding.tracks.sound_tracks`; without it the file's first is taken.
    `progress` is called with the fraction done, rising to 1. The readable part of a cut or damaged file is returned,
    and `Audio.warnings` says what is missing. (A cut between two frames of an mp3 that states no length cannot be
    detected; an m4a whose index was cut off with its end cannot be read.)
    Raises `SourceError` if the file does not exist, `DecodeError` if it holds no readable sound or more than
    `max_duration` (a few kilobytes of some formats expand to days of silence that fill the disk). An ffmpeg that makes
    no progress for `patience`, and a second for each megabyte of the file, is ended: also a `DecodeError`.
    """
    name = printable(path)
    check_source(path)
    try:
        structure = structure_of(path)
    except OSError as exc:
        raise SourceError(f"cannot be read ({exc.strerror}); run again", about=name) from exc
    with scratch_file() as file:
        target = _Target(file, progress=progress, stated=structure.seconds, max_duration=max_duration)
        readings = []
        for part in structure.parts:
            slowest = patience + (part.end - part.start) / _SLOWEST
            readings.append(_decode_part(_Source(path, part, track.index if track else 0, slowest), target))
        if not target.n_samples:
            raise DecodeError(verdict(readings), about=name)
        audio = Audio(file, target.n_samples, damage_warnings(path, structure, readings), target.channel_levels)
    progress(1.0)
    return audio


@dataclass(frozen=True, slots=True)
class _Source:
    """The sound track, counted from 0, of a part of a file, and how long ffmpeg may take for a block of it."""

    path: Path
    part: Part
    track: int
    patience: Seconds


class _Target:
    """Where the mono samples go, and the loudness of two channels, block by block."""

    def __init__(self, file: IO[bytes], *, progress: OnFraction, stated: Seconds | None, max_duration: Seconds) -> None:
        self._file = file
        self._progress = progress
        self._stated = stated
        self._max_duration = max_duration
        self.n_samples = 0
        self.levels: list[NDArray[np.float32]] = []

    def add(self, block: bytes, *, about: Path) -> None:
        write(self._file, block)
        self.n_samples += len(block) // SAMPLE_BYTES
        seconds = self.n_samples / SAMPLE_RATE
        if seconds > self._max_duration:
            limit = clock(self._max_duration)
            raise DecodeError(f"more than {limit} of sound; cut it into shorter files", about=printable(about))
        if self._stated:
            self._progress(min(seconds / self._stated, 1.0))

    @property
    def channel_levels(self) -> NDArray[np.float32] | None:
        """None if a part of the recording has one channel, or a part ends within a step and others follow."""
        import numpy as np

        levels = np.concatenate(self.levels, axis=1) if self.levels else None
        is_whole = levels is not None and levels.shape[1] == -(-self.n_samples // LEVEL_SAMPLES)
        return levels if is_whole else None


def _decode_part(source: _Source, target: _Target) -> Reading:
    """Run ffmpeg on a part of a file and add its mono samples to the target."""
    log = Log()
    program = decode_command(source.path, part=source.part, track=source.track)
    try:
        process = start(program, stdout=subprocess.PIPE)
    except OSError as exc:
        raise DecodeError(f"cannot be run ({exc.strerror}); reinstall ffmpeg", about=program[0]) from exc
    with process:
        assert process.stdout
        assert process.stderr
        log_reader = threading.Thread(target=log.follow, args=(process.stderr,), daemon=True)
        log_reader.start()
        n_before = target.n_samples
        try:
            blocks = _mono_blocks(process.stdout, target.levels)
            for block in _in_time(blocks, process, log_reader=log_reader, patience=source.patience, about=source.path):
                target.add(block, about=source.path)
        except BaseException:
            process.kill()
            raise
        finally:
            log_reader.join()
    return Reading(source.part, source.track, (target.n_samples - n_before) / SAMPLE_RATE, log)


def _in_time(
    blocks: Iterator[bytes], process: Program, *, log_reader: threading.Thread, patience: Seconds, about: Path
) -> Iterator[bytes]:
    """The blocks, each within `patience`, and after the last one the end of ffmpeg and its log; else it is ended."""
    while True:
        with ended_after(process, patience) as ended:
            block = next(blocks, b"")
            if not block:
                log_reader.join()
                process.wait()
        if ended.is_set():
            raise DecodeError(
                f"ffmpeg made no progress for {patience:.0f} seconds and was ended; check or convert the file",
                about=printable(about),
            )
        if not block:
            return
        yield block


def _mono_blocks(stream: IO[bytes], levels: list[NDArray[np.float32]]) -> Iterator[bytes]:
    """Yield a WAV stream of one or two channels as blocks of mono int16; `levels` receives the loudness of two, of each
    block, which is a whole number of their steps except for the last."""
    import numpy as np

    segment = _audio_segment()
    channels = _skip_wav_header(stream)
    frame_bytes = channels * SAMPLE_BYTES
    while channels and (data := stream.read(_BLOCK_SECONDS * SAMPLE_RATE * frame_bytes)):
        frames = data[: len(data) // frame_bytes * frame_bytes]
        if channels == 2 and frames:
            both = np.frombuffer(frames, "<i2").reshape(-1, 2).T.astype(np.float32) / np.float32(SCALE)
            levels.append(levels_of(both))
        block = segment(data=frames, sample_width=SAMPLE_BYTES, frame_rate=SAMPLE_RATE, channels=channels)
        yield block.set_channels(1).raw_data


def _skip_wav_header(stream: IO[bytes]) -> int:
    """Read up to the first sample; return the number of channels, or 0 if the stream ends before it."""
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
    """pydub's class. Its import warns of a missing ffmpeg and of the deprecated audioop: the user can ignore both."""
    if "pydub" not in sys.modules:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module("pydub")
    from pydub import AudioSegment

    return AudioSegment
