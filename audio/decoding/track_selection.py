"""The sound tracks of one file → one recording: which are heard, together or alone, and which are left out.

Left out are tracks that are silent or cannot be read, copies of an earlier one (the same mix in another codec), and
dubbed ones: those that are loud and quiet with an earlier one in time but sound different are the same film in another
language, whose words would be spoken at the same time. All others are heard: two as two channels, so that
`transcribe.diarization.channels` finds out whether they are two people; more of them as their mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from audio.decoding.notes import Detail, Finding, SoundNote
from audio.decoding.samples import REVISION, SAMPLE_RATE, Audio, DecodedTrack, as_int16, levels_of, scratch_file, write

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 60.0  # seconds read at a time
_STEP = SAMPLE_RATE // 2  # samples of a window in which tracks are compared
_AUDIBLE = 1e-4  # of a track's loudest window: 40 dB
_ACTIVE = 1e-2  # likewise
_LARGEST_LAG = SAMPLE_RATE // 20  # samples between two codecs' copies of one mix
_LAG_EXCERPT = 10.0  # seconds in which the lag is found
_SAME, _SAME_SHARE = 0.8, 0.95  # correlation of copies, in this share of the audible windows
_SAME_GAIN = 0.3  # as a power of ten: how far the gain between copies is from its median
_IN_STEP, _OVERLAP = 0.3, 0.8  # correlation of the levels of dubbed tracks; share of the time in which both are heard
_STEADY = 0.1  # deviation of the levels (as powers of ten) of what has no words
_PASSAGE = 6  # active windows: three seconds
_IN_TURN = 0.3  # deviation of the difference of two levels from passage to passage, where one is louder in turn


@dataclass(frozen=True, slots=True)
class Choice:
    """The positions, from 0, of the tracks that are heard, that are copies of an earlier one, and that are dubbed."""

    heard: tuple[int, ...]
    copies: tuple[int, ...] = ()
    dubbed: tuple[int, ...] = ()


def choose(tracks: Sequence[Audio]) -> Choice:
    """Which of tracks with a sound are heard."""
    heard: list[int] = []
    copies: list[int] = []
    dubbed: list[int] = []
    for number, track in enumerate(tracks):
        pairs = [_Pair.of(tracks[earlier], track) for earlier in heard]
        if any(pair.is_copy for pair in pairs):
            copies.append(number)
        elif any(pair.is_dubbed for pair in pairs):
            dubbed.append(number)
        else:
            heard.append(number)
    return Choice(tuple(heard), tuple(copies), tuple(dubbed))


def combine(tracks: Sequence[DecodedTrack], *, taken: int, count: int) -> Audio:
    """The tracks of a file as one recording: of its `count` the first `taken`, as far as they can be read. Their audios
    remain the caller's."""
    sounding = [track for track in tracks if not track.is_silent] or list(tracks[:1])
    choice = choose([track.audio for track in sounding])
    heard, copies, dubbed = ([sounding[at] for at in part] for part in (choice.heard, choice.copies, choice.dubbed))
    details: dict[str, Detail] = {
        "count": count,
        "heard": [track.number for track in heard if not track.is_silent],
        "silent": [track.number for track in tracks if track.is_silent],
        "copies": [track.number for track in copies],
        "dubbed": [track.number for track in dubbed],
        "unreadable": sorted(set(range(1, taken + 1)) - {track.number for track in tracks}),
        "beyond": list(range(taken + 1, count + 1)),
    }
    own = [replace(note, track=track.number) for track in heard for note in track.audio.notes]
    notes = (SoundNote(Finding.TRACKS, details), *own)
    if len(heard) > 1:
        return _mixed([track.audio for track in heard], notes)
    audio = heard[0].audio
    return audio.with_notes(notes, revision=audio.revision if heard[0].number == 1 else max(REVISION, audio.revision))


def _mixed(tracks: Sequence[Audio], notes: tuple[SoundNote, ...]) -> Audio:
    """The mean of tracks, two of them as the channels of one recording; as long as the longest."""
    n_samples = max(track.n_samples for track in tracks)
    levels = []
    with scratch_file() as file:
        for start in np.arange(0.0, n_samples / SAMPLE_RATE, _BLOCK).tolist():
            rows = _rows(tracks, start, min(start + _BLOCK, n_samples / SAMPLE_RATE))
            if len(tracks) == 2:
                levels.append(levels_of(rows))
            write(file, as_int16(rows.mean(axis=0)))
    both = np.concatenate(levels, axis=1) if levels else None
    damage = max(tracks, key=lambda track: track.n_samples).warnings  # a shorter track is no shorter file
    return Audio(file, n_samples, damage, both, notes=notes, revision=REVISION)


def _rows(tracks: Sequence[Audio], start: float, end: float) -> NDArray[np.float32]:
    """A stretch of each track, silent after its end: (tracks, n)."""
    rows = np.zeros((len(tracks), round(end * SAMPLE_RATE) - round(start * SAMPLE_RATE)), np.float32)
    for row, track in zip(rows, tracks, strict=True):
        samples = track.read(start, end) if start < track.duration else np.zeros(0, np.float32)
        row[: len(samples)] = samples
    return rows


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two tracks window by window: their energies and the mean product of their samples, each (windows,)."""

    one: NDArray[np.float64]
    other: NDArray[np.float64]
    product: NDArray[np.float64]

    @classmethod
    def of(cls, one: Audio, other: Audio) -> _Pair:
        lag = _lag(one, other) / SAMPLE_RATE
        parts: list[NDArray[np.float64]] = []
        for start in np.arange(0.0, max(one.duration, other.duration), _BLOCK).tolist():
            a, b = (_windows(track, begin) for track, begin in ((one, start), (other, start + lag)))
            parts.append(np.stack([(x * y).mean(axis=1, dtype=np.float64) for x, y in ((a, a), (b, b), (a, b))]))
        return cls(*np.concatenate(parts, axis=1))

    @property
    def is_copy(self) -> bool:
        """Whether all that is audible on the other track is on the one, and always as much louder or fainter."""
        audible = (self.other > _AUDIBLE * self.other.max()) | (self.one > _AUDIBLE * self.one.max())
        alike = np.abs(self.product) >= _SAME * np.sqrt(self.one * self.other)
        alike &= self.product != 0
        with np.errstate(divide="ignore", invalid="ignore"):
            gains = np.log10(self.one / self.other)
        middle = np.median(gains[audible & alike]) if (audible & alike).any() else 0.0
        return bool((alike & (np.abs(gains - middle) < _SAME_GAIN))[audible].mean() >= _SAME_SHARE)

    @property
    def is_dubbed(self) -> bool:
        """Whether both are heard most of the time and loud and quiet at the same times, but sound different.

        Two microphones that hear both people are loud and quiet together, too, but each is louder in turn.
        """
        first, second = self.one > _AUDIBLE * self.one.max(), self.other > _AUDIBLE * self.other.max()
        if (first & second).sum() < _OVERLAP * min(first.sum(), second.sum()):
            return False
        alike = np.abs(self.product) >= _SAME * np.sqrt(self.one * self.other)
        active = (self.one > _ACTIVE * self.one.max()) | (self.other > _ACTIVE * self.other.max())
        levels = [np.log10(each[active] + 1e-12) for each in (self.one, self.other)]
        if active.sum() < 2 * _PASSAGE or any(level.std() < _STEADY for level in levels) or alike[active].mean() > 0.5:
            return False
        passages = (levels[0] - levels[1])[: active.sum() // _PASSAGE * _PASSAGE].reshape(-1, _PASSAGE).mean(axis=1)
        return bool(np.corrcoef(*levels)[0, 1] >= _IN_STEP and passages.std() <= _IN_TURN)


def _windows(track: Audio, start: float) -> NDArray[np.float32]:
    """A block from `start`, which may be a little before the beginning, silent after the end: (windows, samples)."""
    row = np.zeros(round(_BLOCK * SAMPLE_RATE), np.float32)
    before = max(round(-start * SAMPLE_RATE), 0)
    samples = track.read(start, start + _BLOCK)[: len(row) - before]
    row[before : before + len(samples)] = samples
    return row.reshape(-1, _STEP)


def _lag(one: Audio, other: Audio) -> int:
    """By how many samples the other track is later, at most a twentieth of a second, if they are the same."""
    loudest = max(
        np.arange(0.0, max(min(one.duration, other.duration) - _LAG_EXCERPT, 0.0) + 1e-9, _LAG_EXCERPT).tolist(),
        key=lambda start: float(np.square(other.read(start, start + _LAG_EXCERPT)).sum()),
    )
    a, b = one.read(loudest, loudest + _LAG_EXCERPT), other.read(loudest, loudest + _LAG_EXCERPT)
    n = 1 << (len(a) + len(b)).bit_length()
    product = np.fft.irfft(np.conj(np.fft.rfft(a, n)) * np.fft.rfft(b, n), n)
    lags = np.arange(-_LARGEST_LAG, _LARGEST_LAG + 1)
    return int(lags[np.abs(product[lags]).argmax()])
