"""The text of an RSS, RDF or Atom feed → its show and its items, as lxml elements.

The law: a fault costs the item it is in. A feed that is no XML, or has items in items, is cut at its items, and each is
repaired and parsed by itself; what precedes and follows them is the show.
Time is linear in the text, whatever is in it. lxml loads no external files here and expands no entities; the
definitions of a DOCTYPE are cut off before.
"""

from __future__ import annotations

import html
import html.entities
import re
from dataclasses import dataclass
from typing import Any

from audio.errors import FeedError
from audio.media import from_root
from audio.net.addresses import redacted
from audio.sources.feeds.item_spans import ITEM, item_spans

_MAX_ITEMS = 50_000  # of one document
_MAX_BROKEN_ITEMS = 20_000  # each parsed by itself
_ROOTS = ("rss", "feed", "rdf")
_ITEM_TAGS = tuple(f"{{*}}{name}" for name in ("item", "entry", "Item", "Entry", "ITEM", "ENTRY"))
_ITEM_BEGINS = re.compile(rf"<{ITEM}", re.IGNORECASE)
_START_TAG = re.compile(r"""<[^\s<>/]{1,60}(?:\s(?:[^<>"']|"[^"]*"|'[^']*')*)?>""")
_REFERENCE = re.compile(  # an ampersand; CDATA sections match as a whole
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?:#(?:(\d{1,20})|[xX]([0-9a-fA-F]{1,20}));|(\w{2,30});)?", re.DOTALL
)
_BARE_TAG = re.compile(r"""<[A-Za-z][^<>"']{0,5000}=[^<>"']{1,5000}>""")  # its attributes have no quotes
_UNQUOTED = re.compile(r"""(?<=\s)([\w:.-]{1,40})=([^\s"'<>]{1,2000}?)(?=\s|/?>)""")
_SURROGATES = re.compile(r"[\ud800-\udbff][\udc00-\udfff]")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """`items` are elements, or None for one that could not be parsed; `is_cut`: the text ends inside the last one.
    `n_unread` items follow that are too many."""

    root: Any
    items: tuple[Any, ...]
    is_cut: bool = False
    n_unread: int = 0


def parse_feed(text: str, *, url: str) -> ParsedFeed:
    """The feed in `text`, which may have anything before its root. Raises `FeedError` if there is no feed in it."""
    text = from_root(text)
    root = parse_xml(text)
    if root is not None:
        _check_root(root, url)
        items = tuple(root.iter(*_ITEM_TAGS))
        if not _are_nested(items) and not _hides_items(text, len(items)):
            return ParsedFeed(root, items[:_MAX_ITEMS], n_unread=max(0, len(items) - _MAX_ITEMS))
    start = _START_TAG.match(text)
    if start is None or _local(start[0]) not in _ROOTS:
        _check_root(parse_xml(_repaired(text), recover=True), url)
    found = item_spans(text)
    spans = found.spans
    opening = start[0] if start and not start[0].endswith("/>") else "<rss>"
    wrap = _Wrap(opening)
    outside = text[len(opening) if start else 0 : spans[0][0]] + text[spans[-1][1] :] if spans else text
    root = wrap.parsed(outside if spans else text.removeprefix(opening))
    items = tuple(wrap.item(text[first:end]) for first, end in spans[:_MAX_BROKEN_ITEMS])
    n_unread = len(spans) - len(items)
    if root is None:
        raise FeedError("not readable as XML; open it in a browser to see what it is", about=redacted(url))
    return ParsedFeed(root, items, is_cut=found.is_cut and not n_unread, n_unread=n_unread)


def parse_xml(text: str, *, recover: bool = False) -> Any:
    """The root element; None for text that is no XML, with `recover` only for text without any element."""
    return _parsed(text, _parser(recover=recover))


def _parser(*, recover: bool) -> Any:
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=recover, remove_comments=True
    )


def _parsed(text: str, parser: Any) -> Any:
    from lxml import etree

    try:
        return etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def parse_repaired(text: str) -> Any:
    """The root element of XML that may be broken; None if there is nothing to read."""
    root = parse_xml(text)
    return parse_xml(_repaired(text), recover=True) if root is None else root


class _Wrap:
    """Parses pieces of a feed inside the start tag of its root, which declares the namespaces."""

    def __init__(self, opening: str) -> None:
        self._opening = _repaired(opening)
        self._strict, self._lenient = _parser(recover=False), _parser(recover=True)
        name = re.match(r"<([^\s<>/]+)", opening)
        self._closing = f"</{name[1]}>" if name else ""

    def parsed(self, piece: str) -> Any:
        return _parsed(f"{self._opening}{_repaired(piece)}{self._closing}", self._lenient)

    def item(self, piece: str) -> Any:
        root = _parsed(f"{self._opening}{piece}{self._closing}", self._strict)
        if root is None:
            root = self.parsed(piece)
        return None if root is None else next(root.iter(*_ITEM_TAGS), None)


def _check_root(root: Any, url: str) -> None:
    name = _local(f"<{root.tag.rpartition('}')[2]}>") if root is not None and isinstance(root.tag, str) else ""
    if name not in _ROOTS:
        what = f"<{name}> is not an RSS or Atom feed" if name else "not readable as a feed"
        raise FeedError(f"{what}; look for its address on the show's page", about=redacted(url))


def _local(tag: str) -> str:
    found = re.match(r"<(?:[^\s<>/:]*:)?([^\s<>/:]+)", tag)
    return found[1].lower() if found else ""


def _are_nested(items: tuple[Any, ...]) -> bool:
    """Whether an item is in another one, whose text would then count as often as items are nested."""
    every = set(items)
    parents = {item.getparent() for item in items}
    return any(each in every for parent in parents for each in (parent, *parent.iterancestors()))


def _hides_items(text: str, n_items: int) -> bool:
    """Whether a section that was never closed makes well-formed XML of several items: with another's end."""
    return len(_ITEM_BEGINS.findall(text)) != n_items and item_spans(text).has_open_section


def _repaired(text: str) -> str:
    """Without characters XML forbids; what an ampersand begins is a character or text.

    References to the halves of a surrogate pair, to forbidden characters and to entities only HTML knows are resolved
    as browsers do; an unclosed CDATA section is markup.
    """
    first, *sections = text.split("<![CDATA[")
    text = first + "".join(f"<![CDATA[{each}" if "]]>" in each else each for each in sections)
    text = _REFERENCE.sub(_resolved, _BARE_TAG.sub(lambda tag: _UNQUOTED.sub(r'\1="\2"', tag[0]), text))
    text = _SURROGATES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
    return _FORBIDDEN.sub(lambda found: "\ufffd" if found[0] >= "\ud800" else "", text)


def _resolved(match: re.Match[str]) -> str:
    if match[0].startswith("<"):
        return match[0]
    decimal, hexadecimal, name = match.groups()
    if name in _XML_ENTITIES:
        return match[0]
    if name:
        character = html.entities.html5.get(f"{name};")
        return html.escape(character) if character else f"&amp;{name};"
    if not (decimal or hexadecimal):
        return "&amp;"
    number = int(decimal or hexadecimal, 10 if decimal else 16)
    if 0xD800 <= number <= 0xDFFF:
        return chr(number)  # joined with its other half, or replaced, afterwards
    return html.escape(html.unescape(f"&#{number};"))
