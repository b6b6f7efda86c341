"""Which of the addresses an item of a feed offers is its recording. Pure.

Types in feeds are often wrong, so a suffix counts as much; what the content is, the download checks. What can be no
recording (a picture, a document, a stream in many parts) is none, whatever its type says. Sound is taken before video,
what the feed gives as the recording before what only its text links to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from html import unescape
from urllib.parse import urlsplit

from audio.media import MEDIA_SUFFIXES, OTHER_SUFFIXES, STREAM_SUFFIXES, VIDEO_SUFFIXES, media_type, suffix_of
from audio.net.addresses import redacted, web_address

_OTHER_TYPES = re.compile(
    r"image/|text/(?!html\b|plain\b)|application/(?:pdf|zip|epub|x-bittorrent|json|xml|rss|atom|msword|x-shockwave)"
)
_STREAM_TYPES = re.compile(r".*(?:mpegurl|dash\+xml|vnd\.ms-sstr)|audio/x-scpls")
_FRAGMENT_SUFFIX = re.compile(r"#[^/?#]*\.(\w{2,4})(?:$|\?)")
_LONGEST_SHOWN = 100  # characters of an address in a reason


class Place(IntEnum):
    """Where an item names an address, the most certain place first."""

    ENCLOSURE = 0
    ALTERNATE = 1
    LINK = 2
    NOTES = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """An address an item names, as written, with the media type declared for it."""

    written: str
    declared: str
    place: Place = Place.ENCLOSURE
    is_default: bool = False


def recording_of(offers: Iterable[Offer], *, base: str) -> tuple[str, str]:
    """The address of the recording and "", or "" and why there is none. `offers` are in the order of their places."""
    best: tuple[tuple[bool, int, int, bool], str] | None = None
    problem = ""
    for offer in offers:
        if best is not None and offer.place > best[0][2] and (offer.place >= Place.LINK or best[0][1] == 0):
            break
        address = address_in_feed(offer.written, base=base)
        fitness, why_not = _fitness(offer, address)
        if why_not:
            problem = problem or (why_not if offer.place <= Place.ALTERNATE else "")
            continue
        rank = (offer.place >= Place.LINK, fitness, int(offer.place), not offer.is_default)
        if best is None or rank < best[0]:
            best = rank, address
    return (best[1], "") if best else ("", problem or "no audio")


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
    """0 for sound, 1 for video, 2 for what the download has to show; or why it is no recording."""
    if not address:
        shown = redacted(offer.written.strip())[:_LONGEST_SHOWN]
        return 0, f"its audio has no web address but {shown!r}" if shown else "its audio has an empty address"
    suffix, kind = suffix_of(urlsplit(address).path), media_type(offer.declared)
    if suffix in STREAM_SUFFIXES or _STREAM_TYPES.match(kind):
        return 0, "its audio is a stream in many parts (HLS or similar), which is no single file"
    if suffix in OTHER_SUFFIXES:
        return 0, f"its enclosure is a {suffix} file, no audio"
    if suffix in MEDIA_SUFFIXES:
        return int(suffix in VIDEO_SUFFIXES and not kind.startswith("audio")), ""
    if kind.startswith(("audio", "video")):
        return int(kind.startswith("video")), ""
    if offer.place >= Place.LINK:
        return 0, "no suffix of a recording"
    return (0, f"its enclosure is {kind}, no audio") if _OTHER_TYPES.match(kind) else (2, "")
