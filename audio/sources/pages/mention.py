"""A place where a page shows or names a recording. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from urllib.parse import urlsplit

from audio.episode import Episode, Seconds
from audio.media import MEDIA_SUFFIXES, VIDEO_SUFFIXES, suffix_of
from audio.net.addresses import names_quality, query_pairs, recording_key

_ANY = "*"  # no query is written like this


class Way(IntEnum):
    """How a page shows a recording, the surest first."""

    STATED = 1  # JSON-LD or microdata about this page
    GRAPH = 2  # `og:audio`
    PLAYER = 3  # an element that plays it, a player's data attributes or frame
    LINK = 4  # a link to audio by its suffix, type or relation, or by the page's title
    DATA = 5  # a script's data, an address in the text
    DOWNLOAD = 6  # a link that only says that it is a download

    @property
    def place(self) -> str:
        """Where such a recording is, for a message."""
        return _PLACES[self]


_PLACES = {
    Way.STATED: "the page's data",
    Way.GRAPH: "the page's head",
    Way.PLAYER: "a player",
    Way.LINK: "a link",
    Way.DATA: "a script or the text",
    Way.DOWNLOAD: "a download of unknown kind",
}


@dataclass(frozen=True, slots=True)
class Mention:
    """One place of a recording.

    `aliases` are other formats of it at the same place. `label` is what the place itself says, `heading` the one it is
    under. `decoy` is why it is hardly the page's own episode; a `background` is never one;
    one that `is_current` is what a list marks as this page's (`aria-current`).
    """

    address: str
    way: Way
    label: str = ""
    heading: str = ""
    decoy: str = ""
    is_background: bool = False
    is_in_main: bool = False
    is_current: bool = False
    duration: Seconds | None = None
    about: Episode | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """All mentions of one recording, the surest first."""

    mentions: tuple[Mention, ...]

    @property
    def first(self) -> Mention:
        """The surest mention."""
        return self.mentions[0]

    @property
    def way(self) -> Way:
        """The surest way."""
        return self.first.way

    @property
    def address(self) -> str:
        """The address to fetch: a full one rather than one of low quality, sound rather than film, the surest first."""
        return min((each.address for each in self.mentions), key=_preference)

    @property
    def decoy(self) -> str:
        """Why it is hardly the page's episode; empty if one mention speaks for it."""
        return next((each.decoy for each in self.mentions), "") if all(each.decoy for each in self.mentions) else ""

    @property
    def is_background(self) -> bool:
        """Whether it is only ever a background."""
        return all(each.is_background for each in self.mentions)

    @property
    def is_in_main(self) -> bool:
        """Whether it is in the page's main part at least once."""
        return any(each.is_in_main for each in self.mentions)

    @property
    def is_current(self) -> bool:
        """Whether a list marks it as this page's."""
        return any(each.is_current for each in self.mentions)

    @property
    def labels(self) -> tuple[str, ...]:
        """What its places say, the surest first."""
        return tuple(dict.fromkeys(each.label for each in self.mentions if each.label))

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings of its players."""
        return tuple(dict.fromkeys(each.heading for each in self.mentions if each.heading))

    @property
    def duration(self) -> Seconds | None:
        """Its duration, if a place says it."""
        return next((each.duration for each in self.mentions if each.duration), None)


def is_media(address: str | None) -> bool:
    """Whether an address has the suffix of a recording, in its path or as a file named in its query."""
    if not address or not any(suffix in address.lower() for suffix in MEDIA_SUFFIXES):
        return False
    parts = urlsplit(address)
    if suffix_of(parts.path) in MEDIA_SUFFIXES:
        return True
    return any("://" not in value and suffix_of(value) in MEDIA_SUFFIXES for _, value in query_pairs(parts.query))


def merged(mentions: Iterable[Mention]) -> tuple[Recording, ...]:
    """The recordings in `mentions`, in the order in which they are first seen.

    Two addresses are one recording if they differ only in scheme, format or quality (`_64kb`), in tracking parameters,
    in a measuring service in front (`https://count.example/host/a.mp3`), or if one has a query and the other has none.
    """
    found: list[list[Mention]] = []
    places: dict[tuple[str, str], int] = {}
    for mention in mentions:
        keys = [recording_key(address) for address in (mention.address, *mention.aliases)]
        place = next((known for key in keys if (known := _known(key, places)) is not None), len(found))
        if place == len(found):
            found.append([])
        found[place].append(mention)
        for path, query in keys:
            if query:
                places.setdefault((path, query), place)
                places.pop((path, ""), None)
            elif (path, _ANY) not in places:
                places[path, ""] = place  # joins the first with a query
            places.setdefault((path, _ANY), place)
    return tuple(Recording(tuple(sorted(each, key=lambda mention: mention.way))) for each in found)


def _known(key: tuple[str, str], places: dict[tuple[str, str], int]) -> int | None:
    path, query = key
    return places.get(key, places.get((path, "" if query else _ANY)))


def _preference(address: str) -> tuple[bool, bool]:
    return suffix_of(urlsplit(address).path) in VIDEO_SUFFIXES, names_quality(address)
