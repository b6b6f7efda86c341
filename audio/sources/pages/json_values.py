"""JSON as pages have it, and what in it may be a recording. Pure.

Every step is linear in the text: what fails to parse is not tried again from the same place.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

_MARKS = re.compile(r"<!\[CDATA\[|\]\]>|<!--|-->")
_TOKENS = re.compile(  # a string, a comment, or a comma before a closing bracket
    r"""("(?:[^"\\]|\\.)*(?:"|\Z))|//[^\n]*|/\*(?:.*?\*/|.*\Z)|,(?=\s*[}\]])""", re.DOTALL
)
_ASSIGNED = re.compile(r"[=(,]\s*(?=[{\[])")
_ESCAPES = re.compile(r"\\(?:u(00[2-7][0-9a-fA-F])|x([2-7][0-9a-fA-F])|([/\"'&]))")
_AMPERSAND = re.compile(r"&(?:amp|#0*38|#x0*26);", re.IGNORECASE)
_MAX_VALUES = 200  # in one script


def json_in(text: str) -> list[Any]:
    """The JSON values in a block of data: also in CDATA or comments, with comments, trailing commas, control characters
    and character references, several in a row, and each without what follows its first error.

    >>> json_in('//<![CDATA[\\n{"a": 1,}\\n//]]>'), json_in('{"a": 1} {"b": 2}')
    ([{'a': 1}], [{'a': 1}, {'b': 2}])
    """
    for attempt in (text, _plain(text), _plain(html.unescape(text)) if "&quot;" in text else ""):
        values = _values(attempt)
        if values:
            return values
    return []


def json_assigned(script: str) -> Iterator[Any]:
    """The objects and lists that a script assigns or passes on: `window.state = {…}`, `start({…})`."""
    at = 0
    for _ in range(_MAX_VALUES):
        match = _ASSIGNED.search(script, at)
        if match is None:
            return
        value, at = _decoded(script, match.end())
        if value is not None:
            yield value


def unescaped(text: str) -> str:
    """A script's text without the escapes in addresses: `\\\\/`, `\\\\u002F`, `\\\\x2F`, `\\\\"`, also twice."""
    for _ in range(3):
        if "\\" not in text:
            break
        text = _ESCAPES.sub(_character, text)
    return without_references(text)


def _character(match: re.Match[str]) -> str:
    return match[3] or chr(int(match[1] or match[2], 16))


def without_references(address: str) -> str:
    """An address with plain ampersands: no address in data means `&amp;`."""
    for _ in range(3):
        if "&" not in address:
            break
        address = _AMPERSAND.sub("&", address)
    return address


def _plain(text: str) -> str:
    return _TOKENS.sub(lambda match: match[1] or "", _MARKS.sub(" ", text.replace("\ufeff", "")))


def _values(text: str) -> list[Any]:
    found: list[Any] = []
    at = 0
    while len(found) < _MAX_VALUES:
        opening = re.compile(r"[{\[]").search(text, at)
        if opening is None or (not found and text[: opening.start()].strip(" \t\r\n;")):
            break
        value, at = _decoded(text, opening.start())
        if value is None:
            break
        found.append(value)
    return found


def _decoded(text: str, at: int) -> tuple[Any, int]:
    """The value at `at` and where it ends; None and where it broke."""
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as exc:
        return None, max(exc.pos, at + 1)
    except (RecursionError, ValueError):  # nested too deeply, a number of too many digits
        return None, len(text)


_DECODER = json.JSONDecoder(strict=False)
