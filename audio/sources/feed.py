"""RSS, RDF, Atom and JSON feeds → episodes; OPML → addresses of feeds. No network.

The law: each recording of an item is an episode, or is left out with its reason, as is an item without one. Whatever an
item makes a parser raise costs that item.
The mapping to `Episode` is ours, because the feed libraries tried return one `podcast:person` and `podcast:transcript`
per item. Values that cannot be parsed (a date, a duration) are left out, not guessed. What is unbounded in a feed
is bounded here: people, transcripts, chapters and the length of texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from audio.encodings import decoded
from audio.episode import Chapter, Episode, Person, PublishedTranscript
from audio.errors import FeedError
from audio.media import from_root
from audio.net.addresses import redacted, web_address, without_credentials
from audio.sources.dates import parse_date, parse_duration
from audio.sources.feeds.enclosures import recordings_of
from audio.sources.feeds.further import with_further
from audio.sources.feeds.guids import with_own_guids
from audio.sources.feeds.json_feed import json_page
from audio.sources.feeds.names import Names, Node, attribute
from audio.sources.feeds.offers import offers_of
from audio.sources.feeds.parsing import parse_feed, parse_repaired
from audio.sources.left_out import LeftOut, OnLeftOut, failure
from audio.sources.values import name_in, plain_text

_MAX_PEOPLE = 100  # of an item or a show
_MAX_TRANSCRIPTS = 20
_MAX_CHAPTERS = 1000
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One document of a feed: what its items are, and the address of the feed's next document, if it has one:
    where it says to have moved to, if it has no items."""

    items: tuple[Episode | LeftOut, ...]
    next_url: str = ""


def episodes_of(
    feed: bytes, *, url: str, known_as: Iterable[str] = (), on_left_out: OnLeftOut | None = None
) -> tuple[Episode, ...]:
    """The episodes of a feed in its order; see `read_page` and `episodes_in`.

    Raises `FeedError` if it is not a feed, or none of its items has audio.
    """
    return episodes_in(read_page(feed, url=url, known_as=known_as).items, url=url, on_left_out=on_left_out)


def episodes_in(
    items: Sequence[Episode | LeftOut], *, url: str, on_left_out: OnLeftOut | None = None
) -> tuple[Episode, ...]:
    """The episodes among the items of all documents of a feed; the others are told to `on_left_out`.

    A repeated item (same guid and audio; without a guid also same title and date) is left out. Of several recordings
    with one guid only the oldest keeps it; none does if their dates do not show which is the oldest. Raises `FeedError`
    if there are none.
    """
    tell = on_left_out or (lambda _: None)
    episodes: list[Episode] = []
    unique: set[object] = set()
    for item in items:
        if isinstance(item, LeftOut):
            tell(item)
        elif (key := (item.guid or (item.title, item.published), item.audio_url)) in unique:
            tell(LeftOut(redacted(url), "repeats another item", title=item.title))
        else:
            unique.add(key)
            episodes.append(item)
    if not episodes:
        count = sum(item.count for item in items if isinstance(item, LeftOut))
        none = f"none of its {count} items has audio" if count else "it has no items"
        raise FeedError(f"{none}; check that it is a podcast's feed, not a blog's", about=redacted(url))
    return tuple(with_own_guids(episodes))


def read_page(feed: bytes, *, url: str, charset: str = "", known_as: Iterable[str] = ()) -> FeedPage:
    """One document of a feed; `url` is its address, the base of relative ones, `charset` its encoding for the server.

    `known_as` are the addresses it is known by (`Document.names`); those it states itself are added: `Episode.feeds`.
    Raises `FeedError` if it is no feed.
    """
    text = decoded(feed, charset=charset)
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return FeedPage(*json_page(text, url=url, known_as=known_as))
    parsed = parse_feed(text, url=url)
    names = Names(each.tag for each in (parsed.root, *parsed.items[:1]) if each is not None)
    show = _Show(parsed.root, names, url, known_as)
    reader = _Reader(show, redacted(url))
    read = [reader.item(element, number) for number, element in enumerate(parsed.items, 1)]
    if parsed.is_cut:
        cut = "is cut off: the feed ends inside it"
        read[-1] = (LeftOut(redacted(url), cut, title=read[-1][0].title, is_failure=True),)
    items = list(chain.from_iterable(read))
    if parsed.n_unread:
        reason = f"{parsed.n_unread} items after the first {len(read)}, which is all that is read of one document"
        items.append(LeftOut(redacted(url), reason, parsed.n_unread, is_failure=True))
    items += map(reader.live_item, show.node.all("podcast:liveitem"))
    return FeedPage(tuple(items), show.next_url if items else show.next_url or show.moved_to)


def feeds_of(opml: bytes, *, url: str, charset: str = "", on_left_out: OnLeftOut | None = None) -> tuple[str, ...]:
    """The addresses of the feeds in an OPML list, each once. `on_left_out` is told the entries that name no feed.

    Raises `FeedError` if there are none.
    """
    tell = on_left_out or (lambda _: None)
    root = parse_repaired(from_root(decoded(opml, charset=charset)))
    feeds: dict[str, None] = {}
    for node in () if root is None else root.iter("{*}outline", "{*}Outline", "{*}OUTLINE"):
        name = attribute(node, "xmlurl")
        title = plain_text(attribute(node, "title", "text")[:1000]) or name
        address = web_address(name, base=url)
        if address and address not in feeds:
            feeds[address] = None
        elif address:
            tell(LeftOut(redacted(url), "repeats another entry", title=title))
        elif name or len(node) == 0:
            reason = f"has no web address but {redacted(name)[:100]!r}" if name else "has no address of a feed"
            tell(LeftOut(redacted(url), reason, title=title))
    if not feeds:
        raise FeedError("the list contains no feeds; export it from the podcast app again", about=redacted(url))
    return tuple(feeds)


class _Show:
    """What a feed says about all its items, read once."""

    def __init__(self, root: Any, names: Names, url: str, known_as: Iterable[str]) -> None:
        channel = next((child for child in root if "channel" in names[child.tag]), root)
        self.names = names
        self.node = Node(channel, names)
        self.base = self._base(root, channel, url)
        self.title = plain_text(self.node.text("title")) or None
        self.moved_to = web_address(self.node.text("itunes:new-feed-url")) or ""
        self.feeds = self._known_as(known_as)
        self.language = self.node.text("language").lower()[:2]
        self.persons = _persons(self.node)
        self.authors = _authors(self.node.all("itunes:author"), names)
        links = [link for link in self.node.all("link") if attribute(link, "rel").lower() == "next"]
        following = (web_address(attribute(link, "href"), base=self.base) for link in links)
        self.next_url = next((address for address in following if address), "")

    def _known_as(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """What the feed is known by: its `podcast:guid`, its addresses, and the one it says it has moved to."""
        own = self.node.text("podcast:guid")
        names = (f"urn:podcast:{own.lower()}" if own else "", *addresses, self.moved_to)
        return tuple(dict.fromkeys(name for name in names if name))

    def _base(self, root: Any, channel: Any, url: str) -> str:
        """The base of relative addresses: `xml:base`, the feed's own address, or the page it links to as its own."""
        base = url
        if not web_address(url):
            links = [attribute(child, "href") or (child.text or "") for child in self.node.all("link")]
            base = next((address for link in links if (address := web_address(link))), "")
        for element in dict.fromkeys((root, channel)):
            base = web_address(element.get(_XML_BASE), base=base) or base if element.get(_XML_BASE) else base
        return base


class _Reader:
    """Makes an episode of each recording of an item, or names what is left out."""

    def __init__(self, show: _Show, source: str) -> None:
        self._show, self._source = show, source

    def item(self, element: Any, number: int) -> tuple[Episode | LeftOut, ...]:
        title = ""
        try:
            if element is None:
                return (LeftOut(self._source, "not readable as XML", title=f"item {number}", is_failure=True),)
            item = Node(element, self._show.names)
            title = plain_text(item.text("title", "itunes:title", "dc:title", "media:title"))
            base = element.get(_XML_BASE)
            base = (web_address(base, base=self._show.base) or self._show.base) if base else self._show.base
            found = recordings_of(offers_of(item), base=base)
            if found.problem:
                return (LeftOut(self._source, found.problem, title=title or f"item {number}"),)
            first = self._episode(item, title=title or name_in(found.first), audio=found.first, base=base)
            return with_further(first, found, source=self._source)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with an item costs that one
            return (failure(self._source, error, title=title or f"item {number}"),)

    def live_item(self, element: Any) -> LeftOut:
        title = plain_text(Node(element, self._show.names).text("title")) or "live item"
        return LeftOut(self._source, "is a live broadcast; its recording will be an item of its own", title=title)

    def _episode(self, item: Node, *, title: str, audio: str, base: str) -> Episode:
        return Episode(
            title=title,
            audio_url=audio,
            show=self._show.title,
            guid=item.text("guid", "id") or None,
            published=_first_date(item),
            page_url=_page_url(item, base),
            description=item.text("content:encoded", "description", "itunes:summary", "content", "summary") or None,
            duration=_duration(item),
            people=_people(item, self._show),
            chapters=_chapters(item),
            chapters_url=_chapters_url(item, base),
            transcripts=_transcripts(item, base, self._show.language),
            feeds=self._show.feeds,
        )


def _first_date(item: Node) -> Any:
    texts = (item.text(name) for name in ("pubdate", "published", "dc:date", "issued", "date", "updated", "modified"))
    return next((moment for text in texts if text and (moment := parse_date(text))), None)


def _duration(item: Node) -> float | None:
    if (own := parse_duration(item.text("itunes:duration"))) is not None:
        return own
    media = (*item.all("media:content"), *item.below("media:group", "media:content"))
    return next((length for node in media if (length := parse_duration(attribute(node, "duration")))), None)


def _page_url(item: Node, base: str) -> str | None:
    links = [link for link in item.all("link") if (attribute(link, "rel") or "alternate").lower() == "alternate"]
    pages = (attribute(link, "href") or link.text for link in links)
    address = next((address for page in pages if (address := web_address(page, base=base))), "")
    return without_credentials(address) or None


def _people(item: Node, show: _Show) -> tuple[Person, ...]:
    """The people of the item, else of the show: from `podcast:person`, else author elements with the role "author",
    which mostly name the publisher, not a speaker."""
    if people := _persons(item) or show.persons:
        return people
    return _authors(item.all("author", "itunes:author", "dc:creator"), show.names) or show.authors


def _persons(node: Node) -> tuple[Person, ...]:
    persons = islice(node.all("podcast:person"), _MAX_PEOPLE)
    people = (Person(name, _role(each)) for each in persons if (name := plain_text((each.text or "")[:200])))
    return tuple(dict.fromkeys(people))


def _role(person: Any) -> str:
    return (attribute(person, "role") or "host").strip().lower()[:50]


def _authors(nodes: Iterable[Any], names: Names) -> tuple[Person, ...]:
    written = [(node.text or "").strip() or Node(node, names).text("name") for node in islice(nodes, _MAX_PEOPLE)]
    people = (Person(name, "author") for text in written if (name := _author_name(plain_text(text[:200]))))
    return tuple(dict.fromkeys(people))


def _author_name(author: str) -> str:
    """The name in RSS 2.0's author format, `mail@x.example (Name)`; empty for a bare mail address."""
    match = re.fullmatch(r"[^\s@]+@[^\s@(]+\s*\((.+)\)", author)
    return match[1].strip() if match else ("" if "@" in author else author)


def _transcripts(item: Node, base: str, language: str) -> tuple[PublishedTranscript, ...]:
    """Those offered, the ones in the show's language first."""
    nodes = list(islice(item.all("podcast:transcript"), _MAX_TRANSCRIPTS))
    if language:
        nodes.sort(key=lambda node: attribute(node, "language").lower()[:2] not in ("", language))
    return tuple(
        PublishedTranscript(address, attribute(node, "type"))
        for node in nodes
        if (address := web_address(attribute(node, "url"), base=base))
    )


def _chapters_url(item: Node, base: str) -> str | None:
    addresses = (web_address(attribute(node, "url"), base=base) for node in item.all("podcast:chapters"))
    return next((address for address in addresses if address), None)


def _chapters(item: Node) -> tuple[Chapter, ...]:
    nodes = islice(item.below("psc:chapters", "psc:chapter"), _MAX_CHAPTERS)
    timed = [(parse_duration(attribute(node, "start")), node) for node in nodes]
    zero = re.compile(r"[0:.]{1,30}")
    return tuple(
        Chapter(start or 0.0, plain_text(attribute(node, "title")[:500]))
        for start, node in timed
        if start is not None or zero.fullmatch(attribute(node, "start").strip())
    )
