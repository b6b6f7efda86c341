"""RSS 2.0, RSS 1.0, Atom and OPML bytes → episodes, or addresses of feeds. No network.

lxml parses: it mends broken XML, knows every encoding, loads nothing from outside and expands no entities. The mapping
to `Episode` is ours, because the feed libraries tried keep one `podcast:person` and one `podcast:transcript` an item.
What cannot be understood (a date, a duration) is left out, not guessed; an item without audio is no episode.
"""

from __future__ import annotations

import functools
import html
import html.entities
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from audio.addresses import shown, web_address
from audio.episode import Chapter, Episode, Person, PublishedTranscript, Seconds
from audio.errors import FeedError
from audio.media import MEDIA_SUFFIXES, without_prolog

_PREFIXES = (  # (what the namespace's address holds, lower case; our prefix). Publishers vary scheme, case and slashes.
    ("itunes.com/dtds/podcast", "itunes"),
    ("podcastindex.org/namespace", "podcast"),
    ("podcastindex-org/podcast-namespace", "podcast"),
    ("w3.org/2005/atom", ""),
    ("purl.org/rss/1.0/modules/content", "content"),
    ("purl.org/rss/1.0", ""),
    ("purl.org/dc/", "dc"),
    ("search.yahoo.com/mrss", "media"),
    ("podlove.org/simple-chapters", "psc"),
)

_BARE = re.compile(  # an entity XML does not have, or no entity at all; what is in CDATA is left alone
    r"<!\[CDATA\[.*?\]\]>|&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)(?:(\w{2,30});)?", re.DOTALL
)


def episodes_of(feed: bytes, *, url: str) -> tuple[Episode, ...]:
    """The episodes of a feed in its own order; `url` is where it came from (relative addresses hang on it).

    An item that comes twice (same guid, same audio) counts once; a guid two recordings share is kept by the first.
    Raises `FeedError` where it is no feed, or none of its items has audio.
    """
    root = _parsed(feed, url)
    if _name(root) not in ("rss", "feed", "RDF"):
        raise FeedError(
            f"{shown(url)}: <{_name(root)}> is no RSS or Atom feed; look for the feed's address on the show's page"
        )
    channel = next((child for child in root if _name(child) == "channel"), root)
    show = _Node(channel)
    items = list(root.iter("{*}item", "{*}entry"))  # wherever they are: mended XML may nest them
    base = _base(root, channel, url)
    found = [episode for item in items if (episode := _episode(_Node(item), show, base))]
    if not found:
        raise FeedError(
            f"{shown(url)}: none of its {len(items)} items has audio; is it the podcast's feed or a blog's?"
        )
    return tuple(_distinct(found))


def feeds_of(opml: bytes, *, url: str) -> tuple[str, ...]:
    """The addresses of the feeds an OPML list names, each once. Raises `FeedError` where there are none."""
    named = [node.get(key) for node in _parsed(opml, url).iter() for key in node.keys() if key.lower() == "xmlurl"]  # noqa: SIM118
    found = dict.fromkeys(address for name in named if (address := web_address(name, base=url)))
    if not found:
        raise FeedError(f"{shown(url)}: the list names no feeds; export it from the podcast program anew")
    return tuple(found)


def seconds_of(text: str) -> Seconds | None:
    """A duration: seconds, `M:S`, `H:M:S`, or ISO 8601 (`PT1H2M3S`); None for anything else.

    >>> seconds_of("1:02:03"), seconds_of("61:08"), seconds_of("PT31M"), seconds_of("about an hour")
    (3723.0, 3668.0, 1860.0, None)
    """
    text = text.strip()
    if re.fullmatch(r"\d{1,7}(\.\d{1,9})?|(\d{1,3}:)?\d{1,4}:\d{1,2}(\.\d{1,9})?", text, re.ASCII):
        total = 0.0
        for part in text.split(":"):
            total = total * 60 + float(part)
        return total or None
    iso = re.fullmatch(r"P(?:(\d{1,3})D)?T?(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,7}(?:\.\d{1,9})?)S)?", text, re.ASCII)
    if iso is None:
        return None
    return sum(float(part or 0) * unit for part, unit in zip(iso.groups(), (86400, 3600, 60, 1), strict=True)) or None


def moment_of(text: str) -> datetime | None:
    """A date as mail (RFC 822), Atom (RFC 3339) or a plain day writes it, with its zone, UTC where it names none."""
    text = " ".join(text.split())
    for read in (parsedate_to_datetime, datetime.fromisoformat, _spelled_utc):
        try:
            moment = read(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)  # noqa: UP017
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def plain(text: str) -> str:
    """One line of text without tags and entities, as feeds put them even into titles."""
    return " ".join(html.unescape(re.sub(r"</?[A-Za-z][^<>]*>", " ", text)).split())


class _Node:
    """An element's children by prefixed name, so that an item is walked once."""

    def __init__(self, element: Any) -> None:
        self.children: dict[str, list[Any]] = {}
        for child in element:
            name = _name(child)
            if name:
                self.children.setdefault(name, []).append(child)

    def all(self, *names: str) -> list[Any]:
        return [child for name in names for child in self.children.get(name, ())]

    def text(self, *names: str) -> str:
        """The text of the first of `names` that has any."""
        return next((text for child in self.all(*names) if (text := "".join(child.itertext()).strip())), "")


def _parsed(data: bytes, url: str) -> Any:
    from lxml import etree

    text = without_prolog(_decoded(data))
    settings: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
    try:
        try:
            root = etree.fromstring(text.encode("utf-8", "replace"), etree.XMLParser(**settings))
        except etree.XMLSyntaxError:
            root = etree.fromstring(_mended(text).encode("utf-8", "replace"), etree.XMLParser(recover=True, **settings))
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise FeedError(f"{shown(url)}: not XML that can be read ({exc}); open it in a browser to see it") from exc
    if root is None:
        raise FeedError(f"{shown(url)}: not XML that can be read; open it in a browser to see what it is")
    return root


def _decoded(data: bytes) -> str:
    """By its byte order mark or the encoding it declares, else UTF-8, else what it is most often instead."""
    declared = re.match(rb"""\s*<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.:-]{1,40})""", data)
    utf16 = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
    for name in filter(None, (utf16, declared[1].decode("ascii", "replace") if declared else "", "utf-8-sig")):
        try:
            return data.decode(name)
        except (LookupError, UnicodeError):
            continue
    return data.decode("cp1252", "replace")


def _mended(text: str) -> str:
    """Without control characters, with every bare `&` and every entity XML does not know made plain text of."""

    def escaped(match: re.Match[str]) -> str:
        known = html.entities.html5.get(f"{match[1]};") if match[1] else None
        return match[0] if match[0].startswith("<") else f"&amp;{match[0][1:]}" if known is None else html.escape(known)

    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)
    return _BARE.sub(escaped, text)


def _name(element: Any) -> str:
    """`itunes:author` for the element whatever prefix the feed gives it; empty for comments and their like."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    if not tag.startswith("{"):
        return tag if element.prefix is None else f"{element.prefix}:{tag}"
    space, _, local = tag[1:].partition("}")
    known = _prefix_of(space)
    return f"{known}:{local}" if known and local != "RDF" else local


@functools.lru_cache(maxsize=100)
def _prefix_of(namespace: str) -> str:
    lower = namespace.lower()
    return next((prefix for part, prefix in _PREFIXES if part in lower), "?")


def _base(root: Any, channel: Any, url: str) -> str:
    """What relative addresses hang on: `xml:base`, the feed's own address, or the page it names as its own."""
    if web_address(url):
        named = root.get("{http://www.w3.org/XML/1998/namespace}base") or ""
        return web_address(named, base=url) or url if named else url
    links = [child.get("href") or (child.text or "") for child in channel if _name(child) == "link"]
    return next((address for link in links if (address := web_address(link))), "")


def _episode(item: _Node, show: _Node, base: str) -> Episode | None:
    audio = next(_audio_addresses(item, base), None)
    if audio is None:
        return None
    page = next((link.get("href") for link in item.all("link") if link.get("rel", "alternate") == "alternate"), None)
    title = plain(item.text("title", "itunes:title"))
    return Episode(
        title=title or urlsplit(audio).path.rpartition("/")[2] or audio,
        audio_url=audio,
        show=plain(show.text("title")) or None,
        guid=item.text("guid", "id") or None,
        published=moment_of(item.text("pubDate", "published", "updated", "dc:date")),
        page_url=web_address(page or item.text("link"), base=base),
        description=item.text("content:encoded", "description", "itunes:summary", "content", "summary") or None,
        duration=seconds_of(item.text("itunes:duration")),
        people=_people(item, show),
        chapters=_chapters(item),
        transcripts=tuple(
            PublishedTranscript(address, node.get("type") or "")
            for node in item.all("podcast:transcript")
            if (address := web_address(node.get("url"), base=base))
        ),
    )


def _audio_addresses(item: _Node, base: str) -> Iterator[str]:
    """Addresses of the item's audio, the surest first. Wrong types are common, so a suffix counts as much."""
    groups = [child for group in item.all("media:group") for child in group if _name(child) == "media:content"]
    links = [link for link in item.all("link") if link.get("rel") == "enclosure"]
    candidates = [(node.get("url") or node.get("href"), node.get("type") or node.get("medium") or "") for node in
                  (*item.all("enclosure"), *links, *item.all("media:content"), *groups)]  # fmt: skip
    for address, kind in candidates:
        resolved = web_address(address, base=base)
        if resolved and _may_be_audio(resolved, kind.lower().strip()):
            yield resolved


def _may_be_audio(url: str, kind: str) -> bool:
    path = urlsplit(url).path.lower()
    suffix = path[path.rfind(".") :] if "." in path.rpartition("/")[2] else ""
    if kind.startswith(("audio", "video")) or suffix in MEDIA_SUFFIXES:
        return True
    return kind in ("", "application/octet-stream") and suffix not in (".jpg", ".jpeg", ".png", ".gif", ".webp", ".pdf")


def _people(item: _Node, show: _Node) -> tuple[Person, ...]:
    """Those the item names, else the show: `podcast:person` first, then author elements, which say no role but host."""
    named = item.all("podcast:person") or show.all("podcast:person")
    people = [Person(name, (node.get("role") or "host").strip().lower()) for node in named if (name := _own_text(node))]
    if not people:
        authors = [_own_text(node) or plain(_Node(node).text("name")) for node in item.all("author", "itunes:author")]
        authors = authors or [_own_text(node) for node in show.all("itunes:author")]
        people = [Person(name) for name in map(_without_mail, authors) if name]
    return tuple(dict.fromkeys(people))


def _own_text(node: Any) -> str:
    return plain(node.text or "")


def _without_mail(author: str) -> str:
    """The name in `mail@x.example (Name)`, which is how RSS 2.0 writes an author; a bare mail address is no name."""
    match = re.fullmatch(r"\S+@\S+\s*\((.+)\)", author)
    return match[1].strip() if match else ("" if "@" in author else author)


def _chapters(item: _Node) -> tuple[Chapter, ...]:
    nodes = [node for group in item.all("psc:chapters") for node in group if _name(node) == "psc:chapter"]
    timed = [(seconds_of(node.get("start") or ""), node) for node in nodes]
    zero = re.compile(r"[0:.]+")
    return tuple(
        Chapter(start or 0.0, plain(node.get("title") or ""))
        for start, node in timed
        if start is not None or zero.fullmatch((node.get("start") or "").strip())
    )


def _distinct(episodes: list[Episode]) -> Iterator[Episode]:
    guids: dict[str, str | None] = {}
    addresses: set[tuple[str | None, str | None]] = set()
    for episode in episodes:
        if (episode.guid, episode.audio_url) in addresses:
            continue
        addresses.add((episode.guid, episode.audio_url))
        if episode.guid is not None and guids.setdefault(episode.guid, episode.audio_url) != episode.audio_url:
            yield replace(episode, guid=None)
        else:
            yield episode


def _spelled_utc(text: str) -> datetime:
    return datetime.fromisoformat(re.sub(r"\s*(UTC|GMT)$", "+00:00", text))
