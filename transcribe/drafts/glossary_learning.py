"""Learns glossary lines from an editor's corrections: spellings the recogniser should know.

    Wuille              a name to expect
    Wooler -> Wuille    a mishearing to correct

Proposes only names, jargon and what was misheard more than once. Never proposes to replace an ordinary word: one that
is common, or that the editor left unchanged elsewhere, unless it was corrected twice and more often than left.
`transcribe.drafts.repeated_corrections` finds where the drafts still have what was corrected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audio.disk import write_atomically
from output.errors import OutputError
from transcribe.drafts.corrections import Correction, Edit, bare, corrections
from transcribe.errors import SettingsError
from transcribe.recognition.common_words import is_common
from transcribe.recognition.glossary import Term, glossary_text, parse

CONTEXTS = 3  # printed for each proposal
TWICE = 2  # a correction made so often is no slip


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


def propose_entries(edits: Sequence[Edit]) -> tuple[Proposal, ...]:
    """The glossary lines these edits suggest, most frequent first; an edit is the machine's and the editor's words."""
    ordinary = ordinary_words(edits)
    n_left = Counter(bare(word).casefold() for _, edited in edits for word in edited)
    made = [correction for edit in edits for correction in corrections(*edit)]
    n_made = Counter((one.misheard, one.correct) for one in made)
    groups: dict[tuple[str, str], list[Correction]] = {}
    for one in made:
        left = min(n_left[word.casefold()] for word in one.misheard.split())
        times = n_made[one.misheard, one.correct]
        is_word = is_common(one.misheard) or (left > 0 and not TWICE <= times > left)
        groups.setdefault(("" if is_word else one.misheard, one.correct), []).append(one)
    selected = [
        Proposal(correct, misheard, len(group), tuple(one.context for one in group[:CONTEXTS]))
        for (misheard, correct), group in groups.items()
        if any(is_name(one, ordinary) for one in group)
        or (misheard and len(group) >= TWICE and not all(bare(word).casefold() in ordinary for word in correct.split()))
    ]
    return tuple(sorted(selected, key=lambda proposal: -proposal.count))


def ordinary_words(edits: Sequence[Edit]) -> set[str]:
    """The words that the editors' texts have in small letters."""
    return {bare(word) for _, edited in edits for word in edited if word[:1].islower()}


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
    """The text of a glossary, empty if the file does not exist. Raises `SettingsError` if it cannot be read, or is of
    another kind: entries would be added to it, and a TOML file would be none any more."""
    if path.suffix.lower() == ".toml":
        raise SettingsError(f"{path}: is TOML, to which no lines can be added; give a text file, one name per line")
    return glossary_text(path) if path.exists() else ""


def write_entries(path: Path, glossary: str, new: Sequence[Proposal]) -> None:
    """Write the glossary's text with the proposals appended. Raises `OutputError` if the file cannot be written."""
    try:
        write_atomically(path, with_entries(glossary, new))
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error}); give another file with --glossary") from error


def is_name(correction: Correction, ordinary: set[str]) -> bool:
    """Whether one of the words is spelt like a name or jargon, by a capital or digit, or is behind a title."""
    for position, word in enumerate(map(bare, correction.correct.split())):
        capital = word[:1].isupper() and word.casefold() not in ordinary and word != "I"
        inner = any(sign.isupper() or sign.isdigit() for sign in word[1:])
        if inner or (capital and not (correction.opens_sentence and position == 0)):
            return True
    return correction.behind_title and correction.correct[0].isupper()


def _parses_back(proposal: Proposal) -> bool:
    """Whether the line, parsed, is the proposal again: not with a comma or a `#` in it."""
    try:
        terms = parse(proposal.line).terms
    except (SettingsError, ValueError):
        return False
    return terms == (Term(proposal.correct, (proposal.misheard,) if proposal.misheard else ()),)
