"""The mix of an episode's tracks, for the player, the captions and the editor: made with the transcript, and again if
it has gone. It is in the cache, unless the user wants it beside the draft."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from audio.decoding.mixdown import write_mix
from audio.disk import CacheKind, cache_folder
from audio.episode import Track
from audio.errors import AudioError
from audio.shortage import room_step
from transcribe.transcript import Transcript
from transcribe.transcript_warnings import WarningCode, warn


def cached_mix(tracks: Sequence[Track]) -> Path:
    """Where the mix of these files is kept: one place for each choice of files, whatever they hold."""
    names = "\n".join(f"{track.path.resolve()} {track.stream}" for track in tracks)
    digest = hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest()
    return cache_folder(CacheKind.MIXES) / f"{digest[:32]}.m4a"


def with_mix(transcript: Transcript) -> Transcript:
    """Write the mix of the transcript's tracks. That it cannot be made costs no transcript: it is a warning."""
    episode = transcript.episode
    if not episode.tracks or episode.path is None:
        return transcript
    try:
        write_mix(episode.tracks, episode.path)
    except AudioError as error:
        problem = str(error)
    except OSError as error:
        step = room_step(error, elsewhere="choose another folder")
        problem = f"{episode.path}: the mix cannot be written ({error.strerror}); {step}, and run again"
    else:
        return transcript
    return replace(transcript, warnings=(*transcript.warnings, warn(WarningCode.AUDIO, message=problem)))
