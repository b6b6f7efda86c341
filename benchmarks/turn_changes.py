"""Words near a change of speaker: how many of them go to the wrong person. Used by benchmarks/speakers.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, NamedTuple

NEAR = 0.5  # seconds from a change


class Told(NamedTuple):
    """A recognised word, whom it was given to, and whose it is; None where the reference does not say."""

    start: float
    end: float
    given_to: str
    whose: str | None


class Wrong(NamedTuple):
    """Words within `NEAR` of a change and those of them given to another person; the same of all words."""

    near: int
    near_wrong: int
    words: int
    wrong: int

    def plus(self, other: Wrong) -> Wrong:
        return Wrong(*(a + b for a, b in zip(self, other, strict=True)))


def by_text(words: Sequence[tuple[str, float, float, str]], reference: Sequence[tuple[str, str]]) -> list[Told]:
    """(text, start, end, given to) and (speaker, normalised text) turns: the words heard right are the reference's."""
    truth = [(word, speaker) for speaker, text in reference for word in text.split()]
    matcher = SequenceMatcher(None, [word for word, *_ in words], [word for word, _ in truth], autojunk=False)
    whose: dict[int, str] = {}
    for ours, theirs, size in matcher.get_matching_blocks():
        whose |= {ours + i: truth[theirs + i][1] for i in range(size)}
    return [Told(start, end, given, whose.get(i)) for i, (_, start, end, given) in enumerate(words)]


def by_time(words: Sequence[tuple[str, float, float, str]], spans: Sequence[tuple[float, float, str]]) -> list[Told]:
    """The same with (start, end, speaker) of a reference: a word is whoever's speaks alone in the middle of it."""
    told = []
    for _, start, end, given in words:
        speaking = {who for a, b, who in spans if a <= (start + end) / 2 < b}
        told.append(Told(start, end, given, speaking.pop() if len(speaking) == 1 else None))
    return told


def count_wrong(told: Sequence[Told]) -> Wrong:
    """Speakers are matched so that most words are right; a change lies between two words of different people."""
    known = sorted((word for word in told if word.whose is not None), key=lambda word: word.start)
    right = _best_mapping(known)
    changes = [(a.end + b.start) / 2 for a, b in pairwise(known) if a.whose != b.whose]
    near = [word for word in known if any(word.start - NEAR <= at <= word.end + NEAR for at in changes)]

    def wrong(words: Sequence[Told]) -> int:
        return sum(right.get(word.given_to) != word.whose for word in words)

    return Wrong(len(near), wrong(near), len(known), wrong(known))


def _best_mapping(told: Sequence[Told]) -> dict[str, Any]:
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    pairs = Counter((word.given_to, word.whose) for word in told)
    ours, theirs = sorted({a for a, _ in pairs}), sorted({str(b) for _, b in pairs})
    shared = np.array([[pairs[a, b] for b in theirs] for a in ours]).reshape(len(ours), len(theirs))
    rows, columns = linear_sum_assignment(-shared)
    return {ours[i]: theirs[j] for i, j in zip(rows, columns, strict=True)}
