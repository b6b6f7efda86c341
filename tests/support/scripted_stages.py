"""Stages with scripted results, for tests of the pipeline without models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from audio.decoding.samples import Audio
from audio.progress import OnFraction
from tests.support.audio_files import write_wav
from tests.support.scripted_aligner import ScriptedAligner
from transcribe.diarization.diarize import Diarization
from transcribe.errors import EngineError
from transcribe.recognition.glossary import Glossary
from transcribe.recognition.models import ModelFiles
from transcribe.recognition.recognize import Recognition
from transcribe.recognition.spoken_language import SpokenLanguage
from transcribe.recognition.vad import Chunk, ChunkPlan, Region
from transcribe.settings import Settings
from transcribe.transcript import Doubt, SpeakerSpan, Word

SAID = "I'm Ada. Who are you? I am Grace. Thank you, Grace."
VOICES = "AAAAABBBAAA"  # the speaker of each word of SAID
A_SOUNDS, B_SOUNDS = ((1.0, 0.0) + (0.0,) * 190, (0.0, 1.0) + (0.0,) * 190)  # their embeddings


def tone(path: Path, *, seconds: float = 6.0, hertz: float = 440.0) -> Path:
    """Write a 16 kHz mono WAV of one sine, so that every `hertz` is another recording."""
    samples = 9000 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * 16_000)) / 16_000)
    return write_wav(path, samples.astype("<i2"))


class ScriptedStages:
    """Two speakers say `SAID`, half a second a word. Records its calls; the stages in `broken` fail."""

    def __init__(self, *, said: str = SAID, broken: frozenset[str] = frozenset()) -> None:
        self.said = said
        self.broken = broken
        self.calls: list[str] = []
        self.names: list[tuple[str, ...]] = []  # of the glossaries of `rehear`
        self.aligns = ScriptedAligner()

    def __call__(self, settings: Settings) -> ScriptedStages:
        """Itself for any settings, so that an instance is a `StagesMaker`."""
        return self

    def model(self) -> ModelFiles:
        return ModelFiles("base", Path("nowhere"), "d01c")

    def plan(self, audio: Audio, *, progress: OnFraction) -> ChunkPlan:
        progress(1.0)
        length = audio.duration
        return ChunkPlan((Chunk(0.0, length, (Region(0.0, length),)),))

    def languages(self) -> frozenset[str]:
        return frozenset({"en", "fr", "nl"})

    def language(self, audio: Audio, plan: ChunkPlan) -> SpokenLanguage:
        return SpokenLanguage("en")

    def recognize(self, audio: Audio, chunks: Sequence[Chunk], *, language: str, progress: OnFraction) -> Recognition:
        self._called("recognize", progress)
        words = tuple(
            Word(text, 0.5 * i, 0.5 * i + 0.4, 0.9) for i, text in enumerate(self.said.split()) if audio.duration > 1
        )
        return Recognition(words=words, language=language, doubts=(Doubt(0, 0.4, "mumbled"),), evidence=())

    def second_languages(
        self, audio: Audio, chunks: Sequence[Chunk], first: Recognition, *, progress: OnFraction
    ) -> Recognition:
        self._called("second languages", progress)
        return first

    def rehear(self, audio: Audio, first: Recognition, *, glossary: Glossary, progress: OnFraction) -> Recognition:
        self._called("rehear", progress)
        self.names.append(glossary.names)
        return first

    def diarize(self, audio: Audio, *, progress: OnFraction) -> Diarization:
        self._called("diarize", progress)
        starts = [i for i, voice in enumerate(VOICES) if i == 0 or VOICES[i - 1] != voice]
        ends = [*starts[1:], len(VOICES)]
        names = {"A": "S1", "B": "S2"}
        return Diarization(
            tuple(SpeakerSpan(0.5 * a, 0.5 * b - 0.1, names[VOICES[a]]) for a, b in zip(starts, ends, strict=True)),
            {"S1": A_SOUNDS, "S2": B_SOUNDS},
        )

    def tokenize(self, text: str) -> Sequence[int]:
        return range(1, 1 + -(-len(text) // 4))  # four letters each

    def aligner(self) -> ScriptedAligner:
        return self.aligns

    def _called(self, stage: str, progress: OnFraction) -> None:
        self.calls.append(stage)
        progress(0.5)
        if stage in self.broken:
            raise EngineError(f"{stage} broke, as told")
        progress(1.0)
