"""The elements and attributes of a feed by name, whatever their prefixes, namespaces and capitals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MAX_TITLE = 1000  # characters of a text that is a line
MAX_TEXT = 1 << 20  # characters of any other
_LINES = frozenset({"title", "itunes:title", "dc:title", "media:title", "guid", "id", "link", "name", "podcast:guid"})
_MAX_ATTRIBUTES = 50
_PREFIXES = (  # (part of the namespace's address, lower case; our prefix); publishers vary scheme, case and slashes
    ("itunes.com/dtds/podcast", "itunes"),
    ("podcastindex.org/namespace", "podcast"),
    ("podcastindex-org/podcast-namespace", "podcast"),
    ("w3.org/2005/atom", ""),
    ("purl.org/atom/", ""),
    ("purl.org/rss/1.0/modules/content", "content"),
    ("purl.org/rss/1.0/modules/enclosure", ""),
    ("purl.oclc.org/net/rss_2.0/enc", ""),
    ("purl.org/rss/1.0", ""),
    ("my.netscape.com/rdf/simple", ""),
    ("backend.userland.com/rss", ""),
    ("blogs.law.harvard.edu/tech/rss", ""),
    ("purl.org/dc/", "dc"),
    ("search.yahoo.com/mrss", "media"),
    ("podlove.org/simple-chapters", "psc"),
)


class Names(dict[Any, tuple[str, ...]]):
    """lxml's tag → our names, lower case, such as `itunes:author`; none for comments and similar. A cache for one feed.

    What is in the namespace of `core`, the tags of the root and of an item, is the feed's own: some declare an odd one
    for all elements without a prefix. A prefix that is not declared is taken for what it says.
    """

    def __init__(self, core: Iterable[Any]) -> None:
        self._core = {_space(tag) for tag in core if isinstance(tag, str)}

    def __missing__(self, tag: Any) -> tuple[str, ...]:
        self[tag] = names = self._names(tag) if isinstance(tag, str) else ()
        return names

    def _names(self, tag: str) -> tuple[str, ...]:
        space, local = _space(tag), local_name(tag)
        prefix = next((prefix for part, prefix in _PREFIXES if part in space.lower()), None if space else "")
        qualified = f"{prefix}:{local}" if prefix else local
        if prefix is None:
            return (local,) if space in self._core else (f"?:{local}",)
        return (qualified, local) if prefix and space in self._core else (qualified,)


class Node:
    """An element's children by name, so that an item is traversed once."""

    def __init__(self, element: Any, names: Names) -> None:
        self.element = element
        self.names = names
        self.children: dict[str, list[Any]] = {}
        for child in element:
            for name in names[child.tag]:
                self.children.setdefault(name, []).append(child)

    def below(self, group: str, name: str) -> list[Any]:
        """The `name` elements in all `group` children."""
        return [node for parent in self.all(group) for node in parent if name in self.names[node.tag]]

    def all(self, *names: str) -> list[Any]:
        """The children with one of these names."""
        return [child for name in names for child in self.children.get(name, ())]

    def text(self, *names: str) -> str:
        """The text of the first element in `names` that has text, shortened to what such a text may be long."""
        for name in names:
            limit = MAX_TITLE if name in _LINES else MAX_TEXT
            for child in self.children.get(name, ()):
                if text := text_of(child, limit):
                    return text
        return ""


def text_of(element: Any, limit: int = MAX_TEXT) -> str:
    """The text in an element, at most about `limit` characters of it."""
    pieces: list[str] = []
    length = 0
    for piece in element.itertext():
        pieces.append(piece[: limit - length])
        length += len(piece)
        if length >= limit:
            break
    return "".join(pieces).strip()


def attribute(node: Any, *names: str) -> str:
    """The first attribute of these lower-case names, whatever its prefix and capitals; empty if there is none."""
    for name in names:
        value = node.get(name)
        if value is not None:
            return str(value)
    if len(node.attrib) <= _MAX_ATTRIBUTES:
        folded = {local_name(key): value for key, value in node.attrib.items()}
        return next((str(folded[name]) for name in names if name in folded), "")
    return ""


def local_name(tag: str) -> str:
    """The name without its namespace, lower case."""
    return tag.rpartition("}")[2].lower()


def _space(tag: str) -> str:
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""
