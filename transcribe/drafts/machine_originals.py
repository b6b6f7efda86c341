"""The transcripts as the machine wrote them, before any correction: `transcribe learn` compares drafts with them.

Sync updates the timed transcript next to a draft, so the first state is saved the first time it changes: in the user's
data folder, under a hash of the recording's and the machine draft's hashes, which no edit changes.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from audio.disk import data_folder, write_privately
from audio.trust import read_own
from transcribe.errors import TranscriptError
from transcribe.transcript import Transcript

_log = logging.getLogger(__name__)


def save_original(transcript: Transcript, draft_path: Path) -> None:
    """Save the transcript unless the original of the same run is saved already. A failure is only logged."""
    path = _original_path(transcript, draft_path)
    if path is None or path.exists():
        return
    try:
        write_privately(path, transcript.to_json())
    except OSError as error:
        _log.info("%s: the machine's transcript was not saved (%s)", path, error)


def original_of(transcript: Transcript, draft_path: Path) -> Transcript:
    """The transcript as the machine wrote it: the saved one, or this one if no sync has changed it."""
    path = _original_path(transcript, draft_path)
    try:
        return transcript if path is None else Transcript.from_json(read_own(path, inside=data_folder()).decode())
    except (OSError, UnicodeDecodeError, TranscriptError):
        return transcript


def _original_path(transcript: Transcript, draft_path: Path) -> Path | None:
    """Where the original is saved; None if the transcript does not identify its run."""
    made_with = transcript.made_with
    draft_sha256 = made_with.outputs.get(draft_path.name)
    if not draft_sha256:
        return None
    key = hashlib.sha256(f"{made_with.audio_sha256} {draft_sha256}".encode()).hexdigest()
    return data_folder() / "heard" / f"{key[:32]}.json"
