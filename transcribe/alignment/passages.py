"""Which matches of a diff are evidence that two texts are one: those in dense passages, not words that agree by chance.

Two texts in one language share a third of their words in order, so a match by itself says nothing. Along the matches
of a diff each is worth 1, and each word between two of them costs `COST`; a passage ends where its score falls by
`DROP` below its highest, and counts if that reaches `least_score`. Linear.

The values are from 35 references of 8 to 900 words, each against itself with recognition errors (12 % of the words) and
an editor's rewriting (none to 40 %), against every other one, and against an hour made of all the others. Of whole
texts at least 53 % of the words are in common at 40 % rewritten, and at most 12 % with a wrong one; of 40 words
taken from a text 1 % are refused at 40 %, and of 15 words 11 %; with wrong audio at most 1 % are taken for right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from transcribe.alignment.text_diff import NO_MATCH

COST = 0.5  # of a word between two matches
DROP = 6.0
LEAST_SCORE = 4.0
LEAST_SHARE = 0.2  # of the words of the shorter text, in passages: less, and it is another text

_USUAL_SIZE = 10_000  # pairs of words, as of two texts of a hundred each: longer ones have more passages by chance
_SCORE_PER_DOUBLING = 0.3


def least_score(n_old: int, n_new: int) -> float:
    """The score from which a passage in texts of these lengths is evidence; a shorter text must be in it whole."""
    doublings = math.log2(max(1.0, n_old * n_new / _USUAL_SIZE))
    return min(LEAST_SCORE + _SCORE_PER_DOUBLING * doublings, float(min(n_old, n_new)))


def evident(matched: Sequence[int], n_old: int) -> list[int]:
    """The matches of a diff with a text of `n_old` items (see `text_diff.matches`) that lie in evident passages.

    >>> words = [0, 1, 2, 3, 4, 5, *[NO_MATCH] * 20, 90, *[NO_MATCH] * 20]
    >>> evident(words, 100)[:7], evident(words, 100)[26]
    ([0, 1, 2, 3, 4, 5, -1], -1)
    """
    places = [i for i, index in enumerate(matched) if index != NO_MATCH]
    least, result = least_score(n_old, len(matched)), [NO_MATCH] * len(matched)
    for first, last, score in _passages(matched, places):
        if score >= least:
            for place in places[first : last + 1]:
                result[place] = matched[place]
    return result


def _passages(matched: Sequence[int], places: Sequence[int]) -> list[tuple[int, int, float]]:
    """The passages as (first, last, score), positions in `places`; matches after the best end of one are in none."""
    passages: list[tuple[int, int, float]] = []
    if not places:
        return passages
    first = last = 0
    score = best = 1.0
    for at, (before, place) in enumerate(pairwise(places), start=1):
        gap = max(place - before, matched[place] - matched[before]) - 1
        score -= COST * gap
        if score <= 0 or score < best - DROP:
            passages.append((first, last, best))
            first, last, score, best = at, at, 0.0, 0.0
        score += 1
        if score > best:
            last, best = at, score
    return [*passages, (first, last, best)]
