"""The text of a draft as lint rules look at it: lines and paragraphs with their numbers, without code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from output.parse import Draft

_CODE = re.compile(r"(?<![\\`])(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})([^\n]*)")


def without_code(line: str) -> str:
    """The line without its code spans."""
    return _CODE.sub("", line)


def without_fences(source: str) -> str:
    """The source with empty lines instead of its fenced code."""
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


def speech_lines(draft: Draft) -> Iterator[tuple[int, str]]:
    """The lines of the turns with their numbers, without code spans."""
    for number, paragraph in speech_paragraphs(draft):
        for i, line in enumerate(paragraph.split("\n")):
            yield number + i, without_code(line)


def speech_paragraphs(draft: Draft) -> Iterator[tuple[int, str]]:
    """The paragraphs of the turns, without their markers, with the number of their first line."""
    for turn in draft.turns:
        yield from paragraphs_of(without_fences(turn.raw), turn.line)


def paragraphs_of(text: str, line: int) -> Iterator[tuple[int, str]]:
    """The paragraphs of a source that begins in this line, with the number of the first line of each."""
    paragraph: list[str] = []
    for number, content in enumerate(text.split("\n"), start=line):
        if content.strip():
            paragraph.append(content.rstrip("\r"))
        elif paragraph:
            yield number - len(paragraph), "\n".join(paragraph)
            paragraph = []
    if paragraph:
        yield line + text.count("\n") + 1 - len(paragraph), "\n".join(paragraph)
