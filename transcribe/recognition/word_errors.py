"""How probable it is that a recognised word is wrong, or that words are missing behind it. Pure.

A recogniser's own probability is of a token after the tokens before it: too sure of a fluent sentence, and low at a
word that is right where the one after it is wrong. So the probability of error is a logistic regression on a few
measures of the word, the word after it and its chunk (`measures_of`). Rare words are wrong more often than their
probability says; which are rare is asked of the model's vocabulary: a frequent word is one token with a small number.

The weights are fitted by `benchmarks/recognition/doubts.py --fit` on recordings with references; the same script says,
by cross-validation, how many errors the words marked first hold, and how far the probabilities are from the rates.

What this does not do: choose which words an editor hears (`transcribe.pipeline.doubts`).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace

from transcribe.recognition.reading_quality import ChunkEvidence
from transcribe.scripts import has_end_mark
from transcribe.transcript import Word

Tokenize = Callable[[str], Sequence[int]]
"""The numbers of a text's tokens in the vocabulary of the model."""

_SUREST = 0.003  # what is missing to 1 of a probability that says nothing more
_DOUBTFUL, _POOR = 3.5, 4.7  # steps of the doubt from which it counts more: at probabilities of .90 and .67
_MOST_PIECES, _MOST_LETTERS = 6, 10  # more say nothing more
_RAREST = 50_000  # the number that counts for a word of several tokens; no vocabulary has many more tokens
_QUICKEST = 0.035  # seconds a letter; what is shorter has no room in its time

INTERCEPT = -7.74
WEIGHTS = {
    "doubt": 0.482,
    "doubtful": 0.482,
    "poor": 1.063,
    "doubt after": 0.215,
    "chunk": 2.482,
    "pace": 0.579,
    "pieces": 0.259,
    "rarity": 0.120,
    "letters": -0.067,
    "hurried": 0.504,
    "ends a sentence": 0.655,
}
"""The change of the log odds of an error by one unit of each measure, by its name."""


def with_errors(words: Sequence[Word], evidence: Sequence[ChunkEvidence], *, tokenize: Tokenize) -> tuple[Word, ...]:
    """`words`, in the order of time, with their probabilities of error; `evidence` is of their chunks."""
    measured = measures_of(words, evidence, tokenize=tokenize)
    odds = (INTERCEPT + sum(WEIGHTS[name] * measure for name, measure in each.items()) for each in measured)
    return tuple(replace(word, error=1 / (1 + math.exp(-each))) for word, each in zip(words, odds, strict=True))


def measures_of(
    words: Sequence[Word], evidence: Sequence[ChunkEvidence], *, tokenize: Tokenize
) -> list[dict[str, float]]:
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
            "pace": chunk.words / max(1.0, chunk.voiced) if chunk else 0.0,
        }
        measured.append(measures | _of_spelling(word, tokenize))
    return measured


def _of_spelling(word: Word, tokenize: Tokenize) -> dict[str, float]:
    """The measures of a word's letters: how many tokens they are, how rare, and whether they fit into its time."""
    letters = sum(map(str.isalnum, word.text)) or 1
    blank = "" if word.attached else " "
    core = "".join(sign for sign in word.text if sign.isalnum() or sign in "'’-.").strip("'’-.") or word.text
    spellings = [tokenize(blank + text) for text in (core, core.lower())]
    rank = min((tokens[0] for tokens in spellings if len(tokens) == 1), default=_RAREST)
    return {
        "pieces": min(len(spellings[0]), _MOST_PIECES) - 1,
        "rarity": math.log1p(rank / 100),
        "letters": min(letters, _MOST_LETTERS),
        "hurried": float(word.end - word.start < _QUICKEST * letters),
        "ends a sentence": float(has_end_mark(word.text)),
    }
