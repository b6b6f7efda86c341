"""The tree of a page, parsed by lxml as leniently as browsers do, in time and memory linear in its size.

lxml's own tree takes quadratic time for many attributes; it ends at `</html>`, and where elements nest too deeply. So
its events are counted first; the tree of a page for which that matters is built here from the events: of an element
only so many attributes are kept, what is nested more deeply is put flat into the deepest element, and what comes after
`</html>` belongs to the page.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from audio.sources.values import plain_text

MAX_DEPTH = 250  # elements; pages have 30
MAX_ATTRIBUTES = 1000  # of one element; pages have 20
_MAX_PIECES, _MAX_LABEL = 60, 300  # of an element's text
_NO_NAME = re.compile(r"[^\w.-]|^(?=[\d.-])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def tree_of(text: str) -> Any:
    """The root element; None for a page without elements. Raises lxml's `XMLSyntaxError`, `ValueError`."""
    from lxml import etree

    content = text.encode("utf-8", "replace")
    if etree.fromstring(content, _parser(_Limits())):
        return etree.fromstring(content, _parser(None))
    return etree.fromstring(content, _parser(_Builder(etree.TreeBuilder())))


def text_of(element: Any) -> str:
    """The beginning of an element's text, in one line; looked for in its first elements only."""
    from lxml import etree

    pieces: list[str] = []
    for event, node in islice(etree.iterwalk(element, events=("start", "end")), _MAX_PIECES):
        text = node.text if event == "start" else node.tail if node is not element else ""
        pieces.append((text or "")[:_MAX_LABEL])
    return plain_text("".join(pieces)[:_MAX_LABEL])


def is_bold_line(element: Any) -> bool:
    """Whether a paragraph is a heading by its looks: all of it is bold."""
    if element.tag != "p" or len(element) != 1 or element[0].tag not in ("b", "strong"):
        return False
    return not ((element.text or "").strip() or (element[0].tail or "").strip())


def _parser(target: Any) -> Any:
    from lxml import etree

    return etree.HTMLParser(encoding="utf-8", no_network=True, target=target)


class _Limits:
    """Counts the parser's events (lxml's interface for targets): is the page within the limits?"""

    def __init__(self) -> None:
        self._depth = 0
        self._has_root = False
        self._is_within = True

    def start(self, _: str, attributes: dict[str, str]) -> None:
        """An element starts."""
        self._is_within = self._is_within and not (self._has_root and not self._depth)
        self._has_root = True
        self._depth += 1
        self._is_within = self._is_within and self._depth <= MAX_DEPTH and len(attributes) <= MAX_ATTRIBUTES

    def end(self, _: str) -> None:
        """An element ends."""
        self._depth -= 1

    def close(self) -> bool:
        """The document ends."""
        return self._is_within


class _Builder:
    """Builds a tree from the parser's events. Names that XML does not have are written with underscores."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self._open: list[str | None] = []  # the root stays; None for one that is none
        self._n_flat = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element starts."""
        if self._open and tag == "html":  # what comes after `</html>` gets a root of its own
            self._open.append(None)
            return
        kept = list(attributes.items())[:MAX_ATTRIBUTES]
        name = _named(tag)
        self._tree.start(name, {_named(key): _CONTROLS.sub("", value) for key, value in kept})
        if len(self._open) < MAX_DEPTH:
            self._open.append(name)
        else:
            self._tree.end(name)
            self._n_flat += 1

    def end(self, _: str) -> None:
        """An element ends."""
        if self._n_flat:
            self._n_flat -= 1
        elif len(self._open) > 1:
            self._close()

    def data(self, text: str) -> None:
        """Text between elements."""
        if self._open:
            self._tree.data(_CONTROLS.sub("", text))

    def close(self) -> Any:
        """The document ends, whatever is still open."""
        has_root = bool(self._open)
        while self._open:
            self._close()
        return self._tree.close() if has_root else None

    def _close(self) -> None:
        tag = self._open.pop()
        if tag is not None:
            self._tree.end(tag)


def _named(name: str) -> str:
    return _NO_NAME.sub("_", name) or "_"
