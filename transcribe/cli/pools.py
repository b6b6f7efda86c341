"""A command's work on its worker processes, with its display; what comes before: the weights, fetched in sight, and a
worker that starts while the command plans."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from transcribe.cli.ending import Stop, StoppedError, stopping
from transcribe.errors import SettingsError
from transcribe.settings import Settings

if TYPE_CHECKING:
    from transcribe.batch.report import Report, Result
    from transcribe.cli.events import Events
    from transcribe.cli.run_display import Display
    from transcribe.cli.run_messages import Messages
    from transcribe.pipeline.stages import StagesMaker
    from transcribe.workers.local import WorkerPool
    from transcribe.workers.reporting_worker import ReportingWorker


@dataclass(frozen=True, slots=True)
class Work:
    """How many episodes there are to process, under which settings. `ahead` is a worker that is started already."""

    settings: Settings
    stages: StagesMaker
    episodes: int
    ahead: ReportingWorker | None = None


@contextlib.contextmanager
def worker_ahead(stages: StagesMaker, *, is_wanted: bool) -> Iterator[ReportingWorker | None]:
    """A worker process that starts and imports the stages' modules while this process plans its work, killed at the
    end; None unless it `is_wanted`, the stages are the real ones, and a core has nothing else to do.

    With little memory a library may try for ever to get some more when it is imported, and a process that does nothing
    else does not see that its parent has ended: so none is started under a limit of addresses (`ulimit -v`).
    """
    from transcribe.parallel import available_cores, has_limited_addresses
    from transcribe.pipeline.stages import MODULES, real_stages

    if not is_wanted or stages is not real_stages or available_cores() < 2 or has_limited_addresses():
        yield None
        return
    from transcribe.workers.reporting_worker import ReportingWorker

    worker = ReportingWorker(modules=MODULES)
    try:
        yield worker
    finally:
        worker.kill()


def process(
    work: Work,
    results_of: Callable[[Settings, WorkerPool, Display, threading.Event], Iterable[Result]],
    *,
    failures: Iterable[Result],
    messages: Messages,
    events: Events | None,
    quiet: bool,
) -> Report:
    """Do the work and tell each result as it comes; the report has the `failures` from before, too.

    `results_of` gets the settings for one task, the pool, the listener and what says to stop.
    """
    from transcribe.batch.report import Report
    from transcribe.cli.run_display import Display
    from transcribe.pipeline.cache import trim

    results, settings = list(failures), work.settings
    start, stop = time.monotonic(), Stop(threading.Event())
    kind = "none" if quiet and settings.progress == "auto" else settings.progress
    with (
        Display(sys.stderr, work.episodes, kind=kind, events=events) as display,
        _worker_pool(work, display, stop) as (pool, shared),
    ):
        for failure in results:
            display.tell(failure)
        with stopping(stop):
            for result in results_of(shared, pool, display, stop.event):
                display.clear()
                results.append(result)
                display.tell(result)
                messages.result(result)
            interrupted = stop.event.is_set()
            if interrupted:
                display.clear()
                messages.stopping(stop.signal)
                pool.abandon()
    if settings.cache_limit_bytes is not None:
        trim(settings.cache_limit_bytes)
    return Report(tuple(results), time.monotonic() - start, interrupted, stop.signal)


@contextlib.contextmanager
def _worker_pool(work: Work, display: Display, stop: Stop) -> Iterator[tuple[WorkerPool, Settings]]:
    """The workers, and the settings with the number of threads for each task."""
    from transcribe.pipeline.settings_check import check_settings
    from transcribe.pipeline.stages import fetch_models, real_stages
    from transcribe.workers import dask_client, local

    settings = work.settings
    if settings.scheduler:
        if not local.suits_processes(work.stages):
            raise SettingsError("scheduler: these stages cannot be made on another machine")
        with dask_client.scheduler(settings.scheduler, display.on_progress, size=settings.jobs) as pool:
            yield pool, settings
        return
    if not local.suits_processes(work.stages):
        with local.in_this_process(display.on_progress) as pool:
            yield pool, settings
        return
    layout = local.layout(settings, work.episodes)

    def on_fetch(name: str, received: int, total: int | None) -> None:
        if stop.event.is_set():
            raise StoppedError(stop.signal)
        display.fetching_weights(name, received, total)

    def prepare() -> None:
        if work.stages is real_stages:  # others have no weights
            fetch_models(settings, on_fetch=on_fetch)
            check_settings(settings, work.stages)  # again, by what the weights say
            display.clear()

    count, threads = layout.jobs, layout.last_threads
    with local.processes(count, display.on_progress, last_threads=threads, prepare=prepare, ahead=work.ahead) as pool:
        yield pool, replace(settings, threads=layout.threads)
