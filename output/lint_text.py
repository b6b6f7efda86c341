"""The text of a draft as lint rules look at it: lines and paragraphs with their numbers, without code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from output.parse import Draft

_CODE = re.compile(r"(?<![\\`])(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_PARAGRAPH = re.compile(r"^(?:[^\S\n]*+\S[^\n]*(?:\n|\Z))++", re.MULTILINE)
_LINE_END = re.compile(r"\r+\n")
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})([^\n]*)")


def without_code(line: str, *, instead: str = "") -> str:
    """The line without its code spans, or with something in the place of each."""
    return _CODE.sub(instead, line) if "`" in line else line


def without_fences(source: str) -> str:
    """The source with empty lines instead of its fenced code."""
    if "```" not in source and "~~~" not in source:
        return source
    lines, fence = source.split("\n"), ""
    for i, line in enumerate(lines):
        match = _FENCE.match(line)
        if fence:
            closes = match is not None and match[1].startswith(fence) and not match[2].strip()
            fence = "" if closes else fence
            lines[i] = ""
        elif match is not None and "`" not in match[2]:
            fence = match[1]
            lines[i] = ""
    return "\n".join(lines)


@lru_cache(maxsize=1)  # for one rule after the other
def speech_lines(draft: Draft) -> tuple[tuple[int, str], ...]:
    """The lines of the turns with their numbers, without code spans."""
    return tuple(
        (number + i, without_code(line))
        for number, paragraph in speech_paragraphs(draft)
        for i, line in enumerate(paragraph.split("\n"))
    )


@lru_cache(maxsize=1)
def speech_paragraphs(draft: Draft) -> tuple[tuple[int, str], ...]:
    """The paragraphs of the turns, without their markers, with the number of their first line."""
    return tuple(part for turn in draft.turns for part in paragraphs_of(without_fences(turn.raw), turn.line))


def paragraphs_of(text: str, line: int) -> Iterator[tuple[int, str]]:
    """The paragraphs of a source that begins in this line, with the number of the first line of each."""
    position = 0
    for match in _PARAGRAPH.finditer(text):
        line += text.count("\n", position, match.start())
        position = match.start()
        yield line, _LINE_END.sub("\n", match[0]).rstrip("\r\n")
