"""Where an item of an XML feed names its recording: every place publishers use, as `Offer`s."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from audio.sources.dates import parse_duration
from audio.sources.feeds.enclosures import Offer, Place
from audio.sources.feeds.names import MAX_TITLE, Node, attribute, local_name, text_of

_MAX_OFFERS = 50  # of one kind in one item
_MAX_DESCENDANTS = 10_000
_NOTES = ("content:encoded", "content", "description", "summary", "itunes:summary")
_IN_NOTES = re.compile(  # an address in a tag of the notes, or in their text
    r"""<(audio|video|source|a)\b[^<>]{0,500}?\b(?:src|href)\s*=\s*["']?([^"'<>\s]{1,2000})|(https?://[^\s<>"'\\]{1,2000})""",
    re.IGNORECASE,
)


def offers_of(item: Node) -> Iterator[Offer]:
    """The addresses an item offers as its recording, and those its text links to."""
    yield from _enclosures(item)
    yield from _alternates(item)
    for link in islice(item.all("link"), _MAX_OFFERS):
        kind = attribute(link, "type")
        yield Offer(attribute(link, "href") or (link.text or ""), kind, Place.LINK)
    yield Offer(item.text("guid", "id"), "", Place.LINK)
    for name in _NOTES:
        yield from offers_in_notes(item.text(name))


def offers_in_notes(notes: str) -> Iterator[Offer]:
    """Players in the notes, then links and addresses."""
    if "://" not in notes and "src" not in notes and "href" not in notes:
        return
    found = list(islice(_IN_NOTES.finditer(notes), _MAX_OFFERS))
    for match in found:
        if (match[1] or "").lower() in ("audio", "source"):
            yield Offer(match[2], "", Place.NOTES, is_default=True)
    for match in found:
        yield Offer(match[2] or match[3].rstrip(".,;:!?)"), "", Place.NOTES)


def _enclosures(item: Node) -> Iterator[Offer]:
    links = [link for link in item.all("link") if attribute(link, "rel").lower() == "enclosure"]
    nodes = item.all("enclosure") or _deeper(item.element)
    for node in (*nodes, *links):
        yield _offer(node, "enclosure")
    for group, parent in enumerate((item.element, *item.all("media:group"))):
        for node in parent:
            if "media:content" in item.names[node.tag]:
                offer = _offer(node, "media:content")
                is_default = attribute(node, "isdefault").lower() == "true"
                titles = (text_of(child, MAX_TITLE) for child in node if "media:title" in item.names[child.tag])
                length = parse_duration(attribute(node, "duration"))
                yield replace(offer, is_default=is_default, group=group, title=next(titles, ""), length=length)
    for node in item.all("content"):  # Atom's content elsewhere
        if attribute(node, "src"):
            yield _offer(node, "content")


def _alternates(item: Node) -> Iterator[Offer]:
    for node in islice(item.all("podcast:alternateenclosure"), _MAX_OFFERS):
        kind, is_default = attribute(node, "type"), attribute(node, "default").lower() == "true"
        for source in islice(node, _MAX_OFFERS):
            if "podcast:source" in item.names[source.tag]:
                declared = attribute(source, "contenttype") or kind
                yield Offer(attribute(source, "uri", "url"), declared, Place.ALTERNATE, is_default)


def _offer(node: Any, kind: str) -> Offer:
    address = attribute(node, "url", "href", "src", "resource") or text_of(node, 2000)
    return Offer(address, attribute(node, "type") or _medium(node), kind=kind)


def _medium(node: Any) -> str:
    medium = attribute(node, "medium").lower()
    return f"{medium}/*" if medium in ("audio", "video", "image") else ""


def _deeper(element: Any) -> list[Any]:
    """Enclosures that repaired markup has put into other elements."""
    below = islice(element.iter(), _MAX_DESCENDANTS)
    return [each for each in below if isinstance(each.tag, str) and local_name(each.tag) == "enclosure"]
