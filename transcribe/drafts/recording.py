"""The recording of a draft, to listen to: its file, or the mix of its tracks, which is made again if it has gone."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from audio.decoding.mixdown import write_mix
from audio.disk import sha256_of
from audio.episode import Episode, Track
from audio.errors import AudioError, SourceError
from audio.shortage import room_step
from audio.trust import problem_of
from transcribe.pipeline.mixdown import cached_mix


@dataclass(frozen=True, slots=True)
class FoundRecording:
    """The path of a draft's recording; None if its transcript names none. Where `problem` says why there is nothing to
    listen to, and what to do, it is that of a file that is not there."""

    path: Path | None
    problem: str = ""


def recording_of(draft: Path, episode: Episode) -> FoundRecording:
    """The recording, or why there is none.

    A mix that has gone is made in the cache, if all tracks are there, unchanged.
    """
    if episode.path is None:
        return FoundRecording(None)
    path = draft.parent / episode.path
    if path.is_file():
        return FoundRecording(path)
    if not episode.tracks:
        return FoundRecording(path, f"{path}: no such file; put the recording there")
    try:
        return FoundRecording(_mix_of(_tracks(draft, episode)))
    except AudioError as exc:
        problem = str(exc)
    except OSError as exc:
        step = room_step(exc, elsewhere="set XDG_CACHE_HOME to a folder of your own")
        problem = f"{exc.filename or 'the mix'} ({exc.strerror or exc}); {step}"
    return FoundRecording(path, f"{path}: is not there, and its tracks cannot be mixed again: {problem}")


def _mix_of(tracks: Sequence[Track]) -> Path:
    """The mix in the cache, made if it is not there. Raises `AudioError`, `OSError`."""
    mix = cached_mix(tracks)
    if mix.is_file() and not problem_of(mix):
        return mix
    for track in tracks:
        if not track.path.is_file():
            raise SourceError("no such file; put it there", about=str(track.path))
        if track.sha256 not in ("", sha256_of(track.path)):
            raise SourceError(
                "is another file than the one transcribed; put that back, or transcribe the tracks again",
                about=str(track.path),
            )
    write_mix(tracks, mix)
    return mix


def has_recording(draft: Path, episode: Episode) -> bool:
    """Whether there is something to listen to: the file, or all tracks of which it can be made."""
    if episode.path is None:
        return False
    with contextlib.suppress(OSError):
        tracks = _tracks(draft, episode)
        return (draft.parent / episode.path).is_file() or (
            bool(tracks) and all(track.path.is_file() for track in tracks)
        )
    return False


def _tracks(draft: Path, episode: Episode) -> tuple[Track, ...]:
    return tuple(replace(track, path=(draft.parent / track.path).resolve()) for track in episode.tracks)
