"""The places of a three-way merge of draft texts, and which of them go together. Pure.

A place is a segment: corresponding units of the base, of the editor's draft and of a new recognition. Units are words
and, before them, marks of new turns and paragraphs. Two things join segments that lie apart: words that the new
recognition moved from one to the other, and a turn that begins in one and has words of the other.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from output.text import is_clock, remove_marks
from transcribe.alignment.merge3 import aligned_segments
from transcribe.alignment.moved_items import moved_items
from transcribe.alignment.text_diff import NO_MATCH, matches
from transcribe.drafts.merge_conflicts import PARAGRAPH, TURN
from transcribe.drafts.turn_edits import PageTurn

_ROUNDS = 8  # after which all turns stay as the editor has them
_BASE, _MINE, _NEW = range(3)  # the texts
_Copies = tuple[dict[int, int], dict[int, int]]  # of the base's words in the editor's text and in the new one


@dataclass(frozen=True, slots=True)
class Segment:
    """Corresponding parts of the three texts: their units without marks, for comparison, and as `printed`."""

    base: tuple[str, ...]
    mine: tuple[str, ...]
    new: tuple[str, ...]
    printed: tuple[list[str], list[str], list[str]]

    @property
    def is_edited(self) -> bool:
        """Whether the editor changed something, if only a mark."""
        return self.printed[0] != self.printed[1]


def segments_of(base: Sequence[PageTurn], mine: Sequence[PageTurn], new: Sequence[PageTurn]) -> tuple[Segment, ...]:
    """The three texts in segments."""
    return tuple(_segments(base, mine, new))


def kept_segments(segments: Sequence[Segment]) -> Container[int]:
    """The segments that stay as the editor has them though the editor changed nothing there, with the edited ones.

    From or into them the new recognition moved words that the editor edited at one of the two: a move is taken as a
    whole or not at all, as half of it would leave the words twice in the draft, or lose them. Or a turn of the new
    recognition begins or ends there, and would take words that the editor gave to somebody.
    """
    edited = {number for number, one in enumerate(segments) if one.is_edited}
    if not edited:
        return edited
    texts = _Texts.of(segments)
    moves = tuple(_moves(texts))
    copies = texts.copies(_MINE), texts.copies(_NEW)
    stay = _joined(edited, moves)
    for rest in range(_ROUNDS, -1, -1):
        taken = {number for number, one in enumerate(segments) if number not in stay and one.base != one.new}
        found = _disowning(texts, copies, taken)
        if not found:
            break
        if not rest:
            found = {number for number in taken if _has_turns(segments[number])}
        stay = _joined(stay | found, moves)
    return stay


@dataclass(frozen=True, slots=True)
class _Texts:
    """The three texts as units, base, mine and new; of each unit, its segment, and the unit that begins its turn."""

    units: tuple[list[str], list[str], list[str]]
    segments: tuple[list[int], list[int], list[int]]
    turns: tuple[list[int], list[int], list[int]]

    @classmethod
    def of(cls, segments: Sequence[Segment]) -> _Texts:
        units: tuple[list[str], list[str], list[str]] = ([], [], [])
        numbers: tuple[list[int], list[int], list[int]] = ([], [], [])
        for number, one in enumerate(segments):
            for text, of, part in zip(units, numbers, (one.base, one.mine, one.new), strict=True):
                text += part
                of += [number] * len(part)
        base, mine, new = ([*_beginnings(text)] for text in units)
        return cls(units, numbers, (base, mine, new))

    def words(self, side: int) -> list[int]:
        """The places of the units that are words."""
        return [place for place, unit in enumerate(self.units[side]) if not unit.startswith((TURN, PARAGRAPH))]

    def copies(self, side: int) -> dict[int, int]:
        """The places of a text's words by their places in the base, whatever the turns are."""
        places = self.words(_BASE), self.words(side)
        plain = ([self.units[of][place] for place in some] for of, some in zip((_BASE, side), places, strict=True))
        found = zip(places[1], matches(*plain), strict=True)
        return {places[0][origin]: place for place, origin in found if origin != NO_MATCH}

    def speaker(self, side: int, place: int) -> str:
        """Who says this unit; "" before the first turn."""
        turn = self.turns[side][place]
        return self.units[side][turn] if turn >= 0 else ""


def _inverse(places: Mapping[int, int]) -> dict[int, int]:
    return {place: origin for origin, place in places.items()}


def _beginnings(units: Sequence[str]) -> Iterator[int]:
    turn = -1
    for place, unit in enumerate(units):
        turn = place if unit.startswith(TURN) else turn
        yield turn


def _has_turns(one: Segment) -> bool:
    return any(unit.startswith(TURN) for unit in (*one.base, *one.mine, *one.new))


def _joined(numbers: Collection[int], moves: Sequence[tuple[int, int]]) -> set[int]:
    """These segments and those joined to them by moves."""
    linked: dict[int, set[int]] = {}
    for a, b in moves:
        linked.setdefault(a, set()).add(b)
        linked.setdefault(b, set()).add(a)
    found, due = set[int](), list(numbers)
    while due:
        if (number := due.pop()) not in found:
            found.add(number)
            due += linked.get(number, ())
    return found


def _moves(texts: _Texts) -> Iterator[tuple[int, int]]:
    """Each two segments of which the second has words in the new text that the first has in another one."""
    base, mine, new = texts.units
    from_base = matches(base, new)
    mine_of = {i: j for j, i in enumerate(matches(base, mine)) if i != NO_MATCH}
    from_mine = [mine_of.get(i, NO_MATCH) for i in from_base]
    for side, matched in ((_BASE, from_base), (_MINE, from_mine)):
        for i, j in moved_items(texts.units[side], new, matched):
            if texts.segments[side][i] != texts.segments[_NEW][j] and not new[j].startswith((TURN, PARAGRAPH)):
                yield texts.segments[side][i], texts.segments[_NEW][j]


def _disowning(texts: _Texts, copies: _Copies, taken: Collection[int]) -> set[int]:
    """Those of the segments `taken` from the new text by which words get another speaker than the editor gave them, or
    one whom neither the editor nor the new recognition has for them."""
    mine_of, new_of = copies
    origins = {_MINE: _inverse(mine_of), _NEW: _inverse(new_of)}
    found: set[int] = set()
    turn: tuple[int, int] | None = None  # that begins the merged turn: side, place
    for side, place in _merged_places(texts, taken):
        if texts.units[side][place].startswith(TURN):
            turn = side, place
        origin = origins[side].get(place)
        if turn is None or origin is None or origin not in mine_of:
            continue
        known = mine_of[origin]
        merged, own, old = texts.units[turn[0]][turn[1]], texts.speaker(_MINE, known), texts.speaker(_BASE, origin)
        other = texts.speaker(_NEW, new_of[origin]) if origin in new_of else own
        if merged != own and not (own == old and merged == other):
            causes = ((side, place), turn, (_MINE, texts.turns[_MINE][known]))
            found |= {texts.segments[of][at] for of, at in causes if at >= 0}
    return found & {*taken}


def _merged_places(texts: _Texts, taken: Collection[int]) -> Iterator[tuple[int, int]]:
    """The merged text, as sides and places of their units: of the segments `taken` the new ones, else the editor's."""
    sides = ((segment, side, i) for side in (_MINE, _NEW) for i, segment in enumerate(texts.segments[side]))
    for _, side, place in sorted(one for one in sides if (one[0] in taken) == (one[1] == _NEW)):
        yield side, place


def _segments(*texts: Sequence[PageTurn]) -> Iterator[Segment]:
    """The three texts in segments."""
    printed = [list(_units(turns)) for turns in texts]
    base, mine, new = ([remove_marks(unit) for unit in units] for units in printed)
    at = [0, 0, 0]
    for plain in aligned_segments(base, mine, new):
        ends = [start + len(part) for start, part in zip(at, plain, strict=True)]
        yield from _by_turns(plain, [units[a:b] for units, a, b in zip(printed, at, ends, strict=True)])
        at = ends


def _by_turns(plain: Sequence[tuple[str, ...]], printed: Sequence[list[str]]) -> Iterator[Segment]:
    """A segment cut where turns begin, if each text has as many: speaker and words are separate edits."""
    begins = [[i for i, unit in enumerate(units) if unit.startswith(TURN)] for units in plain]
    cuts = [
        [0, *(at for i in starts for at in (i, i + 1)), len(units)] for starts, units in zip(begins, plain, strict=True)
    ]
    if len({len(starts) for starts in begins}) > 1:
        cuts = [[0, len(units)] for units in plain]
    for (a, b), (c, d), (e, f) in zip(*(pairwise(each) for each in cuts), strict=True):
        base, mine, new = plain[0][a:b], plain[1][c:d], plain[2][e:f]
        if base or mine or new:
            yield Segment(base, mine, new, (printed[0][a:b], printed[1][c:d], printed[2][e:f]))


def _units(turns: Sequence[PageTurn]) -> Iterator[str]:
    for turn in turns:
        yield TURN + turn.speaker
        for index, paragraph in enumerate(turn.paragraphs):
            if index:
                yield PARAGRAPH
            yield from [paragraph] if "\n" in paragraph else _printed_words(paragraph)


def _printed_words(paragraph: str) -> Iterator[str]:
    """The words of a paragraph, each with the time printed before it, if any."""
    pending = ""
    for word in paragraph.split():
        if is_clock(word) and not pending:
            pending = word
            continue
        yield f"{pending} {word}".lstrip()
        pending = ""
    if pending:
        yield pending
