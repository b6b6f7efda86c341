"""The transcripts as the machine wrote them, before any correction: `transcribe learn` compares drafts with them.

Sync updates the timed transcript next to a draft, so the first state is saved the first time it changes: in the user's
data folder, under a hash of the recording's and the machine draft's hashes, which no edit changes. After a merge it is
the new recognition with the older words where that agrees with an edit (`merge_words.Merged.base`). Beside it are the
doubts of the original that an editor has confirmed: once their words are edited, no transcript says so.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection
from pathlib import Path

from audio.disk import data_folder, write_privately
from audio.trust import read_own
from transcribe.errors import TranscriptError
from transcribe.transcript import Doubt, Transcript
from transcribe.transcript_json import doubt_arguments, said_fields

_log = logging.getLogger(__name__)


def save_original(transcript: Transcript, draft_path: Path) -> None:
    """Save the transcript unless the original of the same run is saved already. A failure is only logged."""
    path = _path("heard", transcript, draft_path)
    if path is None or path.exists():
        return
    try:
        write_privately(path, transcript.to_json())
    except OSError as error:
        _log.info("%s: the machine's transcript was not saved (%s)", path, error)


def original_of(transcript: Transcript, draft_path: Path) -> Transcript:
    """The transcript as the machine wrote it: the saved one, or this one if no sync has changed it."""
    path = _path("heard", transcript, draft_path)
    try:
        return transcript if path is None else Transcript.from_json(read_own(path, inside=data_folder()).decode())
    except (OSError, UnicodeDecodeError, TranscriptError):
        return transcript


def save_confirmed(doubts: Collection[Doubt], transcript: Transcript, draft_path: Path) -> None:
    """Save which doubts of the original are confirmed. A failure is only logged."""
    if (path := _path("confirmed", transcript, draft_path)) is None or doubts == confirmed_of(transcript, draft_path):
        return
    try:
        rows = [said_fields(doubt) for doubt in sorted(doubts, key=lambda doubt: (doubt.start, doubt.end))]
        write_privately(path, json.dumps(rows))
    except OSError as error:
        _log.info("%s: what was confirmed is not saved (%s)", path, error)


def confirmed_of(transcript: Transcript, draft_path: Path) -> frozenset[Doubt]:
    """The doubts of the original that were confirmed, as far as they are saved."""
    path = _path("confirmed", transcript, draft_path)
    try:
        rows = [] if path is None else json.loads(read_own(path, inside=data_folder()))
        return frozenset(Doubt(**doubt_arguments(row)) for row in rows)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return frozenset()


def _path(folder: str, transcript: Transcript, draft_path: Path) -> Path | None:
    """Where something of the original is saved; None if the transcript does not identify its run."""
    made_with = transcript.made_with
    draft_sha256 = made_with.outputs.get(draft_path.name)
    if not draft_sha256:
        return None
    key = hashlib.sha256(f"{made_with.audio_sha256} {draft_sha256}".encode()).hexdigest()
    return data_folder() / folder / f"{key[:32]}.json"
