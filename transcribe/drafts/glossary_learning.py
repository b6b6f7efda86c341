"""Learns glossary lines from an editor's corrections: spellings the recogniser should know.

    Wuille              a name to expect
    Wooler -> Wuille    a mishearing to correct

Proposes only names, jargon and what was misheard more than once. Never proposes to replace an ordinary word: one that
is common, or that the editor left unchanged elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from audio.disk import write_atomically
from audio.trust import read_regular_text
from output.errors import OutputError
from transcribe.alignment.text_diff import NO_MATCH, matches
from transcribe.drafts.common_words import is_common
from transcribe.errors import SettingsError
from transcribe.recognition.glossary import Term, parse
from transcribe.scripts import has_end_mark

LONGEST = 4  # words on either side of a correction; longer ones are rewriting
CONTEXTS = 3  # printed for each proposal
CONTEXT_WORDS = 4  # before and after the correction

_EDGES = re.compile(r"^\W+|\W+$")
_COLON_END = re.compile(r":\W*$")  # a quotation starts with a capital as well


@dataclass(frozen=True, slots=True)
class Proposal:
    """A glossary line: the correct spelling, and the mishearing it replaces unless that is an ordinary word."""

    correct: str
    misheard: str  # empty: only the spelling is proposed
    count: int
    contexts: tuple[str, ...]

    @property
    def line(self) -> str:
        """
        >>> Proposal("Wuille", "Wooler", 2, ()).line
        'Wooler -> Wuille'
        """
        return f"{self.misheard} -> {self.correct}" if self.misheard else self.correct


@dataclass(frozen=True, slots=True)
class _Correction:
    misheard: str
    correct: str
    context: str
    opens_sentence: bool


def propose_entries(edits: Sequence[tuple[Sequence[str], Sequence[str]]]) -> tuple[Proposal, ...]:
    """The glossary lines these edits suggest, most frequent first; an edit is the machine's and the editor's words."""
    ordinary = {_bare(word) for _, edited in edits for word in edited if word[:1].islower()}
    left_unchanged = {_bare(word).casefold() for _, edited in edits for word in edited}
    groups: dict[tuple[str, str], list[_Correction]] = {}
    for recognised, edited in edits:
        for correction in _corrections(recognised, edited):
            is_left = all(_bare(word).casefold() in left_unchanged for word in correction.misheard.split())
            is_word = is_left or is_common(correction.misheard)
            groups.setdefault(("" if is_word else correction.misheard, correction.correct), []).append(correction)
    selected = [
        Proposal(correct, misheard, len(group), tuple(one.context for one in group[:CONTEXTS]))
        for (misheard, correct), group in groups.items()
        if any(_is_name(correct, ordinary, opens_sentence=one.opens_sentence) for one in group)
        or (misheard and len(group) > 1 and not all(_bare(word).casefold() in ordinary for word in correct.split()))
    ]
    return tuple(sorted(selected, key=lambda proposal: -proposal.count))


def new_entries(proposals: Sequence[Proposal], glossary: str) -> tuple[Proposal, ...]:
    """The proposals that the text of a glossary lacks and that do not clash with its lines.

    Raises `SettingsError` if the text is not a glossary.
    """
    known = {(term.name, misheard) for term in parse(glossary).terms for misheard in ("", *term.mishearings)}
    new: list[Proposal] = []
    for proposal in proposals:
        if (proposal.correct, proposal.misheard) in known or not _parses_back(proposal):
            continue
        try:
            parse(with_entries(glossary, [*new, proposal]))
        except SettingsError:
            continue
        new.append(proposal)
    return tuple(new)


def with_entries(glossary: str, new: Sequence[Proposal]) -> str:
    """The glossary's text with the proposals appended, one per line."""
    gap = "" if not glossary or glossary.endswith("\n") else "\n"
    return glossary + gap + "".join(f"{proposal.line}\n" for proposal in new)


def read_glossary_text(path: Path) -> str:
    """The text of a glossary, empty if the file does not exist. Raises `OutputError` if it cannot be read."""
    try:
        return read_regular_text(path, encoding="utf-8-sig") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"{path}: cannot be read ({error}); give another file with --glossary") from error


def write_entries(path: Path, glossary: str, new: Sequence[Proposal]) -> None:
    """Write the glossary's text with the proposals appended. Raises `OutputError` if the file cannot be written."""
    try:
        write_atomically(path, with_entries(glossary, new))
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error}); give another file with --glossary") from error


def _parses_back(proposal: Proposal) -> bool:
    """Whether the line, parsed, is the proposal again: not with a comma or a `#` in it."""
    try:
        terms = parse(proposal.line).terms
    except (SettingsError, ValueError):
        return False
    return terms == (Term(proposal.correct, (proposal.misheard,) if proposal.misheard else ()),)


def _corrections(recognised: Sequence[str], edited: Sequence[str]) -> Iterator[_Correction]:
    """Substitutions of a few words by a few others."""
    origins = matches([_bare(word).casefold() for word in recognised], [_bare(word).casefold() for word in edited])
    anchors = [
        (-1, -1),
        *((i, index) for i, index in enumerate(origins) if index != NO_MATCH),
        (len(edited), len(recognised)),
    ]
    for (i, before), (j, after) in pairwise(anchors):
        if 0 < j - i - 1 <= LONGEST and 0 < after - before - 1 <= LONGEST:
            misheard = _bare(" ".join(recognised[before + 1 : after]))
            correct = _bare(" ".join(edited[i + 1 : j]))
            if misheard and correct and misheard.casefold() != correct.casefold():
                context = " ".join(edited[max(0, i + 1 - CONTEXT_WORDS) : j + CONTEXT_WORDS])
                opens = i < 0 or has_end_mark(edited[i]) or bool(_COLON_END.search(edited[i]))
                yield _Correction(misheard, correct, context, opens)


def _is_name(text: str, ordinary: set[str], *, opens_sentence: bool) -> bool:
    """Whether one of its words is spelt like a name or jargon: with an unexpected capital or digit."""
    for position, word in enumerate(text.split()):
        bare = _bare(word)
        capital = bare[:1].isupper() and bare.casefold() not in ordinary and bare != "I"
        inner = any(sign.isupper() or sign.isdigit() for sign in bare[1:])
        if inner or (capital and not (opens_sentence and position == 0)):
            return True
    return False


def _bare(word: str) -> str:
    """
    >>> _bare("(Wuille),")
    'Wuille'
    """
    return _EDGES.sub("", word)
