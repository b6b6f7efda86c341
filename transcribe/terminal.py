"""Untrusted text on a terminal. For the command line only."""

from __future__ import annotations


def for_terminal(text: str) -> str:
    """The text on one line, without control characters that move the cursor or change the text direction.

    Bytes of a file name that are not UTF-8 are printed as their numbers.

    >>> for_terminal("Talk\\x1b[2J"), for_terminal("caf\\udce9.wav")
    ('Talk [2J', 'caf\\\\udce9.wav')
    """
    encodable = text.encode("utf-8", "backslashreplace").decode()
    return "".join(sign if sign.isprintable() else " " for sign in encodable)
