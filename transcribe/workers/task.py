"""An episode as a task: a picklable value, and the function that runs it in this process, another one, or elsewhere.

A task reads one file and a folder of checkpoints and returns a transcript; it writes checkpoints and nothing else.
`transcribe.workers.local` or a cluster runs it, `transcribe.batch.runner` writes the files of its transcript.
"""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from audio.episode import Episode
from audio.errors import AudioError
from audio.fingerprint import Fingerprint
from audio.shortage import shortage_of
from transcribe.errors import ClusterError, TranscribeError
from transcribe.pipeline.checkpoints import Checkpoints, EncodedResult, OverlayStore, WriteOnlyCheckpoints
from transcribe.pipeline.progress import OnProgress, ignore_progress
from transcribe.pipeline.stages import Stages, StagesMaker
from transcribe.pipeline.watch import RunMonitor
from transcribe.settings import Settings

if TYPE_CHECKING:
    from transcribe.speakers.voiceprints import Voiceprint
    from transcribe.transcript import Transcript

_log = logging.getLogger(__name__)


class Part(StrEnum):
    """The part of an episode's work a task does. The other parts prepare ALL, which uses their results."""

    ALL = "all"
    SURVEY = "survey"  # facts of the file, chunk plan, language
    BLOCKS = "blocks"  # the words of some blocks of the plan
    DIARIZE = "diarize"


@dataclass(frozen=True, slots=True)
class Task:
    """One episode, or a part of it, and everything needed to run it where its file can be read."""

    number: int  # its position in the run
    episode: Episode  # its path is one on the machine that runs the task
    fingerprint: Fingerprint  # a file with other contents is refused
    settings: Settings  # `threads` is this task's share
    cache: Path  # the folder of checkpoints on the machine that runs the task
    stages: StagesMaker  # for another process: a function at the top level of a module
    voices: tuple[Voiceprint, ...] = ()  # enrolled
    ignore_cache: bool = False  # read no results of earlier runs
    part: Part = Part.ALL
    blocks: tuple[int, int] = (0, 0)  # of BLOCKS: the first, and the one after the last
    known: tuple[EncodedResult, ...] = ()  # the results of other parts


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an episode has no transcript: one line for the user, the stage that failed, and the traceback. `about` is the
    input the line begins with, if any."""

    message: str
    stage: str
    traceback: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a task: of ALL a transcript or a failure, of a part its results or a failure."""

    transcript: Transcript | None = None
    seconds: dict[str, float] = field(default_factory=dict)  # by stage
    results: tuple[EncodedResult, ...] = ()  # of a part
    n_blocks: int = 0  # of SURVEY
    failure: Failure | None = None
    mix: Path | None = None  # of the tracks, if it was written where the user wants it


def work(task: Task, on_progress: OnProgress = ignore_progress) -> Outcome:
    """Run the task. An error is a failure in the outcome, never an exception."""
    monitor = RunMonitor(on_progress, task=task.number)
    try:
        return _run(task, monitor)
    except (AudioError, TranscribeError) as error:
        return Outcome(seconds=monitor.seconds, failure=failure_of(error, monitor.failed_in))
    except Exception as error:  # noqa: BLE001 - a defect, here or in a library, costs this episode alone
        _log.debug("%s failed", task.episode.path, exc_info=True)
        return Outcome(seconds=monitor.seconds, failure=failure_of(error, monitor.failed_in))


def failure_of(error: Exception, stage: str = "") -> Failure:
    """The failure for an error; an error of any other type is called unexpected."""
    where = "".join(traceback.format_exception(error))
    if shortage := shortage_of(error):
        return Failure(shortage, stage, where)
    if isinstance(error, AudioError):
        return Failure(str(error), stage, where, error.about)
    if isinstance(error, TranscribeError):
        return Failure(str(error), stage, where)
    return Failure(f"unexpected {type(error).__name__}: {error}; report it with the traceback", stage, where)


def _run(task: Task, monitor: RunMonitor) -> Outcome:
    from transcribe.pipeline.mixdown import with_mix
    from transcribe.pipeline.pipeline import Pipeline

    earlier = WriteOnlyCheckpoints(task.cache) if task.ignore_cache else Checkpoints(task.cache)
    store = OverlayStore(earlier, task.known)
    stages = stages_for(task.stages, task.settings)
    pipeline = Pipeline(task.settings, stages=stages, checkpoints=store, voices=task.voices)
    if task.part is Part.ALL:
        transcript = pipeline.transcript(task.episode, fingerprint=task.fingerprint, monitor=monitor)
        transcript, mix = with_mix(transcript)
        return Outcome(transcript, monitor.seconds, mix=mix)
    n_blocks = 0
    with pipeline.start(task.episode, fingerprint=task.fingerprint, monitor=monitor) as run:
        if task.part is Part.SURVEY:
            _ = run.facts, run.spoken
            n_blocks = run.n_blocks
        elif task.part is Part.BLOCKS:
            for number in range(*task.blocks):
                run.block(number)
        else:
            run.speakers()
    known = {name for name, _ in task.known}
    return Outcome(None, monitor.seconds, tuple(each for each in store.results if each[0] not in known), n_blocks)


@lru_cache(maxsize=1)
def stages_for(maker: StagesMaker, settings: Settings) -> Stages:
    """The stages; their models are loaded once per process while the settings stay the same."""
    return maker(settings)


def worker_failure(error: BaseException, task: Task) -> Failure:
    """The failure of a task whose worker died, also when it was tried once more."""
    if isinstance(error, ClusterError):
        return Failure(str(error), str(task.part), "")
    message = (
        f"its worker process died twice ({reason_of(error)}): it was killed, or memory ran out; "
        "use fewer --jobs or a smaller --model, and run again"
    )
    return Failure(message, str(task.part), "")


def reason_of(error: BaseException) -> str:
    """An error in a line, whatever it is."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
