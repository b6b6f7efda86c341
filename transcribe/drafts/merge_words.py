"""Merges the words of a new recognition into those of an edited draft. Pure.

A three-way merge word by word: the base is what the machine wrote first, the sides are the editor's draft and the new
recognition. Where both changed the same words, the editor's stay, and the place is a `Difference`. The draft's marks of
doubts and times are not words: those the editor left unchanged are taken from the new recognition. Words that it moved,
as to the turn of another speaker, are moved only if the editor changed neither of the two places.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from output.labels import fold_name
from output.text import is_clock, remove_marks
from transcribe.alignment.merge3 import aligned_segments
from transcribe.alignment.moved_items import moved_items
from transcribe.alignment.same_people import SpokenWord, same_people
from transcribe.alignment.text_diff import NO_MATCH, matches
from transcribe.drafts.merge_conflicts import PARAGRAPH, TURN, Difference, difference
from transcribe.drafts.turn_edits import PageTurn


@dataclass(frozen=True, slots=True)
class Merged:
    """The turns of both, and how many places were changed by whom: those `taken` from the new recognition, those `kept`
    as the editor has them, and the `differences`, where both changed the same words. `renamed` are the speakers that
    only the new recognition calls otherwise, the old name and the new one; `names_kept` those it calls otherwise whose
    names somebody gave or typed, that name and the new recognition's. `new_names` maps names as the editor's draft
    prints them to those in `turns`. `base` is what the next merge compares with: the new recognition, but with the
    machine's older words where it agrees with an edit, or another recognition without that would undo the edit."""

    turns: tuple[PageTurn, ...]
    base: tuple[PageTurn, ...] = ()
    differences: tuple[Difference, ...] = ()
    taken: int = 0
    kept: int = 0
    renamed: tuple[tuple[str, str], ...] = ()
    names_kept: tuple[tuple[str, str], ...] = ()
    new_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def report(self) -> str:
        """The counts in a line, such as "12 places taken from the new recognition, 3 edits kept"."""
        both = len(self.differences)
        parts = [
            f"{_places(self.taken)} taken from the new recognition" if self.taken else "",
            *(f"{old} renamed {new}" for old, new in self.renamed),
            *(f"the name {name} kept (the new recognition has {new})" for name, new in self.names_kept),
            f"{self.kept} edit{'s' * (self.kept != 1)} kept" if self.kept else "",
            f"{_places(both)} where both changed the same words kept as yours" if both else "",
        ]
        if not (self.taken or self.renamed or both):
            parts.insert(0, "the new recognition has no other words")
        return ", ".join(filter(None, parts))


def merge_words(base: Sequence[PageTurn], mine: Sequence[PageTurn], new: Sequence[PageTurn]) -> Merged:
    """`mine` with the changes `new` made to `base` where `mine` made none, and the places where both made some.

    A speaker with a new name in `new`, whose old name the editor did not change, has the new name throughout.
    """
    names, old_base = _new_names(base, mine, new), base
    base, mine = (
        [replace(turn, speaker=names.get(turn.speaker, turn.speaker)) for turn in text] for text in (base, mine)
    )
    segments = tuple(_segments(base, mine, new))
    stay = _edited_moves(segments)
    units: list[str] = []
    next_base: list[str] = []
    differences: list[Difference] = []
    taken = kept = 0
    for number, one in enumerate(segments):
        next_base += one.printed[0] if one.base != one.mine == one.new else one.printed[2]
        if one.base == one.mine == one.new:  # the same words: take the marks of the side that changed them
            marks = zip(*one.printed, strict=True)
            units += [theirs if edited == old else edited for old, edited, theirs in marks]
        elif one.mine == one.new or one.base == one.new:
            units += one.printed[1]
            kept += one.mine != one.base
        elif not one.is_edited and number not in stay:
            units += one.printed[2]
            taken += 1
        else:
            turn, word = _place([*units, *(unit for unit in one.mine[:1] if unit.startswith(TURN))])
            differences.append(difference(one.mine, one.new, turn=turn, word=word))
            units += one.printed[1]
    differences = [one for one in differences if one.mine != one.new]
    renamed = tuple((old, name) for old, name in names.items() if old in {turn.speaker for turn in old_base} - {name})
    parts = (tuple(_turns(each)) for each in (units, next_base))
    return Merged(*parts, tuple(differences), taken, kept, renamed, new_names=names)


@dataclass(frozen=True, slots=True)
class _Segment:
    """Corresponding parts of the three texts: their units without marks, for comparison, and as `printed`."""

    base: tuple[str, ...]
    mine: tuple[str, ...]
    new: tuple[str, ...]
    printed: tuple[list[str], list[str], list[str]]

    @property
    def is_edited(self) -> bool:
        """Whether the editor changed something, if only a mark."""
        return self.printed[0] != self.printed[1]


def _edited_moves(segments: Sequence[_Segment]) -> Container[int]:
    """The segments from which, or to which, the new recognition moved words that the editor edited at one of the two.

    A move is taken as a whole or not at all: half of it would leave the words twice in the draft, or lose them.
    """
    edited = {number for number, one in enumerate(segments) if one.is_edited}
    linked: dict[int, set[int]] = {}
    for a, b in _moves(segments) if edited else ():
        linked.setdefault(a, set()).add(b)
        linked.setdefault(b, set()).add(a)
    found, due = set[int](), [number for number in edited if number in linked]
    while due:
        if (number := due.pop()) not in found:
            found.add(number)
            due += linked[number]
    return found


def _moves(segments: Sequence[_Segment]) -> Iterator[tuple[int, int]]:
    """Each two segments of which the second has words in the new text that the first has in another one."""
    texts: tuple[list[str], list[str], list[str]] = ([], [], [])
    numbers: tuple[list[int], list[int], list[int]] = ([], [], [])
    for number, one in enumerate(segments):
        for text, of, part in zip(texts, numbers, (one.base, one.mine, one.new), strict=True):
            text += part
            of += [number] * len(part)
    base, mine, new = texts
    from_base = matches(base, new)
    mine_of = {i: j for j, i in enumerate(matches(base, mine)) if i != NO_MATCH}
    from_mine = [mine_of.get(i, NO_MATCH) for i in from_base]
    for text, of, matched in ((base, numbers[0], from_base), (mine, numbers[1], from_mine)):
        for i, j in moved_items(text, new, matched):
            if of[i] != numbers[2][j] and not new[j].startswith((TURN, PARAGRAPH)):
                yield of[i], numbers[2][j]


def _segments(*texts: Sequence[PageTurn]) -> Iterator[_Segment]:
    """The three texts in segments."""
    printed = [list(_units(turns)) for turns in texts]
    base, mine, new = ([remove_marks(unit) for unit in units] for units in printed)
    at = [0, 0, 0]
    for plain in aligned_segments(base, mine, new):
        ends = [start + len(part) for start, part in zip(at, plain, strict=True)]
        yield from _by_turns(plain, [units[a:b] for units, a, b in zip(printed, at, ends, strict=True)])
        at = ends


def _by_turns(plain: Sequence[tuple[str, ...]], printed: Sequence[list[str]]) -> Iterator[_Segment]:
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
            yield _Segment(base, mine, new, (printed[0][a:b], printed[1][c:d], printed[2][e:f]))


def _new_names(base: Sequence[PageTurn], mine: Sequence[PageTurn], new: Sequence[PageTurn]) -> Mapping[str, str]:
    """The names in `new` of the speakers whose names in `base` and `mine` are the same.

    If a speaker's first turn was deleted, `mine` has only the initial of the name. No speaker is renamed if a new name
    is another speaker's: the two would become one.
    """
    spoken = _spoken(base)
    in_mine, in_new = same_people(spoken, _spoken(mine)), same_people(spoken, _spoken(new))
    known = {turn.speaker for turn in base}
    names: dict[str, str] = {}
    for old, name in in_new.items():
        mine_name = in_mine.get(old)
        is_initial = mine_name and mine_name not in known and old != name and fold_name(mine_name) == fold_name(old[:1])
        if mine_name and (mine_name == old or is_initial):
            names |= {old: name, mine_name: name}
    others = (known | {turn.speaker for turn in mine}) - names.keys()
    return names if others.isdisjoint(names.values()) else {}


def _spoken(turns: Sequence[PageTurn]) -> list[SpokenWord]:
    """The words without their marks, and the speaker of each."""
    return [(remove_marks(word), turn.speaker) for turn in turns for word in " ".join(turn.paragraphs).split()]


def _place(units: Sequence[str]) -> tuple[int, int]:
    """The position after these units: turn, and word of the turn, both from 0."""
    turn = sum(unit.startswith(TURN) for unit in units) - 1
    start = next((i for i in range(len(units) - 1, -1, -1) if units[i].startswith(TURN)), 0)
    return max(turn, 0), sum(not unit.startswith((TURN, PARAGRAPH)) for unit in units[start:])


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


def _turns(units: Sequence[str]) -> Iterator[PageTurn]:
    starts = [i for i, unit in enumerate(units) if unit.startswith(TURN)]
    for start, end in zip(starts, [*starts[1:], len(units)], strict=True):
        texts = " ".join(units[start + 1 : end]).split(PARAGRAPH)
        yield PageTurn(units[start].removeprefix(TURN), tuple(text.strip(" ") for text in texts))


def _places(count: int) -> str:
    return "1 place" if count == 1 else f"{count} places"
