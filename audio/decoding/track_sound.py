"""A sound track of a file in the file's time, over all parts the file consists of (`audio.structure`).

Each part is heard by itself (`audio.decoding.mono`), gets its silence (`audio.decoding.timeline`), and follows the
one before it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audio.decoding.choice import find_ffmpeg
from audio.decoding.damage import Reading, check_is_no_chance, damage_warnings, failure
from audio.decoding.ffmpeg import Output
from audio.decoding.mono import MonoTrack, read_mono
from audio.decoding.notes import Finding, SoundNote
from audio.decoding.pcm import Source
from audio.decoding.probe import printable
from audio.decoding.samples import (
    LEVEL_SAMPLES,
    REVISION,
    SAMPLE_RATE,
    Audio,
    DecodedTrack,
    scratch_file,
    scratch_folder,
)
from audio.decoding.timeline import (
    Gap,
    Timeline,
    copy,
    counts_from_zero,
    is_mpeg_stream,
    read_timeline,
    spread,
    spread_levels,
)
from audio.episode import Seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audio.decoding.tracks import SoundTrack
    from audio.progress import OnFraction
    from audio.structure.parts import Structure
    from audio.structure.view import Part

_SLOWEST = 1_000_000  # bytes per second: all of a part may have to be read for one block


@dataclass(frozen=True, slots=True)
class Recording:
    """A file and what it consists of, how long it may be, and ffmpeg's time for a block (and a second a megabyte)."""

    path: Path
    structure: Structure
    max_duration: Seconds
    patience: Seconds


def decode_track(recording: Recording, track: SoundTrack, *, progress: OnFraction) -> DecodedTrack:
    """A track in the time of its file. Raises `DecodeError` if it has no sound, `OSError` if the file disappeared."""
    pieces: list[MonoTrack] = []
    readings: list[Reading] = []
    before = 0.0
    with contextlib.ExitStack() as stack:
        for part in recording.structure.parts:
            part_progress = _of_part(progress, part, before=before, whole=recording.structure.seconds)
            patience = recording.patience + (part.end - part.start) / _SLOWEST
            source = Source(recording.path, part, track.index, recording.max_duration, patience, before)
            piece, reading = _part(source, track, is_first=not pieces, progress=part_progress)
            stack.callback(piece.file.close)
            pieces.append(piece)
            readings.append(reading)
            before += piece.n_samples / SAMPLE_RATE
        if not before:
            raise failure(readings, about=printable(recording.path))
        check_is_no_chance(recording.path, recording.structure, readings)
        whole = _joined(pieces)
        stack.pop_all()
        for piece in pieces:
            if piece is not whole:
                piece.file.close()
    damage = damage_warnings(recording.path, recording.structure, readings)
    is_as_ever = len(pieces) == 1 and not any(part.outgrows_header for part in recording.structure.parts)
    revision = max(whole.revision, 0 if is_as_ever else REVISION)
    audio = Audio(whole.file, whole.n_samples, damage, whole.levels, notes=whole.notes, revision=revision)
    return DecodedTrack(track.index + 1, audio, whole.is_silent)


def _of_part(progress: OnFraction, part: Part, *, before: Seconds, whole: Seconds | None) -> OnFraction:
    """The progress of the whole file while a part is read."""
    return lambda done: progress(min((before + done * (part.seconds or 0.0)) / whole, 1.0)) if whole else None


def _part(source: Source, track: SoundTrack, *, is_first: bool, progress: OnFraction) -> tuple[MonoTrack, Reading]:
    """A part of a track with its silence; it may have no samples."""
    with scratch_folder("times") as folder:
        output = _output(source, folder / "times", is_first=is_first)
        heard, log = read_mono(source, track, output, progress=progress)
        room = round((source.max_duration - source.before) * SAMPLE_RATE)
        timeline = Timeline()
        if output.times and heard.n_samples:
            stated = None if source.part.tracks else source.part.seconds  # those of tracks are without silence
            timeline = read_timeline(output.times, max_samples=room, n_samples=heard.n_samples, stated=stated)
    closed = sum(gap.length for gap in timeline.closed)
    seconds, silence = heard.n_samples / SAMPLE_RATE, (timeline.silence + closed) / SAMPLE_RATE
    reading = Reading(source.part, source.track, seconds, log, silence, has_times=output.times is not None)
    notes = [*heard.notes, *(_closed(gap, timeline) for gap in timeline.closed)]
    if not reading.has_times and source.part.keeps_time and heard.n_samples:
        notes.append(SoundNote(Finding.UNKNOWN_TIMES, {"start": 0.0}))
    heard = replace(heard, notes=tuple(_later(note, source.before) for note in notes))
    if not timeline.silence:
        return heard, reading
    with contextlib.closing(heard.file), scratch_file() as file:
        spread(heard.file, file, timeline)
    levels = None if heard.levels is None else spread_levels(heard.levels, timeline)
    return replace(
        heard, file=file, n_samples=timeline.after(heard.n_samples), levels=levels, revision=REVISION
    ), reading


def _output(source: Source, times: Path, *, is_first: bool) -> Output:
    """What is asked of ffmpeg: also the times, in the file `times`, if it can state them. Those of the first part may
    count from 0, also behind a tag; what follows goes on where the part before it ends."""
    if not find_ffmpeg().states_times:
        return Output(source.track)
    from_zero = is_first and counts_from_zero(source.path, at=source.part.start)
    with_pictures = source.part.start == 0 and is_mpeg_stream(source.path)
    return Output(source.track, times=times, from_zero=from_zero, with_pictures=with_pictures)


def _joined(pieces: Sequence[MonoTrack]) -> MonoTrack:
    """The pieces one after another; a single one as it is."""
    sounding = [piece for piece in pieces if piece.n_samples]
    if len(sounding) == 1:
        return sounding[0]
    with scratch_file() as file:
        for piece in sounding:
            piece.file.seek(0)
            copy(piece.file, file)
    n_samples = sum(piece.n_samples for piece in sounding)
    notes = tuple(note for piece in sounding for note in piece.notes)
    return MonoTrack(file, n_samples, _levels(sounding), notes, all(piece.is_silent for piece in sounding), REVISION)


def _levels(pieces: Sequence[MonoTrack]) -> NDArray[np.float32] | None:
    """The levels of all; None if one has none, or ends within a step and others follow."""
    levels = [piece.levels for piece in pieces if piece.levels is not None]
    if len(levels) < len(pieces) or any(piece.n_samples % LEVEL_SAMPLES for piece in pieces[:-1]):
        return None
    return np.concatenate(levels, axis=1)


def _closed(gap: Gap, timeline: Timeline) -> SoundNote:
    details = {"start": round(timeline.start_of(gap), 3), "seconds": round(gap.length / SAMPLE_RATE)}
    return SoundNote(Finding.CLOSED_GAP, details)


def _later(note: SoundNote, seconds: Seconds) -> SoundNote:
    """The note of a part that begins so late."""
    moved = {key: round(float(str(note.details[key])) + seconds, 3) for key in ("start", "end") if key in note.details}
    return replace(note, details={**note.details, **moved}) if seconds else note
