"""Untrusted text on a terminal and in the log of a CI service. For the command line only."""

from __future__ import annotations

import re

# CI services read commands from the lines of a log: `::name …::` at a line's start, `##[name …]`, `##vso[…]` anywhere.
_COMMAND = re.compile(r"^\s*::(?=[A-Za-z])|#(?=#\w*\[)")


def printable(text: str) -> str:
    """The text on one line, without control characters that move the cursor or change the text direction.

    Bytes of a file name that are not UTF-8 are printed as their numbers.

    >>> printable("Talk\\x1b[2J"), printable("caf\\udce9.wav")
    ('Talk [2J', 'caf\\\\udce9.wav')
    """
    encodable = text.encode("utf-8", "backslashreplace").decode()
    return "".join(sign if sign.isprintable() else " " for sign in encodable)


def for_terminal(text: str) -> str:
    """A printable line that no CI service takes for a command: a backslash is in front of what would be one.

    >>> for_terminal("::add-mask::a"), for_terminal("a ##[set-output name=b]c"), for_terminal("a::b")
    ('\\\\::add-mask::a', 'a #\\\\#[set-output name=b]c', 'a::b')
    """
    return _COMMAND.sub(lambda found: f"{found[0]}\\" if found[0] == "#" else f"\\{found[0].lstrip()}", printable(text))
