"""What the machine wrote before anybody corrected it, kept for learning from the corrections.

The timed transcript beside a draft follows the editor, so its first state is put away the first time it changes: in
the user's data folder, under the recording's and the machine's draft's hashes, which no edit changes.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from audio.disk import data_folder, write_atomically
from transcribe.errors import TranscriptError
from transcribe.transcript import Transcript

_log = logging.getLogger(__name__)


def save_original(transcript: Transcript, draft_path: Path) -> None:
    """Put the transcript away unless an earlier one of the same run is there. What cannot be kept is only logged."""
    place = _place(transcript, draft_path)
    if place is None or place.exists():
        return
    try:
        write_atomically(place, transcript.to_json())
    except OSError as error:
        _log.info("%s: what the machine wrote is not kept (%s)", place, error)


def original_of(transcript: Transcript, draft_path: Path) -> Transcript:
    """The transcript as the machine made it: the one put away, or this one where it was never changed."""
    place = _place(transcript, draft_path)
    try:
        return transcript if place is None else Transcript.from_json(place.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, TranscriptError):
        return transcript


def _place(transcript: Transcript, draft_path: Path) -> Path | None:
    """Where it is kept; None where nothing tells one run from another."""
    made = transcript.made_with
    written = made.outputs.get(draft_path.name)
    if not written:
        return None
    key = hashlib.sha256(f"{made.audio_sha256} {written}".encode()).hexdigest()
    return data_folder() / "heard" / f"{key[:32]}.json"
