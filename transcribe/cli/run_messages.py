"""What a run prints besides its progress: paths on stdout; speakers, warnings, errors and the summary on stderr."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from transcribe.batch.report import Report, Result


def print_result(result: Result, *, quiet: bool) -> None:
    """Print one episode's paths, speakers and warnings; an error waits for the summary."""
    if not (quiet and result.state == "unchanged"):  # otherwise cron would mail the same paths every night
        for path in result.paths:
            click.echo(path)
    if quiet:
        return
    if result.named:
        click.echo(_with_source(result, f"speakers: {'; '.join(result.named)}"), err=True)
    if result.state == "written" and (passages := _doubtful_passages(result)):
        click.echo(_with_source(result, passages), err=True)
    for warning in result.warnings:
        click.echo(f"Warning: {_with_source(result, warning)}", err=True)


def print_summary(report: Report, *, quiet: bool) -> None:
    """Print the closing lines: errors last, so that they stay on the screen."""
    if not quiet and report.summary and (len(report.results) > 1 or not report.failed):
        click.echo(_summary(report), err=True)
    for result in report.failed:
        click.echo(f"Error: {_with_source(result, result.error)}", err=True)
    if report.interrupted:
        click.echo("interrupted; run the same command again to continue", err=True)


def _doubtful_passages(result: Result) -> str:
    """The number of doubtful passages in a new draft, and the command that shows them; empty if there are none."""
    draft = next((path for path in result.paths if path.suffix == ".md"), None)
    if draft is None or result.tally is None or not result.tally.doubts:
        return ""
    passages = "1 passage" if result.tally.doubts == 1 else f"{result.tally.doubts} passages"
    return f"{passages} to listen to, marked in: transcribe edit {shlex.quote(str(draft))}"


def _summary(report: Report) -> str:
    """The count of each state; for a run of a minute or more also the amount of audio and the speed."""
    from transcribe.units import format_duration

    if report.audio < 60 or report.elapsed < 60:
        return report.summary
    speed = f"{report.audio / report.elapsed:.1f} × real time"
    return f"{report.summary}; {format_duration(report.audio)} of audio in {format_duration(report.elapsed)}, {speed}"


def _with_source(result: Result, message: str) -> str:
    """The message for a terminal; it begins with the episode's source."""
    return for_terminal(message if message in result.with_source else f"{result.source}: {message}")
