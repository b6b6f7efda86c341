"""Captions that show words more than once, read once: roll-up (each cue repeats lines of the one before), duplicates.

YouTube's automatic captions and live TV roll: a line stays while the next one comes below it, and between two of them
there is a cue of 10 ms. A song's refrain or a true "No. No." repeats whole cues, so a file rolls only if cues keep a
part of the one before and add to it. In a pause the lines go, or stay until a decoder clears them, and come again above
the next one: what a cue keeps and adds to is old over a pause too, and what it only repeats is new.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from audio.episode import Seconds

NEAR = 0.25  # seconds between a cue and one that continues it
_CLEARED = 16.0  # seconds without a change after which decoders clear roll-up captions (CEA-608)
_TRANSITION = 0.05  # seconds; nobody can read a shorter cue
_SHARE = 0.3  # of the cues that follow another


@dataclass(frozen=True, slots=True)
class Shown:
    """A cue's lines as words, and the first line with times inside, which is new; None if there is none."""

    start: Seconds
    end: Seconds
    lines: tuple[tuple[str, ...], ...]
    first_timed: int | None = None

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for line in self.lines for word in line)


def repeated_words(cues: Sequence[Shown]) -> list[int]:
    """For each cue how many of its first words the cue before has already shown."""
    carried = [0, *(_carried(before, cue) for before, cue in pairwise(cues))][: len(cues)]
    partly = sum(0 < count < len(cue.words) for count, cue in zip(carried, cues, strict=True))
    enough = 1 if any(cue.first_timed is not None for cue in cues) else 2
    if partly >= max(enough, _SHARE * (len(cues) - 1) / 2):
        return carried
    return [
        count if count == len(cue.words) and _is_transition(before, cue) else 0
        for count, cue, before in zip(carried, cues, (None, *cues), strict=False)
    ]


def _is_transition(before: Shown | None, cue: Shown) -> bool:
    return before is not None and before.words == cue.words and cue.end - cue.start <= _TRANSITION


def _carried(before: Shown, cue: Shown) -> int:
    """The words of the lines that a cue keeps: whole lines, or all words of the cue before if it grew."""
    pause = cue.start - before.end
    kept = overlap(before.lines, cue.lines[: cue.first_timed])
    adds = kept < len(cue.lines)
    if kept and (pause <= NEAR or (adds and (cue.first_timed is not None or pause <= _CLEARED))):
        return sum(map(len, cue.lines[:kept]))
    if cue.first_timed is not None or pause > _CLEARED:
        return 0
    words = before.words
    if words and cue.words[: len(words)] == words and (pause <= NEAR or len(words) < len(cue.words)):  # it grew
        return len(words)
    count = overlap(words, cue.words) if pause <= NEAR else 0
    return count if count > 2 else 0


def overlap(before: Sequence[Hashable], after: Sequence[Hashable]) -> int:
    """The longest end of `before` that `after` begins with, in linear time (by Knuth, Morris, Pratt).

    >>> overlap("abcab", "abx"), overlap("aaa", "aa"), overlap("abc", "d")
    (2, 2, 0)
    """
    tail = before[-len(after) :] if after else before[:0]
    both: list[Hashable] = [*after, None, *tail]
    longest = [0] * len(both)
    for at in range(1, len(both)):
        length = longest[at - 1]
        while length and both[at] != both[length]:
            length = longest[length - 1]
        longest[at] = length + (both[at] == both[length])
    return longest[-1] if after and tail else 0
