"""Whose name is said: a clue, and whom a speaker means with a name. Pure.

Whoever says a name does not bear it; the speaker before or after may. A greeting that is returned was meant for whoever
returns it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from transcribe.speakers.name_patterns import GREETED, IN_RETURN, Kind
from transcribe.transcript import Turn


@dataclass(frozen=True, slots=True)
class Clue:
    """Words that tie a name to a voice; a negative `weight` is evidence against this voice."""

    name: str
    speaker: str  # the voice's id
    weight: float
    quote: str
    time: float  # seconds
    kind: Kind = Kind.ADDRESS

    @property
    def citation(self) -> str:
        """
        >>> Clue("Ada", "S1", 4.0, "I'm Ada", 65.2).citation
        "“I'm Ada” at 1:05"
        """
        minutes, seconds = divmod(int(self.time), 60)
        return f"“{self.quote}” at {minutes}:{seconds:02d}"


@dataclass(frozen=True, slots=True)
class TurnTexts:
    """The turns, with the text of each and where its words end there: joined once, as every clue asks for them."""

    turns: Sequence[Turn]
    texts: tuple[str, ...]
    ends: tuple[tuple[int, ...], ...]  # of each word, with the blank before the next

    @classmethod
    def of(cls, turns: Sequence[Turn]) -> TurnTexts:
        lengths = ((len(word.text) + (not word.attached) for word in turn.words) for turn in turns)
        return cls(turns, tuple(turn.text for turn in turns), tuple(tuple(accumulate(each)) for each in lengths))

    def time_of(self, index: int, offset: int) -> float:
        """The time of the character at `offset` of a turn's text, seconds."""
        words = self.turns[index].words
        return words[min(bisect_right(self.ends[index], offset + 1), len(words) - 1)].start


def about_others(
    said: TurnTexts, index: int, match: re.Match[str], *, name: str, weight: float, kind: Kind
) -> Iterator[Clue]:
    """A speaker says a name: it is not the speaker's own, but may be that of the speaker before or after."""
    turn, neighbours = said.turns[index], _neighbours(said.turns, index)
    if _is_returned(said, index, match):
        neighbours = [said.turns[index + 1].speaker]
    quote, time = quote_of(match, name), said.time_of(index, match.start())
    yield Clue(name, turn.speaker, -weight, quote, time, kind)
    for speaker in neighbours:
        yield Clue(name, speaker, weight / len(neighbours), quote, time, kind)


def _neighbours(turns: Sequence[Turn], index: int) -> list[str]:
    """The other speakers directly before and after the turn: one of them may be addressed."""
    nearby = [turns[other].speaker for other in (index - 1, index + 1) if 0 <= other < len(turns)]
    return sorted({speaker for speaker in nearby if speaker != turns[index].speaker})


def _is_returned(said: TurnTexts, index: int, match: re.Match[str]) -> bool:
    """Whether a greeting ends a turn and the next speaker returns it, so that it was addressed to them."""
    turns, text = said.turns, said.texts[index]
    if match.re is not GREETED.regex or not _ends(match, text) or index + 1 >= len(turns):
        return False
    if turns[index + 1].speaker == turns[index].speaker:
        return False
    before = said.texts[index - 1] if index else ""
    if IN_RETURN.match(text) and any(_ends(greeting, before) for greeting in GREETED.regex.finditer(before)):
        return False  # it is itself in return
    return IN_RETURN.match(said.texts[index + 1]) is not None


def _ends(match: re.Match[str], text: str) -> bool:
    """Whether the match ends the text, a full stop aside."""
    return len(text) - match.end() <= 1


def quote_of(match: re.Match[str], name: str) -> str:
    """The words of a clue up to its name."""
    found = match.string.find(name.split()[-1], match.start("name"))
    end = found + len(name.split()[-1]) if found >= 0 else match.end("name")
    return match.string[match.start() : end].lstrip(" .!?,;:—–-")
