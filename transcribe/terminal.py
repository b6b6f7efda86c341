"""Untrusted text on a terminal and in the log of a CI service: no other code writes these formats.

GitHub's runner takes lines of a log for commands (https://docs.github.com/actions/reference/workflow-commands-for-github-
actions). It ends a command at the line's end, its properties at `::`, splits them at `,` and the first `=`, and then
decodes `%0D`, `%0A`, `%3A`, `%2C` and `%25`.
"""

from __future__ import annotations

import json
import os
import re
import textwrap
from collections.abc import Sequence
from typing import Any

# CI services read commands from the lines of a log: `::name …::` at a line's start, `##[name …]`, `##vso[…]` anywhere.
_LEAST_NAME = 12  # characters of a table's first column that stay
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


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table's rows as printable lines, the columns as wide as their widest cell.

    >>> aligned([("model", "size"), ("tiny", "78 MB")])
    ['model  size', 'tiny   78 MB']
    """
    cells = [[for_terminal(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def aligned_within(rows: Sequence[Sequence[str]], width: int, *, kept: int) -> list[str]:
    """`aligned` in lines of at most `width`, as far as a column fits: with several tables under one another, each with
    the first `kept` columns, of which the first is shortened if need be.

    >>> aligned_within([("clip", "a", "b"), ("garden", "1", "2")], 9, kept=1)
    ['clip    a', 'garden  1', '', 'clip    b', 'garden  2']
    """
    cells = [[for_terminal(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rest = sum(widths[1:kept]) + 2 * kept
    widths[0] = min(widths[0], max(width - rest - max(widths[kept:], default=0), _LEAST_NAME))
    names = [name if len(name) <= widths[0] else f"{name[: widths[0] - 1]}…" for name, *_ in cells]
    tables: list[list[int]] = []
    left = 0
    for column in range(kept, len(widths)):
        if not tables or left < widths[column] + 2:
            tables.append([])
            left = width - widths[0] - rest + 2
        tables[-1].append(column)
        left -= widths[column] + 2
    shown = (
        [[name, *row[1:kept], *(row[at] for at in table)] for name, row in zip(names, cells, strict=True)]
        for table in tables or [[]]
    )
    return [line for number, part in enumerate(shown) for line in ([""] if number else []) + aligned(part)]


def wrapped(line: str, width: int, *, indent: str) -> list[str]:
    """A printable line in lines of at most `width`, but for words that are longer; those after the first are indented.

    >>> wrapped("a long line of words", 10, indent="  ")
    ['a long', '  line of', '  words']
    """
    lines = textwrap.wrap(
        for_terminal(line), width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return [*map(for_terminal, lines)] or [""]


def on_github() -> bool:
    """Whether this process is a step of a GitHub workflow."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotation(level: str, body: str, *, title: str, file: str = "", line: int | None = None) -> str:
    """A command for GitHub's runner to show `body`, of any text. `level` is `error`, `warning` or `notice`.

    The title and each line of the body are printable. A file name with control characters cannot be written exactly, so
    it is left out, and the annotation belongs to the whole run.

    >>> annotation("error", "2,5 % is over 1 %\\na: b", title="a: b", file="a,b.md", line=3)
    '::error file=a%2Cb.md,line=3,title=a%3A b::2,5 %25 is over 1 %25%0Aa: b'
    """
    place = [f"file={_property(file)}"] if file and file.isprintable() else []
    if place and line is not None:
        place.append(f"line={line}")
    properties = ",".join([*place, f"title={_property(printable(title))}"])
    return f"::{level} {properties}::" + _data("\n".join(map(printable, body.split("\n"))))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def json_for_terminal(data: Any, *, indent: int | None = 2) -> str:
    """A value as JSON with an escape for every character that is not printable: the same data, safe in a log.

    >>> print(json_for_terminal(["Talk" + chr(0x9B) + "2J", "é" + chr(0x202E), "##[a"], indent=None))
    ["Talk\\u009b2J", "é\\u202e", "#\\u0023[a"]
    """
    text = json.dumps(data, ensure_ascii=False, indent=indent).replace("##", "#\\u0023")
    return re.sub(r"[^\n -~]", lambda sign: sign[0] if sign[0].isprintable() else json.dumps(sign[0])[1:-1], text)
