"""Whose name is said: a clue, and whom a speaker means with a name. Pure.

Whoever says a name does not bear it; the speaker before or after may. A greeting that is returned was meant for whoever
returns it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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


def about_others(
    turns: Sequence[Turn], index: int, match: re.Match[str], *, name: str, weight: float, kind: Kind
) -> Iterator[Clue]:
    """A speaker says a name: it is not the speaker's own, but may be that of the speaker before or after."""
    turn, neighbours = turns[index], _neighbours(turns, index)
    if _is_returned(turns, index, match):
        neighbours = [turns[index + 1].speaker]
    quote, time = quote_of(match, name), time_of(turn, match.start())
    yield Clue(name, turn.speaker, -weight, quote, time, kind)
    for speaker in neighbours:
        yield Clue(name, speaker, weight / len(neighbours), quote, time, kind)


def _neighbours(turns: Sequence[Turn], index: int) -> list[str]:
    """The other speakers directly before and after the turn: one of them may be addressed."""
    nearby = [turns[other].speaker for other in (index - 1, index + 1) if 0 <= other < len(turns)]
    return sorted({speaker for speaker in nearby if speaker != turns[index].speaker})


def _is_returned(turns: Sequence[Turn], index: int, match: re.Match[str]) -> bool:
    """Whether a greeting ends a turn and the next speaker returns it, so that it was addressed to them."""
    text = turns[index].text
    if match.re is not GREETED.regex or not _ends(match, text) or index + 1 >= len(turns):
        return False
    if turns[index + 1].speaker == turns[index].speaker:
        return False
    before = turns[index - 1].text if index else ""
    if IN_RETURN.match(text) and any(_ends(greeting, before) for greeting in GREETED.regex.finditer(before)):
        return False  # it is itself in return
    return IN_RETURN.match(turns[index + 1].text) is not None


def _ends(match: re.Match[str], text: str) -> bool:
    """Whether the match ends the text, a full stop aside."""
    return len(text) - match.end() <= 1


def quote_of(match: re.Match[str], name: str) -> str:
    """The words of a clue up to its name."""
    found = match.string.find(name.split()[-1], match.start("name"))
    end = found + len(name.split()[-1]) if found >= 0 else match.end("name")
    return match.string[match.start() : end].lstrip(" .!?,;:—–-")


def time_of(turn: Turn, offset: int) -> float:
    """The time of the character at `offset` of the turn's text, seconds."""
    position = 0
    for word in turn.words:
        position += len(word.text) + (not word.attached)
        if position > offset + 1:
            return word.start
    return turn.words[-1].start
