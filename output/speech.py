"""What is spoken in a turn's Markdown: the walk over its tree (`output.blocks`) that captions and words come of.

The law, which docs/drafts.md states for editors: text, link texts, code in a line, lists, quotes and notes in brackets
are spoken, in the order in which they stand; a sound in italics (`_laughs_`) is such a note. Headings, pictures, link
addresses, footnotes, tables, fenced code, tags, events and the machine's marks are not. A heading ends the turn: what
follows it belongs to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from output.block_reader import PLACE, turn_blocks, without_places
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
from output.marker_evidence import is_event, is_section
from output.text import resolve_marks
from transcribe.scripts import has_end_mark

_SOUNDS = frozenset(
    "chuckle chuckles chuckling clapping cough coughs coughing crying giggles gasps groans inaudible laugh pause "
    "pauses sigh sighs sighing snorts unintelligible whispers".split()
)  # besides the events of `output.markers`
_SEPARATES = re.compile(r"</?(?:br|hr|p|div)\b", re.IGNORECASE)  # words on both sides
_MAY_BE_MARKUP = re.compile(
    r"""[\\`*~\[\]<\0] | (?<![^\W_])_ | &(?=[\w\#])  # a sign; in is_admin and Q & A there is none
    | [\r\n](?![\r\n]|[^\W\d_]|\Z)               # a line that begins with no letter
    """,
    re.VERBOSE,
)


def spoken_text(source: str, definitions: str = "") -> str:
    """The words in the Markdown of a turn, separated by single blanks: marks of doubt and times resolved too.

    >>> spoken_text("See [the *docs*](http://a.b), \\#rdo &amp; `x_y`. ![a chart](c.png) [12:34] _laughs_")
    'See the docs, #rdo & x_y. [laughs]'
    """
    source = resolve_marks(source, clock=PLACE)
    if not _MAY_BE_MARKUP.search(source):  # as most turns are; the reader of Markdown would find its words alone
        return " ".join(without_places(source).split())
    return spoken(turn_blocks(source, definitions))


def spoken(blocks: Sequence[Block]) -> str:
    """The words of these blocks, separated by single blanks."""
    return " ".join(filter(None, map(spoken_in, blocks)))


def spoken_in(block: Block) -> str:
    """The words spoken in a block, separated by single blanks; empty if there are none."""
    return " ".join(" ".join(_pieces(block)).split())


def is_event_paragraph(block: Block) -> bool:
    """Whether a paragraph tells an event, such as `**Break:** [20:24]`, or a fact, such as `**Panel:** Ann, Ben`."""
    match block:
        case Paragraph((Styled("strong", inner), *rest)):
            label, after = plain_text(inner).strip(), plain_text(rest[:1]).lstrip() if rest else ""
            name = label.removesuffix(":").strip()
            is_marked = label.endswith(":") or after.startswith(":") or not rest
            is_fact = is_section(name) and not has_end_mark(plain_text(rest).strip())
            return is_marked and (is_event(name) or name.startswith("[") or is_fact)
    return False


def sound_of(inline: Inline) -> str:
    """A sound told in italics, as the note it is: `_laughs_` is "[laughs]"; empty for any other text."""
    match inline:
        case Styled("em", (Text(text),)):
            bare = text.strip("()[] .").casefold()
            return f"[{text.strip('()[] .')}]" if bare in _SOUNDS or (bare and is_event(bare)) else ""
    return ""


def separates(tag: str) -> bool:
    """Whether the words on both sides of an HTML tag are apart, as at `<br>`."""
    return _SEPARATES.match(tag) is not None


def _pieces(block: Block) -> Iterator[str]:
    """The pieces of a block's speech, each of whole words."""
    match block:
        case Paragraph(inlines):
            if not is_event_paragraph(block):
                yield "".join(_said(inlines))
        case CodeBlock(text, fenced=False) | Html(_, text):  # indented code: by a mail program
            yield text
        case Quote() | Items():
            for part in block.inner:
                yield from _pieces(part)
        case Heading() | CodeBlock() | Table() | Rule() | Footnote():
            pass


def _said(inlines: Sequence[Inline]) -> Iterator[str]:
    for inline in inlines:
        match inline:
            case Text(text) | Code(text):
                yield text.replace("\xa0", " ")
            case Styled(_, inner) | Link(_, _, inner):
                yield sound_of(inline) or "".join(_said(inner))
            case LineBreak():
                yield " "
            case Tag(source):
                yield " " if separates(source) else ""
            case Image() | FootnoteMark():
                pass
