"""How probable it is that a recognised word is wrong, or that words are missing behind it. Pure.

A recogniser's own probability is of a token after the tokens before it: too sure of a fluent sentence, and lower at a
word that is right where the word after it is wrong. So the probability of error is a logistic regression on a few
measures of the word, its neighbours and its chunk (`measures_of`). The weights are fitted by
`benchmarks/recognition/doubts.py --fit` on recordings with references; the same script says, by cross-validation, how
many errors the words marked first hold, and how far the probabilities are from the rates.

What this does not do: choose which words an editor hears (`transcribe.pipeline.doubts`).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from transcribe.recognition.reading_quality import ChunkEvidence
from transcribe.transcript import Word

_SUREST = 0.003  # what is missing to 1 of a probability that says nothing more
_DOUBTFUL, _POOR = 3.5, 4.7  # steps of the doubt from which it counts more: at probabilities of .90 and .67

INTERCEPT = -5.29
WEIGHTS = {
    "doubt": 0.479,
    "doubtful": 0.481,
    "poor": 0.846,
    "doubt after": 0.219,
    "chunk": 2.690,
}
"""The change of the log odds of an error by one unit of each measure, by its name."""


def with_errors(words: Sequence[Word], evidence: Sequence[ChunkEvidence]) -> tuple[Word, ...]:
    """`words`, in the order of time, with their probabilities of error; `evidence` is of their chunks."""
    measured = measures_of(words, evidence)
    odds = (INTERCEPT + sum(WEIGHTS[name] * measure for name, measure in each.items()) for each in measured)
    return tuple(replace(word, error=1 / (1 + math.exp(-each))) for word, each in zip(words, odds, strict=True))


def measures_of(words: Sequence[Word], evidence: Sequence[ChunkEvidence]) -> list[dict[str, float]]:
    """The measures of each word by the names of `WEIGHTS`."""
    doubts = [math.log1p((1.0 - word.probability) / _SUREST) for word in words]
    starts = [chunk.start for chunk in evidence]
    measured = []
    for word, doubt, after in zip(words, doubts, [*doubts[1:], 0.0], strict=False):
        chunk = evidence[max(0, bisect_right(starts, (word.start + word.end) / 2) - 1)] if evidence else None
        measures = {
            "doubt": doubt,
            "doubtful": max(0.0, doubt - _DOUBTFUL),
            "poor": max(0.0, doubt - _POOR),
            "doubt after": after,
            "chunk": -chunk.avg_logprob if chunk else 0.0,
        }
        measured.append({name: measures[name] for name in WEIGHTS})
    return measured
