"""A draft's blocks in a Word document: headings, lists, quotes, tables, real hyperlinks, styled text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, assert_never

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
    plain_text,
)
from output.speech import separates
from transcribe.scripts import is_right_to_left

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BLUE = (0x05, 0x63, 0xC1)
_MONOSPACED = "Courier New"
_DEEPEST_LIST = 3  # levels of bullets in the library's template

Opener = Callable[[Any], None]
"""Writes what comes before a paragraph's text, such as a label."""


def printable(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NO_XML.sub("", text)


def add_blocks(document: Any, blocks: Sequence[Block], opener: Opener | None = None) -> None:
    """Add the blocks to the document, or to a cell of it. `opener` writes into the first paragraph, or its own."""
    if opener is not None and not (blocks and isinstance(blocks[0], Paragraph)):
        opener(document.add_paragraph())
        opener = None
    writer = _Writer(document)
    for block in blocks:
        writer.add(block, opener)
        opener = None


def run_to_the_left(paragraph: Any) -> None:
    """Make it a paragraph of a script written from right to left; numbers and Latin words in it stay as they are."""
    oxml: Any = import_module("docx.oxml")
    paragraph.paragraph_format.element.get_or_add_pPr().append(oxml.OxmlElement("w:bidi"))
    for run in (*paragraph.runs, *(run for link in paragraph.hyperlinks for run in link.runs)):
        run.font.rtl, run.font.cs_bold = True, run.bold


def _add_line(paragraph: Any, inlines: Sequence[Inline]) -> None:
    _Line(paragraph).add(inlines)
    if is_right_to_left(plain_text(inlines)):
        run_to_the_left(paragraph)


class _Writer:
    """Adds blocks at a depth of lists and quotes; `mark` stands before the next paragraph."""

    def __init__(self, document: Any, *, lists: int = 0, quotes: int = 0) -> None:
        self._document, self._lists, self._quotes = document, lists, quotes
        self._mark: str | None = None  # of the item that begins; empty: a bullet

    def add(self, block: Block, opener: Opener | None = None) -> None:
        """Add one block."""
        match block:
            case Paragraph(inlines):
                paragraph = self._paragraph()
                if opener is not None:
                    opener(paragraph)
                _add_line(paragraph, inlines)
            case Heading(level, inlines):
                _add_line(self._document.add_heading("", level=level), inlines)
            case Html(_, text):
                if text:
                    self._paragraph().add_run(printable(text))
            case Rule():
                self._paragraph().add_run("* * *")
            case CodeBlock(text):
                self._paragraph().add_run(printable(text.rstrip("\n"))).font.name = _MONOSPACED
            case _:
                self._add_nested(block)

    def _add_nested(self, block: Quote | Items | Table | Footnote) -> None:
        match block:
            case Quote(inner):
                self._within(inner, quotes=1)
            case Items(first, items):
                for number, item in enumerate(items, start=first or 0):
                    self._within(item, lists=1, mark="" if first is None else f"{number}.")
            case Table(rows):
                self._add_table(rows)
            case Footnote(label, inner):
                paragraph = self._paragraph()
                paragraph.add_run(printable(f"[{label}]")).font.superscript = True
                if inner and isinstance(inner[0], Paragraph):
                    paragraph.add_run(" ")
                    _add_line(paragraph, inner[0].inlines)
                    inner = inner[1:]
                self._within(inner, quotes=1)
            case _:
                assert_never(block)

    def _within(self, blocks: Sequence[Block], *, lists: int = 0, quotes: int = 0, mark: str | None = None) -> None:
        writer = _Writer(self._document, lists=self._lists + lists, quotes=self._quotes + quotes)
        writer._mark = mark
        if mark is not None and not (blocks and isinstance(blocks[0], Paragraph)):
            writer._paragraph()
        for block in blocks:
            writer.add(block)

    def _paragraph(self) -> Any:
        shared: Any = import_module("docx.shared")
        mark, self._mark = self._mark, None
        level = min(self._lists, _DEEPEST_LIST)
        name = "Quote" if self._quotes else None
        if mark == "":
            name = "List Bullet" if level == 1 else f"List Bullet {level}"
        paragraph = self._document.add_paragraph(style=name)
        if mark != "" and (depth := self._lists + self._quotes):
            paragraph.paragraph_format.left_indent = shared.Inches(0.25 * depth)
        if mark:
            paragraph.add_run(f"{mark} ")
        return paragraph

    def _add_table(self, rows: Sequence[Sequence[Sequence[Inline]]]) -> None:
        table = self._document.add_table(len(rows), max(map(len, rows)), style="Table Grid")
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, inlines in zip(row.cells, cells, strict=False):
                _add_line(cell.paragraphs[0], inlines)


class _Line:
    """Adds text to a paragraph, in the styles in force."""

    def __init__(self, paragraph: Any) -> None:
        self._paragraph = paragraph
        self._styles: list[str] = []

    def add(self, inlines: Sequence[Inline]) -> None:
        """Add the text of inline values."""
        for inline in inlines:
            match inline:
                case Text(text):
                    self._run(text)
                case Code(text):
                    self._run(text, "code")
                case Styled(kind, inner):
                    self._styled(kind, inner)
                case Link(address, title, inner):
                    self._linked(address, title, inner)
                case Image(address, title, _):
                    self._linked(address, title, (Styled("em", (Text(inline.caption or address),)),))
                case _:
                    self._add_mark(inline)

    def _add_mark(self, inline: LineBreak | FootnoteMark | Tag) -> None:
        match inline:
            case LineBreak(hard):
                if hard:
                    self._run("").add_break()
                else:
                    self._run(" ")
            case FootnoteMark(label):
                self._run(f"[{label}]", "superscript")
            case Tag(source):
                if separates(source):
                    self._run(" ")
            case _:
                assert_never(inline)

    def _styled(self, kind: str, inlines: Sequence[Inline]) -> None:
        self._styles.append(kind)
        self.add(inlines)
        self._styles.pop()

    def _run(self, text: str, *more: str) -> Any:
        run = self._paragraph.add_run(printable(text))
        for style in (*self._styles, *more):
            match style:
                case "em":
                    run.italic = True
                case "strong":
                    run.bold = True
                case "s":
                    run.font.strike = True
                case "superscript":
                    run.font.superscript = True
                case "code":
                    run.font.name = _MONOSPACED
                case "link":
                    run.font.underline, run.font.color.rgb = True, import_module("docx.shared").RGBColor(*_BLUE)
        return run

    def _linked(self, address: str, title: str, inlines: Sequence[Inline]) -> None:
        """Add the inlines as a hyperlink; without an address, as text."""
        is_inside = "link" in self._styles
        before = len(self._paragraph._p)
        self._styled("link" if address else "", inlines)
        runs = list(self._paragraph._p)[before:]
        if is_inside or not (address and runs):
            return
        oxml, qualified = import_module("docx.oxml"), import_module("docx.oxml.ns").qn
        kind = import_module("docx.opc.constants").RELATIONSHIP_TYPE.HYPERLINK
        hyperlink = oxml.OxmlElement("w:hyperlink")
        hyperlink.set(qualified("r:id"), self._paragraph.part.relate_to(printable(address), kind, is_external=True))
        if title:
            hyperlink.set(qualified("w:tooltip"), printable(title))
        self._paragraph._p.append(hyperlink)
        for run in runs:
            hyperlink.append(run)
