"""Where a long answer gets its paragraphs: between sentences, at long pauses and where a new thought is announced.

Pure. The cheapest split of the turn's sentences is found by dynamic programming (as in Knuth and Plass, "Breaking
paragraphs into lines", 1981, with sentences for words). The constants were set on nine published posts, whose
paragraphs have 52 words in the median and whose turns of up to about 90 words are one paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transcribe.transcript import Word

IDEAL_WORDS = 75
LEAST_TURN_WORDS = 90  # shorter turns stay whole
PAUSE_WORTH = 0.5  # of a pause of a second or more, in units of one paragraph's cost of length
OPENER_WORTH = 0.3  # of a first word that takes up a new thread; as much against one that hangs on the last

_END = re.compile(r"[.?!…][\"'”’)\]]*$")
_NO_END = re.compile(r"(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|[A-Z])\.$")
_OPENERS = frozenset("the in another one first second next finally now well anyway also as after so and".split())
_TIED = frozenset("it its it's that that's for because but they them he she you we which who what how or".split())


def paragraphs(words: Sequence[Word]) -> list[Sequence[Word]]:
    """A turn's words in paragraphs of whole sentences; joined they are `words`."""
    sentences = _sentences(words)
    if len(words) <= LEAST_TURN_WORDS or len(sentences) < 2:
        return [words]
    starts = [0]
    for sentence in sentences:
        starts.append(starts[-1] + len(sentence))
    cuts = _cheapest_cuts(starts, [0.0, *(_worth(*pair) for pair in pairwise(sentences))])
    return [words[starts[i] : starts[j]] for i, j in pairwise(cuts)]


def _sentences(words: Sequence[Word]) -> list[Sequence[Word]]:
    ends = [i + 1 for i, word in enumerate(words) if _END.search(word.text) and not _NO_END.search(word.text)]
    if not ends or ends[-1] != len(words):
        ends.append(len(words))
    return [words[i:j] for i, j in zip([0, *ends], ends, strict=False)]


def _worth(before: Sequence[Word], after: Sequence[Word]) -> float:
    """How much the gap between two sentences asks for a break."""
    pause = max(0.0, after[0].start - before[-1].end)
    word = after[0].text.strip("\",.'").replace("’", "'").lower()
    return PAUSE_WORTH * min(pause, 1.0) + OPENER_WORTH * ((word in _OPENERS) - (word in _TIED))


def _cheapest_cuts(starts: Sequence[int], worth: Sequence[float]) -> list[int]:
    """The sentences at which paragraphs start, and the end. `worth[i]`: what a break before sentence `i` brings."""
    count = len(starts) - 1
    best = [0.0] + [float("inf")] * count
    origin = [0] * (count + 1)
    for end in range(1, count + 1):
        gain = worth[end] if end < count else 0.0
        for start in range(end - 1, -1, -1):
            length = starts[end] - starts[start]
            cost = best[start] + (length / IDEAL_WORDS - 1.0) ** 2 - gain
            if cost < best[end]:
                best[end], origin[end] = cost, start
            if length > 6 * IDEAL_WORDS:
                break
    cuts = [count]
    while cuts[-1]:
        cuts.append(origin[cuts[-1]])
    return cuts[::-1]
