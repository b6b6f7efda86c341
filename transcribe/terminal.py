"""Words of others on a terminal. For the command line only."""

from __future__ import annotations


def for_terminal(text: str) -> str:
    """The text on one line, without what would move a terminal's cursor or turn its text round.

    Bytes of a file's name that are no UTF-8 are shown by their numbers.

    >>> for_terminal("Talk\\x1b[2J"), for_terminal("caf\\udce9.wav")
    ('Talk [2J', 'caf\\\\udce9.wav')
    """
    whole = text.encode("utf-8", "backslashreplace").decode()
    return "".join(sign if sign.isprintable() else " " for sign in whole)
