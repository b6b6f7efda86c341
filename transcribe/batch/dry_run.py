"""What a dry run says: what would become of each episode, and how long it would take by what earlier runs took."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from audio.decoding.probe import Fingerprint, check_source, stated_length
from audio.disk import cache_folder, write_atomically
from audio.errors import AudioError
from transcribe.batch.planning import Job, outlook
from transcribe.errors import TranscribeError
from transcribe.pipeline.checkpoints import Checkpoints
from transcribe.pipeline.pipeline import Pipeline
from transcribe.recognition.engines import engine_name
from transcribe.settings import Settings
from transcribe.units import format_duration

if TYPE_CHECKING:
    from transcribe.batch.report import Report
    from transcribe.batch.runner import Setup

ASSUMED = 10.0  # × real time where nothing was measured on this machine yet

_WORTH = 60.0  # seconds of sound that tell a speed
_OLD = 0.5  # how much of the speed known before stays when a run tells another one
_LOOKERS = 4  # files looked at side by side

_log = logging.getLogger(__name__)


def forecast(jobs: Iterable[Job], setup: Setup) -> Iterator[str]:
    """A line for each job, and one for all: what would be done, and how long it would take."""
    due: list[Job] = []
    pipeline = Pipeline(
        setup.settings,
        stages=setup.stages(setup.settings),
        checkpoints=Checkpoints(setup.cache),
        voices=setup.voices,
    )

    def is_cached(job: Job, fingerprint: Fingerprint) -> bool:
        with pipeline.start(job.episode, fingerprint=fingerprint) as run:
            return run.is_complete

    for job in jobs:
        try:
            found = outlook(job, setup.settings, mode=setup.mode, is_cached=is_cached)
            if found.is_work and job.episode.path is not None:
                check_source(job.episode.path)
        except (AudioError, TranscribeError) as error:
            yield str(error)
            continue
        yield f"{job.source}: {found}"
        if found.is_work:
            due.append(job)
    if due:
        yield _estimate(due, setup.settings)


def note_speed(report: Report, setup: Setup) -> None:
    """Remember how fast this run was, for the next estimate. Runs that found most of it done tell nothing."""
    heard = [r for r in report.results if r.tally and {"recognize", "diarize", "decode"} <= r.seconds.keys()]
    audio = sum(result.tally.duration for result in heard if result.tally)
    if audio < _WORTH or audio < 0.9 * report.audio or report.elapsed <= 0:
        return
    speeds = _speeds()
    name, speed = _circumstances(setup.settings), audio / report.elapsed
    speeds[name] = round(_OLD * speeds.get(name, speed) + (1 - _OLD) * speed, 2)
    try:
        write_atomically(cache_folder() / "speeds.json", json.dumps(speeds))
    except OSError as error:
        _log.debug("the speed could not be kept: %s", error)


def _estimate(due: list[Job], settings: Settings) -> str:
    with ThreadPoolExecutor(_LOOKERS) as pool:
        lengths = list(pool.map(_length, due))
    known = [length for length in lengths if length]
    if not known:
        return f"{len(due)} to be worked on; how long they are is not known yet"
    audio = sum(known) * len(due) / len(known)
    measured = _speeds().get(_circumstances(settings))
    speed, how = (measured, "as measured here") if measured else (ASSUMED, "assumed, nothing was measured here yet")
    guess = "" if len(known) == len(due) else f" (the length of {len(due) - len(known)} is guessed)"
    length, wait = format_duration(audio), format_duration(audio / speed)
    return f"{length} of audio{guess}: about {wait} at {speed:g} × real time, {how}"


def _length(job: Job) -> float | None:
    return job.episode.duration if job.episode.path is None else stated_length(job.episode.path)


def _circumstances(settings: Settings) -> str:
    return f"{engine_name(settings)} {settings.model} beam {settings.beam_size} jobs {settings.jobs}"


def _speeds() -> dict[str, float]:
    try:
        kept = json.loads((cache_folder() / "speeds.json").read_bytes())
        return {str(name): float(speed) for name, speed in kept.items() if speed > 0}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
