"""The lines of a dry run: what would be done with each episode, and the time it takes, by the speed of earlier runs."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from audio.decoding.probe import check_source, stated_length
from audio.disk import cache_folder, write_privately
from audio.errors import AudioError
from audio.fingerprint import Fingerprint
from audio.trust import is_readable, read_own
from output.errors import OutputError
from output.files import check_names
from output.formats import file_name
from transcribe.batch.planned import Left, Planned, PlannedAction
from transcribe.batch.planning import Job, LeftOf, planned, remote_actions
from transcribe.batch.report import Result, failed_result
from transcribe.drafts.given_names import no_longer_given
from transcribe.drafts.kept_draft import as_edited, misfit_of, not_done
from transcribe.drafts.records import new_stem_of, transcript_at
from transcribe.errors import TranscribeError, UnreachableError
from transcribe.pipeline.checkpoints import Checkpoints
from transcribe.pipeline.settings_record import record_of
from transcribe.pipeline.stages import real_stages, stages_without_network
from transcribe.recognition.engines import engine_name
from transcribe.settings import Settings, Stage
from transcribe.terminal import printable
from transcribe.units import format_duration
from transcribe.workers.task import Failure, failure_of

if TYPE_CHECKING:
    from transcribe.batch.report import Report
    from transcribe.batch.runner import Setup
    from transcribe.pipeline.pipeline import Pipeline

ASSUMED_SPEED = 10.0  # × real time, until a run on this machine is measured

_MIN_AUDIO = 60.0  # seconds; the speed of less is not representative
_OLD_WEIGHT = 0.5  # of the earlier speed in the new average
_SAMPLE = 60  # local files whose length is read; that of the others is estimated
_PROBES = 4  # files read at the same time

_log = logging.getLogger(__name__)


def forecast(jobs: Iterable[Job], setup: Setup) -> Iterator[str | Result]:
    """A line for each job, and one for all: what would be done, and how long it would take.

    Instead of a line the failure of a job that a run could not transcribe, as far as that is known before work.
    """
    due: list[tuple[Job, float]] = []  # with the share of the work that is left
    left_of, jobs = _left_of(setup), list(jobs)
    remote = [job for job in jobs if job.episode.path is None]
    actions = iter(remote_actions(remote, setup.settings, mode=setup.mode))  # the index is read once
    for job in jobs:
        try:
            if job.episode.path is None:
                plan = Planned(next(actions))
            else:
                plan = planned(job, setup.settings, mode=setup.mode, voices=setup.voices, left_of=left_of)
            for path in job.episode.files if plan.is_work else ():
                check_source(path)
            check_names(*_targets(job, setup.settings, plan=plan))
        except (AudioError, TranscribeError) as error:
            yield failed_result(job.source, failure_of(error, "read"), stem=job.stem or "")
            continue
        except OutputError as error:
            yield failed_result(job.source, Failure(str(error), "write", ""), stem=job.stem or "")
            continue
        yield f"{printable(job.source)}: {plan}"
        yield from map(printable, _lost_names(job, setup.settings, plan=plan))
        yield from map(printable, _not_done(job, setup.settings, plan=plan))
        if plan.is_work:
            due.append((job, plan.share))
    if due:
        yield _estimate(due, setup.settings)


def _lost_names(job: Job, settings: Settings, *, plan: Planned) -> Iterator[str]:
    """That names which somebody gave or typed are not given now, if their draft is to be replaced."""
    if job.stem is None or plan.action not in (PlannedAction.CHANGED, PlannedAction.REPLACE):
        return
    record, draft = (settings.output_folder / file_name(job.stem, name) for name in ("json", "md"))
    if before := transcript_at(record):
        earlier = as_edited(draft, before) if plan.action is PlannedAction.REPLACE else before
        for told in no_longer_given(earlier, settings.as_dict()):
            yield f"{draft if draft.is_file() else record}: {told}"


def _not_done(job: Job, settings: Settings, *, plan: Planned) -> Iterator[str]:
    """What is asked for and a draft that is kept for its edits does not get."""
    if job.stem is None or plan.action is not PlannedAction.KEPT:
        return
    record, draft = (settings.output_folder / file_name(job.stem, name) for name in ("json", "md"))
    if before := transcript_at(record):
        misfit = misfit_of(draft, before)
        yield from (misfit,) if misfit else not_done(draft, before, record_of(settings))


def _targets(job: Job, settings: Settings, *, plan: Planned) -> list[Path]:
    """The files that the run would write, of an episode that is here."""
    if job.stem is None or not plan.action.is_work:
        return []
    stem, names, path = job.stem, dict.fromkeys(("json", *settings.formats)), job.episode.path
    if plan.action in (PlannedAction.BESIDE, PlannedAction.FOREIGN):
        sha256, tracks = job.current_fingerprint().sha256, job.episode.tracks
        stem = new_stem_of(stem, path, settings=settings, audio_sha256=sha256, tracks=tracks)
        names |= {"md": None}
    paths = {name: settings.output_folder / file_name(stem, name) for name in names}
    if plan.action is PlannedAction.RECORD:
        paths.pop("md", None)
    elif plan.action in (PlannedAction.COMPLETE, PlannedAction.KEPT):
        paths = {name: path for name, path in paths.items() if not is_readable(path)}
    return list(paths.values())


def _left_of(setup: Setup) -> LeftOf | None:
    """What the cache does not have of a recording; None if it has nothing of any."""

    @cache
    def pipeline() -> Pipeline:
        from transcribe.pipeline.pipeline import Pipeline

        make = stages_without_network if setup.stages is real_stages else setup.stages
        stages, checkpoints = make(setup.settings), Checkpoints(setup.cache)
        return Pipeline(setup.settings, stages=stages, checkpoints=checkpoints, voices=setup.voices)

    def left(job: Job, fingerprint: Fingerprint) -> Left:
        with pipeline().start(job.episode, fingerprint=fingerprint) as run:
            try:
                return Left(run.missing, run.recognised)
            except UnreachableError:  # no results without the model they are of
                return Left()

    return left if setup.cache.is_dir() and any(setup.cache.iterdir()) else None


def note_speed(report: Report, setup: Setup) -> None:
    """Store the speed of this run for the next estimate, unless most of its results were cached."""
    slow = {Stage.DECODE, Stage.RECOGNIZE, Stage.DIARIZE}
    processed = [r for r in report.results if r.tally and slow <= r.seconds.keys()]
    audio = sum(result.tally.duration for result in processed if result.tally)
    if audio < _MIN_AUDIO or audio < 0.9 * report.audio or report.elapsed <= 0:
        return
    speeds = measured_speeds()
    name, speed = _speed_key(setup.settings), audio / report.elapsed
    speeds[name] = round(_OLD_WEIGHT * speeds.get(name, speed) + (1 - _OLD_WEIGHT) * speed, 2)
    try:
        write_privately(cache_folder() / "speeds.json", json.dumps(speeds))
    except OSError as error:
        _log.debug("the speed could not be cached: %s", error)


def _estimate(due: list[tuple[Job, float]], settings: Settings) -> str:
    jobs = [job for job, _ in due]
    local = [job for job in jobs if job.episode.path is not None]
    sample = {id(job) for job in local[:: max(1, len(local) // _SAMPLE)]}
    probed = [job for job in jobs if job.episode.path is None or id(job) in sample]
    with ThreadPoolExecutor(_PROBES) as pool:
        lengths = {id(job): length for job, length in zip(probed, pool.map(_length, probed), strict=True) if length}
    known = list(lengths.values())
    if not known:
        return f"{len(due)} recording{'s' * (len(due) != 1)}, length unknown"
    audio = sum(known) * len(due) / len(known)
    measured = measured_speeds().get(_speed_key(settings))
    speed = measured or ASSUMED_SPEED
    how = f"{speed:g} × real time, from earlier runs"
    if not measured:
        how = f"assuming {speed:g} × real time; nothing measured yet"
    guess = "" if len(known) == len(due) else f" (the length of {len(due) - len(known)} is estimated)"
    mean = audio / len(due)
    work = sum(share * lengths.get(id(job), mean) for job, share in due)
    length, wait = format_duration(audio), format_duration(work / speed)
    return f"{length} of audio{guess}: about {wait} ({how})"


def _length(job: Job) -> float | None:
    if not job.episode.files:
        return job.episode.duration
    return max((length for path in job.episode.files if (length := stated_length(path))), default=None)


def _speed_key(settings: Settings) -> str:
    return f"{engine_name(settings)} {settings.model} beam {settings.beam_size} jobs {settings.jobs}"


def measured_speeds() -> dict[str, float]:
    """The speeds of earlier runs, × real time, by engine, model and other settings."""
    try:
        cached = json.loads(read_own(cache_folder() / "speeds.json", inside=cache_folder()))
        return {str(name): float(speed) for name, speed in cached.items() if speed > 0}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
