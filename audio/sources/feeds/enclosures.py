"""Which of the addresses an item of a feed offers are its recordings. Pure.

Types in feeds are often wrong, so a suffix counts as much; what the content is, the download checks. What can be no
recording (a picture, a document, a stream in many parts) is none, whatever its type says. Sound is taken before video,
what the feed gives as the recording before what only its text links to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from html import unescape
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlsplit

from audio.episode import Seconds
from audio.media import MEDIA_SUFFIXES, OTHER_SUFFIXES, STREAM_SUFFIXES, VIDEO_SUFFIXES, media_type, suffix_of
from audio.net.addresses import redacted, web_address
from audio.sources.feeds.forms import Form, are_surely_others, gathered

_OTHER_TYPES = re.compile(
    r"image/|text/(?!html\b|plain\b)|application/(?:pdf|zip|epub|x-bittorrent|json|xml|rss|atom|msword|x-shockwave)"
)
_STREAM_TYPES = re.compile(r".*(?:mpegurl|dash\+xml|vnd\.ms-sstr)|audio/x-scpls")
_FRAGMENT_SUFFIX = re.compile(r"#[^/?#]*\.(\w{2,4})(?:$|\?)")
_LONGEST_SHOWN = 100  # characters of an address in a reason
_MAX_RECORDINGS = 50  # of one item
_UNKNOWN, _UNFETCHABLE, _NONE = 2, 3, 4
_UNSURE = "another recording of its item, or the same in another form; give its address to have it, too"
_LINKED = "another recording that its item links to; give its address to have it, too"


class Place(IntEnum):
    """Where an item names an address, the most certain place first."""

    ENCLOSURE = 0
    ALTERNATE = 1
    LINK = 2
    NOTES = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """An address an item names, as written, with the media type declared for it.

    `kind` is the kind of element that does; with the same `group`, if it is not 0, several are stated to be one
    recording. `title` and `length` are the offer's own, not the item's.
    """

    written: str
    declared: str
    place: Place = Place.ENCLOSURE
    is_default: bool = False
    kind: str = ""
    group: int = 0
    title: str = ""
    length: Seconds | None = None


@dataclass(frozen=True, slots=True)
class Recordings:
    """The recordings of an item: the address of the first, `more` that surely are others, and what else it offers, each
    with the reason why it is left out. Without a first, `problem` says why. `n_unread` addresses are too many."""

    first: str = ""
    more: tuple[Form, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    n_unread: int = 0


def recordings_of(offers: Iterable[Offer], *, base: str) -> Recordings:
    """What an item offers, by the law of `audio.sources.feeds.forms`. `offers` are in the order of their places.

    Links and notes count only where nothing else is a recording; of several recordings there the first is taken.
    """
    ranks: dict[Form, _Rank] = {}
    unusable: dict[Form, str] = {}
    best: _Rank | None = None
    problem = ""
    n_unread = 0
    for offer in offers:
        if best is not None and offer.place > best.place and (offer.place >= Place.LINK or best.fitness == 0):
            break
        if len(ranks) + len(unusable) == _MAX_RECORDINGS:
            n_unread += 1
            continue
        address = address_in_feed(offer.written, base=base)
        fitness, why_not = _fitness(offer, address)
        kind = media_type(offer.declared)
        form = Form(address or offer.written.strip(), kind, offer.kind, offer.group, offer.title, offer.length)
        if not why_not:
            rank = _Rank(offer.place >= Place.LINK, fitness, offer.place, not offer.is_default)
            best = min(best or rank, ranks.setdefault(form, rank))
        elif offer.place <= Place.ALTERNATE:
            problem = problem or why_not
            if offer.place == Place.ENCLOSURE and fitness == _UNFETCHABLE:
                unusable.setdefault(form, why_not)
    if not ranks:
        return Recordings(problem=problem or "no audio")
    if len(ranks) == 1 and not unusable:  # as nearly all items have it
        return Recordings(next(iter(ranks)).address)
    return replace(_sorted_out(ranks, unusable), n_unread=n_unread)


class _Rank(NamedTuple):
    """How surely an address is the item's recording, the surest first."""

    is_linked: bool
    fitness: int
    place: Place
    is_not_default: bool


def _sorted_out(ranks: dict[Form, _Rank], unusable: dict[Form, str]) -> Recordings:
    """The recordings in all these forms, which are in the order of their places."""
    found = [list(each) for each in gathered(form for form in ranks if ranks[form].place != Place.ALTERNATE)]
    alternates = [form for form in ranks if ranks[form].place == Place.ALTERNATE]
    found[:1] = [[*(found[0] if found else ()), *alternates]]
    taken = [min(forms, key=ranks.__getitem__) for forms in found]
    first = min(taken, key=ranks.__getitem__)
    more: dict[object, Form] = {}
    left_out: list[tuple[str, str]] = []
    for form in taken:
        if form is first:
            continue
        if ranks[form].is_linked:
            left_out.append((form.address, _LINKED))
        elif ranks[form].fitness < _UNKNOWN and are_surely_others(first, form) and form.name not in more:
            more[form.name] = form
        else:
            left_out.append((form.address, _UNSURE))
    names = {each.words for each in ranks}
    first_replaced = int(len(alternates) == len(ranks))  # the alternates are of the first enclosure
    others = islice(unusable.items(), first_replaced, None)
    left_out += [(form.address, why_not) for form, why_not in others if form.words not in names]
    return Recordings(first.address, tuple(more.values()), tuple(left_out))


def address_in_feed(written: str, *, base: str) -> str:
    """The address as a feed means it, absolute; empty for one that is none of the web.

    What publishing programs break is mended: escaped twice, without its scheme, with a bare `#` in a file's name.

    >>> address_in_feed("/q.mp3?a=1&amp;b=2", base="https://x.example/feed")
    'https://x.example/q.mp3?a=1&b=2'
    >>> address_in_feed("www.x.example/Part #2.mp3", base="https://feeds.example/")
    'https://www.x.example/Part%20%232.mp3'
    """
    text = written.strip()
    if not text:
        return ""
    if "&" in text:
        text = unescape(text) if re.search(r"&(?:amp|#0*38|#x0*26);", text) else text
    if "#" in text:
        name = text.partition("#")[0].rpartition("/")[2]
        suffix = _FRAGMENT_SUFFIX.search(text)
        if suffix and f".{suffix[1].lower()}" in MEDIA_SUFFIXES and suffix_of(name) not in MEDIA_SUFFIXES:
            text = text.replace("#", "%23")
    if text.startswith(("http://", "https://")):
        return web_address(text) or ""
    host = urlsplit(base).netloc.rpartition("@")[2]
    if text.lower().startswith("www.") or (host and text.startswith(f"{host}/")):
        text = f"//{text}"
    elif one_slash := re.match(r"https?:/(?=[^/])", text, re.IGNORECASE):
        text = f"{one_slash[0]}/{text[one_slash.end() :]}"
    return web_address(text, base=base) or ""


def _fitness(offer: Offer, address: str) -> tuple[int, str]:
    """0 for sound, 1 for video, 2 for what the download has to show; or why it cannot be fetched, or is none."""
    if not address:
        shown = redacted(offer.written.strip())[:_LONGEST_SHOWN]
        reason = f"its audio has no web address but {shown!r}" if shown else "its audio has an empty address"
        return _UNFETCHABLE if shown and not _OTHER_TYPES.match(media_type(offer.declared)) else _NONE, reason
    suffix, kind = suffix_of(urlsplit(address).path), media_type(offer.declared)
    if suffix in STREAM_SUFFIXES or _STREAM_TYPES.match(kind):
        return _UNFETCHABLE, "its audio is a stream in many parts (HLS or similar), which is no single file"
    if suffix in OTHER_SUFFIXES:
        return _NONE, f"its enclosure is a {suffix} file, no audio"
    if suffix in MEDIA_SUFFIXES:
        return int(suffix in VIDEO_SUFFIXES and not kind.startswith("audio")), ""
    if kind.startswith(("audio", "video")):
        return int(kind.startswith("video")), ""
    if offer.place >= Place.LINK:
        return _NONE, "no suffix of a recording"
    return (_NONE, f"its enclosure is {kind}, no audio") if _OTHER_TYPES.match(kind) else (_UNKNOWN, "")
