"""Where the items of a feed are in its text, by their tags alone: for a feed that is no XML, or hides items.

The law: every item that begins or ends in the text is one, but for those that a CDATA section or a comment has as text,
such as an example of a feed, or an item that was withdrawn. A section that was never closed has none: its closing mark
is another's. It is told by where it begins, inside a tag, or by what is between the two: the tag of an item and then
the beginning of another section, which no section has in it but in an example that is escaped; or the end of one item
and, last, the beginning of another; or the beginning of the item that ends after it.
Time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

ITEM = r"(?:[A-Za-z_][\w.-]{0,40}:)?(?:item|entry)(?=[\s>/])"
_MARKS = re.compile(
    rf"(?P<cdata><!\[CDATA\[)|(?P<cdata_end>\]\]>)|(?P<comment><!--)|(?P<comment_end>-->)|<(/?){ITEM}", re.I
)
_REST_OF_TAG = re.compile("[^<>]*>?")  # its ">" may be missing: then up to the next tag
_END_OF_FEED = re.compile(r"</(?:channel|rss|feed|(?:\w+:)?rdf)\s*>", re.IGNORECASE)
_BEGINS, _ENDS = "<", "/"  # an item
_ITEMS = _BEGINS + _ENDS
_CLOSING = {"[": "]", "!": "-"}  # a CDATA section, a comment
_KINDS = {"cdata": "[", "cdata_end": "]", "comment": "!", "comment_end": "-"}


@dataclass(frozen=True, slots=True)
class ItemSpans:
    """Where each item begins and ends, whether the last one has no end, and whether a section that was never closed
    would hide some of them from a reader of XML."""

    spans: Sequence[tuple[int, int]]
    is_cut: bool
    has_open_section: bool


def item_spans(text: str) -> ItemSpans:
    """The items of a feed's text, in order; none overlaps another. What has an end but no beginning is an item whose
    first tag is broken."""
    marks, has_open_section = _visible(text)
    spans: list[tuple[int, int]] = []
    start, seen = -1, 0
    for mark in marks:
        is_end, end = _kind(mark) == _ENDS, mark.start()
        if is_end:
            if start < 0:
                start = text.find("<", seen, end) if spans else text.rfind("<title", seen, end)
            rest = _REST_OF_TAG.match(text, mark.end())
            assert rest is not None  # it may be empty
            seen = end = rest.end()
        if start >= 0:
            spans.append((start, end))
        start = -1 if is_end else mark.start()
    if start < 0:
        return ItemSpans(spans, is_cut=False, has_open_section=has_open_section)
    closing = _END_OF_FEED.search(text, start)
    spans.append((start, closing.start() if closing else len(text)))
    return ItemSpans(spans, is_cut=closing is None, has_open_section=has_open_section)


def _visible(text: str) -> tuple[list[re.Match[str]], bool]:
    """The tags of items that no section has as text, and whether a section was never closed."""
    marks = _Marks(text)
    visible: list[re.Match[str]] = []
    has_open_section, at = False, 0
    while at < len(marks.kinds):
        kind = marks.kinds[at]
        if kind in _CLOSING:
            is_open = marks.is_open(at, is_in_item=bool(visible) and _kind(visible[-1]) == _BEGINS)
            has_open_section |= is_open
            at = at + 1 if is_open else marks.after_section(at)
            continue
        visible += [marks.found[at]] if kind in _ITEMS else []
        at += 1
    return visible, has_open_section


class _Marks:
    """The marks of a text, and what is known of each in advance, so that each is passed once."""

    def __init__(self, text: str) -> None:
        self.found = list(_MARKS.finditer(text))
        self.kinds = kinds = "".join(map(_kind, self.found))
        self._text = text
        self._after = {kind: _next_of(kinds, kind) for kind in ("]", "-", "[", "!", _ITEMS)}
        self._before = _last_of(kinds, _ITEMS)
        self._depth = list(accumulate(((kind == _BEGINS) - (kind == _ENDS) for kind in kinds), initial=0))
        self._last_part = self._last_parts()

    def is_open(self, at: int, *, is_in_item: bool) -> bool:
        """Whether the section that begins with the mark `at`, in an item or outside, was never closed."""
        kind, n = self.kinds[at], len(self.kinds)
        end, first = self._end(at), self._after[_ITEMS][at]
        if end == n or first > end:
            return end == n
        has_ended = self.kinds[first] == _ENDS and self.kinds[self._before[end]] == _BEGINS
        holds_another = self._after[kind][first] < end
        last_end = self._end(self._last_part[end]) if self._goes_on(end) else end
        follows = self._after[_ITEMS][last_end] if last_end < n else n
        # text in front of an item's end is in that item, so this one has to begin before the section
        lacks_begin = not is_in_item and self.kinds[follows : follows + 1] == _ENDS
        is_in_another = lacks_begin and self._depth[last_end] > self._depth[at]
        return has_ended or is_in_another or (holds_another and last_end == end) or self._is_in_tag(at)

    def after_section(self, at: int) -> int:
        """The mark to go on with after the section of the mark `at`: what goes on in others is one text, but for the
        last of them, which may be open."""
        end = self._end(at)
        has_items = self._after[_ITEMS][at] < end
        return self._last_part[end] if has_items and self._goes_on(end) else end + 1

    def _end(self, at: int) -> int:
        return self._after[_CLOSING[self.kinds[at]]][at]

    def _goes_on(self, end: int) -> bool:
        """Whether the text of a section goes on in the next one: "]]>" in it is written "]]]]><![CDATA[>"."""
        is_next = self.kinds[end : end + 2] == "]["
        return is_next and self.found[end].end() == self.found[end + 1].start()

    def _last_parts(self) -> list[int]:
        """For each mark that ends a section which goes on in others, the beginning of the last one of them."""
        parts = [0] * len(self.kinds)
        for at in range(len(parts) - 1, -1, -1):
            if self._goes_on(at):
                end = self._after["]"][at + 1]
                parts[at] = parts[end] if end < len(parts) and self._goes_on(end) else at + 1
        return parts

    def _is_in_tag(self, at: int) -> bool:
        """Whether a section begins inside a tag, where XML has none."""
        since, until = 0, self.found[at].start()
        if at:
            last = self.found[at - 1]
            since = last.start() if self.kinds[at - 1] in _ITEMS else last.end()
        tag = self._text.rfind("<", since, until)
        return tag > self._text.rfind(">", since, until) and not self._text[tag + 1].isspace()


def _kind(mark: re.Match[str]) -> str:
    return _KINDS.get(mark.lastgroup or "", _ENDS if mark[5] else _BEGINS)


def _next_of(kinds: str, wanted: str) -> list[int]:
    """For each mark the next one after it of the kinds `wanted`; the number of marks if there is none."""
    found, following = [0] * len(kinds), len(kinds)
    for at in range(len(kinds) - 1, -1, -1):
        found[at] = following
        following = at if kinds[at] in wanted else following
    return found


def _last_of(kinds: str, wanted: str) -> list[int]:
    """For each mark the last one before it of the kinds `wanted`; −1 if there is none."""
    found, last = [], -1
    for at, kind in enumerate(kinds):
        found.append(last)
        last = at if kind in wanted else last
    return found
