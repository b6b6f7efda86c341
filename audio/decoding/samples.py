"""`Audio`: the samples of one recording, on disk and not in memory, and the scratch file they are written to.

Three hours are 345 MB of samples; several stages read them concurrently, one span at a time. Does not know where
samples come from; `audio.decoding.decode` does.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from audio.disk import write_all
from audio.episode import Seconds
from audio.errors import DecodeError
from audio.scratch import temporary_folder
from audio.shortage import room_step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audio.decoding.notes import SoundNote

SAMPLE_RATE = 16_000  # samples per second, the input rate of Whisper and the speaker models
SAMPLE_BYTES = 2  # per sample: int16, little-endian
SCALE = 32_768  # int16 → [−1, 1), as openai-whisper's audio.py does
REVISION = 2  # of samples that are others than the first release's: raised with any change of what is put in or mixed
LEVEL_SAMPLES = 160  # from one measured level of a channel to the next: 10 ms


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Audio:
    """A recording: 16 kHz mono, stored as int16 in a temporary file that is deleted with the object.

    Threads may read concurrently. Created by `decode` or `Audio.from_samples`, with at least one sample. For two
    channels the loudness of each is stored (2.9 MB per hour), to distinguish people recorded on separate channels.
    """

    _file: IO[bytes] = field(repr=False)
    n_samples: int
    warnings: tuple[str, ...] = ()  # sentences for the user: what could not be read
    channel_levels: NDArray[np.float32] | None = field(default=None, repr=False)  # see `levels_of`; None: one channel
    owners: tuple[tuple[Seconds, Seconds, str], ...] = field(default=(), repr=False)  # start, end, whose speech it is
    notes: tuple[SoundNote, ...] = ()  # what was found out about the sound
    revision: int = 0  # of the rules by which the samples are others than the first release's; 0: they are the same
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        weakref.finalize(self, self._file.close)
        if self.n_samples < 1:
            raise ValueError("audio needs at least one sample")

    @classmethod
    def from_samples(cls, samples: NDArray[np.float32], *, channel_levels: NDArray[np.float32] | None = None) -> Audio:
        """Audio of samples, shape (n,), in [−1, 1] at 16 kHz, rounded to int16; louder ones are clipped.

        `channel_levels` are those of the two channels mixed into the samples (`levels_of`).
        Raises `ValueError` for another shape, no samples or non-finite values, `DecodeError` for a full disk.
        """
        import numpy as np

        if samples.ndim != 1 or not samples.size or not np.isfinite(samples).all():
            raise ValueError(
                f"samples must be a non-empty one-dimensional array of finite numbers; the shape is {samples.shape}"
            )
        with scratch_file() as file:
            write(file, as_int16(samples.astype(np.float64)))
            return cls(file, len(samples), channel_levels=channel_levels)

    @property
    def duration(self) -> Seconds:
        """Length in seconds."""
        return self.n_samples / SAMPLE_RATE

    def read(self, start: Seconds = 0.0, end: Seconds | None = None) -> NDArray[np.float32]:
        """The samples from `start` to `end` (default: the last), shape (n,), float32 in [−1, 1).

        Bounds are clamped to the recording; a span that ends before it starts is empty.
        Raises `ValueError` if a bound is not a number or the audio is closed.
        """
        import numpy as np

        bounds = start, self.duration if end is None else end
        first, last = (round(min(max(bound, 0.0), self.duration) * SAMPLE_RATE) for bound in bounds)
        data = self._read_bytes(first * SAMPLE_BYTES, max(last - first, 0) * SAMPLE_BYTES)
        return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(SCALE)

    def blocks(self, seconds: Seconds) -> Iterator[NDArray[np.float32]]:
        """The recording in consecutive blocks of `seconds`; the last may be shorter. Raises `ValueError` for 0."""
        step = round(seconds * SAMPLE_RATE)
        if step < 1:
            raise ValueError(f"a block of {seconds} seconds holds no sample")
        for first in range(0, self.n_samples, step):
            yield self.read(first / SAMPLE_RATE, (first + step) / SAMPLE_RATE)

    def with_notes(self, notes: tuple[SoundNote, ...], *, revision: int) -> Audio:
        """The same samples in an audio of its own, which stays readable when this one is closed."""
        file = os.fdopen(os.dup(self._file.fileno()), "r+b", buffering=0)
        return Audio(file, self.n_samples, self.warnings, self.channel_levels, notes=notes, revision=revision)

    def close(self) -> None:
        """Free the disk space now; the audio cannot be read any more."""
        self._file.close()

    def __enter__(self) -> Audio:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _read_bytes(self, offset: int, count: int) -> bytes:
        pread: Callable[[int, int, int], bytes] | None = getattr(os, "pread", None)  # None on Windows
        if pread is not None:
            return _read_fully(lambda done: pread(self._file.fileno(), count - done, offset + done), count)
        with self._lock:
            self._file.seek(offset)
            return _read_fully(lambda done: self._file.read(count - done), count)


@dataclass(frozen=True, slots=True)
class DecodedTrack:
    """A sound track by its number in its file, from 1, in the time of the file; `is_silent`: nothing is on it."""

    number: int
    audio: Audio
    is_silent: bool


def as_int16(samples: NDArray[np.floating[Any]]) -> bytes:
    """Samples in [−1, 1], rounded; louder ones are clipped."""
    import numpy as np

    return np.round(samples * SCALE).clip(-SCALE, SCALE - 1).astype("<i2").tobytes()


def levels_of(channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """The root mean square of each 10 ms of each channel: (channels, n) → (channels, ceil(n / 160)), float32.

    The last step may be shorter.
    """
    import numpy as np

    starts = np.arange(0, channels.shape[1], LEVEL_SAMPLES)
    energy = np.add.reduceat(np.square(channels, dtype=np.float64), starts, axis=1)
    lengths = np.minimum(starts + LEVEL_SAMPLES, channels.shape[1]) - starts
    return np.sqrt(energy / lengths).astype(np.float32)


@contextlib.contextmanager
def scratch_file() -> Iterator[IO[bytes]]:
    """An anonymous file in the temp folder; the caller owns it, unless the block fails.

    Raises `DecodeError` if the folder has no room for it.
    """
    try:
        file: IO[bytes] = tempfile.TemporaryFile(buffering=0, prefix="turnscript-")  # noqa: SIM115 - outlives us
    except OSError as exc:
        raise _no_room(exc) from exc
    try:
        yield file
    except BaseException:
        file.close()
        raise


@contextlib.contextmanager
def scratch_folder(*names: str) -> Iterator[Path]:
    """A folder in the temp folder for files of these names, removed after the block. Raises `DecodeError` if it has no
    room for one."""
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(temporary_folder(*names))
        except OSError as exc:
            raise _no_room(exc) from exc
        yield folder


def write(file: IO[bytes], data: bytes) -> None:
    """Write all of `data`. Raises `DecodeError` for a full disk."""
    try:
        write_all(file, data)
    except OSError as exc:
        raise _no_room(exc) from exc


def _no_room(exc: OSError) -> DecodeError:
    folder = tempfile.gettempdir() if exc.errno != errno.ENOENT else "the temp folder"
    step = room_step(exc, elsewhere="set TMPDIR to a folder with more")
    return DecodeError(
        f"cannot store the decoded samples ({exc.strerror}; 115 MB per hour); {step}, and run again", about=folder
    )


def _read_fully(read_from: Callable[[int], bytes], count: int) -> bytes:
    """`count` bytes in as many reads as the system needs; fewer only at the end of the file."""
    parts = [read_from(0)]
    done = len(parts[0])
    while done < count and parts[-1]:
        parts.append(read_from(done))
        done += len(parts[-1])
    return parts[0] if len(parts) == 1 else b"".join(parts)
