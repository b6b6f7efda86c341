"""The episode: what is known of a recording before anybody listens to it.

A pure value. Where it comes from (a file, a feed, a page) is the business of `audio.sources.resolve`,
how it becomes a local file that of `audio.fetching.fetch`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

Seconds = float


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the publisher names: `role` is the podcast namespace's ("host", "guest", …), lower case."""

    name: str
    role: str = "host"


@dataclass(frozen=True, slots=True)
class Chapter:
    """A titled stretch; it lasts until the next one starts."""

    start: Seconds
    title: str


@dataclass(frozen=True, slots=True)
class PublishedTranscript:
    """A transcript the publisher offers (`podcast:transcript`): an address and its media type."""

    url: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Episode:
    """One recording. Exactly what is known is filled in; nothing is guessed here.

    At least one of `path` (a local file) and `audio_url` is set.
    """

    title: str
    path: Path | None = None
    audio_url: str | None = None
    show: str | None = None
    guid: str | None = None
    published: datetime | None = None
    page_url: str | None = None
    description: str | None = None
    duration: Seconds | None = None
    people: tuple[Person, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    chapters_url: str | None = None  # where more are told of (`podcast:chapters`), in JSON
    transcripts: tuple[PublishedTranscript, ...] = ()

    def __post_init__(self) -> None:
        if self.path is None and self.audio_url is None:
            raise ValueError(f"episode {self.title!r} has neither a file nor an address")

    @classmethod
    def of_file(cls, path: Path) -> Episode:
        """The episode a bare local file is: its title is the file's stem, nothing else is known.

        Bytes of a name that are no UTF-8 stand in the title as U+FFFD.
        """
        return cls(title=os.fsencode(path.stem).decode("utf-8", "replace"), path=path)
