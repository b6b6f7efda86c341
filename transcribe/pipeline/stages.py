"""The slow stages of an episode as one protocol: chunk plan, language, words by blocks of chunks, names, speakers.

`RealStages` computes them with the models; tests use scripted ones. `transcribe.pipeline.checkpointed_run` stores their
results, `transcribe.pipeline.pipeline` decides when they run. Nothing heavy is imported before a stage needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from transcribe.errors import UnreachableError
from transcribe.settings import Settings, Stage, home_expanded
from transcribe.weights.wheels import OnFetch, ignore_fetch, refuse_fetch

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.progress import OnFraction
    from transcribe.diarization.diarize import Diarization
    from transcribe.recognition.engines.protocol import Aligner
    from transcribe.recognition.glossary import Glossary
    from transcribe.recognition.models import ModelFiles
    from transcribe.recognition.recognize import Recognition
    from transcribe.recognition.spoken_language import SpokenLanguage
    from transcribe.recognition.vad import Chunk, ChunkPlan


class Stages(Protocol):
    """The slow stages. `progress` receives the fraction of the stage's work that is done."""

    def model(self) -> ModelFiles:
        """The recogniser's weights; their hash is part of a checkpoint's key."""

    def plan(self, audio: Audio, *, progress: OnFraction) -> ChunkPlan:
        """The stretches of speech, in chunks."""

    def languages(self) -> frozenset[str]:
        """Codes of the languages the recogniser knows; needs no weights loaded."""

    def language(self, audio: Audio, plan: ChunkPlan) -> SpokenLanguage:
        """The language spoken, as detected; `und` without speech."""

    def recognize(self, audio: Audio, chunks: Sequence[Chunk], *, language: str, progress: OnFraction) -> Recognition:
        """The words of some chunks of the plan, in time order; they depend on no other chunk."""

    def second_languages(
        self, audio: Audio, chunks: Sequence[Chunk], first: Recognition, *, progress: OnFraction
    ) -> Recognition:
        """`first`, of all chunks of the plan, with longer passages in other languages read in those."""

    def rehear(self, audio: Audio, first: Recognition, *, glossary: Glossary, progress: OnFraction) -> Recognition:
        """`first`, of the whole recording, with the glossary's names recovered."""

    def diarize(self, audio: Audio, *, progress: OnFraction) -> Diarization:
        """Who speaks when, and each speaker's voice embedding."""

    def tokenize(self, text: str) -> Sequence[int]:
        """The tokens of a text in the vocabulary of the recogniser's weights; a frequent word is one small number."""

    def aligner(self) -> Aligner:
        """Finds when known words are spoken."""


MODULES = (
    "transcribe.pipeline.pipeline",
    "scipy.fft",
    "faster_whisper.vad",
    "onnxruntime",
    "scipy.sparse",
    "scipy.cluster.hierarchy",
)
"""The modules that take long to import and that a recording needs, in the order in which it does; `scipy.fft` only one
of several channels."""

StagesMaker = Callable[[Settings], Stages]
"""Makes the stages for some settings. A function at the top level of a module can be sent to another process."""


def real_stages(settings: Settings) -> Stages:
    """The stages that run the models."""
    return RealStages(settings)


def stages_without_network(settings: Settings) -> Stages:
    """The stages that run the models, but fetch none."""
    return RealStages(settings, on_fetch=refuse_fetch)


def fetch_models(settings: Settings, *, on_fetch: OnFetch = ignore_fetch) -> None:
    """Fetch the weights the settings need, unless they are here, so that a run without them ends before any work.

    Raises `EngineError` if the engine is not installed, `ModelError`, before anything is fetched in vain, for weights
    that cannot be had at all, and one `UnreachableError` for all that nobody can be reached for.
    """
    from transcribe.diarization.networks import find_speaker_models
    from transcribe.recognition.engines import check_installed
    from transcribe.recognition.models import find_model

    check_installed(settings)
    unreachable = []
    for find in (lambda: find_model(settings.model, on_fetch=on_fetch), lambda: find_speaker_models(on_fetch=on_fetch)):
        try:
            find()
        except UnreachableError as error:
            unreachable.append(error)
    if unreachable:
        raise UnreachableError("; ".join(map(str, unreachable))) from unreachable[0]


class RealStages:
    """Runs the models the settings name; each is loaded when first needed and stays loaded for the next episode.

    Each stage reads the settings through its own view, which has those that are in the key of its results and no other.
    """

    def __init__(self, settings: Settings, *, on_fetch: OnFetch = ignore_fetch) -> None:
        self._settings, self._on_fetch = settings, on_fetch

    def model(self) -> ModelFiles:
        """See `Stages`. Raises `ModelError`."""
        return self._model

    @cached_property
    def _model(self) -> ModelFiles:
        from transcribe.recognition.models import find_model

        return find_model(self._settings.seen_by(Stage.RECOGNIZE).model, on_fetch=self._on_fetch)

    @cached_property
    def _recognizer(self) -> Any:
        from transcribe.recognition.engines import load

        return load(self._settings.seen_by(Stage.RECOGNIZE), self.model())

    def languages(self) -> frozenset[str]:
        """See `Stages`. Raises `ModelError`."""
        return self._languages

    @cached_property
    def _languages(self) -> frozenset[str]:
        return self.model().languages

    def plan(self, audio: Audio, *, progress: OnFraction) -> ChunkPlan:
        """See `Stages`. Raises `EngineError`."""
        from transcribe.recognition.faint_speech import with_faint_speech
        from transcribe.recognition.vad import chunk_audio

        return with_faint_speech(chunk_audio(audio, progress=progress), audio)

    def language(self, audio: Audio, plan: ChunkPlan) -> SpokenLanguage:
        """See `Stages`. Raises `ModelError` and `EngineError`."""
        from transcribe.recognition.spoken_language import UNDETERMINED, SpokenLanguage, detect_language

        return detect_language(audio, self._recognizer, plan) if plan.chunks else SpokenLanguage(UNDETERMINED)

    def recognize(self, audio: Audio, chunks: Sequence[Chunk], *, language: str, progress: OnFraction) -> Recognition:
        """See `Stages`. Raises `ModelError` and `EngineError`."""
        from transcribe.recognition.recognize import read_chunks

        beam_size = self._settings.seen_by(Stage.RECOGNIZE).beam_size
        return read_chunks(audio, self._recognizer, chunks, language=language, beam_size=beam_size, progress=progress)

    def second_languages(
        self, audio: Audio, chunks: Sequence[Chunk], first: Recognition, *, progress: OnFraction
    ) -> Recognition:
        """See `Stages`. Raises `ModelError` and `EngineError`."""
        from transcribe.recognition.second_language import read_second_languages

        beam_size = self._settings.seen_by(Stage.RECOGNIZE).beam_size
        return read_second_languages(audio, self._recognizer, chunks, first, beam_size=beam_size, progress=progress)

    def rehear(self, audio: Audio, first: Recognition, *, glossary: Glossary, progress: OnFraction) -> Recognition:
        """See `Stages`. Raises `ModelError` and `EngineError`."""
        from transcribe.recognition.glossary_correction import correct_words
        from transcribe.recognition.name_biasing import recover_names

        second = recover_names(audio, first, self._recognizer, glossary=glossary, progress=progress)
        words, corrections = correct_words(second.words, glossary)
        return replace(second, words=words, corrections=(*second.corrections, *corrections))

    def diarize(self, audio: Audio, *, progress: OnFraction) -> Diarization:
        """See `Stages`. Raises `SettingsError`, `ModelError` and `EngineError`."""
        from transcribe.diarization.channels import Channels
        from transcribe.diarization.diarize import find_speakers
        from transcribe.diarization.owned import find_owned_speakers

        settings = self._settings.seen_by(Stage.DIARIZE)
        if audio.owners:
            return find_owned_speakers(audio, device=settings.device, threads=settings.threads, progress=progress)
        return find_speakers(
            audio,
            count=settings.speaker_count,
            channels=Channels(settings.channels),
            device=settings.device,
            threads=settings.threads,
            progress=progress,
        )

    def tokenize(self, text: str) -> Sequence[int]:
        """See `Stages`. Raises `ModelError`."""
        return self._tokenizer(text)

    @cached_property
    def _tokenizer(self) -> Callable[[str], Sequence[int]]:
        return self.model().tokenizer()

    def aligner(self) -> Aligner:
        """See `Stages`: the recogniser, if it can align. Raises `ModelError` and `EngineError`."""
        from transcribe.recognition.engines import load_aligner
        from transcribe.recognition.engines.protocol import Aligner

        recognizer = self._recognizer
        return recognizer if isinstance(recognizer, Aligner) else load_aligner(self.model())


def uses_gpu(settings: Settings) -> bool:
    """Whether the models run on a GPU of this machine, by `settings.device`."""
    if settings.device == "auto":
        import ctranslate2

        return bool(ctranslate2.get_cuda_device_count() > 0)
    return settings.device == "cuda"


def glossary_of(settings: Settings) -> Glossary:
    """The glossary the settings name, or an empty one. Raises `SettingsError`."""
    from transcribe.recognition.glossary import Glossary, read_glossary

    return read_glossary(home_expanded(settings.glossary, "glossary")) if settings.glossary else Glossary()
