"""What stands before the turns of a draft, for the page: its title and its introduction.

The law: only what was changed is written, in its place; whatever else is in the front matter, and every turn, stays as
it is, byte for byte. A change that would make it something else, or of what somebody else changed, is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from output.block_reader import blocks_of
from output.blocks import CodeBlock, Html, Paragraph, Text
from output.frontmatter import format_block
from output.parse import Draft, DraftTurn, parse
from transcribe.drafts.turn_edits import EditError

_TITLE = re.compile(r"^title[ \t]*:[^\r\n]*(?:\r?\n(?:[ \t]+\S[^\r\n]*|[ \t]*(?=\r?\n[ \t]+\S)))*", re.MULTILINE)
_TAG = re.compile(r"<(/?)([A-Za-z][\w-]*+)([^<>]*+)>")
_RAW_ELEMENTS = frozenset(("script", "style", "pre"))  # what is inside is no tag
_EMPTY_ELEMENTS = frozenset("area base br col embed hr img input link meta source track wbr".split())
_TURN = "So."  # what stands for the turns after an introduction
_BEGINNING = re.compile(r"(\ufeff?---[ \t]*\r?\n)")


@dataclass(frozen=True, slots=True)
class Opening:
    """A title in plain text, and an introduction in Markdown, which may be empty."""

    title: str
    intro: str


def opening_of(draft: Draft, stem: str) -> Opening:
    """The opening of the draft of this name."""
    return Opening(str(draft.fields.get("title") or stem), draft.preamble.replace("\r\n", "\n").strip())


def with_opening(draft: Draft, opening: Opening, *, before: Opening, stem: str) -> Draft:
    """The draft with another opening than `before`. Raises `EditError` if that is not the draft's, or if no draft can
    have this one.
    """
    if opening_of(draft, stem) != before:
        raise EditError("the title or the introduction was changed elsewhere; reload the page to see it")
    source = draft.source()
    line_break = "\r\n" if "\r\n" in source else "\n"
    block, preamble = draft.front_matter, draft.preamble
    if opening.title != before.title:
        block = _with_title(block, " ".join(opening.title.split()), line_break)
    if opening.intro != before.intro:
        if opened := _left_open(opening.intro):
            raise EditError(f"the introduction opens {opened} and does not close it, so every turn would be in it")
        preamble = _with_intro(preamble, opening.intro, line_break)
    changed = parse(block + preamble + source[len(draft.front_matter) + len(draft.preamble) :])
    is_same = (changed.turns, changed.epilogue) == (_moved(draft, changed), draft.epilogue)
    others = {**draft.fields, "title": ""}, {**changed.fields, "title": ""}
    if not is_same or others[0] != others[1] or (opening_of(changed, stem) != opening and opening.title.strip()):
        raise EditError("they would change a turn or the rest of the front matter; change the file itself")
    return changed


def _with_title(block: str, title: str, line_break: str) -> str:
    line = format_block({"title": title}).split("\n")[1] if title else ""
    if not block:
        return f"---{line_break}{line}{line_break}---{line_break}{line_break}"
    if _TITLE.search(block):
        return _TITLE.sub(lambda _: line or "title:", block, count=1)
    return _BEGINNING.sub(lambda begins: f"{begins[1]}{line}{line_break}", block, count=1)


def _with_intro(preamble: str, intro: str, line_break: str) -> str:
    before = preamble[: len(preamble) - len(preamble.lstrip())]
    return before + (intro.strip().replace("\n", line_break) + 2 * line_break if intro.strip() else "")


def _left_open(intro: str) -> str:
    """What an introduction opens and does not close; empty if the turns after it are outside of all that is in it.

    >>> _left_open("<div>\\n\\nSee:\\n\\n```\\ncode\\n```"), _left_open("```\\ncode"), _left_open("*So* <b>it</b>.")
    ('<div>', 'code (```)', '')
    """
    blocks, turn = blocks_of(intro), Paragraph((Text(_TURN),))
    if blocks_of(f"{intro}\n\n{_TURN}").count(turn) == blocks.count(turn):
        is_code = isinstance(blocks[-1], CodeBlock)
        return "code (```)" if is_code else "a comment or HTML (<!-- or <pre>)"
    return _element_left_open("\n".join(block.source for block in blocks if isinstance(block, Html)))


def _element_left_open(html: str) -> str:
    """The first tag whose element does not end, comments aside; in kramdown such an element takes all that follows."""
    first, *others = html.split("<!--")
    opened: Counter[str] = Counter()
    raw = ""
    for slash, name, rest in _TAG.findall(first + "".join(other.partition("-->")[2] for other in others)):
        element = name.lower()
        if (raw and (element != raw or not slash)) or element in _EMPTY_ELEMENTS or rest.endswith("/"):
            continue
        raw = element if element in _RAW_ELEMENTS and not slash else ""
        if not slash or opened[element]:
            opened[element] += -1 if slash else 1
    return next((f"<{name}>" for name, n in opened.items() if n > 0), "")


def _moved(draft: Draft, changed: Draft) -> tuple[DraftTurn, ...]:
    """The draft's turns, in the lines where they are after the change."""
    pairs = zip(draft.turns, changed.turns, strict=False)
    same = tuple(replace(turn, line=other.line) for turn, other in pairs)
    return same if len(draft.turns) == len(changed.turns) else ()
