"""`transcribe run`: from sources to drafts."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import click

from transcribe.batch.mode import Mode
from transcribe.cli.ending import signal_of
from transcribe.cli.events import Events, events_on_stderr
from transcribe.cli.options import log_to_stderr, setting_options
from transcribe.cli.pools import Work, process, worker_ahead
from transcribe.cli.run_messages import EventMessages, Messages, TextMessages, told_forecast
from transcribe.cli.run_sources import SourceSet, is_likely_due, progress_in, source_sets, wants_events
from transcribe.settings import Settings

if TYPE_CHECKING:
    from audio.net.http import Client
    from audio.sources.left_out import LeftOut
    from transcribe.batch.planning import Job
    from transcribe.batch.report import Report, Result
    from transcribe.batch.runner import Setup
    from transcribe.batch.shows import FaultyShow
    from transcribe.cli.run_display import Display
    from transcribe.pipeline.stages import StagesMaker
    from transcribe.workers.local import WorkerPool
    from transcribe.workers.reporting_worker import ReportingWorker


class _Run(click.Command):
    """With `--progress json`, a command line that cannot be read is an event, too."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> click.Context:
        given = tuple(args)  # the parser empties the list
        try:
            return super().make_context(info_name, args, *rest, **extra)
        except click.UsageError:
            if wants_events({"progress": progress_in(given)}):
                with events_on_stderr(verbose=False, quiet=False):
                    raise
            raise


@click.command(cls=_Run)
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@setting_options(*(field.name for field in fields(Settings)))
@click.option("--show", "shows", multiple=True, metavar="NAME", help="Bring this show of transcribe.toml up to date.")
@click.option("--tracks", is_flag=True, help="The files are one episode: each is one person's track.")
@click.option(
    "--offset",
    "offsets",
    metavar="LIST",
    help="With --tracks: when each file starts, in seconds, in their order (0,2.5). Default: found in the sound.",
)
@click.option("--mixdown", metavar="FILE|auto", help="With --tracks: write the mix there; auto: beside the draft.")
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
      transcribe run --tracks rich.wav haikel.wav
      transcribe run episodes/ -o drafts -f md,json,vtt --jobs 2
      transcribe run https://example.org/feed.xml --latest 3
    """
    names = ("fresh", "force", "dry_run", "quiet", "verbose", "wait", "shows")
    fresh, force, dry_run, quiet, verbose, wait, shows = (given.pop(name) for name in names)
    with contextlib.ExitStack() as stack:
        events: Events | None = None
        messages: Messages = TextMessages(quiet=quiet or dry_run)
        if wants_events(given):
            events = stack.enter_context(events_on_stderr(verbose=verbose, quiet=quiet))
            messages = EventMessages(events, quiet=quiet)
        else:
            log_to_stderr(verbose=verbose, quiet=quiet)
        mode = Mode(ignore_cache=fresh, force=force)
        all_sources = source_sets(sources, shows, given)
        is_due = not dry_run and is_likely_due(all_sources, mode)
        ahead = stack.enter_context(worker_ahead(stages, is_wanted=is_due))
        options = _RunOptions(stages, mode, messages, events, dry_run=dry_run, quiet=quiet, wait=wait, ahead=ahead)
        report = _run_all(all_sources, options)
        messages.summary(report)
    return report.exit_code


def _run_all(all_sources: Iterable[SourceSet | FaultyShow], options: _RunOptions) -> Report:
    """Run all sources; if a signal ends that, the report is of what was done before."""
    from transcribe.batch.report import Report

    results: list[Result] = []
    left_out: list[LeftOut] = []
    start, last = time.monotonic(), Report(())
    try:
        for sources in all_sources:
            last = _report_of(sources, options)
            results += last.results
            left_out += last.left_out
            if last.interrupted:
                break
    except KeyboardInterrupt as error:
        last = Report((), interrupted=True, signal=signal_of(error))
    return Report(tuple(results), time.monotonic() - start, last.interrupted, last.signal, tuple(left_out))


@dataclass(frozen=True, slots=True)
class _RunOptions:  # what all sources of one command share
    stages: StagesMaker
    mode: Mode
    messages: Messages
    events: Events | None  # instead of text on stderr
    dry_run: bool
    quiet: bool
    wait: bool
    ahead: ReportingWorker | None


def _report_of(sources: SourceSet | FaultyShow, options: _RunOptions) -> Report:
    """Run the sources; an error of a show as a whole is a failure in its report, so that the next show still runs."""
    from transcribe.batch.report import Report, Result, State
    from transcribe.workers.task import failure_of

    show = sources.show if isinstance(sources, SourceSet) else sources.name
    try:
        if not isinstance(sources, SourceSet):
            raise sources.error
        if show:
            options.messages.show(show, sources.settings.output_folder)
        report = _plan_and_run(sources, options)
    except Exception as error:
        if not show:
            raise
        failure = failure_of(error)
        result = Result(show, State.FAILED, error=failure.message, traceback=failure.traceback, show=show)
        result = replace(result, with_source=frozenset([failure.message]))
        options.messages.failed(result)
        report = Report((result,))
    return replace(report, results=tuple(replace(result, show=show) for result in report.results))


def _plan_and_run(sources: SourceSet, options: _RunOptions) -> Report:
    from audio.sources.left_out import counted
    from output.files import check_folder
    from transcribe.batch.planning import client_for
    from transcribe.batch.report import Report
    from transcribe.batch.run_lock import run_lock
    from transcribe.batch.runner import Setup
    from transcribe.drafts.style import style_of
    from transcribe.pipeline.checkpoints import user_checkpoints
    from transcribe.pipeline.settings_check import check_settings
    from transcribe.speakers.voiceprints import select_voiceprints, user_voiceprints

    settings, waited = sources.settings, False
    check_settings(settings, options.stages, here=not settings.scheduler)
    style_of(settings)  # reports a bad front matter before the work
    voices = select_voiceprints(user_voiceprints(), settings.voices)

    def on_wait(holder: str) -> None:
        nonlocal waited
        waited = True
        options.messages.waiting(holder)

    with client_for(sources.sources, settings) as client:
        told: list[LeftOut] = []
        jobs, failures = sources.jobs(client, told.append)
        left_out = counted(told)
        setup = Setup(settings, options.stages, user_checkpoints().folder, voices, options.mode)
        for left in [] if options.quiet else left_out:
            options.messages.left_out(left)
        if options.dry_run:
            return Report(tuple(told_forecast(jobs, setup, failures, options.messages)), left_out=tuple(left_out))
        with contextlib.ExitStack() as held:
            if jobs:
                check_folder(settings.output_folder)
                lock = run_lock(settings.output_folder, sources.command, wait=options.wait, on_wait=on_wait)
                held.enter_context(lock)
            if waited:  # the other run may have done the work, or taken names of files
                jobs, failures = sources.jobs(client)
            report = _run(jobs, setup, failures, client=client, options=options)
        results = tuple(replace(result, show=sources.show) for result in report.results)
        report = replace(report, results=results, left_out=tuple(left_out))
        _save(report, setup, options.messages)  # after the lock, which removes the folder if nothing was written
        return report


def _run(
    jobs: tuple[Job, ...],
    setup: Setup,
    failures: tuple[Result, ...],
    *,
    client: Client,
    options: _RunOptions,
) -> Report:
    from transcribe.batch import runner
    from transcribe.batch.dry_run import note_speed

    def results_of(settings: Settings, pool: WorkerPool, display: Display, stop: threading.Event) -> Iterator[Result]:
        shared = replace(setup, settings=settings)
        return runner.run(jobs, shared, pool=pool, client=client, listener=display, stop=stop)

    work = Work(setup.settings, setup.stages, len(jobs), ahead=options.ahead)
    report = process(
        work, results_of, failures=failures, messages=options.messages, events=options.events, quiet=options.quiet
    )
    note_speed(report, setup)
    return report


def _save(report: Report, setup: Setup, messages: Messages) -> None:
    folder = setup.settings.output_folder
    try:
        report.save(folder)
    except OSError as error:
        messages.warning(f"{folder}: report.json cannot be written ({error.strerror})")
