"""Reads Markdown as markdown-it does, with tables, ~~struck~~ text and footnotes, into the values of `blocks`."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterator, MutableMapping, Sequence
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING, Any

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
from output.errors import OutputError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token
    from markdown_it.tree import SyntaxTreeNode

PLACE = "\ufdd2"  # holds a place in the source, and is in no tree

_LINE_END = re.compile(r"\r\n?|\n")
_DEEPEST = 100  # levels of blocks, and of emphasis
_MOST_BRACKETS = 300  # in a paragraph: the end of each that opens no link is looked for `_DEEPEST` times
_MOST_MARKS = 3000  # of emphasis, in a paragraph
_COMMENT_START = re.compile(r"<!--|<\?|<![A-Z]")
_COMMENT_ENDS = {"<!--": "-->", "<?": "?>"}  # of others: ">"
_EMBEDDED = re.compile(
    r"<(audio|iframe|video|script|style|object|embed)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE
)
_REFERRING = frozenset(("link_open", "image"))
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def blocks_of(source: str, definitions: str = "") -> tuple[Block, ...]:
    """The tree of a source. `definitions` are the post's link definitions (`definitions_in`).

    >>> blocks_of("See *it*.")
    (Paragraph(inlines=(Text(text='See '), Styled(kind='em', inlines=(Text(text='it'),)), Text(text='.'))),)
    """
    from markdown_it.tree import SyntaxTreeNode

    tokens = _reader().parse(source.replace("\r\n", "\n"), {"references": ChainMap({}, _references(definitions))})
    for token in tokens:
        if token.children:  # emphasis in emphasis is kept to this depth, all words to any
            token.children = [child for child in token.children if child.nesting == 0 or child.level < _DEEPEST]
    return _blocks(SyntaxTreeNode(tokens).children)


def turn_blocks(raw: str, definitions: str = "") -> tuple[Block, ...]:
    """The tree of a turn's source after its marker: its first line is text, whatever it begins with.

    >>> turn_blocks("# 5 is\\nno heading.")
    (Paragraph(inlines=(Text(text='# 5 is'), LineBreak(hard=False), Text(text='no heading.'))),)
    """
    blocks = blocks_of(f"{PLACE} {raw}", definitions)
    if blocks and isinstance(blocks[0], Heading) and not raw.startswith("\n"):  # underlined, with its label
        return (Paragraph(blocks[0].inlines), Rule(), *blocks[1:])
    return blocks


def tokens_of(source: str) -> list[Token]:
    """The blocks of a source as markdown-it has them, with the lines on which they are."""
    return _reader().parse(source, {})


def definitions_in(body: str) -> str:
    """The paragraphs of a post that define the addresses of links, `[plan]: https://…`, for all its turns.

    >>> definitions_in("See [the plan][1].\\n\\n[1]: https://a.b\\n[2]: https://c.d\\n\\nSo.")
    '[1]: https://a.b\\n[2]: https://c.d'
    """
    if "]:" not in body:
        return ""
    paragraphs = re.split(r"\n(?:[ \t]*\r?\n)+", body)
    return "\n\n".join(part for part in paragraphs if re.match(r"\s{0,3}\[(?!\^)", part) and "]:" in part)


def used_definitions(body: str) -> frozenset[str]:
    """The labels of a post's link definitions that a link or picture refers to, as `folded_label` has them."""
    if "]:" not in body:
        return frozenset()
    reader = _reader()
    environment: dict[str, Any] = {}
    tokens: list[Token] = []
    reader.block.parse(_LINE_END.sub("\n", body), reader, environment, tokens)
    for token in tokens:
        if "[" in token.content:
            _read_inline(token, reader, environment)
    children = (child for token in tokens for child in token.children or () if child.type in _REFERRING)
    return frozenset(str(child.meta["label"]) for child in children if "label" in child.meta)


def unused_definitions(body: str, definitions: str) -> int:
    """How many of the definitions no link or picture of the post refers to: nothing of them is displayed."""
    return len(_references(definitions).keys() - used_definitions(body)) if definitions else 0


def folded_label(label: str) -> str:
    """The label of a link definition as it is compared with others."""
    from markdown_it.common.utils import normalizeReference

    return normalizeReference(label)


@lru_cache(maxsize=8)
def _references(definitions: str) -> dict[str, dict[str, str]]:
    environment: dict[str, Any] = {}
    if definitions:
        _reader().parse(definitions.replace("\r\n", "\n"), environment)
    references: dict[str, dict[str, str]] = environment.get("references", {})
    return references


def _inline(state: StateCore) -> None:
    for token in state.tokens:
        _read_inline(token, state.md, state.env)


def _read_inline(token: Token, reader: MarkdownIt, environment: MutableMapping[str, Any]) -> None:
    """Reads the text of a block; with more signs than anybody writes as text without links and emphasis."""
    if token.type == "inline" and token.children is not None:
        count = token.content.count
        is_plain = count("[") > _MOST_BRACKETS or count("*") + count("_") + count("~") > _MOST_MARKS
        _reader(is_plain=is_plain).inline.parse(token.content, reader, environment, token.children)


@lru_cache(maxsize=2)
def _reader(*, is_plain: bool = False) -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.footnote import footnote_plugin

    reader = MarkdownIt("commonmark", {"maxNesting": _DEEPEST, "store_labels": True}).enable(["table", "strikethrough"])
    reader.core.ruler.at("inline", _inline)
    if is_plain:
        reader.disable(["link", "image", "emphasis", "strikethrough"])
    return reader.use(footnote_plugin, inline=False, move_to_end=False, always_match_refs=True)


def _blocks(nodes: Sequence[SyntaxTreeNode]) -> tuple[Block, ...]:
    return tuple(block for block in map(_block, nodes) if block != Paragraph(()))


def _block(node: SyntaxTreeNode) -> Block:
    match node.type:
        case "paragraph":
            inlines = _content(node)
            if inlines and all(isinstance(inline, Tag | LineBreak) or _is_blank(inline) for inline in inlines):
                source = "".join(inline.source if isinstance(inline, Tag) else " " for inline in inlines)
                return Html(source, html_text(source))
            return Paragraph(inlines)
        case "heading":
            return Heading(int(node.tag[1]), _content(node))
        case "code_block" | "fence":
            return CodeBlock(without_places(node.content), fenced=node.type == "fence")
        case "hr":
            return Rule()
        case "html_block":
            return Html(node.content, html_text(node.content))
    return _nested_block(node)


def _nested_block(node: SyntaxTreeNode) -> Block:
    match node.type:
        case "blockquote":
            return Quote(_blocks(node.children))
        case "bullet_list" | "ordered_list":
            first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
            return Items(first, tuple(_blocks(item.children) for item in node.children))
        case "table":
            rows = (row for part in node.children for row in part.children)
            return Table(tuple(tuple(_content(cell) for cell in row.children) for row in rows))
        case "footnote_reference":
            return Footnote(str(node.meta["label"]), _blocks(node.children))
    raise OutputError(f"markdown-it reads a block of a kind that is not known here: {node.type}")


def _content(node: SyntaxTreeNode) -> tuple[Inline, ...]:
    """The inline values of a paragraph, a heading or a cell, without blanks around them."""
    inlines = [inline for child in node.children for inline in _inlines(child.children) if inline != Text("")]
    while inlines and _is_blank(inlines[0]):
        del inlines[0]
    while inlines and _is_blank(inlines[-1]):
        del inlines[-1]
    if inlines and isinstance(first := inlines[0], Text):
        inlines[0] = Text(first.text.lstrip())
    return tuple(inlines)


def _is_blank(inline: Inline) -> bool:
    return isinstance(inline, LineBreak) or (isinstance(inline, Text) and not inline.text.strip())


def _inlines(nodes: Sequence[SyntaxTreeNode]) -> Iterator[Inline]:
    for node in nodes:
        match node.type:
            case "text":
                yield Text(without_places(node.content))
            case "em" | "strong" | "s" as kind:
                yield Styled(kind, tuple(_inlines(node.children)))
            case "code_inline":
                yield Code(without_places(node.content))
            case "link":
                address, title = (str(node.attrs.get(key, "")) for key in ("href", "title"))
                yield Link(address, title, tuple(_inlines(node.children)))
            case "image":
                address, title = (str(node.attrs.get(key, "")) for key in ("src", "title"))
                yield Image(address, title, without_places(plain_text(tuple(_inlines(node.children)))))
            case "softbreak" | "hardbreak":
                yield LineBreak(hard=node.type == "hardbreak")
            case "footnote_ref":
                yield FootnoteMark(str(node.meta["label"]))
            case "html_inline":
                yield Tag(node.content)
            case unknown:
                raise OutputError(f"markdown-it reads a text of a kind that is not known here: {unknown}")


def html_remains(source: str) -> tuple[int, int, int]:
    """How many comments, players or scripts, and tags of a block of HTML are not displayed as text."""
    without_comments, comments = _without_comments(source)
    without_players, players = _EMBEDDED.subn(" ", without_comments)
    return comments, players, len(_TAG.findall(without_players))


def html_text(source: str) -> str:
    """The text of a block of HTML that a reader sees: without tags, comments, players and scripts.

    >>> html_text("<p><b>Ann</b> &amp; Ben</p>\\n<!-- no --><audio src='x'>no</audio>")
    'Ann & Ben'
    """
    text = _TAG.sub(" ", _EMBEDDED.sub(" ", _without_comments(source)[0]))
    return " ".join(unescape(without_places(text)).split())


def _without_comments(source: str) -> tuple[str, int]:
    """The source with a blank for each comment, and how many there were; one that is never closed is none. Linear."""
    parts, position, count = [], 0, 0
    unclosed: set[str] = set()  # ends that are not in the rest
    for start in _COMMENT_START.finditer(source):
        end = _COMMENT_ENDS.get(start[0], ">")
        if start.start() < position or end in unclosed:
            continue
        at = source.find(end, start.end())
        if at < 0:
            unclosed.add(end)
            continue
        parts += [source[position : start.start()], " "]
        position, count = at + len(end), count + 1
    return "".join((*parts, source[position:])), count


def without_places(text: str) -> str:
    """The text without `PLACE` and a blank behind it."""
    return text.replace(f"{PLACE} ", "").replace(PLACE, "")
