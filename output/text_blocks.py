"""A draft's blocks as plain text, with the marks that a reader knows: `# Links`, `- one`, `*so*`, `words (address)`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from output.blocks import (
    Block,
    Code,
    CodeBlock,
    Footnote,
    FootnoteMark,
    Heading,
    Html,
    Image,
    Inline,
    Items,
    LineBreak,
    Link,
    Paragraph,
    Quote,
    Rule,
    Styled,
    Table,
    Tag,
    Text,
)
from output.speech import separates

_MARKS = {"em": "*", "strong": "**", "s": "~~"}


def text_of(blocks: Sequence[Block]) -> str:
    """The blocks, with a blank line between each two; a run of paragraphs is one line, as a turn is."""
    texts: list[str] = []
    previous: Block | None = None
    for block in blocks:
        text = _text(block)
        if isinstance(block, Paragraph) and isinstance(previous, Paragraph) and text:
            texts[-1] += f" {text}"
        elif text:
            texts.append(text)
        previous = block if text else previous
    return "\n\n".join(texts)


def _text(block: Block) -> str:
    match block:
        case Paragraph(inlines):
            return _line(inlines)
        case Heading(level, inlines):
            return f"{'#' * level} {_line(inlines)}"
        case Html(_, text):
            return text
        case Rule():
            return "* * *"
        case CodeBlock(text):
            return _indented(text.rstrip("\n"), "    ", "    ")
    return _nested(block)


def _nested(block: Quote | Items | Table | Footnote) -> str:
    match block:
        case Quote(inner):
            return _indented(text_of(inner), "> ", "> ")
        case Items(first, items):
            marks = ["- "] * len(items) if first is None else [f"{first + i}. " for i in range(len(items))]
            return "\n".join(
                _indented(text_of(item), mark, " " * len(mark)) for mark, item in zip(marks, items, strict=True)
            )
        case Table(rows):
            return "\n".join(" | ".join(_line(cell) for cell in row) for row in rows)
        case Footnote(label, inner):
            return f"[{label}] {text_of(inner)}"
    assert_never(block)


def _indented(text: str, first: str, rest: str) -> str:
    lines = text.split("\n")
    return "\n".join(f"{rest if i else first}{line}".rstrip() for i, line in enumerate(lines))


def _line(inlines: Sequence[Inline]) -> str:
    return " ".join("".join(_pieces(inlines)).split())


def _pieces(inlines: Sequence[Inline]) -> Iterator[str]:
    for inline in inlines:
        match inline:
            case Text(text):
                yield text
            case Code(text):
                yield f"`{text}`"
            case Styled(kind, inner):
                yield f"{_MARKS[kind]}{''.join(_pieces(inner))}{_MARKS[kind]}"
            case Link(address, title, inner):
                yield _linked("".join(_pieces(inner)), address, title)
            case Image(address, _, _):
                yield _linked(f"[{inline.caption}]" if inline.caption else "", address, "")
            case LineBreak():
                yield " "
            case FootnoteMark(label):
                yield f"[{label}]"
            case Tag(source):
                yield " " if separates(source) else ""


def _linked(text: str, address: str, title: str) -> str:
    """
    >>> _linked("the plan", "https://a.b", ""), _linked("https://a.b", "https://a.b", "")
    ('the plan (https://a.b)', 'https://a.b')
    """
    more = ", ".join(filter(None, (title, "" if text == address else address)))
    return f"{text} ({more})".strip() if more else text
