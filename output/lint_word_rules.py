"""The lint rules of slips of the hand in what is said: bold that is never closed, a word typed twice, a blank too many.

What can be meant is no finding: `that that`, `on on-call`, `2**3`, the blanks of French before `?`. A word twice is one
only if the rule is selected: who writes down what is said keeps a speaker's `the the`, as a run does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from output.broken_markers import broken_markers
from output.lint_registry import rule
from output.lint_text import speech_paragraphs, without_code
from output.parse import Draft

_CODE = "\ufffc"  # of lines that stay as many

# Words that no sentence has twice in a row. `looking at at the moment`, `talk to to get it`, `think of of course`,
# `what they are are friends`, `her her coat` are sentences.
_NEVER_TWICE = frozenset("a an the and or but your our their".split())
_TWICE = re.compile(r"(?<![\w'’*./-])([^\W\d_][\w'’]*+)[ \t\n]++(\1)(?![\w'’*/-]|\.\w)", re.IGNORECASE)
_STARS = re.compile(r"(?<![\\*])\*\*(?!\*)")
_OPENS = re.compile(r"(?:^|[\s\"“‘(\[])\*\*[^\W_]")
_CLOSES = re.compile(r"[\w.,;:?!…\"”’)\]]\*\*(?:$|[\s.,;:?!\"”’)\]-])")
_BLANK = re.compile(r"(?<=[^\W\d_])[*_\"”’')\]]{0,3}[ \t]++([,?!;:]|\.(?!\.))(?=\s|$)")
_FRENCH = re.compile(r"(?P<blank>[ \t\xa0\u202f]|&nbsp;)?(?<![?!;:])[?!;:](?=\s|$)")


@lru_cache(maxsize=1)  # for one rule after the other
def _texts(draft: Draft) -> tuple[tuple[int, str], ...]:
    """The paragraphs of the turns, with a sign for each span of code, and the number of their first line."""
    return tuple((number, without_code(text, instead=_CODE)) for number, text in speech_paragraphs(draft))


@rule("W1", "bold that is never closed, or never opened")
def _unclosed_bold(draft: Draft) -> Iterator[tuple[int, str]]:
    labels = {line for line, _ in broken_markers(draft)}
    for number, text in _texts(draft):
        if number in labels or "***" in text or (at := _unpaired(text)) < 0:
            continue
        shown = text[at : at + 30] if _OPENS.match(text, max(at - 1, 0)) else text[max(at - 28, 0) : at + 2]
        told = f"{' '.join(shown.split())!r} has ** without its other half; write both, or \\*\\*"
        yield number + text.count("\n", 0, at), told


def _unpaired(text: str) -> int:
    """Where the first ** is that opens or closes bold and has no other half; -1 if there is none."""
    opened = -1
    for match in _STARS.finditer(text):
        at = match.start()
        if opened >= 0 and text[at - 1].strip():
            opened = -1
        elif opened < 0 and text[at + 2 : at + 3].strip():
            opened = at
        elif _CLOSES.match(text, max(at - 1, 0)):
            return at
    begins = max(opened - 1, 0)
    return opened if opened >= 0 and (_OPENS.match(text, begins) or _CLOSES.match(text, begins)) else -1


@rule("W2", "a small word typed twice (only if selected)", is_default=False)
def _word_twice(draft: Draft) -> Iterator[tuple[int, str]]:
    for line, match in _found(_TWICE, draft):
        one, two = match[1], match[2]
        if (
            two in _NEVER_TWICE and one in (two, two.capitalize()) and one != "A"
        ):  # "called the The C", "got an A a year"
            yield line, f"{one} {two}: a word typed twice; delete one"


@rule("W3", "a blank before a punctuation mark")
def _blank_before_mark(draft: Draft) -> Iterator[tuple[int, str]]:
    marks = [match for _, match in _found(_FRENCH, draft)]
    is_french = 2 * sum(match["blank"] is not None for match in marks) > len(marks) > 1
    for line, match in _found(_BLANK, draft):
        if not (is_french and match[1] in "?!;:"):
            yield line, f"a blank before {match[1]!r}; delete it"


def _found(pattern: re.Pattern[str], draft: Draft) -> Iterator[tuple[int, re.Match[str]]]:
    """The places of a pattern in what is said, with the line of each."""
    for number, text in _texts(draft):
        line, position = number, 0
        for match in pattern.finditer(text):
            line += text.count("\n", position, match.end())
            position = match.end()
            yield line, match
