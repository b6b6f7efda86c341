"""Edit distances and alignments of long texts: a bit for each pair of words, and only √n rows of them in memory.

Hyyrö's bit-parallel form of the dynamic programme (2003, after Myers 1999): a row is two bit vectors, here Python
integers, of the steps up and down between neighbouring columns. Where several alignments have the fewest errors, the
one taken is kaldialign's: from the end, an insertion goes before a deletion, and both go before a pair. So the counts
by type are those of kaldialign and meeteval, and the alignment of the same words is always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from math import isqrt

_MASKS = 1024  # of the most recent words; a mask has a bit for each word of the hypothesis

Row = tuple[int, int]  # bits of the columns where the distance is one more, and one less, than in the column before


def edit_distance(reference: Sequence[int], hypothesis: Sequence[int]) -> int:
    """The fewest substitutions, deletions and insertions that turn one into the other.

    >>> edit_distance([1, 2, 3], [1, 3, 3, 4])
    2
    """
    row = _first_row(len(hypothesis))
    for up, down, _ in _rows(reference, _masks(hypothesis), row, len(hypothesis)):
        row = up, down
    return len(reference) + row[0].bit_count() - row[1].bit_count()


def align(reference: Sequence[int], hypothesis: Sequence[int]) -> tuple[tuple[bool, bool], ...]:
    """The alignment with the fewest errors, position by position: has it a word of the reference, of the hypothesis?

    >>> align([1, 2], [1])
    ((True, True), (True, False))
    """
    width, mask_of = len(hypothesis), _masks(hypothesis)
    height = isqrt(len(reference)) + 1
    starts = list(range(0, len(reference), height))
    saved = [_first_row(width)]
    for first in starts[:-1]:
        row = saved[-1]
        for up, down, _ in _rows(reference[first : first + height], mask_of, row, width):
            row = up, down
        saved.append(row)
    column, steps = width, []
    for first, row in zip(reversed(starts), reversed(saved), strict=False):
        block = [(up, higher) for up, _, higher in _rows(reference[first : first + height], mask_of, row, width)]
        for up, higher in reversed(block):
            while column and up >> (column - 1) & 1:
                column -= 1
                steps.append((False, True))
            is_deletion = not column or higher >> (column - 1) & 1
            column -= not is_deletion
            steps.append((True, not is_deletion))
    steps += [(False, True)] * column
    return tuple(reversed(steps))


def _first_row(width: int) -> Row:
    return (1 << width) - 1, 0


def _rows(words: Sequence[int], mask_of: Callable[[int], int], row: Row, width: int) -> Iterator[tuple[int, int, int]]:
    """For each word the row after it, and the bits of the columns where the distance is one more than before it."""
    every, (up, down) = (1 << width) - 1, row
    for word in words:
        equal = mask_of(word)
        same = (((equal & up) + up) ^ up) | equal | down
        higher = (down | (every ^ ((same | up) & every))) & every
        lower = same & up
        shifted = (higher << 1) | 1
        up = ((lower << 1) | (every ^ ((same | shifted) & every))) & every
        down = shifted & same & every
        yield up, down, higher


def _masks(words: Sequence[int]) -> Callable[[int], int]:
    """A function from a word to the bits of its places among `words`."""
    places: dict[int, list[int]] = {}
    for at, word in enumerate(words):
        places.setdefault(word, []).append(at)

    @lru_cache(_MASKS)
    def mask_of(word: int) -> int:
        bits = bytearray(len(words) // 8 + 1)
        for at in places.get(word, ()):
            bits[at >> 3] |= 1 << (at & 7)
        return int.from_bytes(bits, "little")

    return mask_of
