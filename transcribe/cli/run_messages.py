"""What a run says besides its progress: paths on stdout; speakers, warnings, errors and the summary on stderr.

As text for people, or as events for programs (`--progress json`).
"""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from audio.program import program
from transcribe.cli.options import echo_path
from transcribe.terminal import for_terminal, printable

if TYPE_CHECKING:
    from audio.sources.left_out import LeftOut
    from transcribe.batch.planning import Job
    from transcribe.batch.report import Report, Result
    from transcribe.batch.runner import Setup
    from transcribe.cli.events import Events


class Messages(Protocol):
    """Tells what happens in a run."""

    def show(self, name: str, folder: Path) -> None:
        """The run comes to this show, whose drafts are in `folder`."""

    def waiting(self, holder: str) -> None:
        """The run waits for another one."""

    def planned(self, line: str) -> None:
        """A line of a dry run."""

    def left_out(self, left: LeftOut) -> None:
        """A source has something besides episodes."""

    def result(self, result: Result) -> None:
        """An episode has its result."""

    def failed(self, result: Result) -> None:
        """A show failed as a whole, or a dry run sees that something would fail."""

    def stopping(self, number: int) -> None:
        """A signal with this number stops the run."""

    def warning(self, message: str) -> None:
        """Something the user should know."""

    def summary(self, report: Report) -> None:
        """The run is over."""


class TextMessages:
    """See `Messages`; `quiet`: only new paths, and errors."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def show(self, name: str, folder: Path) -> None:
        """See `Messages`."""
        if not self._quiet:
            _say(f"{name}: {folder}")

    def waiting(self, holder: str) -> None:
        """See `Messages`."""
        _say(f"waiting; {holder}")

    def planned(self, line: str) -> None:
        """See `Messages`."""
        _say(line)

    def left_out(self, left: LeftOut) -> None:
        """See `Messages`."""
        _say(left_out_line(left))

    def result(self, result: Result) -> None:
        """See `Messages`; an error waits for the summary."""
        print_paths(result, quiet=self._quiet)
        if self._quiet:
            return
        if result.kept:
            _say(with_source(result, f"{result.kept[0]}: edited, kept as it is"))
        if result.named and result.state == "written":
            _say(with_source(result, f"speakers: {'; '.join(result.named)}"))
        if result.state == "written" and (passages := _doubtful_passages(result)):
            _say(with_source(result, passages))
            if marked := _marked_words(result):
                _say(with_source(result, marked))
        if result.also_written:
            _say(with_source(result, f"also written: {', '.join(map(str, result.also_written))}"))
        for warning in result.warnings:
            _say(f"Warning: {with_source(result, warning)}")

    def failed(self, result: Result) -> None:
        """See `Messages`; an error waits for the summary."""

    def stopping(self, number: int) -> None:
        """See `Messages`."""
        again = "press Ctrl-C again" if number == signal.SIGINT else "send the signal again"
        _say(f"\nstopping; {again} to stop immediately")

    def warning(self, message: str) -> None:
        """See `Messages`."""
        _say(f"Warning: {message}")

    def summary(self, report: Report) -> None:
        """See `Messages`; errors last, so that they stay on the screen."""
        if not self._quiet and report.summary and (len(report.results) > 1 or not report.failed):
            _say(_summary(report))
        for result in report.failed:
            show = f"show {result.show!r}: " if result.show else ""
            _say(f"Error: {show}{with_source(result, result.error)}")
        if report.interrupted:
            _say("interrupted; run the same command again to continue")


class EventMessages:
    """See `Messages`. What an episode's result says is an event of the display, `ended`."""

    def __init__(self, events: Events, *, quiet: bool) -> None:
        self._events, self._quiet = events, quiet

    def show(self, name: str, folder: Path) -> None:
        """See `Messages`."""
        self._events.show = name
        self._events.emit("show", show=name, folder=str(folder))

    def waiting(self, holder: str) -> None:
        """See `Messages`."""
        self._events.emit("waiting", message=holder)

    def planned(self, line: str) -> None:
        """See `Messages`."""
        self._events.emit("planned", message=line)

    def left_out(self, left: LeftOut) -> None:
        """See `Messages`."""
        from transcribe.batch.report import left_out_fields

        self._events.emit("left_out", **left_out_fields(left))

    def result(self, result: Result) -> None:
        """See `Messages`."""
        print_paths(result, quiet=self._quiet)

    def failed(self, result: Result) -> None:
        """See `Messages`."""
        from transcribe.batch.report import result_fields

        self._events.emit("ended", number=None, **result_fields(result))

    def stopping(self, number: int) -> None:
        """See `Messages`."""
        self._events.emit("stopping", signal=signal.Signals(number).name)

    def warning(self, message: str) -> None:
        """See `Messages`."""
        self._events.emit("warning", message=message)

    def summary(self, report: Report) -> None:
        """See `Messages`."""
        from transcribe.batch.report import summary_fields

        failed = [{"show": each.show or None, "source": each.source, "error": each.error} for each in report.failed]
        self._events.show = ""
        self._events.emit("report", **summary_fields(report), failed=failed)


def told_forecast(
    jobs: tuple[Job, ...], setup: Setup, failures: tuple[Result, ...], messages: Messages
) -> Iterator[Result]:
    """Say what a run would do; returns the failures that a run would have, as far as they are known."""
    from output.files import check_folder
    from transcribe.batch.dry_run import forecast

    if jobs:
        check_folder(setup.settings.output_folder)
    for failure in failures:
        messages.failed(failure)
        yield failure
    for told in forecast(jobs, setup):
        if isinstance(told, str):
            messages.planned(told)
        else:
            messages.failed(told)
            yield told


def print_paths(result: Result, *, quiet: bool) -> None:
    """Print an episode's paths, but none that is kept beside others that are written; with `quiet` only those written
    now, or cron would mail the same every night."""
    kept = () if result.state == "unchanged" else result.kept
    for path in result.paths:
        if path in result.changes.written if quiet else path not in kept:
            echo_path(path)


def left_out_line(left: LeftOut) -> str:
    """What is left out, and why."""
    from audio.sources.left_out import described

    return f"left out: {printable(left.source)}: {described(left)}"


def _say(line: str) -> None:
    click.echo("\n".join(map(for_terminal, line.split("\n"))), err=True)


def _doubtful_passages(result: Result) -> str:
    """The number of doubtful passages in a new draft, and the command that shows them; empty if there are none."""
    draft = next((path for path in result.paths if path.suffix == ".md"), None)
    if draft is None or result.tally is None or not result.tally.doubts:
        return ""
    passages = "1 passage" if result.tally.doubts == 1 else f"{result.tally.doubts} passages"
    return f"{passages} to listen to, marked in: {program()} edit {shlex.quote(str(draft))}"


def _marked_words(result: Result) -> str:
    """How many words the doubtful passages hold, and how many of the errors; empty if that is unknown."""
    tally = result.tally
    if tally is None or tally.held is None or not tally.marked:
        return ""
    are, hold = ("is", "it holds") if tally.marked == 1 else ("are", "they hold")
    share = f"{100 * tally.held:.0f} % of the errors"
    return f"{tally.marked} of {tally.words} words {are} marked; on recordings like these {hold} {share}"


def _summary(report: Report) -> str:
    """The count of each state; for a run of a minute or more also the amount of audio and the speed."""
    from transcribe.units import format_duration

    if report.audio < 60 or report.elapsed < 60:
        return report.summary
    speed = f"{report.audio / report.elapsed:.1f} × real time"
    return f"{report.summary}; {format_duration(report.audio)} of audio in {format_duration(report.elapsed)}, {speed}"


def with_source(result: Result, message: str) -> str:
    """The message; it begins with the episode's source."""
    return message if message in result.with_source else f"{printable(result.source)}: {message}"
