"""A draft's blocks as HTML, each spoken word with its time. Nothing of the draft's own HTML but its text gets there."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, assert_never

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
from output.speech import is_event_paragraph, separates
from transcribe.scripts import is_right_to_left

if TYPE_CHECKING:
    from transcribe.transcript import Word

_TELLING = 4  # letters that stand for one place
_NEAR = 200  # letters that may lie between a word of the text and its place among the timed words


class TimedText:
    """The timed words of a turn as one row of letters, which the text of the turn is found in from left to right."""

    def __init__(self, words: Sequence[Word]) -> None:
        self._letters = ""
        self._words: list[Word] = []  # of each letter
        self._position = 0
        parts = []
        for word in words:
            parts.append(_letters(word.text))
            self._words += [word] * len(parts[-1])
        self._letters = "".join(parts)

    def html(self, text: str) -> str:
        """The text as HTML; letters of a timed word are in a `b` with its time."""
        parts: list[str] = []
        for token in _tokens(text):
            key = _letters(token)
            found = self._find(key)
            if found is None:
                parts.append(escape(token, quote=False))
                continue
            self._position = found + len(key)
            parts += self._timed(token, found)
        return "".join(parts)

    def _find(self, key: str) -> int | None:
        """Where these letters are: at the position, or, if they are enough to be told from others, near it."""
        if key and self._letters.startswith(key, self._position):
            return self._position
        end = self._position + len(key) + _NEAR
        found = self._letters.find(key, self._position, end) if len(key) >= _TELLING else -1
        return None if found < 0 else found

    def _timed(self, token: str, position: int) -> Iterator[str]:
        """The token in runs of one word each; a sign that is no letter belongs to the word before it."""
        run, word = "", self._words[position]
        for sign in token:
            letters = len(_letters(sign))
            if letters and self._words[position] is not word and run:
                yield _clickable(run, word)
                run, word = "", self._words[position]
            run += sign
            position = min(position + letters, len(self._words) - 1)
        yield _clickable(run, word)


def html_of(blocks: Sequence[Block], words: Sequence[Word] = ()) -> str:
    """The blocks, one element each; `words` are the timed words that are spoken in them."""
    return _all(blocks, TimedText(words))


def _all(blocks: Sequence[Block], timed: TimedText) -> str:
    return "".join(_block(block, timed) for block in blocks)


_SILENT = TimedText(())


def _block(block: Block, timed: TimedText) -> str:
    match block:
        case Paragraph(inlines):
            line = _line(inlines, _SILENT if is_event_paragraph(block) else timed)
            return f"<p{direction(plain_text(inlines))}>{line}</p>\n"
        case Heading(level, inlines):
            level = min(max(level, 2) + 1, 6)  # below the title and the names
            return f"<h{level}{direction(plain_text(inlines))}>{_line(inlines, _SILENT)}</h{level}>\n"
        case Html(_, text):
            return f"<p{direction(text)}>{timed.html(text)}</p>\n" if text else ""
        case Rule():
            return "<hr>\n"
        case CodeBlock(text, fenced):
            code = escape(text, quote=False) if fenced else timed.html(text)
            return f"<pre><code>{code}</code></pre>\n"
    return _nested(block, timed)


def _nested(block: Quote | Items | Table | Footnote, timed: TimedText) -> str:
    match block:
        case Quote(inner):
            return f"<blockquote>\n{_all(inner, timed)}</blockquote>\n"
        case Items(first, items):
            name, start = ("ul", "") if first is None else ("ol", f' start="{first}"')
            rows = "".join(f"<li>{_all(item, timed)}</li>\n" for item in items)
            return f"<{name}{start}>\n{rows}</{name}>\n"
        case Table(rows):
            cells = ("".join(f"<td>{_line(cell, _SILENT)}</td>" for cell in row) for row in rows)
            return f"<table>\n{''.join(f'<tr>{row}</tr>{chr(10)}' for row in cells)}</table>\n"
        case Footnote(label, inner):
            return f"<aside><sup>[{escape(label)}]</sup> {_all(inner, _SILENT)}</aside>\n"
    assert_never(block)


def _line(inlines: Sequence[Inline], timed: TimedText) -> str:
    return "".join(_inline(inline, timed) for inline in inlines)


def _inline(inline: Inline, timed: TimedText) -> str:
    match inline:
        case Text(text):
            return timed.html(text)
        case Code(text):
            return f"<code>{timed.html(text)}</code>"
        case Styled(kind, inner):
            return f"<{kind}>{_line(inner, timed)}</{kind}>"
        case Link(address, title, inner):
            return _linked("".join(_inside(part, timed) for part in inner), address, title)
        case Image(address, title, _):
            return _linked(_caption(inline), address, title)
    return _mark(inline)


def _inside(inline: Inline, timed: TimedText) -> str:
    """A part of a link's text: the address of a picture in it cannot be a link too."""
    return _caption(inline) if isinstance(inline, Image) else _inline(inline, timed)


def _caption(image: Image) -> str:
    return f"<i>{escape(image.caption, quote=False)}</i>"


def _mark(inline: LineBreak | FootnoteMark | Tag) -> str:
    match inline:
        case LineBreak(hard):
            return "<br>\n" if hard else "\n"
        case FootnoteMark(label):
            return f"<sup>[{escape(label)}]</sup>"
        case Tag(source):
            return "<br>" if separates(source) else ""
    assert_never(inline)


def _linked(content: str, address: str, title: str) -> str:
    if not address:
        return content
    hint = f' title="{escape(title)}"' if title else ""
    return f'<a href="{escape(address)}"{hint} rel="noopener noreferrer">{content}</a>'


def direction(text: str) -> str:
    """The attribute of an element with this text, which is read from left to right without one."""
    return ' dir="rtl"' if is_right_to_left(text) else ""


def _clickable(text: str, word: Word) -> str:
    return f'<b data-t="{word.start:.3f}">{escape(text, quote=False)}</b>'


def _tokens(text: str) -> Iterator[str]:
    """The text in runs of blanks and of other signs."""
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or text[end].isspace() != text[start].isspace():
            yield text[start:end]
            start = end


def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if sign.isalnum())
