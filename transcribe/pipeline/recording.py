"""One recording and what its stages found, each kept as it finishes; what is kept already is not done again.

The words are recognised block by block: a block is a fixed number of chunks of the plan, and no chunk's words depend on
another's, so the same words come out however often the work was interrupted, and wherever each block was read. Turns
are not kept: making them of the words and spans of three hours takes 0.3 s.

What this does not do: give speakers names, run stages side by side (`transcribe.pipeline.pipeline`).
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from audio.disk import sha256_of
from audio.errors import SourceError
from transcribe.pipeline import codecs
from transcribe.pipeline.checkpoints import Key, Store
from transcribe.pipeline.stages import Stages, glossary_of
from transcribe.pipeline.watch import RunMonitor
from transcribe.recognition.glossary import Glossary, names_from_metadata
from transcribe.settings import Settings, Stage

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.episode import Episode
    from transcribe.diarization.diarize import Diarization
    from transcribe.recognition.recognize import Recognition
    from transcribe.recognition.vad import Chunk, ChunkPlan

Value = TypeVar("Value")

RESULTS_OF = {
    Stage.DECODE: 1,
    Stage.PLAN: 1,
    Stage.LANGUAGE: 1,
    Stage.RECOGNIZE: 6,
    Stage.REHEAR: 1,
    Stage.DIARIZE: 9,
}
"""Raised when a stage's way of working changes, so that what older releases kept is not taken for its result."""

BLOCK = 16  # chunks; at most eight minutes of sound, a multiple of what a GPU takes at a time

_PLANNED, _REHEARD = 0.05, 0.8  # of the words' progress, where the plan is made and where rehearing starts


class Recording:
    """An episode's file with this SHA-256, its stages under some settings, and a store of what they found before.

    Each method raises what its stage raises; words and speakers may be asked for from two threads. Use it as a context:
    leaving gives the decoded samples' space back.
    """

    def __init__(
        self, episode: Episode, sha256: str, *, stages: Stages, settings: Settings, store: Store, monitor: RunMonitor
    ) -> None:
        if episode.path is None:
            raise ValueError(f"{episode.title}: not on this machine yet")
        self._episode, self._path, self.sha256 = episode, episode.path, sha256
        self._stages, self._settings, self._store, self.monitor = stages, settings, store, monitor
        self._audio: Audio | None = None
        self._refused: Exception | None = None
        self._lock = threading.RLock()

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._audio is not None:
            self._audio.close()

    @cached_property
    def facts(self) -> codecs.Facts:
        """What decoding tells of the file."""
        return self._kept(Stage.DECODE, "", codecs.facts, lambda: self._decoded_facts(), of=codecs.of_facts)

    @cached_property
    def plan(self) -> ChunkPlan:
        """Where somebody speaks, in chunks."""

        def made() -> ChunkPlan:
            audio = self._samples()
            with self.monitor.stage("plan"):
                return self._stages.plan(audio, progress=lambda done: self._report_words(_PLANNED * done))

        return self._kept(Stage.PLAN, "", codecs.plan, made, of=codecs.of_plan)

    @cached_property
    def language(self) -> str:
        """The code of the language spoken."""

        def made() -> str:
            audio, plan = self._samples(), self.plan
            with self.monitor.stage("recognize"):
                return self._stages.language(audio, plan)

        return self._kept(Stage.LANGUAGE, self._model, codecs.language, made, of=codecs.of_language)

    @property
    def n_blocks(self) -> int:
        """How many blocks the chunks of the plan are read in; 0 where nobody speaks."""
        return -(-len(self.plan.chunks) // BLOCK)

    def block(self, number: int) -> Recognition:
        """The words of a block, from 0."""
        chunks = self.plan.chunks[number * BLOCK : (number + 1) * BLOCK]
        language = self.language

        def made() -> Recognition:
            audio = self._samples()
            with self.monitor.stage("recognize"):
                return self._stages.recognize(
                    audio, chunks, language=language, progress=lambda done: self._report_block(number + done)
                )

        found = self._kept(
            Stage.RECOGNIZE,
            f"{self._model} {language} {_digest(chunks)}",
            codecs.recognition,
            made,
            of=codecs.of_recognition,
        )
        self._report_block(number + 1)
        return found

    def words(self) -> Recognition:
        """The words of the whole recording, names put right."""
        from transcribe.recognition.recognize import combine

        first = combine(
            [self.block(number) for number in range(self.n_blocks)], self.language, verbatim=self._settings.verbatim
        )
        if self._glossary.terms and first.words:
            first = self._reheard(first)
        self._report_words(1.0)
        return first

    def speakers(self) -> Diarization:
        """Who is heard when."""

        def made() -> Diarization:
            audio = self._samples()
            with self.monitor.stage("diarize"):
                return self._stages.diarize(audio, progress=lambda done: self.monitor.report("diarize", done))

        return self._kept(Stage.DIARIZE, "", codecs.diarization, made, of=codecs.of_diarization)

    @property
    def is_complete(self) -> bool:
        """Whether every stage's result is in the store, so that nothing has to be listened to."""
        refused, self._refused = self._refused, _MissingError()
        try:
            _ = self.facts, self.words(), self.speakers()
        except _MissingError:
            return False
        finally:
            self._refused = refused
        return True

    def _reheard(self, first: Recognition) -> Recognition:
        def made() -> Recognition:
            audio = self._samples()
            with self.monitor.stage("rehear"):
                return self._stages.rehear(
                    audio,
                    first,
                    glossary=self._glossary,
                    progress=lambda done: self._report_words(_REHEARD + (1 - _REHEARD) * done),
                )

        before = f"{self._settings.digest(Stage.RECOGNIZE)} {self._model} {self._glossary.digest}"
        before += f" {_digest(self.plan.chunks)}"
        version = RESULTS_OF[Stage.RECOGNIZE]  # what is heard again stands on what was heard first
        return self._kept(Stage.REHEAR, f"{version} {before}", codecs.recognition, made, of=codecs.of_recognition)

    def _kept(
        self,
        stage: Stage,
        circumstances: str,
        read: Callable[[Any], Value],
        made: Callable[[], Value],
        *,
        of: Callable[[Value], Any],
    ) -> Value:
        """What the store has of the stage; where it has nothing, what `made` makes, which is kept."""
        key = Key(self.sha256, stage, f"{RESULTS_OF[stage]} {self._settings.digest(stage)} {circumstances}")
        found = codecs.reading(read, self._store.load(key))
        if found is None:
            found = made()
            self._store.save(key, of(found))
        return found

    def _samples(self) -> Audio:
        """The recording, decoded when first asked for; what it raised then it raises again."""
        with self._lock:
            if self._refused is not None:
                raise self._refused
            if self._audio is None:
                try:
                    with self.monitor.stage("decode"):
                        self._audio = self._decoded()
                except Exception as error:
                    self._refused = error
                    raise
            return self._audio

    def _decoded(self) -> Audio:
        """Decodes, and makes sure that the samples are those of the file that was meant."""
        from audio.decoding.decode import decode

        audio = decode(self._path, progress=lambda fraction: self.monitor.report("decode", fraction))
        try:
            if sha256_of(self._path) == self.sha256:
                return audio
        except OSError as error:
            audio.close()
            raise SourceError(f"{self._path}: went away while it was read ({error.strerror}); run again") from error
        audio.close()
        raise SourceError(f"{self._path}: was replaced while it was read; run again to transcribe what is there now")

    def _decoded_facts(self) -> codecs.Facts:
        audio = self._samples()
        return codecs.Facts(round(audio.duration, 3), audio.warnings)

    @cached_property
    def _model(self) -> str:
        return self._stages.model().sha256

    @cached_property
    def _glossary(self) -> Glossary:
        """The settings' glossary, and the names the episode and `--speakers` give away."""
        return glossary_of(self._settings).with_names(names_from_metadata(self._episode, self._settings.speaker_names))

    def _report_block(self, done: float) -> None:
        whole = _REHEARD if self._glossary.terms else 1.0
        self._report_words(_PLANNED + (whole - _PLANNED) * done / self.n_blocks)

    def _report_words(self, fraction: float) -> None:
        self.monitor.report("recognize", fraction)


class _MissingError(Exception):
    """Raised instead of decoding where only what is kept counts."""


def _digest(chunks: tuple[Chunk, ...]) -> str:
    rows = [[c.start, c.end, [[r.start, r.end] for r in c.regions]] for c in chunks]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]
