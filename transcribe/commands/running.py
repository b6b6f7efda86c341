"""`transcribe run`: from sources to drafts."""

from __future__ import annotations

import sys
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from transcribe.commands.options import log_to_stderr, setting_options, settings_in_force
from transcribe.progress import Bars
from transcribe.settings import Settings

if TYPE_CHECKING:
    from transcribe.batch import Report, Result
    from transcribe.pipeline import Pipeline
    from transcribe.stages import StagesMaker


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@setting_options(*(field.name for field in fields(Settings)))
@click.option("--fresh", is_flag=True, help="Recognise everything again, whatever earlier runs kept.")
@click.option("--force", is_flag=True, help="Replace drafts that were edited; the edited ones are kept as backups.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("-q", "--quiet", is_flag=True, help="Only paths, and errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say more; with an error, where it happened.")
@click.pass_obj
def run(stages: StagesMaker, /, sources: tuple[str, ...], **given: Any) -> int:
    """Transcribe audio: a Markdown draft with the speakers in bold, and its timed transcript (JSON).

    SOURCE is a file, a folder, a pattern, or the address of a recording, a feed or a page with a player; what is not
    here is fetched into the folder of the drafts. The paths of what was written go to stdout. What was done before is
    not done again, and a draft you edited is never overwritten.

    \b
    Examples:
      transcribe run interview.mp3
      transcribe run interview.mp3 --speakers "Rich,Haikel"
      transcribe run episodes/ -o drafts -f md,json,vtt
      transcribe run https://example.org/feed.xml --latest 3
    """
    from audio.http import Client
    from output.files import check_folder
    from transcribe import batch
    from transcribe.stages import glossary_of

    fresh, force, dry_run, quiet, verbose = (
        given.pop(name) for name in ("fresh", "force", "dry_run", "quiet", "verbose")
    )
    log_to_stderr(verbose=verbose, quiet=quiet)
    settings = settings_in_force(given)
    glossary_of(settings)  # a glossary that cannot be read is said before the work
    mode = batch.Mode(redo=fresh, force=force)
    with Client(sources) as client:
        jobs, failures = batch.plan(sources, settings, client=client)
        if dry_run:
            for job in jobs:
                click.echo(f"{job.source}: {batch.outlook(job, settings, mode=mode)}", err=True)
            return _close(batch.Report(failures), quiet=True)
        if jobs:
            check_folder(settings.output_folder)
        results = list(failures)
        with Bars(sys.stderr) as bars:
            pipeline = _pipeline(settings, stages, fresh=fresh)
            for result in batch.run(jobs, pipeline, mode=mode, client=client, progress=bars, fetching=bars.download):
                bars.clear()
                results.append(result)
                _tell(result, quiet=quiet)
    return _close(batch.Report(tuple(results)), quiet=quiet)


def _pipeline(settings: Settings, stages: StagesMaker, *, fresh: bool) -> Pipeline:
    from transcribe.checkpoint import users_checkpoints
    from transcribe.pipeline import Pipeline

    return Pipeline(settings, stages=stages(settings), checkpoints=users_checkpoints(fresh=fresh))


def _tell(result: Result, *, quiet: bool) -> None:
    for path in result.paths:
        click.echo(path)
    if not quiet and result.state != "failed":
        for message in result.messages:
            click.echo(f"Warning: {_named(result, message)}", err=True)


def _close(report: Report, *, quiet: bool) -> int:
    """The closing lines: failures last, so that they are what stays on the screen."""
    if not quiet and report.summary and (len(report.results) > 1 or not report.failed):
        click.echo(report.summary, err=True)
    for result in report.failed:
        for message in result.messages:
            click.echo(f"Error: {_named(result, message)}", err=True)
    return report.exit_code


def _named(result: Result, message: str) -> str:
    """The message with the episode it is about, unless it names it itself."""
    return message if result.source in message else f"{result.source}: {message}"
