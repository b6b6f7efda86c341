"""Which words are somebody else's: quoted, reported, or made up for an example. Pure.

"And he goes, hi, I'm Matthew" introduces nobody, and in "if you're Google" nobody is addressed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_REACH = 48  # characters before a clue that are looked at
_LONGEST_QUOTE = 2000  # characters; a mark that is never closed quotes nothing
_MARKS = re.compile(r"[\"“”]")
_SAYING = (
    r"(?:says?|said|saying|goes|going|go|like|thinks?|thought|thinking|ask(?:s|ed)?|asking|called|calls?|named|"
    r"(?:tells|told|telling|asks|asked) \w+|(?:tell|ask) (?:you|him|her|them|people|everybody|everyone)|"
    r"(?:was|were|is|are|be|being|am|'m|’m|'re|’re|'s|’s) (?:all )?like|the name|a guy|somebody|someone|whatever)"
)
_INTERJECTION = (
    r"(?:(?:hey|hi|hello|oh|well|okay|ok|yeah|yes|no|so|look|listen|and|but|now|dear|thank you|thanks)\b[,!.]?\s*)"
)
_REPORTED = re.compile(rf"\b{_SAYING}[,:—–-]*\s+(?:that\s+)?{_INTERJECTION}{{0,3}}$", re.IGNORECASE)
_TO_THE_LISTENER = re.compile(
    r"\b(?:(?:have|has|had|got|gotta|want|wanted|like|love|going|supposed|let me|just) (?:to "
    r")?(?:say|ask(?: you)?|tell you)|"
    r"(?:must|can|could|would|will|might|'d|’d|'ll|’ll|let me|let's|let’s) (?:just |also |only "
    r")?(?:say|ask(?: you)?|tell you)|"
    r"what (?:do|did|would) you (?:think|say)|I think|I thought|I guess|you know)[,:—–-]*\s+"
    rf"{_INTERJECTION}{{0,3}}$",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"\b(?:if|when|whether|unless|suppose|supposing|imagine|imagining|pretend|pretending|"
    r"assume|assuming|because|cause|"
    r"until|let's say|let’s say|say|as though|like|where|that|since|once|think|thinks|thinking|thought|know|knows)"
    r"[,:]?\s+(?:okay[,:]? |well[,:]? |oh[,:]? |hey[,:]? |hi[,:]? )?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quotes:
    """Where quotation marks enclose a text: starts and ends, in order."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Quotes:
        """The quotes of a text, in linear time."""
        starts, ends = [], []
        opened: int | None = None
        for mark in _MARKS.finditer(text):
            if opened is None or mark[0] == "“":
                opened = mark.start()
            else:
                if mark.start() - opened <= _LONGEST_QUOTE:
                    starts.append(opened)
                    ends.append(mark.start())
                opened = None
        return cls(tuple(starts), tuple(ends))

    def enclose(self, offset: int) -> bool:
        """Whether the character at `offset` is within quotation marks."""
        before = bisect_right(self.starts, offset) - 1
        return before >= 0 and offset < self.ends[before]


def is_reported(text: str, offset: int, quotes: Quotes) -> bool:
    """Whether the words from `offset` on are quoted, or follow a verb of saying: "he said, hi …".

    >>> text = "And she goes, hey, Ada"
    >>> is_reported(text, text.index("hey"), Quotes.of(text))
    True
    """
    if quotes.enclose(offset):
        return True
    before = text[max(0, offset - _REACH) : offset]
    return _REPORTED.search(before) is not None and _TO_THE_LISTENER.search(before) is None


def is_supposed(text: str, offset: int) -> bool:
    """Whether the clause from `offset` on is only supposed: "if you're …", "imagine I'm …"."""
    return _SUPPOSED.search(text[max(0, offset - _REACH) : offset]) is not None
