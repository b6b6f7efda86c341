"""Which speaker of a hypothesis is which of the reference: the pairing with the fewest word errors, and tcpWER with it.

The pairings of cpWER (Watanabe et al. 2020) and tcpWER (von Neumann et al. 2023); the tests hold both to meeteval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations, zip_longest
from typing import TypeVar

from audio.episode import Seconds
from transcribe.evaluation.levenshtein import edit_distance
from transcribe.evaluation.metrics import WordErrors
from transcribe.evaluation.timed_levenshtein import PairedWords, TimedWords, intervals, paired_words

MOST_SPEAKERS = 100  # each is compared with each; a file with more labels lines, not people
_FEW = 5  # so many are paired by trying; more need scipy, which takes half a second to load

W = TypeVar("W")
TimedRow = tuple[str, str, Seconds, Seconds]  # speaker, normalised text, start, end


def cp_pairing(reference: Mapping[str, Sequence[int]], hypothesis: Mapping[str, Sequence[int]]) -> Mapping[str, str]:
    """The best pairing of speakers, hypothesis → reference, by their words as numbers."""

    def errors(one: Sequence[int], other: Sequence[int]) -> int:
        common = not set(one).isdisjoint(other)
        return edit_distance(one, other) if common else max(len(one), len(other))

    return _best_pairing(reference, hypothesis, errors, nothing=())


def tcp_errors(
    reference: Sequence[TimedRow], hypothesis: Sequence[TimedRow], *, collar: Seconds
) -> tuple[WordErrors, ...]:
    """The errors if words match only where their times differ by at most `collar`, under the best pairing for that:
    those of each speaker of the reference, and of everybody who is paired with nobody.

    The times of a row are shared out among its words by their letters; a word of the hypothesis is at their middle.
    """
    numbers: dict[str, int] = {}
    said = _by_speaker(reference, numbers)
    heard = {who: _around_middles(words, collar) for who, words in _by_speaker(hypothesis, numbers).items()}
    paired: dict[tuple[int, int], PairedWords] = {}

    def errors(one: TimedWords, other: TimedWords) -> int:
        found = paired[id(one), id(other)] = paired_words(one, other)
        return len(one.words) + len(other.words) - 2 * found.matches - found.substitutions

    assigned = _best_pairing(said, heard, errors, nothing=TimedWords((), (), ()))
    partners = {ref: hyp for hyp, ref in assigned.items()}
    found = [
        _errors_of(words, heard[partners[ref]], paired[id(words), id(heard[partners[ref]])])
        if ref in partners
        else WordErrors(0, len(words.words), 0, len(words.words))
        for ref, words in said.items()
    ]
    unpaired = sum(len(words.words) for who, words in heard.items() if who not in assigned)
    return (*found, WordErrors(0, 0, unpaired, 0)) if unpaired else tuple(found)


def _errors_of(reference: TimedWords, hypothesis: TimedWords, paired: PairedWords) -> WordErrors:
    both = paired.substitutions + paired.matches
    length = len(reference.words)
    return WordErrors(paired.substitutions, length - both, len(hypothesis.words) - both, length)


def _best_pairing(
    reference: Mapping[str, W], hypothesis: Mapping[str, W], errors: Callable[[W, W], int], *, nothing: W
) -> Mapping[str, str]:
    rows = list(zip_longest(reference, hypothesis))  # the shorter side gets speakers who say nothing
    costs = [[errors(reference.get(ref, nothing), hypothesis.get(hyp, nothing)) for _, hyp in rows] for ref, _ in rows]
    pairs = [(rows[row][0], rows[column][1]) for row, column in enumerate(cheapest_columns(costs))]
    return {hyp: ref for ref, hyp in pairs if ref is not None and hyp is not None}


def cheapest_columns(costs: Sequence[Sequence[float]]) -> Sequence[int]:
    """A column for each row of a square, each once, with the lowest sum.

    >>> cheapest_columns([[4, 1, 3], [2, 0, 5], [3, 2, 2]])
    (1, 0, 2)
    """
    if len(costs) <= _FEW:
        return min(
            permutations(range(len(costs))),
            key=lambda order: sum(row[at] for row, at in zip(costs, order, strict=True)),
        )
    from scipy.optimize import linear_sum_assignment

    columns: list[int] = linear_sum_assignment(costs)[1].tolist()
    return columns


def _by_speaker(rows: Sequence[TimedRow], numbers: dict[str, int]) -> dict[str, TimedWords]:
    found: dict[str, tuple[list[int], list[Seconds], list[Seconds]]] = {}
    for speaker, text, start, end in sorted(rows, key=lambda row: row[2]):
        words, starts, ends = found.setdefault(speaker, ([], [], []))
        said = text.split()
        words += [numbers.setdefault(word, len(numbers)) for word in said]
        for first, last in intervals((start, end, said)) if said else ():
            starts.append(first)
            ends.append(last)
    return {speaker: TimedWords(*columns) for speaker, columns in found.items()}


def _around_middles(words: TimedWords, collar: Seconds) -> TimedWords:
    middles = [(start + end) / 2 for start, end in zip(words.starts, words.ends, strict=True)]
    return TimedWords(words.words, [at - collar for at in middles], [at + collar for at in middles])
