"""A copy of a recording that browsers play, of one in a format they do not: its samples as recognition heard them.

So a time in the copy is the time of the transcript. It is made once and kept in the cache, which keeps the last copies
only. Until it is made, an `EarlyCopy` is what it will be: any part of it can be read at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import struct
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING

from audio.decoding.decode import decode
from audio.decoding.process import Program, ended_after
from audio.decoding.samples import SAMPLE_BYTES, SAMPLE_RATE, as_int16
from audio.decoding.seeking import SeekableSound, seekable_sound
from audio.disk import CacheKind, cache_folder, replacing
from audio.episode import Seconds
from audio.errors import DecodeError
from audio.trust import open_regular, problem_of
from transcribe.drafts.decoding_slots import DecodingSlots

if TYPE_CHECKING:
    from audio.progress import OnFraction

_BLOCK: Seconds = 30.0  # written at a time
_READ = 1 << 18  # bytes read at a time: 8 seconds
_PATIENCE: Seconds = 30.0  # for ffmpeg to decode them
_LARGEST_CACHE = 4 << 30  # bytes of all copies: 37 hours
_HEADER_BYTES = 44


def copy_path(path: Path) -> Path:
    """Where the copy of a file is kept, as long as the file is not written to. Raises `OSError`."""
    status = path.stat()
    key = f"{path.resolve()}\n{status.st_size}\n{status.st_mtime_ns}".encode("utf-8", "surrogateescape")
    return cache_folder(CacheKind.MIXES) / f"{hashlib.sha256(key).hexdigest()[:32]}.wav"


def has_copy(path: Path) -> bool:
    """Whether the copy of a file is there. Raises `OSError`."""
    copy = copy_path(path)
    return copy.is_file() and not problem_of(copy)


def make_copy(path: Path, *, progress: OnFraction) -> Path:
    """Write the copy of a file. Raises as `decode` does, and `OSError`."""
    copy = copy_path(path)
    with decode(path, progress=progress) as audio, replacing(copy, mode=0o600) as file:
        file.write(_header(audio.n_samples))
        for block in audio.blocks(_BLOCK):
            file.write(as_int16(block))
    _forget_the_oldest(copy)
    return copy


def _header(n_samples: int) -> bytes:
    """The header of a WAV file of so many samples."""
    n_bytes = n_samples * SAMPLE_BYTES
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, SAMPLE_RATE, SAMPLE_RATE * SAMPLE_BYTES, SAMPLE_BYTES, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + n_bytes, b"WAVE") + form + struct.pack("<4sI", b"data", n_bytes)


def _forget_the_oldest(kept: Path) -> None:
    """Remove the oldest copies of more than `_LARGEST_CACHE`, but not this one."""
    sizes = [(file.stat().st_mtime, file.stat().st_size, file) for file in kept.parent.glob("*.wav")]
    room = _LARGEST_CACHE
    for _, size, file in sorted(sizes, reverse=True):
        room -= size
        if room < 0 and file != kept:
            file.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class EarlyCopy:
    """The copy of a recording, to be read from any byte: before it is made, what it will be is decoded from there."""

    recording: SeekableSound
    copy: Path
    n_samples: int
    slots: DecodingSlots = field(default_factory=DecodingSlots, repr=False, compare=False)

    @property
    def n_bytes(self) -> int:
        """The length of the copy, known before it is made."""
        return _HEADER_BYTES + self.n_samples * SAMPLE_BYTES

    def blocks(self, first: int, last: int) -> Generator[bytes]:
        """The bytes from `first` to before `last`, in blocks. What cannot be read is silence."""
        header = _header(self.n_samples)[first:]
        for block in chain([header], self._sound(max(first - _HEADER_BYTES, 0)), repeat(bytes(_READ))):
            yield block[: last - first]
            first += len(block)
            if first >= last:
                return

    def _sound(self, at: int) -> Iterator[bytes]:
        """The bytes of the samples from a byte of them on, to their end."""
        for read in (self._decoded, self._made):
            for block in read(at):
                yield block
                at += len(block)

    def _decoded(self, at: int) -> Iterator[bytes]:
        """The same, until the copy is made."""
        reader = object()
        with (
            contextlib.suppress(OSError, DecodeError),
            contextlib.ExitStack() as held,
            contextlib.ExitStack() as running,
        ):
            held.callback(self.slots.leave, reader)
            while not self.copy.exists():
                if not self.slots.take(reader):
                    running.close()
                    program = running.enter_context(self._begun(at))
                block = _read(program, _READ)
                self.slots.rest(reader, program.kill)
                if not block:
                    return
                yield block
                at += len(block)

    @contextlib.contextmanager
    def _begun(self, at: int) -> Iterator[Program]:
        """A program that writes the same; it is ended with the block."""
        with self.recording.read_from(at // SAMPLE_BYTES / SAMPLE_RATE) as program:
            try:
                _read(program, at % SAMPLE_BYTES)
                yield program
            finally:
                program.kill()

    def _made(self, at: int) -> Iterator[bytes]:
        """The same of the copy that is made."""
        with contextlib.suppress(OSError), open_regular(self.copy) as file:
            file.seek(_HEADER_BYTES + at)
            while block := file.read(_READ):
                yield block


def _read(program: Program, most: int) -> bytes:
    """What a program has written, as soon as there is something; nothing after its end, or if it hangs."""
    assert isinstance(program.stdout, io.BufferedReader)
    with ended_after(program, _PATIENCE):
        return program.stdout.read1(most)


def early_copy(path: Path, *, duration: Seconds | None) -> EarlyCopy | None:
    """The copy that `make_copy` will make of a recording of `duration`; None if its parts cannot be read before.

    Raises `OSError`, and `DecodeError` without an ffmpeg.
    """
    recording = duration and seekable_sound(path, duration=duration)
    return EarlyCopy(recording, copy_path(path), round(duration * SAMPLE_RATE)) if duration and recording else None
