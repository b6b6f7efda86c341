"""Every stage of recognition in one call, for tests and benchmarks; a run takes the stages one by one."""

from __future__ import annotations

from collections.abc import Callable

from audio.decoding.samples import Audio
from transcribe.recognition.engines.protocol import Recognizer
from transcribe.recognition.recognize import (
    Recognition,
    check_language,
    combine,
    read_chunks,
)
from transcribe.recognition.spoken_language import UNDETERMINED, detect_language
from transcribe.recognition.vad import chunk_audio
from transcribe.settings import Settings


def recognize_all(
    audio: Audio, recognizer: Recognizer, *, settings: Settings, progress: Callable[[float], None] | None = None
) -> Recognition:
    """The words of a whole recording, by `settings.language`, `.beam_size` and `.verbatim`."""
    plan = chunk_audio(audio)
    if not plan.chunks:
        return Recognition((), UNDETERMINED if settings.language == "auto" else settings.language, (), ())
    check_language(settings.language, model=settings.model, known=recognizer.languages)
    language = settings.language if settings.language != "auto" else detect_language(audio, recognizer, plan).code
    beam_size = settings.beam_size
    part = read_chunks(audio, recognizer, plan.chunks, language=language, beam_size=beam_size, progress=progress)
    return combine([part], language, verbatim=settings.verbatim)
