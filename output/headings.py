"""Where the speech of a turn ends: at a heading, or at a part of the show notes that is a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from output.block_reader import PLACE, tokens_of
from output.marker_evidence import is_event, is_section

if TYPE_CHECKING:
    from markdown_it.token import Token

_LINE_END = re.compile(r"\r\n?|\n")
_MAY_BE_HEADING = re.compile(
    r"[\r\n] {0,3}(?:#{1,6}(?!\S)|(?:=+|-+)[ \t]*(?:[\r\n]|\Z)|<[hH][1-6]"
    r"|(?:\*\*|__)[^*\n]{1,60}(?:\*\*|__)[:：]?[ \t]*[\r\n])"
)
_SECTION = re.compile(r"(\*\*|__)(?P<label>[^*\n]{1,60}?)[:：]?\1[:：]?")
_HTML_HEADING = re.compile(r"\s*<h[1-6]\b", re.IGNORECASE)


def first_heading(raw: str) -> int | None:
    """Where the first heading of a turn's source begins, of Markdown or of HTML: there its speech ends.

    The name of a part of the show notes above its list is one: `**Picks:**`.

    A turn's own first line is none: it begins with the label.

    >>> first_heading("Yes.\\n\\n## Links\\n")
    6
    """
    if not _MAY_BE_HEADING.search(raw):
        return None
    lines = [0, *(match.end() for match in _LINE_END.finditer(raw))]
    tokens = [token for token in tokens_of(f"{PLACE} {raw}") if not token.level or token.type == "inline"]
    for index, token in enumerate(tokens):
        if not token.map or not lines[token.map[0]] or token.level:
            continue
        is_heading = token.type == "heading_open" or (token.type == "html_block" and _HTML_HEADING.match(token.content))
        if is_heading or (token.type == "paragraph_open" and _is_section(tokens[index + 1 : index + 4])):
            return lines[token.map[0]]
    return None


def _is_section(tokens: Sequence[Token]) -> bool:
    """Whether a paragraph is the name of a part of the show notes, and a list follows; given from its text on."""
    match = _SECTION.fullmatch(tokens[0].content.strip())
    if match is None or not tokens[2:] or tokens[2].type not in ("bullet_list_open", "ordered_list_open"):
        return False
    return is_event(match["label"]) or is_section(match["label"])
