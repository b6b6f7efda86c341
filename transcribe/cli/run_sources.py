"""What a run is asked for: sources under one set of settings, and whether its progress is for programs."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.options import settings_in_force, shows_in_force
from transcribe.errors import SettingsError
from transcribe.settings import Settings

if TYPE_CHECKING:
    from audio.net.http import Client
    from audio.sources.left_out import OnLeftOut
    from transcribe.batch.mode import Mode
    from transcribe.batch.planning import Job
    from transcribe.batch.report import Result
    from transcribe.batch.shows import FaultyShow
    from transcribe.batch.track_planning import TrackRequest


@dataclass(frozen=True, slots=True)
class SourceSet:
    """Sources under one set of settings: those of the command line, or one show."""

    sources: tuple[str, ...]
    settings: Settings
    show: str = ""
    tracks: TrackRequest | None = None  # of one episode: then the sources are its files

    def jobs(
        self, client: Client, on_left_out: OnLeftOut = lambda left: None
    ) -> tuple[tuple[Job, ...], tuple[Result, ...]]:
        """The episodes, and a failure for every source that names none."""
        from transcribe.batch.planning import select_jobs
        from transcribe.batch.track_planning import tracks_job

        if self.tracks is not None:
            return (tracks_job(self.sources, self.tracks, self.settings),), ()
        return select_jobs(self.sources, self.settings, client=client, on_left_out=on_left_out)

    @property
    def command(self) -> str:
        """The command as other runs on the folder show it; addresses without secrets."""
        from audio.net.addresses import redacted

        tracks = ["--tracks"] if self.tracks else []
        sources = ["--show", self.show] if self.show else map(redacted, self.sources)
        return shlex.join(["transcribe", "run", *tracks, *sources])


def source_sets(
    sources: tuple[str, ...], names: tuple[str, ...], given: dict[str, Any]
) -> tuple[SourceSet | FaultyShow, ...]:
    """The sources of the command line, or the shows. Raises `SettingsError`, and `UsageError` for both at once."""
    tracks = _track_request(given)
    if sources and names:
        raise click.UsageError("give a SOURCE or --show, not both")
    if tracks and not sources:
        raise click.UsageError("--tracks: name the files of one episode, one for each person")
    if sources:
        return (SourceSet(sources, settings_in_force(given), tracks=tracks),)
    from transcribe.batch.shows import FaultyShow, shows_named

    shows = shows_named(shows_in_force(given), names)
    return tuple(
        show if isinstance(show, FaultyShow) else SourceSet((show.feed,), show.settings, show.name) for show in shows
    )


def is_likely_due(all_sources: Sequence[SourceSet | FaultyShow], mode: Mode) -> bool:
    """Whether a run of these sources will transcribe something, as far as a look at their names tells: a file is among
    them without a transcript of its name, or all is wanted afresh. Reads no file, and is wrong at times; of several
    sets, each of which has workers of its own, it says no."""
    if len(all_sources) != 1 or not isinstance(sources := all_sources[0], SourceSet) or sources.settings.scheduler:
        return False
    files, folder = filter(_is_file, sources.sources), sources.settings.output_folder
    return any(mode.ignore_cache or not _is_file(folder / f"{Path(file).stem}.json") for file in files)


def _is_file(path: str | Path) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # no name of a file
        return False


def _track_request(given: dict[str, Any]) -> TrackRequest | None:
    """What the options say of tracks; removes them from `given`."""
    is_tracks, offsets, mixdown = (given.pop(name) for name in ("tracks", "offsets", "mixdown"))
    if is_tracks:
        from transcribe.batch.track_planning import TrackRequest, read_offsets

        return TrackRequest(read_offsets(offsets), mixdown)
    for option, value in (("--offset", offsets), ("--mixdown", mixdown)):
        if value:
            raise click.UsageError(f"{option} is for the files of one episode; add --tracks")
    return None


def wants_events(given: Mapping[str, Any]) -> bool:
    """Whether stderr is for events. Asked first, so that a faulty setting is an event too: read without checks."""
    from transcribe.config import find_file, read_file

    progress = given["progress"] or os.environ.get("TRANSCRIBE_PROGRESS")
    if not progress and (path := find_file(Path.cwd())) is not None:
        with contextlib.suppress(SettingsError):
            progress = read_file(path).table.get("progress")
    return bool(progress == "json")


def progress_in(args: Iterable[str]) -> str | None:
    """The value of the last `--progress` of a command line, also of one that cannot be read.

    >>> progress_in(["a.mp3", "--progress", "json", "--nope"]), progress_in(["--", "--progress=json"])
    ('json', None)
    """
    found, is_next = None, False
    for arg in args:
        if is_next:
            found = arg
        elif arg == "--":
            break
        elif arg.startswith("--progress="):
            found = arg.partition("=")[2]
        is_next = arg == "--progress" and not is_next
    return found
