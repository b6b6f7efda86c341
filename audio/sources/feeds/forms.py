"""Which of the recordings that an item of a feed offers are one in several forms, and which are others. Pure.

The law: of each recording an item offers one form is taken; another recording is an episode of its own where that is
sure, and else named as left out. The same are, surely:

- addresses whose paths have the same words, without those that name a format or a quality (`ep5_64kb.mp3`, `ep5.ogg`),
  on whatever host, also behind a measuring service;
- those that publishers state to be: alternate enclosures, those of one `media:group`, those with one
  title. But not if their names have other numbers or words for parts (`part 2`, `bonus`), or their lengths differ.

Others are, surely, two that the same kind of element offers in the same format, under other file names or titles; of
another format, those whose names have other numbers or words for parts. Between these nothing is sure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from audio.episode import Seconds
from audio.letters import without_accents
from audio.media import MEDIA_SUFFIXES, STREAM_SUFFIXES, suffix_of
from audio.net.addresses import recording_key

_BIT_RATE = re.compile(r"(?<![^\W_])\d{2,4}\s?(?:k(?:bps|bit|b)?|p)(?![^\W_])")
_PLAIN_BIT_RATES = frozenset("24 32 48 56 64 80 96 112 128 160 192 224 256 320".split())
_FORMS = (
    frozenset(  # words that name a format or a quality
        "audio video sound film podcast vorbis mpeg aac flac mono stereo vbr cbr hq lq hd sd uhd high low mobile small"
        " large medium quality web stream download lossless standard full kbps kbit kb".split()
    )
    | {suffix[1:] for suffix in MEDIA_SUFFIXES | STREAM_SUFFIXES}
)
_PARTS = frozenset(  # words that name another part
    "part parts pt teil folge partie parte deel del disc disk cd side bonus extra extras outtakes preview teaser"
    " trailer promo intro outro interview qa aftershow preshow ad ii iii iv vi one two three four five six first"
    " second third last continued cont".split()
)
_WORD = re.compile(r"[^\W_]+")
_PIECE = re.compile(r"\d+|\D+")
_SHARE = 0.1  # by which the lengths of two forms may differ
_LONGEST = 1000  # characters of an address's path or a title that is read


@dataclass(frozen=True)
class Form:
    """A recording as an item offers it.

    `kind` is the kind of element that does; with the same `group`, if it is not 0, several are stated to be one.
    """

    address: str
    media_type: str = ""
    kind: str = ""
    group: int = 0
    title: str = ""
    length: Seconds | None = None

    @cached_property
    def key(self) -> tuple[str, str]:
        """What addresses of one file share."""
        return recording_key(self.address)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """What its address says, but for its host, its format and its quality."""
        path, query = self.key
        names_file = suffix_of(urlsplit(self.address).path) in MEDIA_SUFFIXES
        return _words(path.partition("/")[2] + ("" if names_file else f" {query}"))

    @cached_property
    def title_words(self) -> tuple[str, ...]:
        """What its title says, in the same way."""
        return _words(self.title)

    @cached_property
    def file_words(self) -> tuple[str, ...]:
        """What the name of its file says, in the same way."""
        return _words(self.key[0].rpartition("/")[2])

    @cached_property
    def name(self) -> tuple[object, ...]:
        """Its title and the name of its file, without numbers that may be bit rates."""
        return self.title_words, *(word for word in self.file_words if word not in _PLAIN_BIT_RATES)

    @cached_property
    def marks(self) -> tuple[str, ...]:
        """The numbers in the names of its file and its title, and the words that name parts."""
        return tuple(word for word in (*self.file_words, *self.title_words) if word.isdecimal() or word in _PARTS)

    @cached_property
    def format(self) -> str:
        """Its format, as far as it is known."""
        return suffix_of(urlsplit(self.address).path) or self.media_type


def gathered(forms: Iterable[Form]) -> tuple[tuple[Form, ...], ...]:
    """The recordings in `forms`, each with all its forms, in the order in which they are first seen. In linear time."""
    recordings: list[list[Form]] = []
    places: dict[object, int] = {}
    for form in forms:
        sure: list[object] = [form.key, (form.words, form.title_words)]
        stated: list[object] = [(form.group, form.marks)] if form.group else []
        stated += [(form.kind, form.title_words)] if form.title_words else []
        place = next((places[key] for key in sure if key in places), None)
        if place is None:
            claimed = (places[key] for key in stated if key in places)
            place = next((at for at in claimed if not _differ(form, recordings[at][0])), len(recordings))
        if place == len(recordings):
            recordings.append([])
        recordings[place].append(form)
        for key in (*sure, *stated):
            places.setdefault(key, place)
    return tuple(map(tuple, recordings))


def are_surely_others(one: Form, other: Form) -> bool:
    """Whether two forms of which `gathered` does not make one recording are surely two."""
    if one.kind != other.kind:
        return False
    if one.title_words and other.title_words and one.title_words != other.title_words:
        return True
    if one.format == other.format:
        return one.name != other.name
    return one.marks != other.marks


def _differ(one: Form, other: Form) -> bool:
    """Whether lengths say that two recordings are not the same."""
    if not one.length or not other.length:
        return False
    return abs(one.length - other.length) > _SHARE * max(one.length, other.length)


def _words(text: str) -> tuple[str, ...]:
    words = _WORD.findall(_BIT_RATE.sub(" ", without_accents(text[:_LONGEST])))
    return tuple(piece for word in words if word not in _FORMS for piece in _PIECE.findall(word))
