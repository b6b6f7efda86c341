"""What a reader sees of a draft, to compare two versions of it: the guard of `lint --fix`.

The law: a fix of labels changes labels. All other text stays where it is (in a list, a quote, a table, code), in the
emphasis it has, with its links, but for blanks, the beginnings of paragraphs and the signs that the site makes itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from output import frontmatter

if TYPE_CHECKING:
    from markdown_it.token import Token

_TYPOGRAPHIC = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "–": "-", "—": "-", "\u2011": "-"})
_EMPHASIS = frozenset(("em", "strong", "s"))
_NO_PLACE = frozenset(("paragraph", "inline"))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A text, where it stands, and in which emphasis. `text` is exact for code and HTML."""

    place: tuple[str, ...]
    emphasis: frozenset[str]
    text: str


def shows_the_same(before: str, after: str, *, labels: Collection[str]) -> bool:
    """Whether a reader of two versions of a draft sees the same, but for `labels` that became bold."""
    if frontmatter.split(before)[0] != frontmatter.split(after)[0]:
        return False
    old, new = list(_pieces(before)), list(_pieces(after))
    if _without_emphasis(old) != _without_emphasis(new):
        return False
    lost, gained = _emphasised(old), _emphasised(new)
    allowed = {(frozenset(("strong",)), _folded(text)) for label in labels for text in (label, f"{label}:")}
    return set((lost - gained) + (gained - lost)) <= allowed


def _without_emphasis(pieces: Sequence[_Piece]) -> list[tuple[tuple[str, ...], str]]:
    """The text of each place, one after the other; asterisks, which may or may not be seen beside a label, are left
    out."""
    runs: list[tuple[tuple[str, ...], list[str]]] = []
    for piece in pieces:
        if not runs or runs[-1][0] != piece.place:
            runs.append((piece.place, []))
        runs[-1][1].append(piece.text)
    joined = ((place, "".join(texts).replace("*", "")) for place, texts in runs)
    return [(place, text) for place, text in joined if text]


def _emphasised(pieces: Sequence[_Piece]) -> Counter[tuple[frozenset[str], str]]:
    return Counter((piece.emphasis, piece.text) for piece in pieces if piece.emphasis and piece.text)


def _pieces(source: str) -> Iterator[_Piece]:
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    place: list[str] = []
    for token in reader.parse(frontmatter.split(source)[1]):
        name = token.type.removesuffix("_open").removesuffix("_close")
        if token.nesting and name not in _NO_PLACE:
            place.append(f"{token.tag}{token.info}") if token.nesting > 0 else place.pop()
        elif token.children is not None:
            yield from _inline_pieces(token.children, tuple(place))
        elif not token.nesting:  # code, HTML, a rule: as it is
            yield _Piece((*place, token.type), frozenset(), token.content)


def _inline_pieces(tokens: Sequence[Token], place: tuple[str, ...]) -> Iterator[_Piece]:
    emphasis: Counter[str] = Counter()
    links: list[str] = []
    texts: list[str] = []
    for token in tokens:
        if token.type == "text" or token.type.endswith("break"):
            texts.append(_folded(token.content))
            continue
        yield _Piece((*place, *links), frozenset(+emphasis), "".join(texts))
        texts = []
        if token.tag in _EMPHASIS:
            emphasis[token.tag] += token.nesting
        elif token.nesting > 0:
            links.append(str(token.attrs))
        elif token.nesting < 0:
            links.pop()
        else:  # code, a tag, an image
            yield _Piece((*place, *links, token.type, str(token.attrs)), frozenset(), token.content)
    yield _Piece((*place, *links), frozenset(+emphasis), "".join(texts))


def _folded(text: str) -> str:
    return re.sub(r"\s+", "", text.translate(_TYPOGRAPHIC))
