"""Three-way merge of two edits of one text: changes that do not conflict are merged, conflicts are returned, none lost.

The merge of `diff3` (Khanna, Kunal and Pierce, "A formal investigation of diff3", 2007) on any sequence of strings;
paragraphs that both sides changed can be merged word by word. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transcribe.alignment.text_diff import NO_MATCH, matches


@dataclass(frozen=True, slots=True)
class Conflict:
    """Items that both sides changed differently."""

    base: tuple[str, ...]
    mine: tuple[str, ...]
    theirs: tuple[str, ...]


def merge(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> list[str | Conflict]:
    """`mine` and `theirs`, both made from `base`, as one sequence, with a `Conflict` where both changed the same items.

    >>> merge(["a", "b", "c", "d"], ["A", "b", "c", "d"], ["a", "b", "c", "D"])
    ['A', 'b', 'c', 'D']
    >>> merge(["a"], ["b"], ["c"])
    [Conflict(base=('a',), mine=('b',), theirs=('c',))]
    """
    result: list[str | Conflict] = []
    for old, my_items, their_items in aligned_segments(base, mine, theirs):
        if my_items == their_items or their_items == old:
            result += my_items
        elif my_items == old:
            result += their_items
        else:
            result.append(Conflict(old, my_items, their_items))
    return result


def merge_text(base: str, mine: str, theirs: str) -> str | None:
    """Two edits of one paragraph merged word by word; None if they conflict.

    >>> merge_text("we met in norway", "we met in Norway", "we first met in norway")
    'we first met in Norway'
    """
    items = merge(base.split(" "), mine.split(" "), theirs.split(" "))
    words = [item for item in items if isinstance(item, str)]
    return " ".join(words) if len(words) == len(items) else None


def aligned_segments(
    base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    """The three texts cut into corresponding segments: items common to all, and what is between two of those."""
    in_mine = _inverse(matches(base, mine), len(base))
    in_theirs = _inverse(matches(base, theirs), len(base))
    i = j = k = 0
    for position in range(len(base) + 1):
        at_end = position == len(base)
        here = (len(mine), len(theirs)) if at_end else (in_mine[position], in_theirs[position])
        if NO_MATCH in here:
            continue
        if position > i or here[0] > j or here[1] > k:
            yield tuple(base[i:position]), tuple(mine[j : here[0]]), tuple(theirs[k : here[1]])
        if not at_end:
            yield (base[position],), (mine[here[0]],), (theirs[here[1]],)
        i, j, k = position + 1, here[0] + 1, here[1] + 1


def _inverse(matched: Sequence[int], count: int) -> list[int]:
    result = [NO_MATCH] * count
    for new, old in enumerate(matched):
        if old != NO_MATCH:
            result[old] = new
    return result
