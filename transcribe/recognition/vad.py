"""Where somebody speaks, and how the recording is cut into chunks a recogniser can take.

Voice activity is Silero's network, the copy that ships inside faster-whisper, run over the recording in blocks with its
state carried along: hours of audio need no more memory than a minute. Regions are packed into chunks of at most 30 s.
A chunk is one contiguous stretch, its inner silences kept (windows that skip them cost a point of word errors), and the
cut between two chunks lies in a silence wherever there is one. Same samples, same plan, for both engines.

What this does not do: tell speakers apart, drop music, judge what the recogniser made of a chunk.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from transcribe.errors import EngineError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audio.decoding.samples import Audio
    from audio.progress import OnFraction

    Floats = NDArray[np.float32]

SAMPLE_RATE = 16_000
FRAME_SAMPLES = 512  # Silero's step at 16 kHz: 32 ms
FRAME = FRAME_SAMPLES / SAMPLE_RATE  # seconds
LONGEST_CHUNK = 30.0

_CONTEXT_SAMPLES = 64  # of the frame before, which the network sees in front of each frame
_STATE = 128  # units of its LSTM
_BLOCK = 64.0  # seconds a block; a whole number of frames
_ON, _OFF = 0.5, 0.35  # speech starts at the one probability and ends below the other (Silero's own defaults)
_SHORTEST_SILENCE = 0.16  # seconds; what is shorter belongs to the speech around it
_PAD = 0.4  # seconds of sound kept on either side of speech
_EARLIEST_FORCED_CUT = 20.0  # seconds into a chunk that has no silence to cut in


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch in which speech is heard, in seconds, without padding."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.start < self.end:
            raise ValueError(f"{self.start} to {self.end} is not a stretch of speech")

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a recogniser is given at a time: `start` to `end` in seconds, and the speech heard inside."""

    start: float
    end: float
    regions: tuple[Region, ...]

    @property
    def duration(self) -> float:
        """Seconds, silences included."""
        return self.end - self.start

    @property
    def voiced(self) -> float:
        """Seconds of speech."""
        return sum(region.duration for region in self.regions)


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """All the speech of a recording, in chunks that follow one another without overlap; none where nobody speaks."""

    chunks: tuple[Chunk, ...]

    @property
    def regions(self) -> tuple[Region, ...]:
        """The speech of all chunks, in the order of time; one that had to be cut appears in two parts."""
        return tuple(region for chunk in self.chunks for region in chunk.regions)

    @property
    def voiced(self) -> float:
        """Seconds of speech in all."""
        return sum(chunk.voiced for chunk in self.chunks)


def chunk_audio(audio: Audio, *, progress: OnFraction | None = None) -> ChunkPlan:
    """Find the speech in `audio` and pack it into chunks. Raises `EngineError` when the network cannot run."""
    probabilities = speech_probabilities(audio.blocks(_BLOCK), total_samples=audio.n_samples, progress=progress)
    regions = find_regions(probabilities, duration=audio.duration)
    return ChunkPlan(pack(regions, duration=audio.duration, probabilities=probabilities))


def speech_probabilities(
    blocks: Iterable[Floats], *, total_samples: int = 0, progress: OnFraction | None = None
) -> Floats:
    """Silero's probability of speech for each 32 ms frame, float32, shape (n_frames,); the last frame is filled with 0.

    `blocks` are consecutive samples, float32 mono at 16 kHz, of any lengths. Raises `EngineError`.
    """
    from faster_whisper.vad import get_vad_model

    try:
        session = get_vad_model().session
    except (RuntimeError, OSError) as exc:
        raise EngineError(f"the voice activity model cannot be loaded ({exc}); reinstall faster-whisper") from exc
    hidden, cell = (np.zeros((1, 1, _STATE), np.float32) for _ in range(2))
    context, rest = np.zeros(_CONTEXT_SAMPLES, np.float32), np.zeros(0, np.float32)
    found: list[Floats] = []
    seen = 0
    for block in _with_last_filled(blocks):
        samples = np.concatenate([rest, block])
        whole = len(samples) // FRAME_SAMPLES * FRAME_SAMPLES
        rest = samples[whole:]
        if whole:
            stretch = np.concatenate([context, samples[:whole]])
            view = np.lib.stride_tricks.sliding_window_view(stretch, _CONTEXT_SAMPLES + FRAME_SAMPLES)
            frames = np.ascontiguousarray(view[::FRAME_SAMPLES])
            output, hidden, cell = session.run(None, {"input": frames, "h": hidden, "c": cell})
            found.append(np.asarray(output, np.float32).reshape(-1))
            context = stretch[-_CONTEXT_SAMPLES:]
        seen += len(block)
        if progress is not None and total_samples:
            progress(min(1.0, seen / total_samples))
    return np.concatenate(found) if found else np.zeros(0, np.float32)


def find_regions(probabilities: Floats, *, duration: float) -> tuple[Region, ...]:
    """Frames' probabilities → stretches of speech, by Silero's rule: on at .5, off below .35 for at least 160 ms.

    >>> find_regions(np.array([0, 0.9, 0.4, 0.1, 0.8, 0, 0, 0, 0, 0, 0], np.float32), duration=0.352)
    (Region(start=0.032, end=0.16),)
    """
    regions: list[Region] = []
    start = quiet = -1  # frames; −1: not speaking, not quiet
    for frame, probability in enumerate(probabilities.tolist()):
        if probability >= _ON:
            start, quiet = (frame if start < 0 else start), -1
        elif probability < _OFF and start >= 0:
            quiet = frame if quiet < 0 else quiet
            if (frame - quiet) * FRAME >= _SHORTEST_SILENCE:
                regions += _region(start, quiet, duration)
                start = quiet = -1
    if start >= 0:
        regions += _region(start, len(probabilities) if quiet < 0 else quiet, duration)
    return tuple(regions)


def pack(regions: Sequence[Region], *, duration: float, probabilities: Floats) -> tuple[Chunk, ...]:
    """Put `regions` into chunks of at most 30 s, padding included, filling each as far as it goes.

    A region too long for a chunk is parted where speech is least probable (`probabilities`, a frame each).
    """
    groups = _grouped([part for region in regions for part in _parted(region, probabilities)])
    chunks = []
    for i, group in enumerate(groups):
        before = _middle(groups[i - 1][-1], group[0]) if i else 0.0
        after = _middle(group[-1], groups[i + 1][0]) if i + 1 < len(groups) else duration
        start, end = max(before, group[0].start - _PAD), min(after, group[-1].end + _PAD)
        chunks.append(Chunk(round(start, 3), round(end, 3), tuple(group)))
    return tuple(chunks)


def voiced_between(regions: Sequence[Region], start: float, end: float) -> float:
    """Seconds of speech between two times; `regions` in the order of time."""
    first = bisect_left(regions, start, key=lambda region: region.end)
    total = 0.0
    for region in regions[first:]:
        if region.start >= end:
            break
        total += min(region.end, end) - max(region.start, start)
    return max(0.0, total)


def _with_last_filled(blocks: Iterable[Floats]) -> Iterable[Floats]:
    """The blocks, and zeros that fill the last frame."""
    total = 0
    for block in blocks:
        total += len(block)
        yield block
    yield np.zeros(-total % FRAME_SAMPLES, np.float32)


def _region(first: int, stop: int, duration: float) -> list[Region]:
    """The region of the frames `first` to `stop`; none where the last frame holds less than a millisecond of sound."""
    start, end = round(first * FRAME, 3), round(min(stop * FRAME, duration), 3)
    return [Region(start, end)] if start < end else []


def _parted(region: Region, probabilities: Floats) -> list[Region]:
    """`region` in parts that fit into a chunk, each but the last at least 20 s long."""
    parts = []
    while region.duration > LONGEST_CHUNK - 2 * _PAD:
        first = round((region.start + _EARLIEST_FORCED_CUT) / FRAME)
        stop = round((region.start + LONGEST_CHUNK - 2 * _PAD) / FRAME)
        smooth = np.convolve(probabilities[first:stop], np.ones(3) / 3, mode="same")[1:-1]
        cut = round((first + 1 + int(np.argmin(smooth))) * FRAME, 3)
        parts.append(Region(region.start, cut))
        region = Region(cut, region.end)
    return [*parts, region]


def _grouped(parts: Sequence[Region]) -> list[list[Region]]:
    """`parts` in groups that fit into a chunk. (Preferring the longest silence of a chunk's last 6, 10 or 15 s to the
    last one that fits gave 4.6 to 4.9 % word errors on ten clips, against 4.4.)"""
    groups: list[list[Region]] = []
    for part in parts:
        if groups and part.end - groups[-1][0].start <= LONGEST_CHUNK - 2 * _PAD:
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups


def _middle(before: Region, after: Region) -> float:
    return (before.end + after.start) / 2
