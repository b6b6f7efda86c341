"""Merges the words of a new recognition into those of an edited draft. Pure.

A three-way merge word by word: the base is what the machine wrote first, the sides are the editor's draft and the new
recognition. Where both changed the same words, the editor's stay, and the place is a `Difference`. The draft's marks of
doubts and times are not words: those the editor left unchanged are taken from the new recognition. Words that it moved,
as to the turn of another speaker, are moved only if the editor changed neither of the two places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from output.labels import fold_name
from output.text import remove_marks
from transcribe.alignment.same_people import SpokenWord, same_people
from transcribe.drafts.merge_conflicts import PARAGRAPH, TURN, Difference, difference
from transcribe.drafts.merge_segments import kept_segments, segments_of
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
    segments = segments_of(base, mine, new)
    stay = kept_segments(segments)
    units: list[str] = []
    next_base: list[str] = []
    differences: list[Difference] = []
    taken = kept = passed = 0
    place = (-1, 0)  # after the units passed
    for number, one in enumerate(segments):
        next_base += one.printed[0] if one.base != one.mine == one.new else one.printed[2]
        if one.base == one.mine == one.new:  # the same words: take the marks of the side that changed them
            marks = zip(*one.printed, strict=True)
            units += [theirs if edited == old else edited for old, edited, theirs in marks]
        elif one.mine == one.new or one.base == one.new:
            units += one.printed[1]
            kept += one.mine != one.base
        elif number not in stay:
            units += one.printed[2]
            taken += 1
        else:
            place, passed = _after(units[passed:], place), len(units)
            turn, word = _after([unit for unit in one.mine[:1] if unit.startswith(TURN)], place)
            differences.append(difference(one.mine, one.new, turn=max(turn, 0), word=word))
            units += one.printed[1]
    differences = [one for one in differences if one.mine != one.new]
    renamed = tuple((old, name) for old, name in names.items() if old in {turn.speaker for turn in old_base} - {name})
    turns, after = (tuple(_turns(each)) for each in (units, next_base))
    return Merged(turns, after, tuple(differences), taken, kept, renamed, new_names=names)


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


def _after(units: Sequence[str], place: tuple[int, int]) -> tuple[int, int]:
    """The position after these units, which begin at this one: turn, and word of the turn, both from 0."""
    turn, word = place
    for unit in units:
        if unit.startswith(TURN):
            turn, word = turn + 1, 0
        elif not unit.startswith(PARAGRAPH):
            word += 1
    return turn, word


def _turns(units: Sequence[str]) -> Iterator[PageTurn]:
    starts = [i for i, unit in enumerate(units) if unit.startswith(TURN)]
    for start, end in zip(starts, [*starts[1:], len(units)], strict=True):
        texts = " ".join(units[start + 1 : end]).split(PARAGRAPH)
        yield PageTurn(units[start].removeprefix(TURN), tuple(text.strip(" ") for text in texts))


def _places(count: int) -> str:
    return "1 place" if count == 1 else f"{count} places"
