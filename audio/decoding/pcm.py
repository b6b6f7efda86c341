"""ffmpeg's samples of a sound track, handed on block by block, so that memory does not grow with length.

What is done with the samples is the caller's: `audio.decoding.decode`.
"""

from __future__ import annotations

import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from audio.decoding.ffmpeg import start
from audio.decoding.log import Log
from audio.decoding.probe import printable
from audio.decoding.process import Program, ended_after
from audio.decoding.samples import SAMPLE_RATE
from audio.episode import Seconds, full_clock
from audio.errors import DecodeError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audio.progress import OnFraction
    from audio.structure.view import Part

    OnBlock = Callable[[NDArray[np.generic]], None]

BLOCK_SECONDS = 30  # decoded at a time
_IEEE_FLOAT = b"\3\0"  # the format of a WAV header; in the first bytes of its GUID as well


@dataclass(frozen=True, slots=True)
class Source:
    """A sound track, counted from 0, of a part of a file; how much sound may be in it, and ffmpeg's time for a block.

    `max_duration` is that of the whole file, of which other parts have taken `before` seconds.
    """

    path: Path
    part: Part
    track: int
    max_duration: Seconds
    patience: Seconds
    before: Seconds = 0.0


def read_pcm(
    source: Source, program: list[str], take: OnBlock, *, log: Log, progress: OnFraction = lambda fraction: None
) -> int:
    """Run ffmpeg's command line `program`, which writes the track as WAV at 16 kHz, and give `take` each block.

    A block is (frames, channels) of int16 or float32; all but the last have `BLOCK_SECONDS`. Returns the number of
    frames. Raises `DecodeError` for more than `max_duration`, and for an ffmpeg without progress, which is ended.
    """
    try:
        process = start(program, stdout=subprocess.PIPE)
    except OSError as exc:
        raise DecodeError(f"cannot be run ({exc.strerror}); reinstall ffmpeg", about=program[0]) from exc
    with process:
        assert process.stdout
        assert process.stderr
        log_reader = threading.Thread(target=log.follow, args=(process.stderr,), daemon=True)
        log_reader.start()
        n_frames = 0
        try:
            for block in _in_time(_blocks(process.stdout), process, log_reader=log_reader, source=source):
                n_frames += len(block)
                if source.before + n_frames / SAMPLE_RATE > source.max_duration:
                    limit, name = full_clock(source.max_duration), printable(source.path)
                    raise DecodeError(f"more than {limit} of sound; cut it into shorter files", about=name)
                take(block)
                if source.part.seconds:
                    progress(min(n_frames / SAMPLE_RATE / source.part.seconds, 1.0))
        except BaseException:
            process.kill()
            raise
        finally:
            log_reader.join()
    return n_frames


def _in_time(
    blocks: Iterator[NDArray[np.generic]], process: Program, *, log_reader: threading.Thread, source: Source
) -> Iterator[NDArray[np.generic]]:
    """The blocks, each within the patience, and after the last one the end of ffmpeg and its log; else it is ended."""
    while True:
        with ended_after(process, source.patience) as ended:
            block = next(blocks, None)
            if block is None:
                log_reader.join()
                process.wait()
        if ended.is_set():
            raise DecodeError(
                f"ffmpeg made no progress for {source.patience:.0f} seconds and was ended; check or convert the file",
                about=printable(source.path),
            )
        if block is None:
            return
        yield block


def _blocks(stream: IO[bytes]) -> Iterator[NDArray[np.generic]]:
    """The samples of a WAV stream as (frames, channels); nothing if it ends before the first."""
    import numpy as np

    channels, kind = _skip_wav_header(stream)
    frame_bytes = channels * np.dtype(kind).itemsize
    while channels and (data := stream.read(BLOCK_SECONDS * SAMPLE_RATE * frame_bytes)):
        if n_frames := len(data) // frame_bytes:
            yield np.frombuffer(data, kind, n_frames * channels).reshape(-1, channels)


def _skip_wav_header(stream: IO[bytes]) -> tuple[int, str]:
    """Read up to the first sample; return the number of channels, 0 if the stream ends before, and numpy's name of the
    samples' type."""
    stream.read(12)
    channels, form = 0, b""
    while len(head := stream.read(8)) == 8:
        name, size = struct.unpack("<4sI", head)
        if name == b"data":
            return channels, "<f4" if _IEEE_FLOAT in (form[:2], form[24:26]) else "<i2"
        body = stream.read(size)
        if name == b"fmt ":
            channels, form = int.from_bytes(body[2:4], "little"), body
    return 0, "<i2"
