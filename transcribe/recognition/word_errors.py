"""How probable it is that a recognised word is wrong, or that words are missing behind it. Pure.

A recogniser's own probability is of a token after the tokens before it: too sure of a fluent sentence, and low at a
word that is right where the one after it is wrong. So the probability of error is a logistic regression on a few
measures of the word, its neighbours, its chunk and what else was heard (`measures_of`). A rare word is wrong more often
than its probability says, the word after it less often; which are rare is asked of the model's vocabulary: a frequent
word is one token with a small number.

The weights are fitted by `benchmarks/recognition/doubts.py --fit` on recordings with references; the same script says,
by cross-validation, how many errors the words marked first hold, and how far the probabilities are from the rates.

What this does not do: choose which words an editor hears (`transcribe.pipeline.doubts`).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from transcribe.recognition.other_readings import OtherReading, audible
from transcribe.recognition.reading_quality import ChunkEvidence
from transcribe.scripts import has_end_mark, units
from transcribe.transcript import Word

if TYPE_CHECKING:
    from transcribe.recognition.models import Tokenize

_SUREST = 0.003  # what is missing to 1 of a probability that says nothing more
_POOR = 4.7  # the doubt from which it counts more: at a probability of .67
_MOST_PIECES = 6  # more say nothing more
_RAREST = 50_000  # the number that counts for a word of several tokens; no vocabulary has many more tokens
_MOST_OTHERS = 3  # other readings of a place; more say nothing more
_QUICKEST = 0.035  # seconds a letter; what is shorter has no room in its time

INTERCEPT = -8.16
WEIGHTS = {
    "doubt": 0.379,
    "poor": 1.291,
    "doubt of a rare word": 0.052,
    "doubt after": 0.240,
    "chunk": 2.901,
    "pace": 0.685,
    "pieces": 0.141,
    "pieces before": -0.488,
    "hurried": 0.415,
    "ends a sentence": 0.695,
    "heard otherwise": 0.895,
}
"""The change of the log odds of an error by one unit of each measure, by its name."""


def with_errors(
    words: Sequence[Word],
    evidence: Sequence[ChunkEvidence],
    *,
    tokenize: Tokenize,
    others: Sequence[OtherReading] = (),
) -> tuple[Word, ...]:
    """`words`, in the order of time, with their probabilities of error; `evidence` is of their chunks."""
    measured = measures_of(words, evidence, tokenize=tokenize, others=others)
    odds = (INTERCEPT + sum(WEIGHTS[name] * measure for name, measure in each.items()) for each in measured)
    return tuple(replace(word, error=1 / (1 + math.exp(-each))) for word, each in zip(words, odds, strict=True))


def measures_of(
    words: Sequence[Word],
    evidence: Sequence[ChunkEvidence],
    *,
    tokenize: Tokenize,
    others: Sequence[OtherReading] = (),
) -> list[dict[str, float]]:
    """The measures of each word by the names of `WEIGHTS`."""
    doubts = [math.log1p((1.0 - word.probability) / _SUREST) for word in words]
    starts = [chunk.start for chunk in evidence]
    otherwise = _times_otherwise(words, others)
    measured = []
    spellings = [_spelling(word, tokenize) for word in words]
    pieces = [min(len(tokens), _MOST_PIECES) - 1 for tokens, _ in spellings]
    for i, word in enumerate(words):
        chunk = evidence[max(0, bisect_right(starts, word.middle) - 1)] if evidence else None
        letters = sum(map(str.isalnum, word.text)) or 1
        measures = {
            "doubt": doubts[i],
            "poor": max(0.0, doubts[i] - _POOR),
            "doubt of a rare word": doubts[i] * math.log1p(spellings[i][1] / 100),
            "doubt after": doubts[i + 1] if i + 1 < len(words) else 0.0,
            "chunk": -chunk.avg_logprob if chunk else 0.0,
            "pace": chunk.words / max(1.0, chunk.voiced) if chunk else 0.0,
            "pieces": pieces[i],
            "pieces before": pieces[i - 1] if i else 0,
            "hurried": float(word.end - word.start < _QUICKEST * letters),
            "ends a sentence": float(has_end_mark(word.text)),
            "heard otherwise": min(otherwise[i], _MOST_OTHERS),
        }
        measured.append(measures)
    return measured


def _times_otherwise(words: Sequence[Word], others: Iterable[OtherReading]) -> list[int]:
    """How many of the other readings of its place do not have each word."""
    middles = [word.middle for word in words]
    counts = [0] * len(words)
    for other in others:
        said = {audible(unit) for unit, _ in units(other.text)}
        for i in range(bisect_left(middles, other.start), bisect_right(middles, other.end)):
            counts[i] += audible(words[i].text) not in said
    return counts


def _spelling(word: Word, tokenize: Tokenize) -> tuple[Sequence[int], int]:
    """The tokens of a word without its marks, and how rare it is: its number in the vocabulary."""
    blank = "" if word.attached else " "
    core = "".join(sign for sign in word.text if sign.isalnum() or sign in "'’-.").strip("'’-.") or word.text
    tokens, small = (tokenize(blank + text) for text in (core, core.lower()))
    return tokens, min((each[0] for each in (tokens, small) if len(each) == 1), default=_RAREST)
