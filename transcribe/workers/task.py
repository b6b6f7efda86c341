"""An episode as a task: a picklable value, and the function that does it, in this process, another one, or elsewhere.

A task reads one file and a folder of checkpoints and gives back a transcript; it writes checkpoints and nothing else.
Who runs it is the business of `transcribe.workers.local` or of a cluster, what becomes of the transcript that of
`transcribe.batch.runner`.
"""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from audio.decoding.probe import Fingerprint
from audio.episode import Episode
from audio.errors import AudioError
from transcribe.errors import TranscribeError
from transcribe.pipeline.checkpoints import Checkpoints, EncodedResult, OverlayStore, WriteOnlyCheckpoints
from transcribe.pipeline.stages import Stages, StagesMaker
from transcribe.pipeline.watch import RunMonitor
from transcribe.progress import OnProgress, ignore_progress
from transcribe.settings import Settings

if TYPE_CHECKING:
    from transcribe.speakers.voiceprints import Voiceprint
    from transcribe.transcript import Transcript

_log = logging.getLogger(__name__)


class Part(StrEnum):
    """What of an episode a task does. The others prepare ALL, each on its own: it finds done what they did."""

    ALL = "all"
    SURVEY = "survey"  # what decoding tells, the plan, the language
    BLOCKS = "blocks"  # the words of some blocks of the plan
    DIARIZE = "diarize"


@dataclass(frozen=True, slots=True)
class Task:
    """One episode, or a part of it, and all that is needed to do it where its file can be read."""

    number: int  # its place in the run
    episode: Episode  # its path is one on the machine that does the task
    fingerprint: Fingerprint  # a file with other contents is refused
    settings: Settings  # `threads` is this task's share
    cache: Path  # the folder of checkpoints on the machine that does the task
    stages: StagesMaker  # a module's function where the task goes to another process
    voices: tuple[Voiceprint, ...] = ()  # enrolled
    ignore_cache: bool = False  # read no results of earlier runs
    part: Part = Part.ALL
    blocks: tuple[int, int] = (0, 0)  # of BLOCKS: the first one, and the one after the last
    known: tuple[EncodedResult, ...] = ()  # the results of other parts


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an episode has no transcript: one line for the user, the stage it happened in, and where in the code."""

    message: str
    stage: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task: of ALL a transcript or a failure, of a part what it found (or a failure)."""

    transcript: Transcript | None = None
    seconds: dict[str, float] = field(default_factory=dict)  # by stage
    results: tuple[EncodedResult, ...] = ()  # of a part
    n_blocks: int = 0  # of SURVEY
    failure: Failure | None = None


def work(task: Task, on_progress: OnProgress = ignore_progress) -> Outcome:
    """Do the task. What is wrong with the episode is its outcome, never an exception."""
    monitor = RunMonitor(on_progress, task=task.number)
    try:
        return _done(task, monitor)
    except (AudioError, TranscribeError) as error:
        return Outcome(seconds=monitor.seconds, failure=failure_of(error, monitor.failed_in))
    except Exception as error:  # noqa: BLE001 - a defect of ours, or of what we stand on, is this episode's alone
        _log.debug("%s failed", task.episode.path, exc_info=True)
        return Outcome(seconds=monitor.seconds, failure=failure_of(error, monitor.failed_in))


def failure_of(error: Exception, stage: str = "") -> Failure:
    """The failure an error stands for; one that nobody foresaw is called that."""
    where = "".join(traceback.format_exception(error))
    if isinstance(error, MemoryError):
        return Failure("there was not enough memory; use fewer --jobs or a smaller --model", stage, where)
    if isinstance(error, AudioError | TranscribeError):
        return Failure(str(error), stage, where)
    return Failure(f"unexpected {type(error).__name__}: {error}; report it with the traceback", stage, where)


def _done(task: Task, monitor: RunMonitor) -> Outcome:
    from transcribe.pipeline.pipeline import Pipeline

    earlier = WriteOnlyCheckpoints(task.cache) if task.ignore_cache else Checkpoints(task.cache)
    store = OverlayStore(earlier, task.known)
    stages = _stages(task.stages, task.settings)
    pipeline = Pipeline(task.settings, stages=stages, checkpoints=store, voices=task.voices)
    if task.part is Part.ALL:
        transcript = pipeline.transcript(task.episode, fingerprint=task.fingerprint, monitor=monitor)
        return Outcome(transcript, monitor.seconds)
    n_blocks = 0
    with pipeline.start(task.episode, fingerprint=task.fingerprint, monitor=monitor) as run:
        if task.part is Part.SURVEY:
            _ = run.facts, run.language
            n_blocks = run.n_blocks
        elif task.part is Part.BLOCKS:
            for number in range(*task.blocks):
                run.block(number)
        else:
            run.speakers()
    known = {name for name, _ in task.known}
    return Outcome(None, monitor.seconds, tuple(each for each in store.results if each[0] not in known), n_blocks)


@lru_cache(maxsize=1)
def _stages(maker: StagesMaker, settings: Settings) -> Stages:
    """The stages with their models, loaded once in this process as long as the settings are the same."""
    return maker(settings)
