"""One episode's file to its transcript: decode, recognise, diarize, attribute, name.

The two slow stages run in parallel, over checkpoints (`transcribe.pipeline.checkpointed_run`): a later failure costs
its own stage, of the words only the current block, and a change of names or layout repeats neither. It writes no
drafts, and knows one episode at a time (`transcribe.batch.runner` knows them all).
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import transcribe
from audio.episode import Episode, full_clock
from audio.errors import SourceError
from audio.fingerprint import Fingerprint
from transcribe.person_names import without_matches
from transcribe.pipeline.checkpointed_run import CheckpointedRun
from transcribe.pipeline.checkpoints import Store, user_checkpoints
from transcribe.pipeline.doubts import rank_doubts
from transcribe.pipeline.names_written import names_written
from transcribe.pipeline.settings_record import record_of
from transcribe.pipeline.sound_warnings import sound_warnings
from transcribe.pipeline.stages import RealStages, Stages
from transcribe.pipeline.track_timeline import Placed, names_of_tracks, on_timeline, placed_tracks
from transcribe.pipeline.watch import RunMonitor
from transcribe.pipeline.wording import as_typed
from transcribe.recognition.engines import engine_name
from transcribe.recognition.glossary import names_from_metadata
from transcribe.recognition.word_errors import with_errors
from transcribe.settings import Settings, Stage
from transcribe.speakers.attribution import attribute, find_overlaps
from transcribe.speakers.count_warnings import count_warnings
from transcribe.speakers.naming import Naming, name_speakers, name_tracks
from transcribe.speakers.published_names import people_in
from transcribe.speakers.speaker_labels import with_wordless
from transcribe.speakers.voiceprints import (
    VoiceMatch,
    Voiceprint,
    digest_of,
    match_voices,
    select_voiceprints,
    user_voiceprints,
)
from transcribe.transcript import MadeWith, Transcript, Turn
from transcribe.transcript_warnings import TranscriptWarning, WarningCode, warn

if TYPE_CHECKING:
    from transcribe.diarization.diarize import Diarization
    from transcribe.pipeline.codecs import AudioFacts
    from transcribe.recognition.recognize import Recognition
    from transcribe.recognition.spoken_language import SpokenLanguage
    from transcribe.tracks.layout import Layout

_NICENESS = 10  # of 19 steps: a tenth of the share of other work in the same session or container


class Pipeline:
    """The stages under one set of settings, for any number of episodes, one at a time."""

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
        self._checkpoints = checkpoints or user_checkpoints()
        self._voices = select_voiceprints(user_voiceprints() if voices is None else voices, settings.voices)

    def transcript(
        self, episode: Episode, *, fingerprint: Fingerprint | None = None, monitor: RunMonitor | None = None
    ) -> Transcript:
        """The transcript of the episode's local file.

        `fingerprint` is the file's, if known; a file with other contents is a `SourceError`. Raises `AudioError` and
        `TranscribeError`; the results of finished stages are stored. `monitor` receives progress; what its callback
        raises stops the stages and is raised again.
        """
        with self.start(episode, fingerprint=fingerprint, monitor=monitor) as run:
            words, diarization = _in_parallel(run)
            sha256 = run.fingerprint.sha256
            made = self._assemble_transcript(episode, run.facts, words=words, diarization=diarization, sha256=sha256)
            return replace(made, warnings=(*_language_warnings(run.spoken, words), *made.warnings))

    def start(
        self, episode: Episode, *, fingerprint: Fingerprint | None = None, monitor: RunMonitor | None = None
    ) -> CheckpointedRun:
        """The episode's stages one by one, for callers that spread them over several tasks."""
        if not episode.files:
            raise SourceError(f"{episode.title}: has no local file yet; fetch {episode.audio_url} first")
        return CheckpointedRun(
            episode,
            fingerprint or Fingerprint.of_episode(episode),
            stages=self._stages,
            settings=self.settings,
            store=self._checkpoints,
            monitor=monitor or RunMonitor(),
        )

    def made_with(self, audio_sha256: str) -> MadeWith:
        """What a transcript of this audio is made with. Raises `ModelError` and `SettingsError`."""
        model = self._stages.model()
        return MadeWith(
            turnscript=transcribe.__version__,
            engine=engine_name(self.settings),
            model=model.name,
            model_sha256=model.sha256,
            audio_sha256=audio_sha256,
            settings=record_of(self.settings) | {"voices_on_file": digest_of(self._voices)},
        )

    def _assemble_transcript(
        self, episode: Episode, facts: AudioFacts, *, words: Recognition, diarization: Diarization, sha256: str
    ) -> Transcript:
        seen = self.settings.seen_by(Stage.TURNS)
        likely = with_errors(words.words, words.evidence, tokenize=self._stages.tokenize, others=words.others)
        placed = _placed(facts.layout, replace(words, words=likely), diarization)
        words, diarization = placed.words, placed.diarization
        if facts.layout is not None:
            episode = replace(episode, tracks=placed_tracks(episode.tracks, facts.layout))
        wording = as_typed(
            placed.turns,
            words,
            names=names_from_metadata(episode, seen.speaker_names),
            written_forms=seen.written_forms,
            tokenize=self._stages.tokenize,
        )
        turns = wording.turns
        naming = self._naming(turns, episode, enrolled=match_voices(diarization.voices, self._voices))
        speaking = {span.speaker for span in diarization.spans}
        doubts = rank_doubts(turns, words.doubts, share=seen.doubts_share, others=words.others)
        warnings = (
            *warnings_about(facts),
            *_second_languages(words),
            *names_written(words.corrections),
            *count_warnings(diarization, given=seen.speaker_count, speakers=naming.speakers, turns=turns),
            *naming.warnings,
            *(() if turns else (warn(WarningCode.NO_SPEECH),)),
        )
        return Transcript(
            episode=replace(episode, duration=facts.duration),
            language=words.language,
            speakers=with_wordless(naming.speakers, speaking, guest=seen.guest),
            turns=turns,
            spans=diarization.spans if turns else (),
            made_with=self.made_with(sha256),
            doubts=doubts,
            corrections=tuple(asdict(correction) for correction in wording.corrections),
            evidence=tuple(asdict(chunk) for chunk in words.evidence),
            warnings=warnings,
        )

    def _naming(self, turns: tuple[Turn, ...], episode: Episode, *, enrolled: Mapping[str, VoiceMatch]) -> Naming:
        seen = self.settings.seen_by(Stage.TURNS)
        names, host, guest = seen.speaker_names, seen.host, seen.guest
        published = people_in(episode.title, episode.description)
        known = without_matches([person.name for person in published], [person.name for person in episode.people])
        people = (*episode.people, *(person for person in published if person.name in known))
        if episode.tracks:
            of_tracks = names_of_tracks(episode.tracks, names)
            return name_tracks(turns, of_tracks, host=host, guest=guest, people=people, enrolled=enrolled)
        return name_speakers(turns, names=names, host=host, guest=guest, people=people, enrolled=enrolled)


def _placed(layout: Layout | None, words: Recognition, diarization: Diarization) -> Placed:
    """The words in turns of their speakers: of several tracks on one timeline; of one, with doubts about overlaps."""
    if layout is not None:
        return on_timeline(layout, words, diarization)
    turns = attribute(words.words, diarization.spans, background=diarization.background)
    doubts = words.doubts + find_overlaps(words.words, diarization.spans)
    return Placed(turns, replace(words, doubts=doubts), diarization)


def warnings_about(facts: AudioFacts) -> tuple[TranscriptWarning, ...]:
    """What an editor should know of the sound of a recording."""
    unreadable = (warn(WarningCode.AUDIO, message=message) for message in facts.warnings)
    return (*unreadable, *sound_warnings(facts.notes, duration=facts.duration))


def _language_warnings(spoken: SpokenLanguage, words: Recognition) -> tuple[TranscriptWarning, ...]:
    if not spoken.alternative or spoken.alternative in {stretch.language for stretch in words.stretches}:
        return ()
    values = {"language": spoken.code, "alternative": spoken.alternative}
    return (replace(warn(WarningCode.LANGUAGE_UNSURE, **values), values=values),)


def _second_languages(words: Recognition) -> tuple[TranscriptWarning, ...]:
    """The passages that were read in another language than the rest."""
    if not words.stretches:
        return ()
    said = (f"{each.language} from {full_clock(each.start)} to {full_clock(each.end)}" for each in words.stretches)
    warning = warn(WarningCode.SECOND_LANGUAGE, passages=", ".join(said), language=words.language)
    return (replace(warning, values={"passages": [asdict(stretch) for stretch in words.stretches]}),)


def _in_parallel(run: CheckpointedRun) -> tuple[Recognition, Diarization]:
    """Words and speakers, computed at the same time; the result of one is stored even if the other fails."""
    _ = run.facts  # decoded first, so that decoding does not run with low priority
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="stage") as pool:
        words: Future[Recognition] = pool.submit(run.words)
        speakers: Future[Diarization] = pool.submit(_with_low_priority, run.speakers)
        try:
            return words.result(), speakers.result()
        except KeyboardInterrupt:
            run.monitor.stop()
            raise


def _with_low_priority(speakers: Callable[[], Diarization]) -> Diarization:
    """Find the speakers at a lower priority than recognition, on the cores that it leaves idle.

    Recognition has moments with less work than there are cores; they would be lost if diarization ended before them.
    Only Linux has a priority per thread (setpriority(2)); threads it starts inherit it, and it ends with the thread.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError):  # a sandbox may forbid it, which costs only time
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS)
    return speakers()
