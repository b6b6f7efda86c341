"""The recording of a draft, to listen to: its file, or the mix of its tracks, which is made again if it has gone."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

from audio.decoding.mixdown import write_mix
from audio.disk import sha256_of
from audio.episode import Episode, Track
from audio.errors import AudioError
from audio.trust import problem_of
from transcribe.pipeline.mixdown import cached_mix


def recording_of(draft: Path, episode: Episode) -> Path | None:
    """The path of the recording; None if the transcript names none. There may be no file.

    A mix that has gone is made in the cache, if all tracks are there, unchanged.
    """
    if episode.path is None:
        return None
    path = draft.parent / episode.path
    if path.is_file() or not has_recording(draft, episode):
        return path
    tracks = _tracks(draft, episode)
    mix = cached_mix(tracks)
    with contextlib.suppress(AudioError, OSError):
        is_there = mix.is_file() and not problem_of(mix)
        if is_there or all(track.sha256 in ("", sha256_of(track.path)) for track in tracks):
            if not is_there:
                write_mix(tracks, mix)
            return mix
    return path


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
