"""The tree of a page, parsed by lxml as leniently as browsers do, in time and memory linear in its size.

lxml's own tree takes quadratic time for many attributes, and it drops what is nested too deeply with all that follows.
So the parser's events build one here: of an element only so many attributes are kept, and what is nested more deeply
than that is put flat into the deepest element.
"""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 250  # elements; pages have 30
MAX_ATTRIBUTES = 1000  # of one element; pages have 20


def tree_of(text: str) -> Any:
    """The root element; None for a page without elements. Raises lxml's `XMLSyntaxError`, `ValueError`."""
    from lxml import etree

    target = _Builder(etree.TreeBuilder())
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, target=target)
    return etree.fromstring(text.encode("utf-8", "replace"), parser)


class _Builder:
    """What the parser calls with its events (lxml's interface for targets)."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self._open: list[str] = []
        self._n_flat = 0
        self._has_root = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element starts."""
        if len(attributes) > MAX_ATTRIBUTES:
            attributes = dict(list(attributes.items())[:MAX_ATTRIBUTES])
        self._has_root = True
        self._tree.start(tag, attributes)
        if len(self._open) < MAX_DEPTH:
            self._open.append(tag)
        else:
            self._tree.end(tag)
            self._n_flat += 1

    def end(self, tag: str) -> None:
        """An element ends."""
        if self._n_flat:
            self._n_flat -= 1
        elif self._open:
            self._tree.end(self._open.pop())

    def data(self, text: str) -> None:
        """Text between elements."""
        if self._open:
            self._tree.data(text)

    def close(self) -> Any:
        """The document ends, whatever is still open."""
        while self._open:
            self._tree.end(self._open.pop())
        return self._tree.close() if self._has_root else None
