"""File → `Audio`: 16 kHz mono samples on disk, whatever ffmpeg can read and however long it is.

ffmpeg decodes and resamples into a pipe, pydub mixes each block down to mono, and the samples go straight to an
anonymous temporary file, so memory use is constant. `pydub.AudioSegment.from_file` is not used: it needs ffprobe,
which the `imageio-ffmpeg` wheel lacks, and it holds the whole recording in memory several times over.

Input files are untrusted: see `audio.decoding.ffmpeg`; text is refused before ffmpeg runs. Does not detect speech,
change the volume or fetch anything.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from audio.decoding.probe import check_source, printable
from audio.decoding.samples import SAMPLE_RATE, Audio, DecodedTrack
from audio.decoding.track_selection import combine
from audio.decoding.track_sound import Recording, decode_track
from audio.decoding.tracks import SoundTrack, sound_tracks
from audio.episode import Seconds
from audio.errors import DecodeError, SourceError
from audio.progress import part_of
from audio.structure.parts import structure_of

if TYPE_CHECKING:
    from audio.progress import OnFraction

MAX_DURATION: Seconds = 24 * 3600  # of one recording
MAX_TRACKS = 32  # that are heard of one file; no recorder and no edition of a film has as many
_PATIENCE: Seconds = 120.0  # for ffmpeg to decode the next block, which takes it a fraction of a second


def decode(
    path: Path,
    *,
    track: SoundTrack | None = None,
    progress: OnFraction = lambda fraction: None,
    max_duration: Seconds = MAX_DURATION,
    patience: Seconds = _PATIENCE,
) -> Audio:
    """The sound of a file in any format ffmpeg reads, mixed to mono at 16 kHz.

    `track` is one of `audio.decoding.tracks.sound_tracks`, which is taken as it is; without it every track of the file
    is heard, or a note of `Audio.notes` says which is not and why (`audio.decoding.track_selection`).

    The law: every audible second of every channel and track is in the samples, at the time players give it, or a note
    says what is not. Audible is what is more than the rounding of silence to 16 bits, and in a bass channel above
    200 Hz. Notes also say what was done so that it is heard; without one the samples are those of every release.

    `progress` is called with the fraction done, rising to 1. The readable part of a cut or damaged file is returned,
    and `Audio.warnings` says what is missing. (A cut between two frames of an mp3 that states no length cannot be
    detected; an m4a whose index was cut off with its end cannot be read.)
    Raises `SourceError` if the file does not exist, `DecodeError` if it holds no readable sound or more than
    `max_duration` (a few kilobytes of some formats expand to days of silence that fill the disk). An ffmpeg that makes
    no progress for `patience`, and a second for each megabyte of the file, is ended: also a `DecodeError`.
    """
    check_source(path)
    try:
        recording = Recording(path, structure_of(path), max_duration, patience)
        first = recording.structure.parts[0]
        part = first if first.start else None
        tracks = (track,) if track else sound_tracks(path, part=part, patience=patience)
        if len(tracks) > 1:
            audio = _tracks(recording, tracks, progress=progress)
        else:  # a plain track, if none can be found, so that ffmpeg says what the matter is
            only = tracks[0] if tracks else SoundTrack(0, SAMPLE_RATE, "stereo")
            audio = decode_track(recording, only, progress=_rising(progress)).audio
    except OSError as exc:
        raise SourceError(f"cannot be read ({exc.strerror}); run again", about=printable(path)) from exc
    progress(1.0)
    return audio


def _tracks(recording: Recording, tracks: Sequence[SoundTrack], *, progress: OnFraction) -> Audio:
    """The tracks of a file, as one recording. What cannot be read, or is beyond `MAX_TRACKS`, is named as left out."""
    decoded: list[DecodedTrack] = []
    errors: list[DecodeError] = []
    with contextlib.ExitStack() as stack:
        taken = tracks[:MAX_TRACKS]
        for done, track in enumerate(taken):
            part = _rising(part_of(progress, done, len(taken)))
            try:
                one = decode_track(recording, track, progress=part)
            except DecodeError as error:
                errors.append(error)
                continue
            stack.enter_context(one.audio)
            decoded.append(one)
        if not decoded:
            raise errors[0]
        return combine(decoded, taken=len(taken), count=len(tracks))


def _rising(progress: OnFraction) -> OnFraction:
    """The fractions of the first pass; a second one does not begin again."""
    reached = 0.0

    def report(fraction: float) -> None:
        nonlocal reached
        if fraction > reached:
            reached = fraction
            progress(fraction)

    return report
