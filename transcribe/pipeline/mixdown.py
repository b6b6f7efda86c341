"""The mix of an episode's tracks, for the player, the captions and the editor: made with the transcript, and again if
it has gone. It is in the cache, unless the user wants it beside the draft."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from audio.decoding.mixdown import write_mix
from audio.disk import CacheKind, cache_folder
from audio.episode import Track
from audio.errors import AudioError
from audio.shortage import room_step
from transcribe.tracks.layout import TRACKS_VERSION
from transcribe.transcript import Transcript
from transcribe.transcript_warnings import WarningCode, warn


def cached_mix(tracks: Sequence[Track]) -> Path:
    """Where the mix of these tracks is kept: its name depends on all that its sound depends on.

    So no mix replaces one that another draft is timed by. What a track says of its place is in the name, found or not
    yet found; what will be found depends on the files and on how they are compared.
    """
    rows = [[str(track.path.resolve()), track.stream, track.sha256, track.offset, track.drift_ppm] for track in tracks]
    digest = hashlib.sha256(json.dumps([TRACKS_VERSION, rows]).encode()).hexdigest()
    return cache_folder(CacheKind.MIXES) / f"{digest[:32]}.m4a"


def with_mix(transcript: Transcript) -> tuple[Transcript, Path | None]:
    """Write the mix of the transcript's tracks. That it cannot be made costs no transcript: it is a warning.

    Returns also the mix that was written, unless it is in the cache.
    """
    episode = transcript.episode
    if not episode.tracks or episode.path is None:
        return transcript, None
    try:
        write_mix(episode.tracks, episode.path)
    except AudioError as error:
        problem = str(error)
    except OSError as error:
        step = room_step(error, elsewhere="choose another folder")
        problem = f"{episode.path}: the mix cannot be written ({error.strerror}); {step}, and run again"
    else:
        is_cached = episode.path.is_relative_to(cache_folder(CacheKind.MIXES))
        return transcript, None if is_cached else episode.path
    return replace(transcript, warnings=(*transcript.warnings, warn(WarningCode.AUDIO, message=problem))), None
