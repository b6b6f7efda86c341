"""Links: which of them lead to recordings, to feeds, to players. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from audio.media import NO_RECORDING, media_type, suffix_of
from audio.net.addresses import query_pairs, web_address
from audio.sources.pages.data import addresses_in
from audio.sources.pages.decoys import words_of
from audio.sources.pages.mention import Way, is_media

_FEED_TYPES = frozenset(
    ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/xml")
)
_FEED_TYPES_OF_LINKS = _FEED_TYPES | {"application/xml", "text/rss", "application/rss", "application/json"}
_FEED_WORDS = frozenset(("rss", "feed", "atom", "podcast", "xml"))
_PLAYER_WORDS = frozenset(
    "player players play embed embeds embedded podcast podcasts episode episodes audio listen sound container".split()
)
_SOUNDS = frozenset(("audio", "mp", "podcast", "episode", "recording", "listen", "ogg", "opus"))
_MAX_ADDRESS = 8_000  # characters
_OTHERS = frozenset(
    "transcript transcripts pdf slides image images photo photos picture cover artwork notes subtitles captions text"
    " ebook app software chapters".split()
)


def link_way(attributes: Mapping[str, str], address: str, label: str) -> Way | None:
    """How surely a link leads to a recording; None if it does not."""
    kind = media_type(attributes.get("type", ""))
    relations = attributes.get("rel", "").lower().split()
    if is_media(address) or kind.startswith(("audio/", "video/")) or "enclosure" in relations:
        return Way.LINK
    if attributes.get("as", "").lower() == "audio" and "preload" in relations:
        return Way.LINK
    if suffix_of(urlsplit(address).path) in NO_RECORDING:
        return None
    name = attributes.get("download")
    if name and is_media(f"https://x.example/{name}"):
        return Way.LINK
    words = set(words_of(f"{label} {attributes.get('class', '')}"))
    if words & _OTHERS or (name and suffix_of(name)):
        return None
    if name is not None:
        return Way.LINK if words & _SOUNDS else Way.DOWNLOAD
    return Way.DOWNLOAD if "download" in words and words & (_SOUNDS - {"podcast", "episode", "listen"}) else None


def is_feed_link(attributes: Mapping[str, str]) -> bool:
    """Whether `<link>` names a feed of the page's site."""
    relations = attributes.get("rel", "").lower().split()
    kind = media_type(attributes.get("type", ""))
    return ("alternate" in relations or "feed" in relations) and (
        kind in _FEED_TYPES_OF_LINKS if "alternate" in relations else True
    )


def may_be_feed(attributes: Mapping[str, str], address: str, label: str) -> bool:
    """Whether an ordinary link looks like one to a feed: its type or scheme, or its text and its address."""
    if media_type(attributes.get("type", "")) in _FEED_TYPES:
        return True
    if attributes.get("href", "").lower().startswith(("feed:", "itpc:", "pcast:", "podcast:")):
        return True
    named = _FEED_WORDS & set(words_of(label)) and len(label.split()) <= 5
    return bool(named) and bool(_FEED_WORDS & set(words_of(urlsplit(address).path)))


def is_player(address: str, *names: str) -> bool:
    """Whether a frame's address or one of its names says that it plays something."""
    return not _PLAYER_WORDS.isdisjoint(words_of(" ".join((address[:200], *names))))


def is_player_script(address: str) -> bool:
    """Whether a script draws a player for one episode: its query names the player, or it is an embed with a number.

    >>> is_player_script("https://x.example/1/2-ep.js?container_id=p&player=small")
    True
    >>> is_player_script("https://x.example/mediaelement-player.min.js?ver=6.1")
    False
    """
    parts = urlsplit(address)
    query = {word for name, _ in query_pairs(parts.query) for word in words_of(name)}
    if query & {"player", "container", "embed", "episode"}:
        return True
    return "embed" in words_of(parts.path) and any(each.isdigit() for each in parts.path)


def inner_addresses(address: str) -> Iterator[str]:
    """The recordings in an address's query: `…/player?url=https%3A%2F%2Fx.example%2Fa.mp3`."""
    query = urlsplit(address).query
    if "%3A" in query or "%3a" in query or "://" in query:
        for _, value in query_pairs(query):
            yield from addresses_in(value) if "://" in value else ()


def address_of(name: str | None, *, base: str) -> str | None:
    """The address in an attribute; None for what is none, or longer than any."""
    return web_address(name, base=base) if name and len(name) <= _MAX_ADDRESS else None


def first_address(names: list[str | None], base: str) -> str | None:
    """The first of `names` that is an address."""
    return next((at for name in names if (at := address_of(name, base=base))), None)
