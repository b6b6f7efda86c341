"""The files of an episode's tracks → the joined speech that recognition hears, and the layout: where it is from.

Every track is decoded to a temporary file, and the joined speech is written to another one, stretch by stretch: memory
does not grow with length, but for the levels (1.4 MB an hour of each track).
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audio.decoding.decode import decode
from audio.decoding.hum import AboveHum
from audio.decoding.probe import printable
from audio.decoding.samples import (
    LEVEL_SAMPLES,
    SAMPLE_BYTES,
    SAMPLE_RATE,
    Audio,
    as_int16,
    levels_of,
    scratch_file,
    write,
)
from audio.decoding.tracks import sound_tracks
from audio.episode import full_clock
from audio.errors import DecodeError, NoSoundError
from audio.intervals import Interval, common, joined
from audio.progress import part_of
from transcribe.tracks.alignment import find_clocks
from transcribe.tracks.layout import Clock, Layout
from transcribe.tracks.ownership import contrast, find_owners, has_speech, own_speech

if TYPE_CHECKING:
    from audio.episode import Track
    from audio.progress import OnFraction

_DECODING, _ALIGNING = 0.7, 0.25  # of the work
_NOTHING = LEVEL_SAMPLES * 10  # samples of silence in place of a track without any
_BLOCK = 60.0  # seconds
_FADE = 0.01  # seconds at the edges of a stretch
_LOUDEST, _LOUD_DB = 0.995, -14.0  # the quantile of a track's levels that is brought to this level …
_NEAR_DB = 10.0  # … if it is not this near
_MOST_GAIN_DB = 30.0
_CLEAR_DB, _HUM_DB = 30.0, 6.0  # of loud speech above what goes on all the time; and more of it without a hum
_LEAST_TALK, _TALKED_OVER = 20.0, 0.5  # seconds of a person's speech, and the share under others' that is odd
_MUCH_SHORTER = 10.0  # seconds: services end files a little apart
_OWNS_NOTHING = (
    "all that is heard on it is another track's, so nobody speaks on it; check that it is no copy of another"
)


@dataclass(frozen=True, slots=True)
class TrackedRecording:
    """The joined speech, whose warnings are of all tracks, and the layout of what is on it."""

    speech: Audio
    layout: Layout


def open_tracks(
    tracks: Sequence[Track], *, known: Layout | None = None, progress: OnFraction = lambda fraction: None
) -> TrackedRecording:
    """Decode the tracks, find their layout, unless it is `known`, and join their speech. Raises `AudioError`.

    A track that is silent, or has no sound at all, has no stretches; a warning names it.
    """
    with contextlib.ExitStack() as stack:
        sounds: list[Audio] = []
        absent: list[NoSoundError] = []

        def decoding(fraction: float) -> None:
            progress(_DECODING * fraction)

        for number, track in enumerate(tracks):
            try:
                sound = _decode(track, part_of(decoding, number, len(tracks)))
            except NoSoundError as error:
                absent.append(error)
                if len(absent) == len(tracks):
                    raise
                sound = Audio.from_samples(np.zeros(_NOTHING, np.float32))
            sounds.append(stack.enter_context(sound))
        levels = [_levels(sound) for sound in sounds]
        warnings = [*map(str, absent), *(warning for sound in sounds for warning in sound.warnings)]
        layout = known
        if layout is None:
            layout, notes = _find_layout(
                tracks, sounds, levels, progress=lambda fraction: progress(_DECODING + _ALIGNING * fraction)
            )
            warnings += notes
        speech = join_speech(sounds, layout, gains=[_gain(each) for each in levels], warnings=tuple(warnings))
    progress(1.0)
    return TrackedRecording(speech, layout)


def _find_layout(
    tracks: Sequence[Track], sounds: Sequence[Audio], levels: Sequence[NDArray[np.float32]], *, progress: OnFraction
) -> tuple[Layout, list[str]]:
    """The layout, and what the user should know about it."""
    heard = [number for number, each in enumerate(levels) if has_speech(each)]
    clocks, notes, is_lost = _clocks(tracks, sounds, levels, heard=heard, progress=progress)
    ends = [clock.on_timeline(sound.duration) for clock, sound in zip(clocks, sounds, strict=True)]
    duration = max(ends)
    layout = _layout(levels, clocks, duration, heard=heard)
    spans = [(clocks[number].offset, ends[number], tracks[number]) for number in heard]
    notes += [*_apart(spans), *_shorter(spans)]
    owners = {stretch.track for stretch in layout.stretches}
    notes += [f"{title(tracks[number])}: {_OWNS_NOTHING}" for number in heard if number not in owners]
    return layout, [*notes, *(_unrelated(tracks, layout) if is_lost else ())]


def _layout(
    levels: Sequence[NDArray[np.float32]], clocks: tuple[Clock, ...], duration: float, *, heard: Sequence[int]
) -> Layout:
    """Whose speech is where, of the tracks in which anybody is heard."""
    stretches = []
    if heard:
        aligned = _aligned([levels[number] for number in heard], [clocks[number] for number in heard], duration)
        stretches = own_speech(find_owners(aligned), duration=duration)
    silent = tuple(number for number in range(len(levels)) if number not in heard)
    own = tuple(replace(each, track=heard[each.track]) for each in stretches)
    return Layout(round(duration, 3), clocks, own, silent)


def _clocks(
    tracks: Sequence[Track],
    sounds: Sequence[Audio],
    levels: Sequence[NDArray[np.float32]],
    *,
    heard: Sequence[int],
    progress: OnFraction,
) -> tuple[tuple[Clock, ...], list[str], bool]:
    """The clock of each track, what the user should know about them, and whether one is not found."""
    stated = [track.offset for track in tracks]
    found: dict[int, Clock | None] = dict.fromkeys(range(len(tracks)))
    if len(heard) > 1:
        each = find_clocks(
            [sounds[number] for number in heard],
            [levels[number] for number in heard],
            stated=[stated[number] for number in heard],
            progress=progress,
        )
        found |= dict(zip(heard, each, strict=True))
    lost = [number for number in heard if found[number] is None] if len(heard) > 1 else []
    notes = [
        f"{title(tracks[number])}: nobody is heard on this track; it is left out"
        for number in found
        if number not in heard
    ]
    if lost and len(lost) == len(heard) - 1:
        first = title(tracks[heard[0]])
        notes.append(f"{first}: no track hears another, so all start together; if they do not, give --offset")
    elif lost:
        names = ", ".join(title(tracks[number]) for number in lost)
        notes.append(f"{names}: hears none of the others, so it starts with the first; if it does not, give --offset")
    clocks = [found[number] or Clock(stated[number] or 0.0) for number in found]
    return from_zero(clocks), notes, bool(lost)


def _apart(spans: Sequence[tuple[float, float, Track]]) -> list[str]:
    """A warning for each track that starts after all before it have ended: as with a wrong `--offset`."""
    warnings: list[str] = []
    latest: float | None = None
    for start, end, track in sorted(spans, key=lambda span: span[0]):
        if latest is not None and start > latest:
            warnings.append(
                f"{title(track)}: starts at {full_clock(start)}, when the files before it have ended (at "
                f"{full_clock(latest)}); check --offset, which is in seconds"
            )
        latest = end if latest is None else max(latest, end)
    return warnings


def _shorter(spans: Sequence[tuple[float, float, Track]]) -> list[str]:
    """A warning for each track that ends long before the last one: what its person says then is not on it."""
    last = max((end for _, end, _ in spans), default=0.0)
    return [
        f"{title(track)}: ends at {full_clock(end)}, {round(last - end)} s before the last of the files; what this "
        "person says after that is left out, or taken for somebody's who hears it"
        for _, end, track in spans
        if last - end >= _MUCH_SHORTER
    ]


def _unrelated(tracks: Sequence[Track], layout: Layout) -> list[str]:
    """A warning for each track whose person talks over the others most of the time."""
    warnings = []
    for number, track in enumerate(tracks):
        own = joined((each.first, each.last) for each in layout.stretches if each.track == number)
        others = joined((each.first, each.last) for each in layout.stretches if each.track != number)
        if _seconds(own) >= _LEAST_TALK and _seconds(common(own, others)) > _TALKED_OVER * _seconds(own):
            warnings.append(
                f"{title(track)}: talks over the others most of the time; it may belong to another recording, or start "
                "elsewhere: check it, and give --offset"
            )
    return warnings


def _seconds(intervals: Sequence[Interval]) -> float:
    return sum(end - start for start, end in intervals)


def title(track: Track) -> str:
    """A track in a message: its file, and which of its sound tracks it is."""
    name = printable(track.path)
    return name if track.stream is None else f"{name}, sound track {track.stream + 1}"


def from_zero(clocks: Sequence[Clock]) -> tuple[Clock, ...]:
    """The clocks moved so that the first track starts at 0."""
    start = min(clock.offset for clock in clocks)
    return tuple(Clock(round(clock.offset - start, 4), clock.drift_ppm) for clock in clocks)


def join_speech(
    sounds: Sequence[Audio], layout: Layout, *, gains: Sequence[float], warnings: tuple[str, ...] = ()
) -> Audio:
    """The stretches of the tracks one after another, each track louder by its gain, with silence between them."""
    with scratch_file() as file:
        for stretch, place in zip(layout.stretches, layout.places, strict=True):
            clock, sound = layout.clocks[stretch.track], sounds[stretch.track]
            at = round(place * SAMPLE_RATE)
            start = clock.in_track(stretch.start)
            end = start + stretch.end - stretch.start
            while start < end:
                samples = gains[stretch.track] * sound.read(start, min(start + _BLOCK, end))
                if len(samples) == 0:
                    break
                is_first, is_last = at == round(place * SAMPLE_RATE), start + _BLOCK >= end
                file.seek(at * SAMPLE_BYTES)
                write(file, as_int16(_faded(samples, start=is_first, end=is_last)))
                at, start = at + len(samples), start + _BLOCK
        n_samples = round(layout.joined_length * SAMPLE_RATE)
        file.truncate(n_samples * SAMPLE_BYTES)
        notes = tuple(replace(note, track=number) for number, sound in enumerate(sounds, 1) for note in sound.notes)
        revision = max(sound.revision for sound in sounds)
        return Audio(file, n_samples, warnings, owners=layout.owners, notes=notes, revision=revision)


def _decode(track: Track, progress: OnFraction) -> Audio:
    if track.stream is None:
        return decode(track.path, progress=progress)
    found = next((each for each in sound_tracks(track.path) if each.index == track.stream), None)
    if found is None:
        raise DecodeError("is not in the file any more; run again", about=title(track))
    return decode(track.path, track=found, progress=progress)


def _levels(sound: Audio) -> NDArray[np.float32]:
    """The levels of a track; where a hum or a constant goes on below all voices, those of what is above it, if that
    shows speech where the whole does not."""
    hum = AboveHum()
    whole, above = [], []
    for block in sound.blocks(_BLOCK):
        whole.append(levels_of(block[None])[0])
        above.append(levels_of(hum.of(block)[None])[0])
    levels, higher = np.concatenate(whole), np.concatenate(above)
    contrasts = contrast(levels), contrast(higher)
    return higher if contrasts[0] < _CLEAR_DB and contrasts[1] - contrasts[0] > _HUM_DB else levels


def _aligned(levels: Sequence[NDArray[np.float32]], clocks: Sequence[Clock], duration: float) -> NDArray[np.float32]:
    """The levels of the tracks at the same moments of the timeline, NaN outside a track: (tracks, n)."""
    step = LEVEL_SAMPLES / SAMPLE_RATE
    times = (np.arange(int(duration / step) + 1) + 0.5) * step
    rows = np.full((len(levels), len(times)), np.nan, np.float32)
    for row, own, clock in zip(rows, levels, clocks, strict=True):
        at = np.floor((times - clock.offset) / (1 + clock.drift_ppm / 1e6) / step).astype(int)
        inside = (at >= 0) & (at < len(own))
        row[inside] = own[at[inside]]
    return rows


def _gain(levels: NDArray[np.float32]) -> float:
    """What brings a track that is much too quiet or too loud to an ordinary level."""
    loud = 20 * np.log10(max(float(np.quantile(levels, _LOUDEST)), 1e-6))
    missing = _LOUD_DB - loud
    return 1.0 if abs(missing) <= _NEAR_DB else float(10 ** (min(missing, _MOST_GAIN_DB) / 20))


def _faded(samples: NDArray[np.float32], *, start: bool, end: bool) -> NDArray[np.float32]:
    ramp = np.linspace(0.0, 1.0, min(round(_FADE * SAMPLE_RATE), len(samples)), dtype=np.float32)
    if start:
        samples[: len(ramp)] *= ramp
    if end:
        samples[len(samples) - len(ramp) :] *= ramp[::-1]
    return samples
