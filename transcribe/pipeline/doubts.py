"""Which passages an editor should hear: those that recognition doubts, and within a budget the likeliest errors. Pure.

The budget is a share of the words. It is spent on the words with the greatest probability of error, whatever else is
doubtful, but on none that is surely right: a clear recording has fewer marks. Each passage says how many errors it is
expected to hold, so that a list can be put in the order in which listening pays, and how it would read by another
reading of a place in it.

What this does not do: estimate the probability of error of a word (`transcribe.recognition.word_errors`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from transcribe.pipeline.alternatives import Alternatives
from transcribe.pipeline.marked_words import within
from transcribe.recognition.other_readings import OtherReading
from transcribe.transcript import Doubt, Turn, Word
from transcribe.transcript_warnings import DoubtReason

LEAST_ERROR = 0.05  # a word that is wrong less often is not worth hearing, however large the budget


def rank_doubts(
    turns: Sequence[Turn], doubts: Iterable[Doubt], *, share: float, others: Iterable[OtherReading] = ()
) -> tuple[Doubt, ...]:
    """All `doubts`, and the passages of words likely wrong that none of them holds, with the errors to expect in each,
    and an alternative where `others` have one.

    At most `share` of the words, 0 to 1, are marked as likely wrong. In the order of time; the errors are the rank.
    """
    words = sorted((word for turn in turns for word in turn.words), key=lambda word: word.middle)
    middles = [word.middle for word in words]
    known = tuple(doubts)
    held = {id(words[i]) for doubt in known for i in within(middles, doubt)}
    likely = _likeliest(words, round(share * len(words)))
    passages = [passage for turn in turns for passage in _passages(turn, likely, held=held)]
    alternatives = Alternatives(turns, others)
    expected = []
    for doubt in (*known, *passages):
        inside = [words[i] for i in within(middles, doubt)]
        errors = sum(word.error or 0.0 for word in inside)
        expected.append(replace(doubt, errors=errors, alternative=doubt.alternative or alternatives.of(inside)))
    return tuple(sorted(expected, key=lambda doubt: (doubt.start, doubt.end)))


def _likeliest(words: Sequence[Word], count: int) -> set[int]:
    """The ids of the `count` words with the greatest probability of error; of equal ones the first."""
    candidates = (word for word in words if (word.error or 0.0) >= LEAST_ERROR)
    return {id(word) for word in sorted(candidates, key=lambda word: -(word.error or 0.0))[:count]}


def _passages(turn: Turn, likely: set[int], *, held: set[int]) -> Iterator[Doubt]:
    """The runs of a turn's likely words, without those that a doubt holds already."""
    run: list[Word] = []
    for word in (*turn.words, None):
        if word is not None and id(word) in likely and not (run and word.start < run[-1].start):
            run.append(word)
            continue
        if any(id(each) not in held for each in run):
            yield Doubt(run[0].start, max(each.end for each in run), DoubtReason.LIKELY_WRONG)
        run = [word] if word is not None and id(word) in likely else []
