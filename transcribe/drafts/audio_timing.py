"""The recording beside a draft, for long rewrites that are to be timed on it (`transcribe sync --realign-audio`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from transcribe.errors import TranscriptError
from transcribe.recognition.forced_alignment import find_rewrites, realign_to_audio
from transcribe.transcript import Transcript

if TYPE_CHECKING:
    from transcribe.drafts.sync import Retime
    from transcribe.recognition.engines import Aligner


def _aligner(transcript: Transcript) -> Aligner:
    from transcribe.recognition.engines import load_aligner
    from transcribe.recognition.models import find_model

    return load_aligner(find_model(transcript.made_with.model))


def audio_retimer(draft_path: Path, *, open_aligner: Callable[[Transcript], Aligner] = _aligner) -> Retime:
    """Times long rewrites on the audio the transcript names, with the model that made it; loads neither without need.

    What it gives raises `TranscriptError` where the audio is not there, `SourceError`, `ModelError` and `EngineError`
    as decoding and the models do.
    """

    def retime(after: Transcript, before: Transcript) -> tuple[Transcript, str]:
        found = find_rewrites(after, before)
        if not found:
            return after, ""
        path = after.episode.path and draft_path.parent / after.episode.path
        if path is None or not path.is_file():
            where = f"{path}: not there" if path else f"{draft_path}: its transcript names no audio"
            raise TranscriptError(f"{where}, so nothing was timed on it or changed; sync without --realign-audio")
        from audio.decoding.decode import decode

        with decode(path) as audio:
            heard, count = realign_to_audio(after, found, audio=audio, aligner=open_aligner(after))
        missing = sum(rewrite.last - rewrite.first for rewrite in found) - count
        parts = [f"{count} of them timed on the audio"] if count else []
        return heard, ", ".join([*parts, f"{missing} not heard there"] if missing else parts)

    return retime
