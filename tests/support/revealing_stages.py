"""Stages whose results spell out every setting that they are allowed to see."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from audio.decoding.samples import Audio
from audio.progress import OnFraction
from tests.support.scripted_stages import A_SOUNDS, B_SOUNDS, ScriptedStages
from transcribe.diarization.diarize import Diarization
from transcribe.recognition.glossary import Glossary
from transcribe.recognition.models import ModelFiles
from transcribe.recognition.recognize import Recognition
from transcribe.recognition.spoken_language import SpokenLanguage
from transcribe.recognition.vad import Chunk, ChunkPlan
from transcribe.settings import Settings, Stage, UndeclaredReadError
from transcribe.transcript import SpeakerSpan, Word

C_SOUNDS = (0.0,) * 191 + (1.0,)
NOT_SEEN = {"threads"}  # results do not depend on it


def seen(settings: Settings, *stages: Stage) -> str:
    """Every setting in the view of these stages, with its value."""
    view, pairs = settings.seen_by(*stages), []
    for field in dataclasses.fields(Settings):
        try:
            value = getattr(view, field.name)
        except UndeclaredReadError:
            continue
        if field.name not in NOT_SEEN:
            pairs.append((field.name, value == "cuda" if field.name == "device" else value))
    return hashlib.sha256(repr(pairs).encode()).hexdigest()[:10]


class RevealingStages(ScriptedStages):
    """A word of each stage names what it saw; the language detected and the number of voices depend on it too."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def model(self) -> ModelFiles:
        name = self._settings.seen_by(Stage.RECOGNIZE).model
        return ModelFiles(name, Path("nowhere"), hashlib.sha256(name.encode()).hexdigest())

    def languages(self) -> frozenset[str]:
        return frozenset({"en", "fr", "nl", "de"})

    def language(self, audio: Audio, plan: ChunkPlan) -> SpokenLanguage:
        return SpokenLanguage(("en", "de")[self._settings.seen_by(Stage.LANGUAGE).engine == "openai"])

    def recognize(self, audio: Audio, chunks: Sequence[Chunk], *, language: str, progress: OnFraction) -> Recognition:
        revealed = f"{language}-{seen(self._settings, Stage.RECOGNIZE)}."
        texts = ("So", "uh,", revealed, "Well", "then", "go", "example.org", "slash", "docs.", "On.")
        words = tuple(Word(text, 0.6 * i, 0.6 * i + 0.5, 0.2) for i, text in enumerate(texts))
        return Recognition(words, language, (), ())

    def rehear(self, audio: Audio, first: Recognition, *, glossary: Glossary, progress: OnFraction) -> Recognition:
        text = f"{glossary.digest}-{seen(self._settings, Stage.REHEAR)}."
        return replace(first, words=(*first.words[:-1], replace(first.words[-1], text=text)))

    def diarize(self, audio: Audio, *, progress: OnFraction) -> Diarization:
        hue = int(seen(self._settings, Stage.DIARIZE), 16) % 1000 / 2000
        spans = (SpeakerSpan(0.0, 1.7 + hue / 10, "S1"), SpeakerSpan(1.9, 3.0, "S2"), SpeakerSpan(3.1, 6.0, "S3"))
        count = self._settings.seen_by(Stage.DIARIZE).speaker_count or 2
        return Diarization(spans, {"S1": A_SOUNDS, "S2": B_SOUNDS, "S3": C_SOUNDS}, estimate=count)
