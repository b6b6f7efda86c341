"""`transcribe run`: from sources to drafts."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.options import CHOICES, log_to_stderr, setting_options, settings_in_force
from transcribe.cli.run_messages import print_result, print_summary
from transcribe.errors import SettingsError
from transcribe.settings import Settings
from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from audio.net.http import Client
    from transcribe.batch.planning import Job, Mode
    from transcribe.batch.report import Report, Result
    from transcribe.batch.runner import Setup
    from transcribe.cli.run_display import Display
    from transcribe.pipeline.stages import StagesMaker
    from transcribe.workers.local import WorkerPool


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@setting_options(*(field.name for field in fields(Settings)))
@click.option("--show", "shows", multiple=True, metavar="NAME", help="Bring this show of transcribe.toml up to date.")
@click.option("--wait", is_flag=True, help="If another run is using the folder, wait for it to end.")
@click.option("--fresh", is_flag=True, help="Recognise everything again, ignoring cached results.")
@click.option("--force", is_flag=True, help="Replace edited drafts, after a backup.")
@click.option("-n", "--dry-run", is_flag=True, help="Show what would be done and how long it takes, and do nothing.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the paths of new files, and errors.")
@click.option("-v", "--verbose", is_flag=True, help="Print more; for an error, also the traceback.")
@click.pass_obj
def run(stages: StagesMaker, /, sources: tuple[str, ...], **given: Any) -> int:
    """Transcribe audio: a Markdown draft with the speakers in bold, and its timed transcript (JSON).

    SOURCE is a file, a folder, a pattern, or the address of a recording, a feed or a page with a player; remote audio
    is fetched into the folder of the drafts. The paths of the results go to stdout. Finished work is not repeated,
    only its paths are printed, and a draft you edited is never overwritten. Ctrl-C stops the run; the same command
    continues it.

    Without a SOURCE every [[show]] of transcribe.toml is brought up to date.

    \b
    Examples:
      transcribe run interview.mp3
      transcribe run interview.mp3 --speakers "Rich,Haikel"
      transcribe run episodes/ -o drafts -f md,json,vtt --jobs 2
      transcribe run https://example.org/feed.xml --latest 3
    """
    from transcribe.batch.planning import Mode
    from transcribe.batch.report import Report

    names = ("fresh", "force", "dry_run", "quiet", "verbose", "wait")
    fresh, force, dry_run, quiet, verbose, wait = (given.pop(name) for name in names)
    log_to_stderr(verbose=verbose, quiet=quiet)
    options = _RunOptions(stages, Mode(ignore_cache=fresh, force=force), dry_run=dry_run, quiet=quiet, wait=wait)
    results: list[Result] = []
    start, interrupted = time.monotonic(), False
    for source_set in _source_sets(sources, given.pop("shows"), given):
        report = _report_of(source_set, options)
        results += report.results
        interrupted = report.interrupted
        if interrupted:
            break
    total = Report(tuple(results), time.monotonic() - start, interrupted)
    print_summary(total, quiet=quiet or dry_run)
    return total.exit_code


@dataclass(frozen=True, slots=True)
class _RunOptions:
    """What all sources of one command share."""

    stages: StagesMaker
    mode: Mode
    dry_run: bool
    quiet: bool
    wait: bool


@dataclass(frozen=True, slots=True)
class _SourceSet:
    """Sources under one set of settings: those of the command line, or one show."""

    sources: tuple[str, ...]
    settings: Settings
    show: str = ""

    @property
    def command(self) -> str:
        """The command as other runs on the folder show it; addresses without secrets."""
        from audio.net.addresses import redacted

        return shlex.join(["transcribe", "run", *(["--show", self.show] if self.show else map(redacted, self.sources))])


def _source_sets(sources: tuple[str, ...], names: tuple[str, ...], given: dict[str, Any]) -> tuple[_SourceSet, ...]:
    """The sources of the command line, or the shows. Raises `SettingsError`, and `UsageError` for both at once."""
    from transcribe.shows import load_shows, shows_named

    if sources and names:
        raise click.UsageError("give a SOURCE or --show, not both")
    if sources:
        return (_SourceSet(sources, settings_in_force(given)),)
    shows = shows_named(load_shows(given, environ=os.environ, folder=Path.cwd(), choices=CHOICES), names)
    return tuple(_SourceSet((show.feed,), show.settings, show.name) for show in shows)


def _report_of(sources: _SourceSet, options: _RunOptions) -> Report:
    """Run the sources; an error of a show as a whole is a failure in its report, so that the next show still runs."""
    from audio.errors import AudioError
    from output.errors import OutputError
    from transcribe.batch.report import Report, Result, State
    from transcribe.errors import TranscribeError

    if sources.show and not options.quiet:
        click.echo(for_terminal(f"{sources.show}: {sources.settings.output_folder}"), err=True)
    try:
        return _plan_and_run(sources, options)
    except (AudioError, TranscribeError, OutputError) as error:
        if not sources.show:
            raise
        return Report((Result(sources.show, State.FAILED, error=str(error)),))


def _plan_and_run(sources: _SourceSet, options: _RunOptions) -> Report:
    from audio.disk import remove_leftovers
    from audio.net.http import Client
    from output.files import check_folder
    from transcribe.batch.dry_run import forecast
    from transcribe.batch.planning import select_jobs
    from transcribe.batch.report import Report
    from transcribe.batch.run_lock import run_lock
    from transcribe.batch.runner import Setup
    from transcribe.drafts.style import style_of
    from transcribe.pipeline.checkpoints import user_checkpoints
    from transcribe.pipeline.stages import glossary_of
    from transcribe.speakers.voiceprints import select_voiceprints, user_voiceprints

    settings, waited = sources.settings, False
    glossary_of(settings)  # reports an unreadable glossary, unknown voices and a bad front matter before the work
    style_of(settings)
    voices = select_voiceprints(user_voiceprints(), settings.voices)

    def on_wait(holder: str) -> None:
        nonlocal waited
        waited = True
        click.echo(for_terminal(f"waiting; {holder}"), err=True)

    with Client(sources.sources) as client:
        jobs, failures = select_jobs(sources.sources, settings, client=client)
        setup = Setup(settings, options.stages, user_checkpoints().folder, voices, options.mode)
        if options.dry_run:
            for line in forecast(jobs, setup):
                click.echo(for_terminal(line), err=True)
            return Report(failures)
        if not jobs:
            report = _run(jobs, setup, failures, client=client, quiet=options.quiet)
            _save(report, setup)
            return report
        check_folder(settings.output_folder)
        with run_lock(settings.output_folder, sources.command, wait=options.wait, on_wait=on_wait):
            remove_leftovers(settings.output_folder)
            if waited:  # the other run may have done the work, or taken names of files
                jobs, failures = select_jobs(sources.sources, settings, client=client)
            report = _run(jobs, setup, failures, client=client, quiet=options.quiet)
        _save(report, setup)  # after the lock, which removes the folder if nothing was written
        return report


def _run(jobs: tuple[Job, ...], setup: Setup, failures: tuple[Result, ...], *, client: Client, quiet: bool) -> Report:
    from transcribe.batch import runner
    from transcribe.batch.dry_run import note_speed
    from transcribe.batch.report import Report
    from transcribe.cli.run_display import Display
    from transcribe.pipeline.cache import trim

    results, start = list(failures), time.monotonic()
    kind = "none" if quiet and setup.settings.progress == "auto" else setup.settings.progress
    with (
        Display(sys.stderr, len(jobs), kind=kind) as display,
        _worker_pool(setup, len(jobs), display) as (pool, shared),
    ):
        with _stopping(pool) as stop:
            for result in runner.run(jobs, shared, pool=pool, client=client, listener=display, stop=stop):
                display.clear()
                results.append(result)
                print_result(result, quiet=quiet)
        interrupted = stop.is_set()
        if interrupted:
            pool.abandon()
    report = Report(tuple(results), time.monotonic() - start, interrupted)
    note_speed(report, setup)
    limit = setup.settings.cache_limit_bytes
    if limit is not None:
        trim(limit)
    return report


@contextlib.contextmanager
def _worker_pool(setup: Setup, episodes: int, display: Display) -> Iterator[tuple[WorkerPool, Setup]]:
    """The workers, and the setup with the number of threads for each task."""
    from transcribe.workers import dask_client, local

    settings = setup.settings
    if settings.scheduler:
        if not local.suits_processes(setup.stages):
            raise SettingsError("scheduler: these stages cannot be made on another machine")
        with dask_client.scheduler(settings.scheduler, display.on_progress, size=settings.jobs) as pool:
            yield pool, setup
        return
    if not local.suits_processes(setup.stages):
        with local.in_this_process(display.on_progress) as pool:
            yield pool, setup
        return
    layout = local.layout(setup.settings, episodes)
    shared = replace(setup, settings=replace(setup.settings, threads=layout.threads))
    with local.processes(layout.jobs, display.on_progress, last_threads=layout.last_threads) as pool:
        yield pool, shared


@contextlib.contextmanager
def _stopping(pool: WorkerPool) -> Iterator[threading.Event]:
    """SIGINT (Ctrl-C) or SIGTERM sets the event, and files in progress are written. A second one exits immediately."""
    stop = threading.Event()

    def on_signal(number: int, frame: object) -> None:
        if stop.is_set():
            pool.abandon()
            os._exit(130)
        stop.set()
        click.echo("\nstopping; press Ctrl-C again to stop immediately", err=True)

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _save(report: Report, setup: Setup) -> None:
    folder = setup.settings.output_folder
    try:
        report.save(folder)
    except OSError as error:
        click.echo(for_terminal(f"Warning: {folder}: report.json cannot be written ({error.strerror})"), err=True)
