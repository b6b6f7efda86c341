"""The worker processes of a command, and what comes before the first one: the weights, fetched where one sees it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from transcribe.cli.ending import Stop, StoppedError
from transcribe.errors import SettingsError
from transcribe.settings import Settings

if TYPE_CHECKING:
    from transcribe.cli.run_display import Display
    from transcribe.pipeline.stages import StagesMaker
    from transcribe.workers.local import WorkerPool


@dataclass(frozen=True, slots=True)
class Work:
    """How many episodes there are to process, under which settings."""

    settings: Settings
    stages: StagesMaker
    episodes: int


@contextlib.contextmanager
def worker_pool(work: Work, display: Display, stop: Stop) -> Iterator[tuple[WorkerPool, Settings]]:
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
    with local.processes(count, display.on_progress, last_threads=threads, prepare=prepare) as pool:
        yield pool, replace(settings, threads=layout.threads)
