"""The time of a file as players show it: where its sound starts late, or its timestamps leave a gap, there is silence.

ffmpeg hands on the samples without a pause between them; beside them it writes, for every frame of samples, when the
file has it be heard and how many samples came before (`-stats_enc_pre`, since ffmpeg 6). Those are numbers it counts
itself, which no title or key of the file can forge.

The law: sound is neither dropped nor stretched; only silence is put in, before a frame that comes later than the
samples before it end. What comes too early (parts that each start at 0, as in chained files; a clock that runs slow)
follows on. Priming and padding, which codecs say to skip, are no sound, and what an edit list cuts away is not heard.
A gap is believed only if something shows that the clock is that of the samples: where time runs faster than they do
from the first frame to the last, the timestamps have another unit (as of codecs that an AVI cannot state), and gaps
that make a whole recording longer than its container states are none. The sound is taken as continuous then.

Time 0 is the timestamp 0 in the containers that browsers play, whose editors and edit lists count from there, and the
first timestamp of any kind, picture or sound, in the others, whose clocks start anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from audio.decoding.samples import LEVEL_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE, write
from audio.episode import Seconds
from audio.media import magic_suffix
from audio.structure.streams import is_program_stream, is_transport_stream
from audio.structure.view import View
from audio.trust import open_regular

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STATEMENT = "{pts} {sn}"  # of a frame: its timestamp, and the number of samples before it, at the rate of the samples

SHORTEST_GAP = SAMPLE_RATE // 10  # samples: less is rounding, or a clock that is not exact
_RESTART = SAMPLE_RATE  # samples by which a timestamp goes back: a part of its own, not an overlap
_LATEST_START = 3600 * SAMPLE_RATE  # of the first sound: later ones are in what was cut out of a longer stream
_STRETCH = SAMPLE_RATE // 4  # samples over which the pace of a clock is measured: timestamps may be in milliseconds
_FASTEST = 1.02  # of a clock, in the time of the samples; one that is not exact is off by less
_TOLERANCE = SAMPLE_RATE  # samples by which a stated length may be off
_COPY = 1 << 20  # bytes
_BROWSERS = frozenset((".m4a", ".m4b", ".mka", ".mov", ".mp4", ".ogg"))  # `magic_suffix` of containers they play


@dataclass(frozen=True, slots=True)
class Gap:
    """Silence of `length` samples before the sample `at`, counted without any silence; one that was not put in, as it
    would be longer than any recording, is `closed`."""

    at: int
    length: int
    closed: bool = False


@dataclass(frozen=True)
class Timeline:
    """The gaps of a track, in the order of time."""

    gaps: tuple[Gap, ...] = ()

    @property
    def silence(self) -> int:
        """The samples of silence to be put in."""
        return sum(gap.length for gap in self.gaps if not gap.closed)

    @property
    def closed(self) -> tuple[Gap, ...]:
        """The gaps that are left out."""
        return tuple(gap for gap in self.gaps if gap.closed)

    def after(self, n_samples: int) -> int:
        """The number of samples with the silence of a track that has so many without."""
        return n_samples + self.silence

    def start_of(self, gap: Gap) -> Seconds:
        """When a gap begins in the time of the file as decoded."""
        before = sum(each.length for each in self.gaps if each.at < gap.at and not each.closed)
        return (gap.at + before) / SAMPLE_RATE


def counts_from_zero(path: Path, *, at: int = 0) -> bool:
    """Whether timestamp 0 is where the recording that begins `at` a byte begins, rather than its first timestamp.

    Raises `OSError`.
    """
    with open_regular(path) as file:
        file.seek(at)
        return magic_suffix(file.read(16)) in _BROWSERS


def is_mpeg_stream(path: Path) -> bool:
    """Whether the first timestamp of any kind is that of a picture, too: ffmpeg counts from the first of those that are
    decoded in MPEG streams (transport and program). Raises `OSError`."""
    with open_regular(path) as file:
        view = View(file)
        return is_transport_stream(view) or is_program_stream(view)


def read_timeline(path: Path, *, max_samples: int, n_samples: int, stated: Seconds | None = None) -> Timeline:
    """The gaps of what ffmpeg stated in the file `path`, which is missing or empty if it stated nothing.

    A gap that would make the recording longer than `max_samples` is closed. Of gaps that are not believed in a
    recording of `n_samples` there is one that is closed, or none if its container has `stated` that length.
    """
    try:
        with path.open("rb") as file:
            timeline = find_gaps(statements_in(file), max_samples=max_samples)
            file.seek(0)
            has_other_unit = bool(timeline.gaps) and _runs_fast(statements_in(file))
    except OSError:
        return Timeline()
    is_whole = stated is not None and abs(n_samples - stated * SAMPLE_RATE) < _TOLERANCE
    inner = [gap for gap in timeline.gaps if gap.at]  # what an edit list puts before the sound is in no length
    excess = sum(gap.length for gap in inner)
    if has_other_unit:
        return Timeline(() if is_whole else (Gap(inner[0].at, excess, closed=True),) if inner else ())
    if is_whole and excess > 2 * _TOLERANCE:
        return Timeline(tuple(gap for gap in timeline.gaps if not gap.at))
    return timeline


def _runs_fast(statements: Iterable[tuple[int, int]]) -> bool:
    """Whether time runs faster than the samples in every stretch of at least a second of sound."""
    last: tuple[int, int] | None = None
    n_stretches = 0
    for timestamp, at in statements:
        if last is None:
            last = timestamp, at
        elif at - last[1] >= _STRETCH:
            if timestamp - last[0] < _FASTEST * (at - last[1]):
                return False
            n_stretches, last = n_stretches + 1, (timestamp, at)
    return n_stretches * _STRETCH >= SAMPLE_RATE


def find_gaps(statements: Iterable[tuple[int, int]], *, max_samples: int) -> Timeline:
    """The gaps of frames, each with its timestamp and the number of samples before it, both at the sampling rate.

    >>> find_gaps([(80_000, 0), (80_320, 320), (200_640, 640)], max_samples=10**9).gaps
    (Gap(at=0, length=80000, closed=False), Gap(at=640, length=120000, closed=False))
    """
    gaps: list[Gap] = []
    silence, shift = 0, 0  # put in so far; what is added to timestamps since the file's time began again
    last: int | None = None  # by how much the timestamps were ahead of the samples
    for (timestamp, at), after in _with_next(statements):
        ahead = timestamp - at
        if last is None:
            shift = max(-ahead, 0)
        elif ahead < last - _RESTART:
            shift = silence - ahead
        elif after and after[0] - after[1] < ahead - _RESTART:  # one wrong timestamp
            continue
        is_first, last = last is None, ahead
        missing = (ahead + shift - silence) // LEVEL_SAMPLES * LEVEL_SAMPLES
        if missing < SHORTEST_GAP:
            continue
        if at + silence + missing > max_samples or (is_first and missing > _LATEST_START):
            gaps.append(Gap(at, missing, closed=True))
            shift -= missing
        else:
            gaps.append(Gap(at, missing))
            silence += missing
    return Timeline(tuple(gaps))


def _with_next(statements: Iterable[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], tuple[int, int] | None]]:
    """Each statement and the one after it."""
    last: tuple[int, int] | None = None
    for statement in statements:
        if last is not None:
            yield last, statement
        last = statement
    if last is not None:
        yield last, None


def statements_in(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    for line in file:
        timestamp, _, at = line.partition(b" ")
        try:
            yield int(timestamp), int(at)
        except ValueError:  # a frame without a timestamp; the last line of an ffmpeg that was ended
            continue


def spread(source: IO[bytes], target: IO[bytes], timeline: Timeline) -> None:
    """Copy int16 samples to the empty file `target`, with the silence put in."""
    source.seek(0)
    done = offset = 0
    for gap in timeline.gaps:
        if not gap.closed:
            copy(source, target, (gap.at - done) * SAMPLE_BYTES)
            done, offset = gap.at, offset + gap.length
            target.seek((done + offset) * SAMPLE_BYTES)
    copy(source, target)


def spread_levels(levels: NDArray[np.float32], timeline: Timeline) -> NDArray[np.float32]:
    """Levels of channels, (n, steps) (`audio.decoding.samples.levels_of`), with the silence put in."""
    import numpy as np

    parts, done = [], 0
    for gap in timeline.gaps:
        if not gap.closed:
            at = min(round(gap.at / LEVEL_SAMPLES), levels.shape[1])
            parts += [levels[:, done:at], np.zeros((len(levels), gap.length // LEVEL_SAMPLES), np.float32)]
            done = at
    return np.concatenate([*parts, levels[:, done:]], axis=1)


def copy(source: IO[bytes], target: IO[bytes], n_bytes: int | None = None) -> None:
    """Copy so many bytes, or all that follow."""
    while (n_bytes is None or n_bytes > 0) and (data := source.read(min(_COPY, n_bytes or _COPY))):
        write(target, data)
        n_bytes = None if n_bytes is None else n_bytes - len(data)
