"""The stages of one recording, each result stored as a checkpoint when it is computed and never computed twice.

The words are recognised in blocks: a block is a fixed number of chunks of the plan, and no chunk's words depend on
another's, so the words are the same however often the run was interrupted and wherever each block was read. Turns are
not stored: making them from the words and spans of three hours takes 0.3 s.

What this does not do: compute the stages (`transcribe.pipeline.stages`), say what their results depend on
(`transcribe.pipeline.result_keys`), run them in parallel or name speakers (`transcribe.pipeline.pipeline`).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

from transcribe.pipeline import codecs
from transcribe.pipeline.result_keys import ResultKeys
from transcribe.pipeline.sound import open_sound
from transcribe.pipeline.stages import Stages, glossary_of
from transcribe.pipeline.watch import RunMonitor
from transcribe.recognition.engines import engine_name
from transcribe.recognition.glossary import Glossary, names_from_metadata
from transcribe.settings import Settings, Stage

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.episode import Episode
    from audio.fingerprint import Fingerprint
    from transcribe.diarization.diarize import Diarization
    from transcribe.pipeline.checkpoints import Key, Store
    from transcribe.recognition.recognize import Recognition
    from transcribe.recognition.spoken_language import SpokenLanguage
    from transcribe.recognition.vad import ChunkPlan
    from transcribe.tracks.layout import Layout

Value = TypeVar("Value")

CHUNKS_PER_BLOCK = 16  # at most eight minutes of sound, a multiple of what a GPU takes at a time

_PLANNED, _RECOGNIZED = 0.05, 0.8  # of the words' progress: after the plan; after recognition, if names are recovered


class CheckpointedRun:
    """The stages of one episode's file under some settings, over a store of earlier results.

    Settings that the model or the glossary's file does not allow are refused here, whatever is stored: raises
    `SettingsError`.

    Each method raises what its stage raises; words and speakers may be computed in two threads. A context manager:
    leaving it frees the decoded samples.
    """

    def __init__(
        self,
        episode: Episode,
        fingerprint: Fingerprint,
        *,
        stages: Stages,
        settings: Settings,
        store: Store,
        monitor: RunMonitor,
    ) -> None:
        if not episode.files:
            raise ValueError(f"{episode.title}: has no local file")
        self._episode, self.fingerprint = episode, fingerprint
        self._stages, self._settings, self._store, self.monitor = stages, settings, store, monitor
        self._keys = ResultKeys(fingerprint.sha256, settings, has_tracks=bool(episode.tracks))
        self._audio: Audio | None = None
        self._layout: Layout | None = None  # of an episode of several tracks, with its audio
        self._decode_error: Exception | None = None
        self._only_asks = False  # what is stored: nothing is computed
        self._lock = threading.RLock()
        self._check_settings()

    def __enter__(self) -> CheckpointedRun:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._audio is not None:
            self._audio.close()

    @cached_property
    def facts(self) -> codecs.AudioFacts:
        """The file's length, and warnings about unreadable parts."""

        def compute() -> codecs.AudioFacts:
            audio = self.samples()
            duration = audio.duration if self._layout is None else self._layout.duration
            return codecs.AudioFacts(
                round(duration, 3), audio.warnings, self._layout, notes=audio.notes, revision=audio.revision
            )

        return self._cached(Stage.DECODE, "", codecs.FACTS, compute)

    @cached_property
    def plan(self) -> ChunkPlan:
        """The stretches of speech, in chunks."""

        def compute() -> ChunkPlan:
            audio = self.samples()
            with self.monitor.stage(Stage.PLAN):
                return self._stages.plan(audio, progress=lambda done: self._report_words(_PLANNED * done))

        return self._cached(Stage.PLAN, "", codecs.PLAN, compute)

    @cached_property
    def spoken(self) -> SpokenLanguage:
        """The language spoken: the given one, or the detected one."""
        from transcribe.recognition.spoken_language import SpokenLanguage

        given = self._settings.seen_by(Stage.LANGUAGE).language
        if given != "auto":
            return SpokenLanguage(given)

        def compute() -> SpokenLanguage:
            audio, plan = self.samples(), self.plan
            with self.monitor.stage(Stage.RECOGNIZE):
                return self._stages.language(audio, plan)

        return self._cached(Stage.LANGUAGE, self._model, codecs.LANGUAGE, compute, by_device=True)

    @property
    def n_blocks(self) -> int:
        """The number of blocks the plan's chunks are recognised in; 0 if there is no speech."""
        return -(-len(self.plan.chunks) // CHUNKS_PER_BLOCK)

    def block(self, number: int) -> Recognition:
        """The words of one block; `number` counts from 0."""
        chunks = self.plan.chunks[number * CHUNKS_PER_BLOCK : (number + 1) * CHUNKS_PER_BLOCK]
        language = self.spoken.code

        def compute() -> Recognition:
            audio = self.samples()
            with self.monitor.stage(Stage.RECOGNIZE):
                return self._stages.recognize(
                    audio, chunks, language=language, progress=lambda done: self._report_blocks(number + done)
                )

        circumstances = f"{self._model} {language} {codecs.digest_of(chunks)}"
        words = self._cached(Stage.RECOGNIZE, circumstances, codecs.recognition_in(language), compute, by_device=True)
        self._report_blocks(number + 1)
        return words

    def words(self) -> Recognition:
        """The words of the whole recording, with the glossary's names recovered, and doubts for speech not heard."""
        from transcribe.recognition.recognize import combine, fillers_removed, with_faint
        from transcribe.recognition.second_language import suspected

        blocks = [self.block(number) for number in range(self.n_blocks)]
        words = combine(blocks, self.spoken.code, verbatim=True)
        if self._settings.seen_by(Stage.LANGUAGE).language == "auto" and suspected(words.evidence, words.language):
            again = partial(self._stages.second_languages, chunks=self.plan.chunks, progress=self._report_again)
            words = self._read_again(Stage.LANGUAGE, "stretches", words, partial(again, first=words))
        words = words if self._settings.seen_by(Stage.REHEAR).verbatim else fillers_removed(words)
        if self._glossary.terms and words.words:
            read = partial(self._stages.rehear, first=words, glossary=self._glossary, progress=self._report_again)
            words = self._read_again(Stage.REHEAR, self._glossary.digest, words, read)
        words = with_faint(words, self.plan.faint)
        self._report_words(1.0)
        return words

    def speakers(self) -> Diarization:
        """Who speaks when."""

        def compute() -> Diarization:
            audio = self.samples()
            with self.monitor.stage(Stage.DIARIZE):
                return self._stages.diarize(audio, progress=lambda done: self.monitor.report(Stage.DIARIZE, done))

        return self._cached(Stage.DIARIZE, "", codecs.DIARIZATION, compute, by_device=True)

    @property
    def missing(self) -> frozenset[Stage]:
        """The stages whose results the store lacks, so that they need the audio; of those that need each other's
        results the first."""
        missing: set[Stage] = set()
        self._only_asks = True
        try:
            for stages in (lambda: self.facts, self.words, self.speakers):
                try:
                    stages()
                except _MissingError as error:
                    missing.add(error.stage)
        finally:
            self._only_asks = False
        return frozenset(missing)

    @property
    def recognised(self) -> float:
        """The share of the blocks whose words the store has, 0 to 1."""
        is_planned = self.missing.isdisjoint({Stage.DECODE, Stage.PLAN})
        found, self._only_asks = 0, True
        try:
            for number in range(self.n_blocks if is_planned else 0):
                with contextlib.suppress(_MissingError):
                    self.block(number)
                    found += 1
        finally:
            self._only_asks = False
        return found / self.n_blocks if found else 0.0

    def _read_again(
        self, stage: Stage, what: str, first: Recognition, read: Callable[[Audio], Recognition]
    ) -> Recognition:
        """What is made of all words that were read first, and so depends on all that they depend on."""

        def compute() -> Recognition:
            audio = self.samples()
            with self.monitor.stage(Stage.REHEAR):
                return read(audio)

        circumstances = f"{self._keys.version_of_words} {self._model} {what} {codecs.digest_of(self.plan.chunks)}"
        return self._cached(stage, circumstances, codecs.recognition_in(first.language), compute, by_device=True)

    def _cached(
        self,
        stage: Stage,
        circumstances: str,
        codec: codecs.Codec[Value],
        compute: Callable[[], Value],
        *,
        by_device: bool = False,
    ) -> Value:
        """The stage's result from the store; if it has none, the computed one, which is saved there.

        `by_device`: the result depends on the device it is computed on.
        """

        def key(device: str) -> Key:
            revision = 0 if stage is Stage.DECODE else self.facts.revision
            return self._keys.key(stage, circumstances, revision=revision, device=device)

        for accepted in self._keys.accepted_devices if by_device else ("cpu",):
            result = codec.decode_or_none(self._store.load(key(accepted)))
            if result is not None:
                return result
        if self._only_asks:
            raise _MissingError(stage)
        result = compute()
        self._store.save(key(self._keys.device if by_device else "cpu"), codec.encode(result))
        return result

    def _check_settings(self) -> None:
        from transcribe.recognition.recognize import check_language

        settings = self._settings.seen_by(Stage.RECOGNIZE)
        if settings.language != "auto":
            check_language(settings.language, model=settings.model, known=self._stages.languages())
        _ = engine_name(settings), self._glossary

    def samples(self) -> Audio:
        """The recording, decoded on the first call; an error then is raised again by every later call."""
        with self._lock:
            if self._decode_error is not None:
                raise self._decode_error
            if self._audio is None:
                try:
                    with self.monitor.stage(Stage.DECODE):
                        report = partial(self.monitor.report, Stage.DECODE)
                        known = self._known_layout()
                        self._audio, self._layout = open_sound(self._episode, self.fingerprint, report, known=known)
                except Exception as error:
                    self._decode_error = error
                    raise
            return self._audio

    def _known_layout(self) -> Layout | None:
        """The layout of the tracks as an earlier task found it, so that no other looks for it again."""
        facts = codecs.FACTS.decode_or_none(self._store.load(self._keys.key(Stage.DECODE, "")))
        return facts.layout if facts is not None and self._episode.tracks else None

    @cached_property
    def _model(self) -> str:
        return self._stages.model().sha256

    @cached_property
    def _glossary(self) -> Glossary:
        """The settings' glossary, with the names in the episode's metadata and in `--speakers`."""
        return glossary_of(self._settings).with_names(names_from_metadata(self._episode, self._settings.speaker_names))

    def _report_blocks(self, done: float) -> None:
        whole = _RECOGNIZED if self._glossary.terms else 1.0
        self._report_words(_PLANNED + (whole - _PLANNED) * done / self.n_blocks)

    def _report_again(self, done: float) -> None:
        self._report_words(_RECOGNIZED + (1 - _RECOGNIZED) * done)

    def _report_words(self, fraction: float) -> None:
        self.monitor.report(Stage.RECOGNIZE, fraction)


class _MissingError(Exception):
    """Raised instead of computing while only stored results count."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.stage = stage
