"""From an episode's file to its transcript: decode, recognise, diarize, attribute, name.

The two slow stages run side by side and are checkpointed as each finishes, under the audio's hash and just the settings
it depends on: a later failure costs its own stage, and a change of names or layout repeats neither. Writes no drafts;
which episodes there are is the business of `transcribe.batch`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import transcribe
from audio.disk import sha256_of
from audio.episode import Episode, Seconds
from audio.errors import SourceError
from transcribe.attribute import attribute, overlaps
from transcribe.checkpoint import Checkpoints, Key, users_checkpoints
from transcribe.engines import engine_name
from transcribe.glossary import Glossary, corrected, read_glossary
from transcribe.models import ModelFiles, find_model
from transcribe.names import name_speakers
from transcribe.settings import Settings, Stage, home_expanded
from transcribe.transcript import Doubt, MadeWith, SpeakerSpan, Transcript, Turn, Word
from transcribe.voices import Voice, recognised, users_voices

if TYPE_CHECKING:
    from audio.samples import Audio
    from transcribe.diarize import Diarization
    from transcribe.recognize import Recognition

Progress = Callable[[str, float], None]
"""Told the name of a stage and how much of it is done, 0 to 1. May be called from several threads."""

RESULTS_OF = {Stage.RECOGNIZE: 2, Stage.DIARIZE: 2}
"""Raised when a stage's way of working changes, so that what older releases kept is not taken for its result."""

NO_SPEECH = "no speech was found"


class Stages(Protocol):
    """The two slow stages. `RealStages` runs the models; a test may answer by script."""

    def model(self) -> ModelFiles:
        """The recogniser's weights; their hash is part of a checkpoint's key."""

    def recognize(self, audio: Audio, *, progress: Callable[[float], None]) -> Recognition:
        """Every word of `audio`, in the order of time."""

    def diarize(self, audio: Audio, *, progress: Callable[[float], None]) -> Diarization:
        """Who is heard when, and what they sound like."""


StagesMaker = Callable[[Settings], Stages]
"""Makes the slow stages for some settings."""


class RealStages:
    """The models the settings name, loaded when first needed and kept for the next episode."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def model(self) -> ModelFiles:
        """See `Stages`. Raises `ModelError`."""
        return find_model(self._settings.model)

    @cached_property
    def _recognizer(self) -> Any:
        from transcribe.engines import load

        return load(self._settings, self.model())

    def recognize(self, audio: Audio, *, progress: Callable[[float], None]) -> Recognition:
        """See `Stages`. Raises `ModelError` and `EngineError`."""
        from transcribe.recognize import recognize
        from transcribe.rehearing import reheard

        glossary = glossary_of(self._settings)
        share = 0.8 if glossary.terms else 1.0
        first = recognize(
            audio, self._recognizer, settings=self._settings, progress=lambda done: progress(share * done)
        )
        if not glossary.terms:
            return first
        second = reheard(
            audio, first, self._recognizer, glossary=glossary, progress=lambda done: progress(0.8 + 0.2 * done)
        )
        words, stated = corrected(second.words, glossary)
        return replace(second, words=words, corrections=(*second.corrections, *stated))

    def diarize(self, audio: Audio, *, progress: Callable[[float], None]) -> Diarization:
        """See `Stages`. Raises `SettingsError`, `ModelError` and `EngineError`."""
        from transcribe.channels import Channels
        from transcribe.diarize import find_speakers

        settings = self._settings
        return find_speakers(
            audio,
            count=settings.speaker_count,
            channels=Channels(settings.channels),
            device=settings.device,
            threads=settings.threads,
            progress=progress,
        )


@dataclass(frozen=True, slots=True)
class Heard:
    """What the slow stages found in one file, as it is checkpointed."""

    words: tuple[Word, ...]
    spans: tuple[SpeakerSpan, ...]
    voices: Mapping[str, tuple[float, ...]]
    language: str
    duration: Seconds
    doubts: tuple[Doubt, ...]
    warnings: tuple[str, ...]
    corrections: tuple[dict[str, Any], ...]
    evidence: tuple[dict[str, float], ...]


class Pipeline:
    """The stages under one set of settings, for any number of episodes."""

    def __init__(
        self,
        settings: Settings,
        *,
        stages: Stages | None = None,
        checkpoints: Checkpoints | None = None,
        voices: Sequence[Voice] | None = None,
    ) -> None:
        self.settings = settings
        self._stages = stages or RealStages(settings)
        self._checkpoints = checkpoints or users_checkpoints()
        self._voices = users_voices() if voices is None else voices

    def transcript(
        self, episode: Episode, *, audio_sha256: str | None = None, progress: Progress = lambda stage, fraction: None
    ) -> Transcript:
        """The transcript of the episode's local file.

        Raises `AudioError` and `TranscribeError`; whatever stage had finished by then is kept. What `progress` raises
        stops the stages and comes out again.
        """
        if episode.path is None:
            raise SourceError(f"{episode.title}: not on this machine yet; fetch {episode.audio_url} first")
        sha256 = audio_sha256 or hash_of(episode.path)
        heard = self._heard(episode.path, sha256, progress)
        turns = attribute(heard.words, heard.spans)
        return self._told(episode, heard, turns, sha256)

    def _heard(self, path: Path, sha256: str, progress: Progress) -> Heard:
        keys = {
            Stage.RECOGNIZE: self._key(Stage.RECOGNIZE, sha256, self._stages.model().sha256),
            Stage.DIARIZE: self._key(Stage.DIARIZE, sha256, ""),
        }
        kept = {stage: self._checkpoints.load(key) for stage, key in keys.items()}
        missing = [stage for stage, data in kept.items() if not _is_result(stage, data)]
        if missing:
            from audio.decode import decode

            with decode(path, progress=lambda fraction: progress("decode", fraction)) as audio:
                kept |= self._run(missing, audio, keys=keys, progress=progress)
        return _heard(kept)

    def _key(self, stage: Stage, sha256: str, model_sha256: str) -> Key:
        glossary = glossary_of(self.settings).digest if stage is Stage.RECOGNIZE else ""
        return Key(sha256, stage, f"{RESULTS_OF[stage]} {self.settings.digest(stage)} {model_sha256} {glossary}")

    def _run(
        self, missing: list[Stage], audio: Audio, *, keys: dict[Stage, Key], progress: Progress
    ) -> dict[Stage, Any]:
        """Run the missing stages beside one another; keep what each finds even if the other fails."""
        stop = threading.Event()

        def work(stage: Stage) -> Any:
            def tick(fraction: float) -> None:
                if stop.is_set():
                    raise _StoppedError
                progress(stage, fraction)

            run = self._words if stage is Stage.RECOGNIZE else self._people
            data = run(audio, tick)
            self._checkpoints.save(keys[stage], data)
            return data

        with ThreadPoolExecutor(max_workers=len(missing), thread_name_prefix="stage") as pool:
            futures: dict[Stage, Future[Any]] = {stage: pool.submit(work, stage) for stage in missing}
            try:
                return {stage: future.result() for stage, future in futures.items()}
            except KeyboardInterrupt:
                stop.set()
                raise

    def _words(self, audio: Audio, tick: Callable[[float], None]) -> dict[str, Any]:
        recognition = self._stages.recognize(audio, progress=tick)
        return {
            "words": [[w.text, w.start, w.end, w.probability] for w in recognition.words],
            "language": recognition.language,
            "duration": round(audio.duration, 3),
            "doubts": [[d.start, d.end, d.reason] for d in recognition.doubts],
            "warnings": list(audio.warnings),
            "corrections": [asdict(correction) for correction in recognition.corrections],
            "evidence": [asdict(chunk) for chunk in recognition.evidence],
        }

    def _people(self, audio: Audio, tick: Callable[[float], None]) -> dict[str, Any]:
        found = self._stages.diarize(audio, progress=tick)
        return {
            "spans": [[s.start, s.end, s.speaker] for s in found.spans],
            "voices": {speaker: list(vector) for speaker, vector in found.voices.items()},
        }

    def _told(self, episode: Episode, heard: Heard, turns: tuple[Turn, ...], sha256: str) -> Transcript:
        settings, model = self.settings, self._stages.model()
        naming = name_speakers(
            turns,
            names=settings.speaker_names,
            host=settings.host,
            guest=settings.guest,
            people=episode.people,
            on_file=recognised(heard.voices, self._voices),
        )
        speaking = {turn.speaker for turn in turns}
        return Transcript(
            episode=replace(episode, duration=heard.duration),
            language=heard.language,
            speakers=naming.speakers,
            turns=turns,
            spans=tuple(span for span in heard.spans if span.speaker in speaking),
            made_with=MadeWith(
                turnscript=transcribe.__version__,
                engine=engine_name(settings),
                model=model.name,
                model_sha256=model.sha256,
                audio_sha256=sha256,
                settings=record_of(settings),
            ),
            doubts=tuple(sorted(heard.doubts + overlaps(heard.words, heard.spans), key=lambda doubt: doubt.start)),
            corrections=heard.corrections,
            evidence=heard.evidence,
            warnings=heard.warnings + naming.warnings + (() if turns else (NO_SPEECH,)),
        )


def _heard(kept: Mapping[Stage, Any]) -> Heard:
    words, people = kept[Stage.RECOGNIZE], kept[Stage.DIARIZE]
    return Heard(
        words=tuple(Word(*row) for row in words["words"]),
        spans=tuple(SpeakerSpan(*row) for row in people["spans"]),
        voices={speaker: tuple(vector) for speaker, vector in people["voices"].items()},
        language=words["language"],
        duration=words["duration"],
        doubts=tuple(Doubt(*row) for row in words["doubts"]),
        warnings=tuple(words["warnings"]),
        corrections=tuple(words["corrections"]),
        evidence=tuple(words["evidence"]),
    )


def _is_result(stage: Stage, data: Any) -> bool:
    """Whether what a checkpoint held is what the stage keeps now, and not what an older release kept."""
    keys = {
        Stage.RECOGNIZE: {"words", "language", "duration", "doubts", "warnings", "corrections", "evidence"},
        Stage.DIARIZE: {"spans", "voices"},
    }
    return isinstance(data, dict) and keys[stage] <= data.keys()


def glossary_of(settings: Settings) -> Glossary:
    """The glossary the settings name; an empty one where they name none. Raises `SettingsError`."""
    return read_glossary(home_expanded(settings.glossary, "glossary")) if settings.glossary else Glossary()


def record_of(settings: Settings) -> dict[str, Any]:
    """The settings as a transcript records them: of the glossary what it says, not where it lies."""
    return settings.as_dict() | {"glossary": glossary_of(settings).digest}


def hash_of(path: Path) -> str:
    """The SHA-256 an episode's file is known by. Raises `SourceError` where it cannot be read."""
    if path.exists() and not path.is_file():  # a pipe would keep us waiting
        raise SourceError(f"{path}: is not a plain file; save the audio to one first")
    try:
        return sha256_of(path)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check the name and its permissions") from error


class _StoppedError(Exception):
    """Raised inside a stage whose run was interrupted."""
