"""Where an editor and a new recognition both changed the same words: what each has, who says it and when, in words.

The units of a text are its words and, before them, marks of new turns and paragraphs. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, takewhile

from audio.episode import Seconds
from output.parse import Draft, DraftTurn
from output.text import clock
from transcribe.transcript import Doubt, Transcript

TURN, PARAGRAPH = "\x00", "\x01"  # begin the units that are not words

_SHOWN = 10  # lines of turns of which only the speaker differs
_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the editor and the new recognition both changed the same words; the draft has the editor's.

    Of words alone `mine` and `new` are these; else they say in words what begins there. `speakers` are those of both,
    if only the speaker of a turn differs.
    """

    mine: str
    new: str
    turn: int  # of the merged draft, from 0
    word: int  # of that turn, from 0
    is_wording: bool = True  # both are words of one paragraph; else turns or paragraphs begin there
    length: int = 1  # words of mine from there on, of that turn
    speakers: tuple[str, str] | None = None

    @property
    def told(self) -> str:
        """What is kept, and instead of what."""
        mine, new = ((f'"{text}"' if text else _NOTHING) for text in (self.mine, self.new))
        if not self.is_wording:
            mine, new = self.mine, self.new
        return f"kept {mine}; the new recognition has {new}"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A difference with its place: its line in the draft, who speaks, and when, if that is known."""

    difference: Difference
    line: int
    speaker: str
    start: Seconds | None = None


def difference(mine: Sequence[str], new: Sequence[str], *, turn: int, word: int) -> Difference:
    """The difference between these units, at that word of a turn of the merged draft.

    >>> difference(["fog"], ["frog", "is"], turn=2, word=7).told
    'kept "fog"; the new recognition has "frog is"'
    >>> difference(["here?", f"{TURN}Zoe", "Yes?", f"{TURN}Ann"], ["on", "time?"], turn=2, word=7).told
    'kept "here?", Zoe: "Yes?", a turn of Ann; the new recognition has "on time?"'
    """
    is_wording = not any(_is_mark(unit) for unit in (*mine, *new))
    words = list(takewhile(lambda unit: not _is_mark(unit), mine[bool(mine) and _is_mark(mine[0]) :]))
    found = Difference(" ".join(mine), " ".join(new), turn, word, is_wording, max(len(words), 1))
    if is_wording:
        return found
    if len(mine) == len(new) == 1 and mine[0].startswith(TURN) and new[0].startswith(TURN):
        found = replace(found, speakers=(mine[0].removeprefix(TURN), new[0].removeprefix(TURN)))
    return replace(found, mine=_shown(mine, beside=new), new=_shown(new, beside=mine))


def conflicts(differences: Sequence[Difference], draft: Draft, *, after: Transcript) -> Iterator[Conflict]:
    """The differences with their places in the merged draft and its transcript."""
    line_ends = {place: _line_ends(draft.turns[place]) for place in {one.turn for one in differences}}
    for one, passage in zip(differences, _passages(differences, draft, after=after), strict=True):
        turn = draft.turns[one.turn]
        ends = line_ends[one.turn]
        line = turn.line + turn.marker.count("\n") + min(bisect_right(ends, one.word), len(ends) - 1)
        yield Conflict(one, line, turn.speaker, passage[0] if passage else None)


def doubts(differences: Sequence[Difference], draft: Draft, *, after: Transcript) -> Iterator[Doubt]:
    """The differences as doubts with times; none in turns without words, which the transcript leaves out."""
    for one, passage in zip(differences, _passages(differences, draft, after=after), strict=True):
        if passage:
            instead = one.new if one.is_wording and one.mine else ""
            yield Doubt(*passage, f"new recognition: {one.new or '(nothing)'}", alternative=instead)


def told(places: Sequence[Conflict]) -> Iterator[str]:
    """A line for each conflict, for the user; one for all the turns of which only the same two speakers differ.

    >>> one = Conflict(difference(["fog"], [], turn=2, word=7), 31, "Ann", 80.9)
    >>> list(told([one]))
    ['line 31, 1:20, Ann: kept "fog"; the new recognition has nothing']
    """
    alike: dict[tuple[str, str], list[Conflict]] = {}
    for one in places:
        if one.difference.speakers:
            alike.setdefault(one.difference.speakers, []).append(one)
    for one in places:
        group = alike.get(one.difference.speakers, []) if one.difference.speakers else []
        if len(group) < 2:
            when = "" if one.start is None else f", {clock(one.start)}"
            yield f"line {one.line}{when}, {one.speaker}: {one.difference.told}"
        elif one is group[0]:
            mine, new = group[0].difference.speakers or ("", "")
            lines = ", ".join(str(each.line) for each in group[:_SHOWN])
            more = f" and {len(group) - _SHOWN} more" if len(group) > _SHOWN else ""
            yield f"lines {lines}{more}: {mine} kept as the speaker; the new recognition has {new}"


def _line_ends(turn: DraftTurn) -> list[int]:
    """The number of the turn's words up to the end of each of its lines."""
    return list(accumulate(len(text.split()) for text in turn.said.rstrip().split("\n")))


def _passages(
    differences: Sequence[Difference], draft: Draft, *, after: Transcript
) -> Iterator[tuple[Seconds, Seconds] | None]:
    """From when to when the editor's words of each are spoken."""
    spoken = [index for index, turn in enumerate(draft.turns) if turn.spoken]
    timed = dict(zip(spoken, after.turns, strict=True)) if len(spoken) == len(after.turns) else {}
    for one in differences:
        if one.turn not in timed:
            yield None
            continue
        words = timed[one.turn].words
        first = min(one.word, len(words) - 1)
        passage = words[first : max(first + 1, min(first + one.length, len(words)))]
        yield min(word.start for word in passage), max(word.end for word in passage)


def _is_mark(unit: str) -> bool:
    return unit.startswith((TURN, PARAGRAPH))


def _shown(units: Sequence[str], *, beside: Sequence[str]) -> str:
    """What begins with these units, in words; if they are none, what does not begin there."""
    parts: list[str] = []
    words: list[str] = []
    speaker = ""

    def end_part() -> None:
        text = f'"{" ".join(words)}"' if words else ""
        if speaker:
            parts.append(f"{speaker}: {text}" if words else f"a turn of {speaker}")
        elif words:
            parts.append(text)
        words.clear()

    for unit in units:
        if _is_mark(unit):
            end_part()
            speaker = unit.removeprefix(TURN) if unit.startswith(TURN) else ""
            parts += ["a new paragraph"] if unit == PARAGRAPH else []
        else:
            words.append(unit)
    end_part()
    if parts:
        return ", ".join(parts)
    only = {unit[:1] for unit in beside}
    return {frozenset(TURN): "no new turn", frozenset(PARAGRAPH): "no new paragraph"}.get(frozenset(only), _NOTHING)
