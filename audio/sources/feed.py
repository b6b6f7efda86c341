"""RSS 2.0, RSS 1.0, Atom and OPML bytes → episodes, or addresses of feeds. No network.

lxml parses: it repairs broken XML, knows every encoding, loads no external files and expands no entities. The mapping
to `Episode` is ours, because the feed libraries tried return one `podcast:person` and `podcast:transcript` per item.
Values that cannot be parsed (a date, a duration) are left out, not guessed; an item without audio is no episode.
"""

from __future__ import annotations

import html
import html.entities
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from audio.episode import Chapter, Episode, Person, PublishedTranscript
from audio.errors import FeedError
from audio.media import MEDIA_SUFFIXES, without_prolog
from audio.net.addresses import redacted, web_address, without_credentials
from audio.sources.values import decode_text, parse_date, parse_duration, plain_text

_PREFIXES = (  # (part of the namespace's address, lower case; our prefix); publishers vary scheme, case and slashes
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

_INVALID_ENTITY = re.compile(  # an ampersand without an XML entity; CDATA sections match as a whole
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)(?:(\w{2,30});)?", re.DOTALL
)


def episodes_of(feed: bytes, *, url: str, known_as: Iterable[str] = ()) -> tuple[Episode, ...]:
    """The episodes of a feed in its order; `url` is the feed's address, the base of relative ones.

    `known_as` are the addresses it is known by (`Document.names`); those it states itself are added: `Episode.feeds`.

    A repeated item (same guid, same audio) counts once. Of several recordings with one guid only the oldest keeps it;
    none does if their dates do not show which is the oldest.
    Raises `FeedError` if it is not a feed, or none of its items has audio.
    """
    root = _parse(feed, url)
    names = _Names()
    if names[root.tag] not in ("rss", "feed", "RDF"):
        raise FeedError(
            f"<{names[root.tag]}> is not an RSS or Atom feed; look for its address on the show's page",
            about=redacted(url),
        )
    show = _Node(next((child for child in root if names[child.tag] == "channel"), root), names)
    items = list(root.iter("{*}item", "{*}entry"))  # at any depth: repaired XML may nest them
    base = _base(root, show, url)
    episodes = [episode for item in items if (episode := _episode(_Node(item, names), show, base))]
    if not episodes:
        none = f"none of its {len(items)} items has audio"
        raise FeedError(f"{none}; check that it is a podcast's feed, not a blog's", about=redacted(url))
    feeds = _feed_names(show, known_as)
    return tuple(replace(episode, feeds=feeds) for episode in _distinct(episodes))


def _feed_names(show: _Node, addresses: Iterable[str]) -> tuple[str, ...]:
    """What the feed is known by: its `podcast:guid`, its addresses, and the one it says it has moved to."""
    own, moved_to = show.text("podcast:guid"), web_address(show.text("itunes:new-feed-url"))
    names = (f"urn:podcast:{own.lower()}" if own else "", *addresses, moved_to or "")
    return tuple(dict.fromkeys(name for name in names if name))


def feeds_of(opml: bytes, *, url: str) -> tuple[str, ...]:
    """The addresses of the feeds in an OPML list, without duplicates. Raises `FeedError` if there are none."""
    names = [node.get(key) for node in _parse(opml, url).iter() for key in node.keys() if key.lower() == "xmlurl"]  # noqa: SIM118
    feeds = dict.fromkeys(address for name in names if (address := web_address(name, base=url)))
    if not feeds:
        raise FeedError("the list contains no feeds; export it from the podcast app again", about=redacted(url))
    return tuple(feeds)


class _Names(dict[Any, str]):
    """lxml's tag → our name, such as `itunes:author`, whatever prefix the feed uses; empty for comments and similar. A
    cache for one feed."""

    def __missing__(self, tag: Any) -> str:
        self[tag] = name = self._name(tag) if isinstance(tag, str) else ""
        return name

    def _name(self, tag: str) -> str:
        if not tag.startswith("{"):
            return tag
        space, _, local = tag[1:].partition("}")
        ours = next((prefix for part, prefix in _PREFIXES if part in space.lower()), "?")
        return f"{ours}:{local}" if ours and local != "RDF" else local


class _Node:
    """An element's children by name, so that an item is traversed once."""

    def __init__(self, element: Any, names: _Names) -> None:
        self.names = names
        self.children: dict[str, list[Any]] = {}
        for child in element:
            self.children.setdefault(names[child.tag], []).append(child)

    def below(self, group: str, name: str) -> list[Any]:
        """The `name` elements in all `group` children."""
        return [node for parent in self.all(group) for node in parent if self.names[node.tag] == name]

    def all(self, *names: str) -> list[Any]:
        return [child for name in names for child in self.children.get(name, ())]

    def text(self, *names: str) -> str:
        """The text of the first element in `names` that has text."""
        return next((text for child in self.all(*names) if (text := "".join(child.itertext()).strip())), "")


def _parse(data: bytes, url: str) -> Any:
    from lxml import etree

    text = without_prolog(_decode(data))
    settings: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
    try:
        try:
            root = etree.fromstring(text.encode("utf-8", "replace"), etree.XMLParser(**settings))
        except etree.XMLSyntaxError:
            repaired = _repaired(text).encode("utf-8", "replace")
            root = etree.fromstring(repaired, etree.XMLParser(recover=True, **settings))
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise FeedError(
            f"not readable as XML ({exc}); open it in a browser to see what it is", about=redacted(url)
        ) from exc
    if root is None:
        raise FeedError("not readable as XML; open it in a browser to see what it is", about=redacted(url))
    return root


def _decode(data: bytes) -> str:
    declared = re.match(rb"""\s*<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.:-]{1,40})""", data)
    return decode_text(data, declared[1].decode("ascii", "replace") if declared else "")


def _repaired(text: str) -> str:
    """Without control characters, and with bare `&` and entities unknown to XML escaped as text."""

    def escaped(match: re.Match[str]) -> str:
        if match[0].startswith("<"):
            return match[0]
        character = html.entities.html5.get(f"{match[1]};") if match[1] else None
        return f"&amp;{match[0][1:]}" if character is None else html.escape(character)

    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)
    return _INVALID_ENTITY.sub(escaped, text)


def _base(root: Any, show: _Node, url: str) -> str:
    """The base of relative addresses: `xml:base`, the feed's own address, or the page it links to as its own."""
    if web_address(url):
        declared = root.get("{http://www.w3.org/XML/1998/namespace}base") or ""
        return web_address(declared, base=url) or url if declared else url
    links = [child.get("href") or (child.text or "") for child in show.all("link")]
    return next((address for link in links if (address := web_address(link))), "")


def _episode(item: _Node, show: _Node, base: str) -> Episode | None:
    audio = next(_audio_addresses(item, base), None)
    if audio is None:
        return None
    page = next((link.get("href") for link in item.all("link") if link.get("rel", "alternate") == "alternate"), None)
    title = plain_text(item.text("title", "itunes:title"))
    return Episode(
        title=title or urlsplit(audio).path.rpartition("/")[2] or audio,
        audio_url=audio,
        show=plain_text(show.text("title")) or None,
        guid=item.text("guid", "id") or None,
        published=parse_date(item.text("pubDate", "published", "updated", "dc:date")),
        page_url=without_credentials(web_address(page or item.text("link"), base=base) or "") or None,
        description=item.text("content:encoded", "description", "itunes:summary", "content", "summary") or None,
        duration=parse_duration(item.text("itunes:duration")),
        people=_people(item, show),
        chapters=_chapters(item),
        chapters_url=next(
            (at for node in item.all("podcast:chapters") if (at := web_address(node.get("url"), base=base))), None
        ),
        transcripts=tuple(
            PublishedTranscript(address, node.get("type") or "")
            for node in item.all("podcast:transcript")
            if (address := web_address(node.get("url"), base=base))
        ),
    )


def _audio_addresses(item: _Node, base: str) -> Iterator[str]:
    """Addresses of the item's audio, the most certain first. Types are often wrong, so a suffix counts as much."""
    links = [link for link in item.all("link") if link.get("rel") == "enclosure"]
    media = (*item.all("media:content"), *item.below("media:group", "media:content"))
    for node in (*item.all("enclosure"), *links, *media):
        resolved = web_address(node.get("url") or node.get("href"), base=base)
        if resolved and _may_be_audio(resolved, (node.get("type") or node.get("medium") or "").lower().strip()):
            yield resolved


def _may_be_audio(url: str, kind: str) -> bool:
    path = urlsplit(url).path.lower()
    suffix = path[path.rfind(".") :] if "." in path.rpartition("/")[2] else ""
    if kind.startswith(("audio", "video")) or suffix in MEDIA_SUFFIXES:
        return True
    return kind in ("", "application/octet-stream") and suffix not in (".jpg", ".jpeg", ".png", ".gif", ".webp", ".pdf")


def _people(item: _Node, show: _Node) -> tuple[Person, ...]:
    """The people of the item, else of the show: from `podcast:person`, else author elements with the role "author",
    which mostly name the publisher, not a speaker."""
    persons = item.all("podcast:person") or show.all("podcast:person")
    people = [
        Person(name, (node.get("role") or "host").strip().lower()) for node in persons if (name := _own_text(node))
    ]
    if not people:
        nodes = item.all("author", "itunes:author") or show.all("itunes:author")
        authors = [_own_text(node) or plain_text(_Node(node, item.names).text("name")) for node in nodes]
        people = [Person(name, "author") for name in map(_author_name, authors) if name]
    return tuple(dict.fromkeys(people))


def _own_text(node: Any) -> str:
    return plain_text(node.text or "")


def _author_name(author: str) -> str:
    """The name in RSS 2.0's author format, `mail@x.example (Name)`; empty for a bare mail address."""
    match = re.fullmatch(r"[^\s@]+@[^\s@(]+\s*\((.+)\)", author)
    return match[1].strip() if match else ("" if "@" in author else author)


def _chapters(item: _Node) -> tuple[Chapter, ...]:
    timed = [(parse_duration(node.get("start") or ""), node) for node in item.below("psc:chapters", "psc:chapter")]
    zero = re.compile(r"[0:.]+")
    return tuple(
        Chapter(start or 0.0, plain_text(node.get("title") or ""))
        for start, node in timed
        if start is not None or zero.fullmatch((node.get("start") or "").strip())
    )


def _distinct(episodes: list[Episode]) -> Iterator[Episode]:
    unique: dict[tuple[str | None, str | None], Episode] = {}
    by_guid: dict[str, list[Episode]] = {}
    for episode in episodes:
        if unique.setdefault((episode.guid, episode.audio_url), episode) is episode and episode.guid is not None:
            by_guid.setdefault(episode.guid, []).append(episode)
    owners = {guid: _oldest(sharing) for guid, sharing in by_guid.items()}
    for episode in unique.values():
        yield episode if episode.guid is None or episode is owners[episode.guid] else replace(episode, guid=None)


def _oldest(episodes: list[Episode]) -> Episode | None:
    """The one older than all others; None if the dates do not show which."""
    if len(episodes) == 1:
        return episodes[0]
    dated = sorted(((each.published, each) for each in episodes if each.published), key=lambda item: item[0])
    is_clear = len(dated) == len(episodes) and dated[0][0] < dated[1][0]
    return dated[0][1] if is_clear else None
