"""A text and its recording as a task: a picklable value, and the function that runs it, here or in another process.

A task reads the recording and a folder of checkpoints, those of `transcribe run`, and returns a transcript; it writes
checkpoints and nothing else.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from audio.episode import Episode
from audio.errors import AudioError
from audio.fingerprint import Fingerprint
from audio.intervals import Interval, joined
from transcribe.errors import TranscribeError, TranscriptError
from transcribe.pipeline.checkpoints import Checkpoints, WriteOnlyCheckpoints
from transcribe.pipeline.progress import OnProgress, ignore_progress
from transcribe.pipeline.stages import StagesMaker
from transcribe.pipeline.watch import RunMonitor
from transcribe.posts.aligned import aligned_transcript
from transcribe.posts.text import Post
from transcribe.posts.timing import Hearing, Timing, time_text
from transcribe.recognition.forced_alignment import time_passage
from transcribe.settings import Settings
from transcribe.workers.task import Failure, failure_of, stages_for

if TYPE_CHECKING:
    from transcribe.pipeline.checkpointed_run import CheckpointedRun
    from transcribe.pipeline.stages import Stages
    from transcribe.recognition.recognize import Recognition
    from transcribe.transcript import Transcript, Word

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AlignTask:
    """One text and its recording, and everything needed to align them."""

    number: int  # its position in the run
    post: Post
    episode: Episode
    fingerprint: Fingerprint  # a file with other contents is refused
    settings: Settings
    cache: Path  # the folder of checkpoints
    stages: StagesMaker
    ignore_cache: bool = False


@dataclass(frozen=True, slots=True)
class Aligned:
    """The outcome of a task: a transcript or a failure."""

    transcript: Transcript | None = None
    seconds: dict[str, float] = field(default_factory=dict)  # by stage
    failure: Failure | None = None


def align(task: AlignTask, on_progress: OnProgress = ignore_progress) -> Aligned:
    """Run the task. An error is a failure in the outcome, never an exception."""
    monitor = RunMonitor(on_progress, task=task.number)
    try:
        return Aligned(_align(task, monitor), monitor.seconds)
    except (AudioError, TranscribeError) as error:
        return Aligned(seconds=monitor.seconds, failure=failure_of(error, monitor.failed_in))
    except Exception as error:  # noqa: BLE001 - a defect, here or in a library, costs this text alone
        _log.debug("%s failed", task.post.path, exc_info=True)
        return Aligned(seconds=monitor.seconds, failure=failure_of(error, monitor.failed_in))


def _align(task: AlignTask, monitor: RunMonitor) -> Transcript:
    from transcribe.pipeline.pipeline import Pipeline, warnings_about

    checkpoints = WriteOnlyCheckpoints(task.cache) if task.ignore_cache else Checkpoints(task.cache)
    stages = stages_for(task.stages, task.settings)
    pipeline = Pipeline(task.settings, stages=stages, checkpoints=checkpoints, voices=())
    with pipeline.start(task.episode, fingerprint=task.fingerprint, monitor=monitor) as run:
        heard = run.words()
        if not heard.words:
            raise TranscriptError(f"{task.episode.path}: no speech was found in it; check that it is the recording")
        texts = [turn.text for turn in task.post.turns]
        timing = time_text(texts, _hearing(run, heard, stages))
        if not timing.is_same:
            raise TranscriptError(_refusal(task, timing, heard.language))
        return aligned_transcript(
            task.post,
            timing,
            episode=replace(task.episode, duration=run.facts.duration),
            language=heard.language,
            made_with=pipeline.made_with(run.fingerprint.sha256),
            warnings=warnings_about(run.facts),
        )


def _hearing(run: CheckpointedRun, heard: Recognition, stages: Stages) -> Hearing:
    def find(words: list[Word], passage: tuple[int, int], bounds: Interval) -> list[tuple[int, int]]:
        audio, aligner = run.samples(), stages.aligner()
        return time_passage(words, passage, bounds, heard.language, audio=audio, aligner=aligner)

    speech = joined((region.start, region.end) for chunk in run.plan.chunks for region in chunk.regions)
    return Hearing(heard.words, tuple(speech), run.facts.duration, find)


def _refusal(task: AlignTask, timing: Timing, language: str) -> str:
    said = f"the language heard is {language}"
    if task.settings.language == "auto":
        said += "; if that is not what is spoken, give --language"
    share = f"{100 * timing.share:.0f} % of the words are in both, in order"
    return f"{task.episode.path} is not the recording of this text: {share}; check that they belong together ({said})"
