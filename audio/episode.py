"""The episode: the metadata of a recording before it is decoded.

A pure value. `audio.sources.resolve` creates it from a file, a feed or a page; `audio.fetching.fetch` makes it a local
file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

Seconds = float


def full_clock(seconds: Seconds) -> str:
    """A length or a time with its hours.

    >>> full_clock(80.6), full_clock(3723)
    ('0:01:21', '1:02:03')
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


@dataclass(frozen=True, slots=True)
class Person:
    """A person named by the publisher: `role` is the podcast namespace's ("host", "guest", …), lower case."""

    name: str
    role: str = "host"


@dataclass(frozen=True, slots=True)
class Chapter:
    """A titled part of a recording; it ends where the next one starts."""

    start: Seconds
    title: str


@dataclass(frozen=True, slots=True)
class PublishedTranscript:
    """A transcript the publisher offers (`podcast:transcript`): an address and its media type."""

    url: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Track:
    """One person's microphone: the file, or one of its sound tracks, counted from 0.

    `offset` is when it starts on the episode's timeline; None: to be found. Of a clock that is fast, `drift_ppm` is
    below 0: second s of the file is second `offset + s · (1 + drift_ppm / 1e6)` of the episode. `name` is the person's,
    `sha256` the file's, as far as they are known.
    """

    path: Path
    stream: int | None = None
    name: str = ""
    offset: Seconds | None = None
    drift_ppm: float = 0.0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Episode:
    """One recording. Unknown fields are left empty; nothing is guessed.

    At least one of `path` (a local file) and `audio_url` is set. An episode of several `tracks` is recognised from
    these; `path` is their mix, for listening, which may not exist yet.
    """

    title: str
    path: Path | None = None
    audio_url: str | None = None
    feeds: tuple[str, ...] = ()  # the names of its feed, not published: `podcast:guid`, addresses
    show: str | None = None
    guid: str | None = None
    published: datetime | None = None
    page_url: str | None = None
    description: str | None = None
    duration: Seconds | None = None
    people: tuple[Person, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    chapters_url: str | None = None  # the address of a JSON list (`podcast:chapters`)
    transcripts: tuple[PublishedTranscript, ...] = ()
    tracks: tuple[Track, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The local files that hold the sound."""
        if self.tracks:
            return tuple(dict.fromkeys(track.path for track in self.tracks))
        return () if self.path is None else (self.path,)

    def __post_init__(self) -> None:
        if self.path is None and self.audio_url is None:
            raise ValueError(f"episode {self.title!r} has neither a file nor an address")

    @classmethod
    def of_file(cls, path: Path) -> Episode:
        """The episode of a local file: its title is the file's stem, nothing else is known.

        Bytes of the name that are not UTF-8 become U+FFFD in the title.
        """
        return cls(title=os.fsencode(path.stem).decode("utf-8", "replace"), path=path)
