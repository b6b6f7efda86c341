"""`transcribe list` and `transcribe fetch`: list and download the episodes of a source."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.bars import Bars
from transcribe.cli.options import (
    echo_json,
    echo_path,
    log_to_stderr,
    setting_options,
    settings_in_force,
    shows_in_force,
)
from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from audio.episode import Episode
    from audio.sources.left_out import LeftOut
    from transcribe.batch.shows import FaultyShow, Show
    from transcribe.settings import Settings

_NAMED = 100  # of what is left out of a source for the same reason
_SELECTION = ("output", "latest", "since", "match", "episode", "user_agent", "cookies", "allow_http")


@click.command("list")
@click.argument("source", required=False)
@setting_options(*_SELECTION)
@click.option("--show", metavar="NAME", help="List the episodes of this show of transcribe.toml.")
@click.option("--json", "as_json", is_flag=True, help="Print all data of each episode as JSON.")
def list_episodes(source: str | None, show: str | None, as_json: bool, **given: Any) -> int:
    """List the episodes of a feed, a page, a folder or a file: date, length, state and title. A local file that is no
    recording is broken, and named last.

    Without a SOURCE, list the shows of transcribe.toml.

    \b
    Examples:
      transcribe list https://example.org/feed.xml --latest 10
      transcribe list --show "The Weather Desk"
      transcribe list post.md --json
    """
    from output.files import check_is_folder
    from transcribe.batch.planning import explain_empty_selection, select_episodes, states
    from transcribe.batch.shows import FaultyShow, shows_named

    if source and show is not None:
        raise click.UsageError("give a SOURCE or --show, not both")
    if source:
        settings = settings_in_force(given)
    else:
        shows = shows_named(shows_in_force(given), [] if show is None else [show])
        if show is None:
            return _list_shows(shows, as_json=as_json)
        if isinstance(shows[0], FaultyShow):
            if as_json:
                echo_json([])
            raise shows[0].error
        source, settings = shows[0].feed, shows[0].settings
    check_is_folder(settings.output_folder)
    listed, left_out = _listed(source, settings, as_json=as_json)
    episodes = select_episodes(listed, settings)
    rows = list(_with_problems(episodes, states(episodes, settings)))
    problems = [problem for _, _, problem in rows if problem]
    exit_code = 1 if problems or any(left.is_failure for left in left_out) else 0
    if not rows:
        click.echo(for_terminal(explain_empty_selection(source, listed, settings)), err=True)
    if as_json:
        told = [_as_dict(episode, state) | {"reason": problem or None} for episode, state, problem in rows]
        echo_json([*told, *map(_left_out_row, left_out)])
        return exit_code
    for episode, state, _ in rows:
        click.echo(_line(episode, state))
    for problem in problems:
        click.echo(f"Error: {for_terminal(problem)}", err=True)
    return exit_code


def _with_problems(episodes: Sequence[Episode], states: Sequence[str]) -> Iterator[tuple[Episode, str, str]]:
    """The episodes, their states, and why a local file is `broken`: no recording, as far as that shows at once."""
    from audio.decoding.tracks import problem_of_recording

    for episode, state in zip(episodes, states, strict=True):
        problem = "" if episode.path is None else problem_of_recording(episode.path)
        yield episode, "broken" if problem else state, problem


def _listed(source: str, settings: Settings, *, as_json: bool) -> tuple[tuple[Episode, ...], list[LeftOut]]:
    """The episodes of the source, and what is left out, which is printed; in JSON also if the source fails."""
    from audio.sources.left_out import counted
    from audio.sources.resolve import episodes_from
    from transcribe.batch.planning import client_for, selection_of
    from transcribe.cli.run_messages import left_out_line

    left_out: list[LeftOut] = []
    try:
        is_enough = selection_of(settings).is_settled
        with client_for((source,), settings) as client:
            listed = episodes_from(source, client=client, on_left_out=left_out.append, is_enough=is_enough)
    except Exception:
        if as_json:
            echo_json([_left_out_row(left) for left in left_out])
        raise
    finally:
        if not as_json:
            for left in counted(left_out, named=_NAMED):
                click.echo(for_terminal(left_out_line(left)), err=True)
    return listed, left_out


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@setting_options(*_SELECTION)
@click.option("-q", "--quiet", is_flag=True, help="Print only paths and errors.")
def fetch(sources: tuple[str, ...], quiet: bool, **given: Any) -> int:
    """Download the audio of feeds, pages and addresses, and print the paths. Existing files are not downloaded again;
    stderr says which they are.

    \b
    Examples:
      transcribe fetch https://example.org/feed.xml --since 2026-01-01 -o audio
      transcribe fetch https://example.org/episode.mp3
    """
    from audio.fetching.fetch import Failed, fetch_all
    from audio.fetching.library import Library, State
    from audio.sources.left_out import counted
    from output.files import check_is_folder
    from transcribe.batch.planning import client_for, select_jobs
    from transcribe.cli.run_messages import left_out_line, with_source

    log_to_stderr(verbose=False, quiet=quiet)
    settings = settings_in_force(given)
    check_is_folder(settings.output_folder)
    with client_for(sources, settings) as client:
        left_out: list[LeftOut] = []
        jobs, failures = select_jobs(sources, settings, client=client, on_left_out=left_out.append)
        for left in [] if quiet else counted(left_out):
            click.echo(for_terminal(left_out_line(left)), err=True)
        errors = [with_source(failure, failure.error) for failure in failures]
        episodes = [job.episode for job in jobs]
        folder = Library(settings.output_folder)
        with Bars(sys.stderr, downloads=folder.states(episodes).count(State.NEW)) as bars:
            for outcome in fetch_all(episodes, folder.folder, client=client, progress=bars.download):
                if isinstance(outcome, Failed):
                    bars.download_failed(outcome.episode)
                    errors.append(str(outcome.error))
                    continue
                echo_path(outcome.episode.path)
                if outcome.episode.audio_url and not outcome.received and not quiet:
                    click.echo(for_terminal(f"already here: {outcome.episode.path}"), err=True)
    for message in errors:
        click.echo(f"Error: {for_terminal(message)}", err=True)
    is_mistyped = bool(failures) and all(failure.is_mistyped for failure in failures)
    return 2 if is_mistyped else 1 if errors else 0


def _list_shows(shows: Sequence[Show | FaultyShow], *, as_json: bool) -> int:
    """The shows; a faulty one is an error after them, in JSON a row of its own."""
    from audio.net.addresses import redacted
    from transcribe.batch.shows import Show

    sound = [show for show in shows if isinstance(show, Show)]
    faulty = [show for show in shows if not isinstance(show, Show)]
    if as_json:
        rows = [
            *({"name": show.name, "feed": show.feed, "output": show.settings.output, "error": None} for show in sound),
            *({"name": show.name, "feed": None, "output": None, "error": str(show.error)} for show in faulty),
        ]
        echo_json(rows)
        return 1 if faulty else 0
    width = max((len(show.name) for show in sound), default=0)
    for show in sound:
        click.echo(for_terminal(f"{show.name:<{width}}  {redacted(show.feed)}  → {show.settings.output}"))
    for each in faulty:
        click.echo(f"Error: {for_terminal(str(each.error))}", err=True)
    return 1 if faulty else 0


def _line(episode: Episode, state: str) -> str:
    from audio.episode import full_clock

    status = "local" if episode.path is not None and state == "fetched" else state
    day = f"{episode.published:%Y-%m-%d}" if episode.published else "-" * 10
    length = "-" if episode.duration is None else full_clock(episode.duration)
    return f"{day}  {length:>8}  {status:<11}  {for_terminal(episode.title)}"


def _as_dict(episode: Episode, state: str) -> dict[str, Any]:
    return {
        "title": episode.title,
        "show": episode.show,
        "audio_url": _public(episode.audio_url),
        "path": None if episode.path is None else str(episode.path),
        "guid": episode.guid,
        "published": None if episode.published is None else episode.published.isoformat(),
        "duration": episode.duration,
        "page_url": _public(episode.page_url),
        "description": episode.description,
        "people": [{"name": person.name, "role": person.role} for person in episode.people],
        "chapters": [{"start": chapter.start, "title": chapter.title} for chapter in episode.chapters],
        "chapters_url": _public(episode.chapters_url),
        "transcripts": [{"url": _public(each.url), "type": each.media_type} for each in episode.transcripts],
        "state": state,
    }


def _left_out_row(left: LeftOut) -> dict[str, Any]:
    """What is left out, with the keys of an episode."""
    from audio.episode import Episode
    from transcribe.batch.report import left_out_fields

    is_file = not left.title and "://" not in left.source
    title = left.title or (Path(left.source).name if is_file else left.source)
    fields = _as_dict(Episode(title, path=Path(left.source)), "left out") | left_out_fields(left)
    return {**fields, "title": title, "path": left.source if is_file else None, "is_failure": left.is_failure}


def _public(address: str | None) -> str | None:
    from audio.net.addresses import without_credentials

    return None if address is None else without_credentials(address)
