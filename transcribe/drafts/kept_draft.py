"""What a run says of an edited draft that it keeps: who speaks in it, or that it is not of this recording any more."""

from __future__ import annotations

from pathlib import Path

from output.errors import OutputError
from output.parse import read_draft
from transcribe.alignment.realign import realign
from transcribe.drafts.transcript_update import update_transcript
from transcribe.errors import TranscriptError
from transcribe.transcript import Speaker, Transcript


def speakers_in(draft: Path, timed: Transcript) -> tuple[Speaker, ...]:
    """The speakers of an edited draft of this transcript, as `transcribe sync` would record them; none if it does not
    fit."""
    try:
        return update_transcript(read_draft(draft), timed, name=str(draft)).transcript.speakers
    except (OutputError, TranscriptError):
        return ()


def misfit_of(draft: Path, timed: Transcript) -> str:
    """Why the file `draft` is no draft of this transcript, and what to do, for the user; empty if it is one."""
    try:
        texts = [turn.spoken for turn in read_draft(draft).turns]
    except OutputError as error:
        return str(error)
    realigned = realign(texts, [turn.words for turn in timed.turns])
    if not timed.words or realigned.is_same_text:
        return ""
    step = "move it away and run again, or put its text back"
    return f"{draft}: does not fit the recording ({realigned.overlap_ratio:.0%} of the words agree) and is kept; {step}"
