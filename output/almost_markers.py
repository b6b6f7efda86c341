"""Paragraphs that begin as a turn does, and are read as none: an editor may have mistyped the marker.

`**Ann** Hello`, `**Ann/Bea** Well`, `**Zoe**` above her text. A bold word that begins a sentence is none: it is told if
it is a speaker's label, or if a name stands before a dash, a colon, a capital letter or the end of the line.

Without bold, a speaker's label or initial is told before a word that begins a sentence: `N Write`, `Nora Write`. It is
not if the label is a word of its own (`I`, `A`) or if that word can be a name: the post has it with a capital inside
sentences, or behind a whole label nowhere without one (`Rich Bowen`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from output.labels import fold_name
from output.marker_evidence import is_event, is_name, is_section, opens_sentence
from output.markers import plain_label
from output.parse import Draft

_BOLD = re.compile(
    r"""[ ]{0,3}(?:[-*+>][ ]+|\#{1,6}[ ]+)?
    (?P<source>(?P<mark>\*{2,3}|__)(?P<label>[^*\n]{1,80}?)(?P=mark)[ \t]*(?P<sign>[:：;—–|=>-]*))
    (?P<rest>[^\n]*)""",
    re.VERBOSE,
)
_BARE = re.compile(r"(?P<label>[^\s*_.,:;!?-][^\s*_,:;!?]*)[ \t]+(?P<next>[^\W\d_][\w'’]*)")
_WORDS = frozenset(("A", "I", "O", "Y", "E", "À", "Ó"))  # labels that are words of their own in some language
_FIRST = re.compile(r"^[^\s]+[ \t]+", re.MULTILINE)
_INSIDE = re.compile(r"(?<=[\w,;]\s)[^\W\d_][\w'’]*")  # words that do not begin a sentence
_WORD = re.compile(r"[^\W\d_][\w'’]*")
_PARTS = re.compile(r"[/,&+|]|\band\b")
_HAS_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class AlmostMarker:
    """The line (from 1), its label as it is displayed, and the beginning of the line."""

    line: int
    label: str
    source: str


def almost_markers(draft: Draft) -> tuple[AlmostMarker, ...]:
    """The paragraphs of a draft that almost begin a turn, in order."""
    known, bare = _known(draft), _Bare(draft)
    return tuple(
        mark for line, text in _openings(draft) if (mark := _almost(line, text, known) or bare.mark(line, text))
    )


class _Bare:
    """Finds the paragraphs that begin with a speaker's label without bold."""

    def __init__(self, draft: Draft) -> None:
        labels = {turn.label for turn in draft.turns if " " not in turn.label}
        self._labels = (labels | {label[0] for label in labels if label[0].isupper()}) - _WORDS
        self._draft = draft

    @cached_property
    def _names(self) -> frozenset[str]:
        """The words with a capital inside sentences, in the front matter and in speakers' names."""
        draft = self._draft
        inside = _INSIDE.findall(_FIRST.sub("", draft.body)) + _WORD.findall(draft.front_matter)
        inside += [word for speaker in draft.speakers for word in speaker.split()]
        return frozenset(word for word in inside if word[0].isupper())

    @cached_property
    def _small(self) -> frozenset[str]:
        """The words without a capital."""
        return frozenset(word for word in _WORD.findall(self._draft.body) if word.islower())

    def mark(self, line: int, text: str) -> AlmostMarker | None:
        """The label at the beginning of a line, if a sentence begins behind it."""
        match = _BARE.match(text)
        if match is None or match["label"] not in self._labels:
            return None
        label, word = match["label"], match["next"]
        begins = re.split("['’]", word)[0] == "I" or (
            word[0].isupper()
            and (len(word) == 1 or not word.isupper())
            and word not in self._names
            and (len(label) == 1 or word.lower() in self._small)
        )
        return AlmostMarker(line, label, label) if begins else None


def _almost(line: int, text: str, known: Collection[str]) -> AlmostMarker | None:
    match = _BOLD.match(text)
    if match is None:
        return None
    label = plain_label(match["label"]).strip(":：;-–— ")
    has_sign = bool(match["sign"]) or match["label"].rstrip()[-1:] in (":", "：", "-", "–", "—")
    if not _HAS_LETTER.search(label) or is_event(label) or label.startswith("[") or is_section(label):
        return None
    parts = [part.strip() for part in _PARTS.split(label)]
    is_known = any(fold_name(part) in known for part in parts) and (len(parts) == 1 or all(map(is_name, parts)))
    rest = match["rest"].strip()
    looks_alike = is_name(label) and not opens_sentence(label) and (has_sign or not rest or rest[0].isupper())
    if not (is_known or looks_alike):
        return None
    return AlmostMarker(line, label, match["source"].strip())


def _known(draft: Draft) -> frozenset[str]:
    """The labels of the draft's speakers, folded: as printed, their initials, and the parts of their names."""
    names = {name for turn in draft.turns for name in (turn.label, turn.speaker, *turn.speaker.split())}
    return frozenset(map(fold_name, names | {name[0] for name in names}))


def _openings(draft: Draft) -> Iterator[tuple[int, str]]:
    """The first line of each paragraph that no marker begins, with its number."""
    line = draft.front_matter.count("\n") + 1
    yield from _first_lines(draft.preamble, line, after_blank=True)
    line += draft.preamble.count("\n")
    for turn in draft.turns:
        line += turn.marker.count("\n")
        yield from _first_lines(turn.raw, line, after_blank=False)
        line += turn.raw.count("\n")
    yield from _first_lines(draft.epilogue, line, after_blank=True)


def _first_lines(source: str, line: int, *, after_blank: bool) -> Iterator[tuple[int, str]]:
    for text in source.split("\n"):
        if text.strip() and after_blank:
            yield line, text
        after_blank = not text.strip()
        line += 1
