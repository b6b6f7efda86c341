"""A draft's Markdown as a tree of frozen values (`output.block_reader` reads it).

What each value becomes in a document, and whether it is spoken, is decided by the walks over the tree: `output.speech`,
`output.left_out`, and those of each format. A new kind of value fails in each of them until it has a place there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Text:
    """Letters to read."""

    text: str


@dataclass(frozen=True, slots=True)
class Styled:
    """Emphasised, strong or struck text."""

    kind: Literal["em", "strong", "s"]
    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A code span."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to an address."""

    address: str
    title: str
    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: its address, and the words in its place."""

    address: str
    title: str
    text: str

    @property
    def caption(self) -> str:
        """The words that stand for the picture in a text."""
        return " - ".join(filter(None, (self.text, self.title)))


@dataclass(frozen=True, slots=True)
class LineBreak:
    """The end of a line, which is displayed if it is `hard`."""

    hard: bool


@dataclass(frozen=True, slots=True)
class FootnoteMark:
    """The place to which a footnote belongs."""

    label: str


@dataclass(frozen=True, slots=True)
class Tag:
    """An HTML tag or comment within a line."""

    source: str


Inline = Text | Styled | Code | Link | Image | LineBreak | FootnoteMark | Tag


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of text."""

    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, of level 1 to 6."""

    level: int
    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A block quote."""

    inner: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list; `first` is the number of the first item, None if they are not numbered."""

    first: int | None
    items: tuple[tuple[Block, ...], ...]

    @property
    def inner(self) -> tuple[Block, ...]:
        """The blocks of all items."""
        return tuple(block for item in self.items for block in item)


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Lines of code: `fenced`, or else indented."""

    text: str
    fenced: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; the first row is the heading."""

    rows: tuple[tuple[tuple[Inline, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line."""


@dataclass(frozen=True, slots=True)
class Html:
    """A block of HTML: its source, and the text in it that is displayed."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Footnote:
    """The text of a footnote."""

    label: str
    inner: tuple[Block, ...]


Block = Paragraph | Heading | Quote | Items | CodeBlock | Table | Rule | Html | Footnote


def plain_text(inlines: Sequence[Inline]) -> str:
    """The letters of inline values, without tags; those of a picture are its words."""
    parts = []
    for inline in inlines:
        match inline:
            case Text(text) | Code(text) | Image(_, _, text):
                parts.append(text)
            case Styled(_, inner) | Link(_, _, inner):
                parts.append(plain_text(inner))
            case LineBreak():
                parts.append(" ")
            case FootnoteMark() | Tag():
                pass
    return "".join(parts)


def inner_blocks(block: Block) -> tuple[Block, ...]:
    """The blocks in a block: of a quote, of a list's items, of a footnote."""
    return block.inner if isinstance(block, Quote | Items | Footnote) else ()


def inlines_in(block: Block) -> Iterator[tuple[Inline, bool]]:
    """The inline values of a block itself, outer before inner, and whether each is in a link."""
    match block:
        case Paragraph(inlines) | Heading(_, inlines):
            yield from _with_inner(inlines, in_link=False)
        case Table(rows):
            for row in rows:
                for cell in row:
                    yield from _with_inner(cell, in_link=False)


def _with_inner(inlines: Sequence[Inline], *, in_link: bool) -> Iterator[tuple[Inline, bool]]:
    for inline in inlines:
        yield inline, in_link
        if isinstance(inline, Styled | Link):
            yield from _with_inner(inline.inlines, in_link=in_link or isinstance(inline, Link))
