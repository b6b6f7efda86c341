"""Times long rewrites of a draft on its recording (`transcribe sync --realign-audio`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from transcribe.drafts.recording import recording_of
from transcribe.errors import TranscriptError
from transcribe.recognition.forced_alignment import find_rewrites, realign_to_audio
from transcribe.transcript import Transcript

if TYPE_CHECKING:
    from transcribe.drafts.sync import Retime
    from transcribe.recognition.engines.protocol import Aligner


def _aligner(transcript: Transcript) -> Aligner:
    from transcribe.recognition.engines import load_aligner
    from transcribe.recognition.models import find_model

    return load_aligner(find_model(transcript.made_with.model))


def audio_retimer(draft_path: Path, *, open_aligner: Callable[[Transcript], Aligner] = _aligner) -> Retime:
    """A function that times long rewrites on the transcript's audio, with the model that made the transcript.

    It loads neither if there is no long rewrite. It raises `TranscriptError` if the audio does not exist, and
    `SourceError`, `ModelError` and `EngineError` as decoding and the models do.
    """

    def retime(after: Transcript, before: Transcript) -> tuple[Transcript, str]:
        passages = find_rewrites(after, before)
        if not passages:
            return after, ""
        recording = recording_of(draft_path, after.episode)
        if recording.path is None or recording.problem:
            problem = recording.problem or f"{draft_path}: its transcript names no audio"
            raise TranscriptError(f"{problem}; nothing was changed. Run sync without --realign-audio")
        from audio.decoding.decode import decode

        with decode(recording.path) as audio:
            retimed, count = realign_to_audio(after, passages, audio=audio, aligner=open_aligner(after))
        missing = sum(passage.last - passage.first for passage in passages) - count
        parts = [f"{count} of them timed on the audio"] if count else []
        return retimed, ", ".join([*parts, f"{missing} not found in the audio"] if missing else parts)

    return retime
