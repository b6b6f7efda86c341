"""Marks that git leaves in a draft where two edits of the same lines met: such a draft has no one text yet."""

from __future__ import annotations

import re

from output.errors import OutputError

_SIDE = re.compile(r"(?:<{7}|>{7}|\|{7})(?: .*)?\r?")
_MIDDLE = re.compile(r"={7}\r?")
_SIGNS = ("<" * 7, ">" * 7, "|" * 7, "=" * 7)  # one of them is in every mark
_LONGEST_HEADING = 40  # characters of a line that `=======` may underline


def conflict_line(source: str) -> int | None:
    """The line (from 1) of the first mark of a conflict; None if there is none.

    `=======` alone is one, unless it underlines a heading of one short line.

    >>> conflict_line("a\\n<<<<<<< HEAD\\nb\\n=======\\nc\\n>>>>>>> main\\n"), conflict_line("Links\\n=======\\n")
    (2, None)
    """
    if not any(signs in source for signs in _SIGNS):
        return None
    before, above = "", ""
    for number, line in enumerate(source.split("\n"), start=1):
        is_heading = above.strip() and not before.strip() and len(above.strip()) <= _LONGEST_HEADING
        if _SIDE.fullmatch(line) or (_MIDDLE.fullmatch(line) and not is_heading):
            return number
        before, above = above, line
    return None


def check_resolved(source: str, path: object) -> None:
    """Raise `OutputError`, which names the line, if the source of the file `path` has a conflict of git."""
    line = conflict_line(source)
    if line is not None:
        mark = source.split("\n")[line - 1].strip()
        raise OutputError(
            f"{path}:{line}: an edit that git could not merge ({mark:.40}); keep one of the two texts, delete the "
            "lines <<<<<<<, ======= and >>>>>>>, and run the command again"
        )
