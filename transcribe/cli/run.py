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

_GO_ON = "run the same command again to go on"


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@setting_options(*(field.name for field in fields(Settings)))
@click.option("--show", "shows", multiple=True, metavar="NAME", help="Bring this show of transcribe.toml up to date.")
@click.option("--wait", is_flag=True, help="Where another run is at work on the folder, wait for its end.")
@click.option("--fresh", is_flag=True, help="Recognise everything again, whatever earlier runs kept.")
@click.option("--force", is_flag=True, help="Replace drafts that were edited; the edited ones are kept as backups.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be done and how long it takes, and do nothing.")
@click.option("-q", "--quiet", is_flag=True, help="Only the paths of what is new, and errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say more; with an error, where it happened.")
@click.pass_obj
def run(stages: StagesMaker, /, sources: tuple[str, ...], **given: Any) -> int:
    """Transcribe audio: a Markdown draft with the speakers in bold, and its timed transcript (JSON).

    SOURCE is a file, a folder, a pattern, or the address of a recording, a feed or a page with a player; what is not
    here is fetched into the folder of the drafts. The paths of the results go to stdout. What was done before is not
    done again, only its paths are printed, and a draft you edited is never overwritten. Ctrl-C stops it, and the same
    command goes on.

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
    how = _How(stages, Mode(ignore_cache=fresh, force=force), dry_run=dry_run, quiet=quiet, wait=wait)
    results: list[Result] = []
    began, interrupted = time.monotonic(), False
    for errand in _errands(sources, given.pop("shows"), given):
        report = _done(errand, how)
        results += report.results
        interrupted = interrupted or report.interrupted
        if interrupted:
            break
    return _close(Report(tuple(results), time.monotonic() - began, interrupted), quiet=quiet or dry_run)


@dataclass(frozen=True, slots=True)
class _How:
    """What is the same for everything one command does."""

    stages: StagesMaker
    mode: Mode
    dry_run: bool
    quiet: bool
    wait: bool


@dataclass(frozen=True, slots=True)
class _Errand:
    """Sources under one set of settings: those of the command line, or a show."""

    sources: tuple[str, ...]
    settings: Settings
    show: str = ""

    @property
    def command(self) -> str:
        """What is being done, for others who want the folder; addresses without what may be secret."""
        from audio.net.addresses import redacted

        return shlex.join(["transcribe", "run", *(["--show", self.show] if self.show else map(redacted, self.sources))])


def _errands(sources: tuple[str, ...], names: tuple[str, ...], given: dict[str, Any]) -> tuple[_Errand, ...]:
    """What the command line asks for. Raises `SettingsError`, and `UsageError` for both sources and shows."""
    from transcribe.shows import load_shows, shows_named

    if sources and names:
        raise click.UsageError("a SOURCE or --show, not both")
    if sources:
        return (_Errand(sources, settings_in_force(given)),)
    shows = shows_named(load_shows(given, environ=os.environ, folder=Path.cwd(), choices=CHOICES), names)
    return tuple(_Errand((show.feed,), show.settings, show.name) for show in shows)


def _done(errand: _Errand, how: _How) -> Report:
    """The errand's report; what is wrong with a show as a whole is its failure, and the next one has its turn."""
    from audio.errors import AudioError
    from output.errors import OutputError
    from transcribe.batch.report import Report, Result, State
    from transcribe.errors import TranscribeError

    if errand.show and not how.quiet:
        click.echo(for_terminal(f"{errand.show}: {errand.settings.output_folder}"), err=True)
    try:
        return _planned_and_run(errand, how)
    except (AudioError, TranscribeError, OutputError) as error:
        if not errand.show:
            raise
        return Report((Result(errand.show, State.FAILED, error=str(error)),))


def _planned_and_run(errand: _Errand, how: _How) -> Report:
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

    settings, waited = errand.settings, False
    glossary_of(settings)  # one that cannot be read, or voices that are not enrolled, fail before the work
    style_of(settings)  # and so is a front matter that cannot be written
    voices = select_voiceprints(user_voiceprints(), settings.voices)

    def on_wait(holder: str) -> None:
        nonlocal waited
        waited = True
        click.echo(for_terminal(f"waiting; {holder}"), err=True)

    with Client(errand.sources) as client:
        jobs, failures = select_jobs(errand.sources, settings, client=client)
        setup = Setup(settings, how.stages, user_checkpoints().folder, voices, how.mode)
        if how.dry_run:
            for line in forecast(jobs, setup):
                click.echo(for_terminal(line), err=True)
            return Report(failures)
        if not jobs:
            report = _run(jobs, setup, failures, client=client, quiet=how.quiet)
            _save(report, setup)
            return report
        check_folder(settings.output_folder)
        with run_lock(settings.output_folder, errand.command, wait=how.wait, on_wait=on_wait):
            remove_leftovers(settings.output_folder)
            if waited:  # the other run may have done all of it, or given names to files
                jobs, failures = select_jobs(errand.sources, settings, client=client)
            report = _run(jobs, setup, failures, client=client, quiet=how.quiet)
        _save(report, setup)  # after the lock: where nothing was written, it leaves no folder to put a report into
        return report


def _run(jobs: tuple[Job, ...], setup: Setup, failures: tuple[Result, ...], *, client: Client, quiet: bool) -> Report:
    from transcribe.batch import runner
    from transcribe.batch.dry_run import note_speed
    from transcribe.batch.report import Report
    from transcribe.cli.run_display import Display
    from transcribe.pipeline.cache import trim

    results, began = list(failures), time.monotonic()
    kind = "none" if quiet and setup.settings.progress == "auto" else setup.settings.progress
    with (
        Display(sys.stderr, len(jobs), kind=kind) as display,
        _worker_pool(setup, len(jobs), display) as (pool, shared),
    ):
        with _stopping(pool) as stop:
            for result in runner.run(jobs, shared, pool=pool, client=client, listener=display, stop=stop):
                display.clear()
                results.append(result)
                _tell(result, quiet=quiet)
        interrupted = stop.is_set()
        if interrupted:
            pool.abandon()
    report = Report(tuple(results), time.monotonic() - began, interrupted)
    note_speed(report, setup)
    limit = setup.settings.cache_limit_bytes
    if limit is not None:
        trim(limit)
    return report


@contextlib.contextmanager
def _worker_pool(setup: Setup, episodes: int, display: Display) -> Iterator[tuple[WorkerPool, Setup]]:
    """Who does the tasks, and the setup with each one's share of the threads."""
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
    """Ctrl-C, or a request to end, sets the event: what is being written is written. A second one ends at once."""
    stop = threading.Event()

    def asked(number: int, frame: object) -> None:
        if stop.is_set():
            pool.abandon()
            os._exit(130)
        stop.set()
        click.echo("\nstopping; once more to stop at once", err=True)

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
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
        click.echo(for_terminal(f"Warning: {folder}: the report could not be written ({error.strerror})"), err=True)


def _tell(result: Result, *, quiet: bool) -> None:
    if not (quiet and result.state == "unchanged"):  # otherwise cron would mail the same paths every night
        for path in result.paths:
            click.echo(path)
    if not quiet and result.named:
        click.echo(_named(result, f"speakers: {'; '.join(result.named)}"), err=True)
    if not quiet and result.state == "written" and (listen := _to_be_heard(result)):
        click.echo(_named(result, listen), err=True)
    if not quiet:
        for warning in result.warnings:
            click.echo(f"Warning: {_named(result, warning)}", err=True)


def _to_be_heard(result: Result) -> str:
    """How many passages of a new draft the machine is not sure of, and where they are shown; empty for none."""
    draft = next((path for path in result.paths if path.suffix == ".md"), None)
    if draft is None or result.tally is None or not result.tally.doubts:
        return ""
    passages = "1 passage" if result.tally.doubts == 1 else f"{result.tally.doubts} passages"
    return f"{passages} to listen to, marked in: transcribe edit {shlex.quote(str(draft))}"


def _close(report: Report, *, quiet: bool) -> int:
    """The closing lines: failures last, so that they are what stays on the screen."""
    if not quiet and report.summary and (len(report.results) > 1 or not report.failed):
        click.echo(_summary(report), err=True)
    for result in report.failed:
        click.echo(f"Error: {_named(result, result.error)}", err=True)
    if report.interrupted:
        click.echo(f"interrupted; {_GO_ON}", err=True)
    return report.exit_code


def _summary(report: Report) -> str:
    """How many of each; of a longer run also how much was heard and how fast."""
    from transcribe.units import format_duration

    if report.audio < 60 or report.elapsed < 60:
        return report.summary
    speed = f"{report.audio / report.elapsed:.1f} × real time"
    return f"{report.summary}; {format_duration(report.audio)} of audio in {format_duration(report.elapsed)}, {speed}"


def _named(result: Result, message: str) -> str:
    """The message for a terminal, with the episode it is about, unless it names it itself."""
    return for_terminal(message if result.source in message else f"{result.source}: {message}")
