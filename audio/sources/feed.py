"""RSS 2.0, RSS 1.0, Atom and OPML bytes → episodes, or addresses of feeds. No network.

lxml parses: it mends broken XML, knows every encoding, loads nothing from outside and expands no entities. The mapping
to `Episode` is ours, because the feed libraries tried keep one `podcast:person` and one `podcast:transcript` an item.
What cannot be understood (a date, a duration) is left out, not guessed; an item without audio is no episode.
"""

from __future__ import annotations

import html
import html.entities
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from audio.episode import Chapter, Episode, Person, PublishedTranscript
from audio.errors import FeedError
from audio.media import MEDIA_SUFFIXES, without_prolog
from audio.net.addresses import redacted, web_address, without_credentials
from audio.sources.values import parse_date, parse_duration, plain_text

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
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)(?:(\w{2,30});)?", re.DOTALL
)


def episodes_of(feed: bytes, *, url: str) -> tuple[Episode, ...]:
    """The episodes of a feed in its own order; `url` is where it came from (relative addresses hang on it).

    An item that comes twice (same guid, same audio) counts once. A guid several recordings share is kept by the
    oldest of them, to which it was given first; where their dates do not tell which that is, by none.
    Raises `FeedError` where it is no feed, or none of its items has audio.
    """
    root = _parsed(feed, url)
    names = _Names()
    if names[root.tag] not in ("rss", "feed", "RDF"):
        raise FeedError(
            f"{redacted(url)}: <{names[root.tag]}> is not an RSS or Atom feed; look for its address on the show's page"
        )
    show = _Node(next((child for child in root if names[child.tag] == "channel"), root), names)
    items = list(root.iter("{*}item", "{*}entry"))  # wherever they are: mended XML may nest them
    base = _base(root, show, url)
    found = [episode for item in items if (episode := _episode(_Node(item, names), show, base))]
    if not found:
        raise FeedError(
            f"{redacted(url)}: none of its {len(items)} items has audio; is it the podcast's feed or a blog's?"
        )
    return tuple(_distinct(found))


def feeds_of(opml: bytes, *, url: str) -> tuple[str, ...]:
    """The addresses of the feeds an OPML list names, each once. Raises `FeedError` where there are none."""
    named = [node.get(key) for node in _parsed(opml, url).iter() for key in node.keys() if key.lower() == "xmlurl"]  # noqa: SIM118
    found = dict.fromkeys(address for name in named if (address := web_address(name, base=url)))
    if not found:
        raise FeedError(f"{redacted(url)}: the list names no feeds; export it from the podcast program anew")
    return tuple(found)


class _Names(dict[Any, str]):
    """What lxml calls an element → what it is called here: `itunes:author`, whatever prefix the feed gives it; empty
    for comments and their like. One feed's."""

    def __missing__(self, tag: Any) -> str:
        self[tag] = name = self._name(tag) if isinstance(tag, str) else ""
        return name

    def _name(self, tag: str) -> str:
        if not tag.startswith("{"):
            return tag
        space, _, local = tag[1:].partition("}")
        known = next((prefix for part, prefix in _PREFIXES if part in space.lower()), "?")
        return f"{known}:{local}" if known and local != "RDF" else local


class _Node:
    """An element's children by name, so that an item is walked once."""

    def __init__(self, element: Any, names: _Names) -> None:
        self.names = names
        self.children: dict[str, list[Any]] = {}
        for child in element:
            name = names[child.tag]
            if name:
                self.children.setdefault(name, []).append(child)

    def below(self, group: str, name: str) -> list[Any]:
        """The `name` elements in all `group` children."""
        return [node for parent in self.all(group) for node in parent if self.names[node.tag] == name]

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
        raise FeedError(f"{redacted(url)}: not XML that can be read ({exc}); open it in a browser to see it") from exc
    if root is None:
        raise FeedError(f"{redacted(url)}: not XML that can be read; open it in a browser to see what it is")
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


def _base(root: Any, show: _Node, url: str) -> str:
    """What relative addresses hang on: `xml:base`, the feed's own address, or the page it names as its own."""
    if web_address(url):
        named = root.get("{http://www.w3.org/XML/1998/namespace}base") or ""
        return web_address(named, base=url) or url if named else url
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
    """Addresses of the item's audio, the surest first. Wrong types are common, so a suffix counts as much."""
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
    """Those the item names, else the show: `podcast:person` first, then author elements, whose role is "author": more
    often than not that is the publisher, and no voice at all."""
    named = item.all("podcast:person") or show.all("podcast:person")
    people = [Person(name, (node.get("role") or "host").strip().lower()) for node in named if (name := _own_text(node))]
    if not people:
        nodes = item.all("author", "itunes:author") or show.all("itunes:author")
        authors = [_own_text(node) or plain_text(_Node(node, item.names).text("name")) for node in nodes]
        people = [Person(name, "author") for name in map(_without_mail, authors) if name]
    return tuple(dict.fromkeys(people))


def _own_text(node: Any) -> str:
    return plain_text(node.text or "")


def _without_mail(author: str) -> str:
    """The name in `mail@x.example (Name)`, which is how RSS 2.0 writes an author; a bare mail address is no name."""
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


def _distinct(found: list[Episode]) -> Iterator[Episode]:
    once: dict[tuple[str | None, str | None], Episode] = {}
    sharing: dict[str, list[Episode]] = {}
    for episode in found:
        if once.setdefault((episode.guid, episode.audio_url), episode) is episode and episode.guid is not None:
            sharing.setdefault(episode.guid, []).append(episode)
    keeps = {guid: _oldest(episodes) for guid, episodes in sharing.items()}
    for episode in once.values():
        yield episode if episode.guid is None or episode is keeps[episode.guid] else replace(episode, guid=None)


def _oldest(episodes: list[Episode]) -> Episode | None:
    """The one older than all others; None where that cannot be told."""
    if len(episodes) == 1:
        return episodes[0]
    dated = sorted(((each.published, each) for each in episodes if each.published), key=lambda one: one[0])
    alone = len(dated) == len(episodes) and dated[0][0] < dated[1][0]
    return dated[0][1] if alone else None
