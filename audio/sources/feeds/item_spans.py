"""Where the items of a feed are in its text, by their tags alone: for a feed that is no XML, or hides items.

The law: every item that begins or ends in the text is one, but for those that a CDATA section or a comment has as text,
such as an example of a feed, or an item that was withdrawn. A section that was never closed has none: its closing mark
is another's. It is told by what is between the two: the tag of an item and then the beginning of another section, which
no section has in it; or the end of one item and, last, the beginning of another.
Time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

ITEM = r"(?:[A-Za-z_][\w.-]{0,40}:)?(?:item|entry)(?=[\s>/])"
_MARKS = re.compile(
    rf"(?P<cdata><!\[CDATA\[)|(?P<cdata_end>\]\]>)|(?P<comment><!--)|(?P<comment_end>-->)|<(/?){ITEM}", re.I
)
_REST_OF_TAG = re.compile("[^<>]*>?")  # its ">" may be missing: then up to the next tag
_END_OF_FEED = re.compile(r"</(?:channel|rss|feed|(?:\w+:)?rdf)\s*>", re.IGNORECASE)
_BEGINS, _ENDS = "<", "/"  # an item
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
    marks = list(_MARKS.finditer(text))
    kinds = "".join(map(_kind, marks))
    after = {kind: _next_of(kinds, kind) for kind in ("]", "-", "[", "!", _BEGINS + _ENDS)}
    before = _last_of(kinds, _BEGINS + _ENDS)
    visible, has_open_section, at = [], False, 0
    while at < len(marks):
        kind = kinds[at]
        if kind not in _CLOSING:
            visible += [marks[at]] if kind in (_BEGINS, _ENDS) else []
            at += 1
            continue
        end = after[_CLOSING[kind]][at]
        first = after[_BEGINS + _ENDS][at]
        is_open = end == len(marks)
        if first < end < len(marks):
            goes_on = kinds[end + 1 : end + 2] == kind and marks[end].end() == marks[end + 1].start()
            holds_another = after[kind][first] < end and not goes_on  # "]]>" in a section is "]]]]><![CDATA[>"
            is_open = holds_another or (kinds[first] == _ENDS and kinds[before[end]] == _BEGINS)
        has_open_section |= is_open
        at = at + 1 if is_open else end + 1
    return visible, has_open_section


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
