"""What a format leaves out of a draft, counted by the rules that docs/drafts.md states.

The law: every character of a draft is kept in a file, or is counted here for it. Documents (docx, html, txt) keep the
structure; captions and the JSON of other programs carry speech and notes in brackets.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from output.block_reader import PLACE, blocks_of, definitions_in, html_remains, turn_blocks, unused_definitions
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
    Link,
    Paragraph,
    Quote,
    Rule,
    Styled,
    Table,
    Tag,
    inlines_in,
    inner_blocks,
)
from output.parse import Draft
from output.speech import is_event_paragraph, separates, sound_of
from output.text import count_marks, resolve_marks

DOCUMENTS = frozenset(("docx", "html", "txt"))
_WHOLE = frozenset(("md", "json"))  # have the draft itself
_WORDLESS = frozenset(("rttm", "podcast"))

_PLURALS = {
    "address of a link": "addresses of links",
    "address of a linked picture": "addresses of linked pictures",
    "code block": "code blocks",
    "code mark": "code marks",
    "comment": "comments",
    "emphasis": "emphases",
    "event": "events",
    "footnote": "footnotes",
    "footnote mark": "footnote marks",
    "heading": "headings",
    "HTML tag": "HTML tags",
    "image": "images",
    "line between paragraphs": "lines between paragraphs",
    "link definition without a link": "link definitions without a link",
    "list mark": "list marks",
    "mark of doubt": "marks of doubt",
    "paragraph outside the turns": "paragraphs outside the turns",
    "player or script": "players or scripts",
    "quote mark": "quote marks",
    "table": "tables",
    "time": "times",
    "word": "words",
}
RULES = tuple(_PLURALS)
"""The rules, as they are told for one thing that is left out."""


def left_out(draft: Draft, name: str, *, kept: str) -> Mapping[str, int]:
    """How often each rule leaves something of the draft out of the file of format `name`.

    `kept` is the transcript's draft (`Transcript.draft`): without it, a document has the words alone.
    """
    if name in _WHOLE:
        return {}
    if name in _WORDLESS:
        return +Counter({"word": sum(len(turn.spoken.split()) for turn in draft.turns)})
    definitions = definitions_in(draft.body)
    counts = Counter(dict(zip(("mark of doubt", "time"), count_marks(draft.body), strict=True)))
    counts["link definition without a link"] = unused_definitions(draft.body, definitions)
    for said, aside in _sources(draft):
        spoken = turn_blocks(resolve_marks(said, clock=PLACE), definitions) if said else ()
        nobodys = blocks_of(resolve_marks(aside, clock=PLACE), definitions)
        if name in DOCUMENTS and kept:
            counts.update(_lost_in_documents((*spoken, *nobodys)))
        else:
            counts.update(_lost_in_speech(spoken))
            counts.update(_rule_of_nobodys(block) for block in nobodys)
    return {rule: counts[rule] for rule in RULES if counts[rule]}


def told(counts: Mapping[str, int]) -> str:
    """The counts in words.

    >>> told({"heading": 3, "image": 1}), told({"word": 15})
    ('3 headings, 1 image', '15 words, as the format has none')
    """
    reasons = {"word": ", as the format has none"}
    named = ((count, rule if count == 1 else _PLURALS[rule], reasons.get(rule, "")) for rule, count in counts.items())
    return ", ".join(f"{count} {name}{reason}" for count, name, reason in named)


def _sources(draft: Draft) -> Iterator[tuple[str, str]]:
    """What is said, and what is nobody's, from the start of the draft to its end."""
    yield "", draft.preamble
    for turn in draft.turns:
        yield turn.said, turn.aside
    yield "", draft.epilogue


def _lost_in_documents(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Html):
            yield from _lost_html(block)
        yield from _lost_in_documents(inner_blocks(block))
        for inline, in_link in inlines_in(block):
            if isinstance(inline, Tag) and not separates(inline.source):
                yield _rule_of_tag(inline)
            if isinstance(inline, Image) and in_link:
                yield "address of a linked picture"


def _lost_in_speech(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Heading() | Table() | Footnote() | Rule() | CodeBlock(_, True):
                yield _SILENT_BLOCKS[type(block)]
                continue
            case Paragraph() if is_event_paragraph(block):
                yield "event"
                continue
            case Html():
                yield from _lost_html(block)
            case Quote():
                yield "quote mark"
            case Items(_, items):
                yield from ["list mark"] * len(items)
        yield from _lost_in_speech(inner_blocks(block))
        for inline, _ in inlines_in(block):
            if rule := _rule_of_inline(inline):
                yield rule


_SILENT_BLOCKS = {
    Heading: "heading",
    Table: "table",
    Footnote: "footnote",
    Rule: "line between paragraphs",
    CodeBlock: "code block",
}


def _rule_of_inline(inline: Inline) -> str:
    """The rule that leaves out what speech has not of a text; empty if it has all."""
    match inline:
        case Link():
            return "address of a link"
        case Image():
            return "image"
        case FootnoteMark():
            return "footnote mark"
        case Styled():
            return "" if sound_of(inline) else "emphasis"
        case Code():
            return "code mark"
        case Tag():
            return _rule_of_tag(inline)
    return ""


def _rule_of_nobodys(block: Block) -> str:
    match block:
        case Heading() | Table() | Footnote() | Rule():
            return _SILENT_BLOCKS[type(block)]
        case Html(_, ""):
            return next(iter(_lost_html(block)), "HTML tag")
    return "paragraph outside the turns"


def _rule_of_tag(tag: Tag) -> str:
    return "comment" if re.match(r"<[!?]", tag.source) else "HTML tag"


def _lost_html(block: Html) -> Iterator[str]:
    comments, players, tags = html_remains(block.source)
    yield from ["comment"] * comments + ["player or script"] * players + ["HTML tag"] * tags
