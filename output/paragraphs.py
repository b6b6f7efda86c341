"""The paragraphs of a long turn: breaks between sentences where the topic changes or the speaker pauses.

Pure. Each gap between two sentences has log-odds of a break, from the words since the last break, the opening of the
next sentence ("The other thing", "In Liberty,", "So"), the words both sides share (Hearst, "TextTiling", 1997), and how
much longer than usual the pause is. Dynamic programming finds the most likely set of breaks. The weights are those of a
logistic regression on nine published posts, rounded (docs/performance.md has the results on held-out posts); the posts
have no times, so the weight of a pause is an estimate.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from math import exp, inf, log, log1p, sqrt
from statistics import median

from transcribe.scripts import ends_sentence
from transcribe.style import Style
from transcribe.transcript import Word

BASE = -2.7  # log-odds of a break without other evidence
SINCE = 0.54  # per unit of the logarithm of the words since the last break
SHARED = -2.5  # if both sides have the same words; 0 if they share none
PAUSE = 2.0  # per second above the turn's usual pause
PAUSE_LIMITS = (-0.5, 2.0)  # seconds
OPENINGS = {"ordinal": 3.2, "adverbial": 1.8, "article": 0.8, "interjection": 0.35, "pronoun": -0.2}

_ORDINALS = frozenset("first second third fourth last final next other another one two".split())
_ARTICLES = ("the", "a", "some")
_CONNECTIVES = ("and", "but", "so", "now", "well", "then")
_KINDS = {
    **dict.fromkeys("another one first second finally lastly overall next also in".split(), "adverbial"),
    **dict.fromkeys("speaking earlier after as by during".split(), "adverbial"),
    **dict.fromkeys("so now well yeah then anyway".split(), "interjection"),
    **dict.fromkeys(
        "it its it's that that's they them he she because or which who this these those".split(), "pronoun"
    ),
    "the": "article",
}
_SIDE_SENTENCES = 2  # on each side of a gap, whose words are compared
_STEM_LETTERS = 5  # shorter words are ignored, longer ones compared by their first letters
_LONG = re.compile(rf"\w{{{_STEM_LETTERS},}}")


def paragraphs(words: Sequence[Word], style: Style = Style()) -> list[Sequence[Word]]:
    """A turn's words in paragraphs of whole sentences; joined they are `words`. `style` has the limits."""
    parts = sentences(words)
    if len(words) <= style.LEAST_TURN_WORDS or len(parts) < 2:
        return [words]
    starts = [0]
    for sentence in parts:
        starts.append(starts[-1] + len(sentence))
    cuts = _best_breaks(starts, _odds(parts), style)
    return [words[starts[i] : starts[j]] for i, j in pairwise(cuts)]


def sentences(words: Sequence[Word]) -> list[Sequence[Word]]:
    """The words (at least one) in sentences; the last may lack its end; joined they are `words`."""
    ends = [i + 1 for i, word in enumerate(words) if ends_sentence(word.text)]
    if not ends or ends[-1] != len(words):
        ends.append(len(words))
    return [words[i:j] for i, j in zip([0, *ends], ends, strict=False)]


def _odds(parts: Sequence[Sequence[Word]]) -> list[float]:
    """Log-odds of a break before each sentence, without the term for the length of the paragraph it ends."""
    pauses = [max(0.0, after[0].start - before[-1].end) for before, after in pairwise(parts)]
    usual, shared = median(pauses), shared_words(parts)
    odds = [0.0]
    for i in range(1, len(parts)):
        pause = min(max(pauses[i - 1] - usual, PAUSE_LIMITS[0]), PAUSE_LIMITS[1])
        odds.append(BASE + SHARED * shared[i] + PAUSE * pause + OPENINGS.get(opening(parts[i]), 0.0))
    return odds


def shared_words(parts: Sequence[Sequence[Word]]) -> list[float]:
    """The similarity of the words before and after the gap before each sentence, 0 to 1 (cosine of their sets)."""
    stems = [{stem[:_STEM_LETTERS] for stem in _LONG.findall(" ".join(w.text for w in part).lower())} for part in parts]
    shared = [0.0]
    for i in range(1, len(parts)):
        before = set().union(*stems[max(0, i - _SIDE_SENTENCES) : i])
        after = set().union(*stems[i : i + _SIDE_SENTENCES])
        shared.append(len(before & after) / sqrt(len(before) * len(after)) if before and after else 0.0)
    return shared


def opening(sentence: Sequence[Word]) -> str:
    """The kind of a sentence's first words, one of `OPENINGS` or empty."""
    first, *more = (re.sub(r"[^\w']", "", word.text.lower().replace("’", "'")) for word in sentence[:4])
    if first in _CONNECTIVES and more and (more[0] in _ARTICLES or first in ("and", "but")):
        first, *more = more
    if first in _ARTICLES and _ORDINALS.intersection(more[:2]):
        return "ordinal"
    return _KINDS.get(first, "")


def _best_breaks(starts: Sequence[int], odds: Sequence[float], style: Style = Style()) -> list[int]:
    """The indices of the sentences that start paragraphs, and the end."""
    count = len(starts) - 1
    best = [0.0] + [-inf] * count
    origin = [0] * (count + 1)
    for start in range(count):
        unbroken = best[start]
        for end in range(start + 1, count + 1):
            length = starts[end] - starts[start]
            if length > style.LONGEST_PARAGRAPH_WORDS and end > start + 1:
                break
            gap = odds[end] + SINCE * log(length) if end < count else inf
            broken = unbroken - log1p(exp(-gap))
            if broken > best[end]:
                best[end], origin[end] = broken, start
            if end < count:
                unbroken -= log1p(exp(gap))
    cuts = [count]
    while cuts[-1]:
        cuts.append(origin[cuts[-1]])
    return cuts[::-1]
