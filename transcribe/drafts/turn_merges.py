"""Two edits of the same turns of a page merged: paragraph by paragraph, and within one word by word. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from transcribe.alignment.merge3 import Conflict, merge, merge_text
from transcribe.drafts.turn_edits import PageTurn

_TURN_UNIT = "\x00"  # begins the unit of a speaker, and no paragraph


def merge_turns(
    base: Sequence[PageTurn], mine: Sequence[PageTurn], theirs: Sequence[PageTurn]
) -> tuple[tuple[PageTurn, ...], tuple[tuple[int, int, str], ...]]:
    """Two edits of the same turns merged, and their conflicts (turn, paragraph, their text), where mine stays."""
    units: list[str] = []
    conflicts: list[tuple[int, str]] = []
    for item in merge(_units(base), _units(mine), _units(theirs)):
        if isinstance(item, str):
            units.append(item)
            continue
        both = _word_by_word(item)
        if both is None:
            conflicts.append((len(units), "\n\n".join(unit.removeprefix(_TURN_UNIT) for unit in item.theirs)))
            units += item.mine or (("",) if units else item.theirs)
        else:
            units.append(both)
    return _turns_of(units, conflicts)


def _word_by_word(conflict: Conflict) -> str | None:
    if len(conflict.base) == len(conflict.mine) == len(conflict.theirs) == 1:
        return merge_text(conflict.base[0], conflict.mine[0], conflict.theirs[0])
    return None


def _units(turns: Sequence[PageTurn]) -> list[str]:
    return [unit for turn in turns for unit in (_TURN_UNIT + turn.speaker, *turn.paragraphs)]


def _turns_of(
    units: Sequence[str], conflicts: Sequence[tuple[int, str]]
) -> tuple[tuple[PageTurn, ...], tuple[tuple[int, int, str], ...]]:
    turns: list[PageTurn] = []
    places: list[tuple[int, int]] = []
    for unit in units:
        if unit.startswith(_TURN_UNIT):
            turns.append(PageTurn(unit.removeprefix(_TURN_UNIT), ()))
        elif turns:
            turns[-1] = replace(turns[-1], paragraphs=(*turns[-1].paragraphs, unit))
        places.append((len(turns) - 1, max(len(turns[-1].paragraphs) - 1, 0) if turns else 0))
    complete = tuple(turn if turn.paragraphs else replace(turn, paragraphs=("",)) for turn in turns)
    return complete, tuple((*places[min(i, len(places) - 1)], text) for i, text in conflicts if places)
