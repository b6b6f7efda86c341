"""The recognisers, behind one protocol. Which one runs is a setting; its libraries are imported when it is loaded."""

from __future__ import annotations

from transcribe.recognition.engines.protocol import (
    LONGEST_WINDOW,
    SAMPLE_RATE,
    Aligner,
    LanguageGuess,
    Reading,
    Recognizer,
)
from transcribe.recognition.models import ModelFiles
from transcribe.settings import Settings

__all__ = [
    "LONGEST_WINDOW",
    "SAMPLE_RATE",
    "Aligner",
    "LanguageGuess",
    "Reading",
    "Recognizer",
    "engine_name",
    "load",
    "load_aligner",
]


def engine_name(settings: Settings) -> str:
    """The engine `settings.engine` stands for: auto is the fast one."""
    return "ctranslate2" if settings.engine == "auto" else settings.engine


def load(settings: Settings, files: ModelFiles) -> Recognizer:
    """The engine of `settings` with the weights `files`, ready to recognise.

    Raises `EngineError` when its library or the weights cannot be loaded.
    """
    if engine_name(settings) == "openai":
        from transcribe.recognition.engines.openai_whisper import OpenAIWhisper

        return OpenAIWhisper(files, device=settings.device)
    from transcribe.recognition.engines.ctranslate2 import CTranslate2

    return CTranslate2(files, device=settings.device, threads=settings.threads)


def load_aligner(files: ModelFiles) -> Aligner:
    """The engine that aligns known text, on these weights. Raises `EngineError` as `load` does."""
    from transcribe.recognition.engines.ctranslate2 import CTranslate2

    return CTranslate2(files)
