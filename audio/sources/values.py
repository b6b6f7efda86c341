"""Text as feeds and pages write it. Pure."""

from __future__ import annotations

import html
import re
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from audio.letters import without_controls

_LONGEST = 1 << 20  # characters of a text in JSON


def plain_text(text: str) -> str:
    """`text` on one line, without HTML tags and entities (feeds put them even into titles), lone surrogates, and
    invisible control characters (of terminals and of text direction)."""
    if "<" in text:
        text = re.sub(r"</?[A-Za-z][^<>]*>", " ", text)
    return without_controls(html.unescape(text).encode("utf-8", "replace").decode())


def json_text(node: Any, key: str) -> str:
    """A text in an object of JSON, also one written as a number; empty for anything else. Lone surrogates, which JSON
    can contain, are replaced.

    >>> json_text({"id": 7}, "id"), json_text({"id": "a\\ud800"}, "id"), json_text([], "id")
    ('7', 'a?', '')
    """
    value = node.get(key) if isinstance(node, dict) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value[:_LONGEST].encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def title_from(address: str) -> str:
    """A title made of an address: its file's name without suffix, else its host.

    >>> title_from("https://x.example/a/Part%201.mp3?x=y"), title_from("https://x.example/")
    ('Part 1', 'x.example')
    """
    parts = urlsplit(address)
    return plain_text(PurePosixPath(unquote(parts.path)).stem) or parts.hostname or "episode"


def name_in(address: str) -> str:
    """A title for a recording of which only the address is known: the name of its file, else the address.

    >>> name_in("https://x.example/a/Part%201.mp3?x=y"), name_in("https://x.example/")
    ('Part 1.mp3', 'https://x.example/')
    """
    return plain_text(unquote(urlsplit(address).path.rpartition("/")[2])) or address
