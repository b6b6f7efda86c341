"""From an episode's file to its transcript: decode, recognise, diarize, attribute, name.

The two slow stages run side by side, and what each finds is kept as it finishes (`transcribe.pipeline.recording`): a
later failure costs its own stage, of the words only the block that was being read, and a change of names or layout
repeats neither. Writes no drafts; which episodes there are is the business of `transcribe.batch.runner`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import transcribe
from audio.disk import sha256_of
from audio.episode import Episode
from audio.errors import SourceError
from transcribe.pipeline.checkpoints import Store, users_checkpoints
from transcribe.pipeline.recording import Recording
from transcribe.pipeline.stages import RealStages, Stages, glossary_of
from transcribe.pipeline.watch import RunMonitor
from transcribe.recognition.engines import engine_name
from transcribe.settings import Settings
from transcribe.speakers.attribution import attribute, overlaps
from transcribe.speakers.naming import name_speakers, with_wordless
from transcribe.speakers.voiceprints import Voiceprint, digest_of, match_voices, select_voiceprints, user_voiceprints
from transcribe.transcript import MadeWith, Transcript
from transcribe.transcript_warnings import TranscriptWarning, WarningCode, warn

if TYPE_CHECKING:
    from transcribe.diarization.diarize import Diarization
    from transcribe.pipeline.codecs import Facts
    from transcribe.recognition.recognize import Recognition

_STAND_BACK = 10  # of the 19 steps of niceness: a tenth of the share of whoever else works, within session or container


class Pipeline:
    """The stages under one set of settings, for any number of episodes."""

    def __init__(
        self,
        settings: Settings,
        *,
        stages: Stages | None = None,
        checkpoints: Store | None = None,
        voices: Sequence[Voiceprint] | None = None,
    ) -> None:
        self.settings = settings
        self._stages = stages or RealStages(settings)
        self._checkpoints = checkpoints or users_checkpoints()
        self._voices = select_voiceprints(user_voiceprints() if voices is None else voices, settings.voices)

    def transcript(
        self,
        episode: Episode,
        *,
        audio_sha256: str | None = None,
        monitor: RunMonitor | None = None,
    ) -> Transcript:
        """The transcript of the episode's local file.

        `audio_sha256` is the file's, where it is known; one that holds something else by then is a `SourceError`.
        Raises `AudioError` and `TranscribeError`; whatever stage had finished by then is kept. `monitor` receives
        progress; what its callback raises stops the stages and is raised again.
        """
        with self.recording(episode, audio_sha256=audio_sha256, monitor=monitor or RunMonitor()) as recording:
            words, people = _side_by_side(recording)
            return self._told(episode, recording.facts, words=words, people=people, sha256=recording.sha256)

    def recording(self, episode: Episode, *, audio_sha256: str | None, monitor: RunMonitor) -> Recording:
        """The episode's file and its stages one by one, for those who do them in several places."""
        if episode.path is None:
            raise SourceError(f"{episode.title}: not on this machine yet; fetch {episode.audio_url} first")
        sha256 = audio_sha256 or hash_of(episode.path)
        return Recording(
            episode,
            sha256,
            stages=self._stages,
            settings=self.settings,
            store=self._checkpoints,
            monitor=monitor,
        )

    def _told(
        self, episode: Episode, facts: Facts, *, words: Recognition, people: Diarization, sha256: str
    ) -> Transcript:
        settings, model = self.settings, self._stages.model()
        turns = attribute(words.words, people.spans, background=people.background)
        naming = name_speakers(
            turns,
            names=settings.speaker_names,
            host=settings.host,
            guest=settings.guest,
            people=episode.people,
            enrolled=match_voices(people.voices, self._voices),
        )
        heard = {span.speaker for span in people.spans}
        return Transcript(
            episode=replace(episode, duration=facts.duration),
            language=words.language,
            speakers=with_wordless(naming.speakers, heard, guest=settings.guest),
            turns=turns,
            spans=people.spans if turns else (),
            made_with=MadeWith(
                turnscript=transcribe.__version__,
                engine=engine_name(settings),
                model=model.name,
                model_sha256=model.sha256,
                audio_sha256=sha256,
                settings=record_of(settings) | {"voices_on_file": digest_of(self._voices)},
            ),
            doubts=tuple(sorted(words.doubts + overlaps(words.words, people.spans), key=lambda doubt: doubt.start)),
            corrections=tuple(asdict(correction) for correction in words.corrections),
            evidence=tuple(asdict(chunk) for chunk in words.evidence),
            warnings=(
                *(warn(WarningCode.AUDIO, message=message) for message in facts.warnings),
                *_more_voices(settings, people),
                *naming.warnings,
                *(() if turns else (warn(WarningCode.NO_SPEECH),)),
            ),
        )


def _more_voices(settings: Settings, people: Diarization) -> tuple[TranscriptWarning, ...]:
    """A warning if there seem to be more voices than the user gives people: some words are under the wrong name."""
    given = settings.speaker_count
    if given is None or people.estimate <= given:
        return ()
    return (warn(WarningCode.MORE_VOICES, voices=people.estimate, given=given),)


def _side_by_side(recording: Recording) -> tuple[Recognition, Diarization]:
    """Both slow stages at once; what one finds is kept even if the other fails."""
    _ = recording.facts  # decoded before, so that this does not stand back
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="stage") as pool:
        words: Future[Recognition] = pool.submit(recording.words)
        people: Future[Diarization] = pool.submit(_standing_back, recording.speakers)
        try:
            return words.result(), people.result()
        except KeyboardInterrupt:
            recording.monitor.stop()
            raise


def _standing_back(speakers: Callable[[], Diarization]) -> Diarization:
    """Find the speakers with less of a claim to the cores than recognition has, and use what it leaves.

    It has moments with less to do than there are cores, which are lost where this is over before they come. Only Linux
    gives a thread a priority of its own (setpriority(2)); threads it starts inherit it, and it ends with the thread.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError):  # a sandbox may forbid it; nothing but time is lost
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _STAND_BACK)
    return speakers()


def record_of(settings: Settings) -> dict[str, Any]:
    """The settings as a transcript records them: those it depends on, and of the glossary what it says, not where."""
    staged = {field.name for field in fields(Settings) if field.metadata["stages"]}
    recorded = {name: value for name, value in settings.as_dict().items() if name in staged}
    return recorded | {"glossary": glossary_of(settings).digest}


def hash_of(path: Path) -> str:
    """The SHA-256 an episode's file is known by. Raises `SourceError` where it cannot be read."""
    if path.exists() and not path.is_file():  # a pipe would keep us waiting
        raise SourceError(f"{path}: is not a plain file; save the audio to one first")
    try:
        return sha256_of(path)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check the name and its permissions") from error
