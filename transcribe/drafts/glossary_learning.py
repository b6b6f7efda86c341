"""What an editor's corrections teach: spellings the recogniser should know, as lines for a glossary.

    Wuille              a name to expect
    Wooler -> Wuille    a mishearing to correct

Only names, jargon and what was misheard more than once are proposed, and never that an ordinary word be replaced: one
that is common, or that the editor left standing elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from transcribe.alignment.text_diff import NO_MATCH, matches
from transcribe.drafts.common_words import is_common
from transcribe.errors import SettingsError
from transcribe.recognition.glossary import Term, parse

LONGEST = 4  # words on either side of a correction; longer ones are rewriting
CONTEXTS = 3  # shown for each proposal
AROUND = 4  # words before and after, in a context

_EDGES = re.compile(r"^\W+|\W+$")
_SENTENCE_END = re.compile(r"[.?!…:]\W*$")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A line for the glossary: the right spelling, and what was heard instead where that is no word of its own."""

    right: str
    heard: str  # empty: only the spelling is proposed
    count: int
    contexts: tuple[str, ...]

    @property
    def line(self) -> str:
        """
        >>> Proposal("Wuille", "Wooler", 2, ()).line
        'Wooler -> Wuille'
        """
        return f"{self.heard} -> {self.right}" if self.heard else self.right


@dataclass(frozen=True, slots=True)
class _Correction:
    heard: str
    right: str
    context: str
    opens_sentence: bool


def proposals(edits: Sequence[tuple[Sequence[str], Sequence[str]]]) -> tuple[Proposal, ...]:
    """What these edits teach, the most frequent first; each is the words heard and the words the editor left."""
    ordinary = {_bare(word) for _, left in edits for word in left if word[:1].islower()}
    standing = {_bare(word).casefold() for _, left in edits for word in left}
    found: dict[tuple[str, str], list[_Correction]] = {}
    for heard, left in edits:
        for correction in _corrections(heard, left):
            is_left = all(_bare(word).casefold() in standing for word in correction.heard.split())
            is_word = is_left or is_common(correction.heard)
            found.setdefault(("" if is_word else correction.heard, correction.right), []).append(correction)
    worthy = [
        Proposal(right, heard, len(cases), tuple(case.context for case in cases[:CONTEXTS]))
        for (heard, right), cases in found.items()
        if any(_is_name(right, ordinary, opens_sentence=case.opens_sentence) for case in cases)
        or (heard and len(cases) > 1 and not all(_bare(word).casefold() in ordinary for word in right.split()))
    ]
    return tuple(sorted(worthy, key=lambda proposal: -proposal.count))


def new_entries(found: Sequence[Proposal], known: str) -> tuple[Proposal, ...]:
    """Those of the proposals that a glossary with the text `known` lacks and can hold beside what is there.

    Raises `SettingsError` where `known` is no glossary.
    """
    terms = {(term.name, heard) for term in parse(known).terms for heard in ("", *term.mishearings)}
    fresh: list[Proposal] = []
    for proposal in found:
        if (proposal.right, proposal.heard) in terms or not _is_read_back(proposal):
            continue
        try:
            parse(with_entries(known, [*fresh, proposal]))
        except SettingsError:
            continue
        fresh.append(proposal)
    return tuple(fresh)


def with_entries(known: str, fresh: Sequence[Proposal]) -> str:
    """The glossary's text with the proposals at its end, a line each."""
    gap = "" if not known or known.endswith("\n") else "\n"
    return known + gap + "".join(f"{proposal.line}\n" for proposal in fresh)


def _is_read_back(proposal: Proposal) -> bool:
    """Whether the line means the proposal: a comma or a `#` in it would not."""
    try:
        return parse(proposal.line).terms == (Term(proposal.right, (proposal.heard,) if proposal.heard else ()),)
    except (SettingsError, ValueError):
        return False


def _corrections(heard: Sequence[str], left: Sequence[str]) -> Iterator[_Correction]:
    """Stretches of a few words in place of others."""
    found = matches([_bare(word).casefold() for word in heard], [_bare(word).casefold() for word in left])
    anchors = [(-1, -1), *((i, index) for i, index in enumerate(found) if index != NO_MATCH), (len(left), len(heard))]
    for (i, before), (j, after) in pairwise(anchors):
        if 0 < j - i - 1 <= LONGEST and 0 < after - before - 1 <= LONGEST:
            wrong = _bare(" ".join(heard[before + 1 : after]))
            right = _bare(" ".join(left[i + 1 : j]))
            if wrong and right and wrong.casefold() != right.casefold():
                context = " ".join(left[max(0, i + 1 - AROUND) : j + AROUND])
                opens = i < 0 or bool(_SENTENCE_END.search(left[i]))
                yield _Correction(wrong, right, context, opens)


def _is_name(right: str, ordinary: set[str], *, opens_sentence: bool) -> bool:
    """Whether a word in it is spelt as only names and jargon are: a capital or digit where none is due."""
    for position, word in enumerate(right.split()):
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
