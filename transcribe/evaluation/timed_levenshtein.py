"""The edit distance of words with times, where words at different times cannot be paired.

The distance of tcpWER (von Neumann et al. 2023), in memory for one row: for each word of the reference only the words
of the hypothesis near it in time are looked at. Among alignments with equally few errors the one of meeteval is taken:
from the end, an insertion goes before a deletion, and both go before a pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from audio.episode import Seconds

Utterance = tuple[Seconds, Seconds, Sequence[str]]  # start, end, words


@dataclass(frozen=True, slots=True)
class TimedWords:
    """The words of one speaker as numbers, in order, with the interval in which each may match another."""

    words: Sequence[int]
    starts: Sequence[Seconds]
    ends: Sequence[Seconds]


@dataclass(frozen=True, slots=True)
class PairedWords:
    """How many words of an alignment match, and how many are paired with another word."""

    matches: int
    substitutions: int


def intervals(utterance: Utterance) -> list[tuple[Seconds, Seconds]]:
    """The interval of each word, as long as its letters' share of the utterance (meeteval's `character_based`).

    >>> intervals((0, 6, ["a", "bcd", "ef"]))
    [(0.0, 1.0), (1.0, 4.0), (4.0, 6.0)]
    """
    start, end, words = utterance
    if len(words) == 1:
        return [(start, end)]
    edges = list(accumulate((len(word) for word in words), initial=0))
    letter = (end - start) / edges[-1] if edges[-1] else 0.0
    return [(start + letter * first, start + letter * last) for first, last in pairwise(edges)]


def paired_words(reference: TimedWords, hypothesis: TimedWords) -> PairedWords:
    """The pairs of the alignment with the fewest errors.

    The dynamic programme counts what pairing saves: 2 for a match, 1 for a substitution. A row that grows to the right
    says the same as one of distances, and is unchanged outside the words near in time.
    """
    import numpy as np

    if not len(reference.words) or not len(hypothesis.words):
        return PairedWords(0, 0)
    words = np.asarray(hypothesis.words)
    starts, ends = np.asarray(hypothesis.starts, dtype=float), np.asarray(hypothesis.ends, dtype=float)
    first = np.searchsorted(np.maximum.accumulate(ends), reference.starts, side="right").tolist()
    last = np.searchsorted(np.minimum.accumulate(starts[::-1])[::-1], reference.ends, side="left").tolist()
    saved = np.zeros(len(words) + 1, dtype=np.int32)
    substitutions = np.zeros(len(words) + 1, dtype=np.int32)
    known = 0  # every later column is as this one
    for at, word in enumerate(reference.words):
        a, b = first[at], last[at]
        if a >= b:
            continue
        if b > known:
            saved[known + 1 : b + 1], substitutions[known + 1 : b + 1] = saved[known], substitutions[known]
            known = b
        near = (starts[a:b] < reference.ends[at]) & (ends[a:b] > reference.starts[at])
        same = words[a:b] == word
        _advance(saved[a : known + 1], substitutions[a : known + 1], near, same)
    return PairedWords(int(saved[known] - substitutions[known]) // 2, int(substitutions[known]))


def _advance(saved: Any, substitutions: Any, near: Any, same: Any) -> None:
    """Take one more word of the reference: `near` and `same` are about the first columns after the first one."""
    import numpy as np

    size = len(near)
    paired = np.where(near, saved[:size] + 1 + same, -1)
    count = substitutions.copy()
    better = paired > saved[1 : size + 1]
    row = saved.copy()
    row[1 : size + 1][better] = paired[better]
    count[1 : size + 1][better] = (substitutions[:size] + ~same)[better]
    row = np.maximum.accumulate(row)
    grows = np.empty(len(row), dtype=bool)
    grows[0] = True
    grows[1:] = row[1:] > row[:-1]  # elsewhere a word is inserted
    source = np.maximum.accumulate(np.where(grows, np.arange(len(row)), 0))
    saved[:] = row
    substitutions[:] = count[source]
