"""What a run is asked for: sources under one set of settings, and whether its progress is for programs."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.options import CHOICES, settings_in_force
from transcribe.errors import SettingsError
from transcribe.settings import Settings

if TYPE_CHECKING:
    from transcribe.batch.shows import FaultyShow


@dataclass(frozen=True, slots=True)
class SourceSet:
    """Sources under one set of settings: those of the command line, or one show."""

    sources: tuple[str, ...]
    settings: Settings
    show: str = ""

    @property
    def command(self) -> str:
        """The command as other runs on the folder show it; addresses without secrets."""
        from audio.net.addresses import redacted

        return shlex.join(["transcribe", "run", *(["--show", self.show] if self.show else map(redacted, self.sources))])


def source_sets(
    sources: tuple[str, ...], names: tuple[str, ...], given: dict[str, Any]
) -> tuple[SourceSet | FaultyShow, ...]:
    """The sources of the command line, or the shows. Raises `SettingsError`, and `UsageError` for both at once."""
    from transcribe.batch.shows import FaultyShow, load_shows, shows_named

    if sources and names:
        raise click.UsageError("give a SOURCE or --show, not both")
    if sources:
        return (SourceSet(sources, settings_in_force(given)),)
    shows = shows_named(load_shows(given, environ=os.environ, folder=Path.cwd(), choices=CHOICES), names)
    return tuple(
        show if isinstance(show, FaultyShow) else SourceSet((show.feed,), show.settings, show.name) for show in shows
    )


def wants_events(given: Mapping[str, Any]) -> bool:
    """Whether stderr is for events. Asked first, so that a faulty setting is an event too: read without checks."""
    from transcribe.config import find_file, read_file

    progress = given["progress"] or os.environ.get("TRANSCRIBE_PROGRESS")
    if not progress and (path := find_file(Path.cwd())) is not None:
        with contextlib.suppress(SettingsError):
            progress = read_file(path).get("progress")
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
