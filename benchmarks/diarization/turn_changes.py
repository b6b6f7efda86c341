"""Attribution errors near a change of speaker. Used by `benchmarks.diarization.accuracy`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, NamedTuple

from benchmarks.references import Span

NEAR = 0.5  # seconds from a change

Words = Sequence[tuple[str, float, float, str]]  # text, start, end, attributed speaker


class AttributedWord(NamedTuple):
    """A recognised word, its attributed and its true speaker; None if the reference does not say."""

    start: float
    end: float
    attributed: str
    speaker: str | None


class AttributionErrors(NamedTuple):
    """Words within `NEAR` of a change and the wrongly attributed ones among them; the same for all words."""

    near: int
    near_wrong: int
    words: int
    wrong: int

    def plus(self, other: AttributionErrors) -> AttributionErrors:
        return AttributionErrors(*(a + b for a, b in zip(self, other, strict=True)))


def by_text(words: Words, reference: Sequence[tuple[str, str]]) -> list[AttributedWord]:
    """The true speaker of recognised words, by the words they match in (speaker, normalised text) turns."""
    truth = [(word, speaker) for speaker, text in reference for word in text.split()]
    matcher = SequenceMatcher(None, [word for word, *_ in words], [word for word, _ in truth], autojunk=False)
    speakers: dict[int, str] = {}
    for ours, theirs, size in matcher.get_matching_blocks():
        speakers |= {ours + i: truth[theirs + i][1] for i in range(size)}
    return [AttributedWord(start, end, who, speakers.get(i)) for i, (_, start, end, who) in enumerate(words)]


def by_time(words: Words, spans: Sequence[Span]) -> list[AttributedWord]:
    """The same by (start, end, speaker) spans: a word belongs to the only speaker at its middle."""
    result = []
    for _, start, end, attributed in words:
        speaking = {speaker for a, b, speaker in spans if a <= (start + end) / 2 < b}
        result.append(AttributedWord(start, end, attributed, speaking.pop() if len(speaking) == 1 else None))
    return result


def count_errors(words: Sequence[AttributedWord]) -> AttributionErrors:
    """Speakers are mapped so that most words are right; a change lies between two words of different speakers."""
    known = sorted((word for word in words if word.speaker is not None), key=lambda word: word.start)
    mapping = _best_mapping(known)
    changes = [(a.end + b.start) / 2 for a, b in pairwise(known) if a.speaker != b.speaker]
    near = [word for word in known if any(word.start - NEAR <= at <= word.end + NEAR for at in changes)]

    def wrong(words: Sequence[AttributedWord]) -> int:
        return sum(mapping.get(word.attributed) != word.speaker for word in words)

    return AttributionErrors(len(near), wrong(near), len(known), wrong(known))


def _best_mapping(words: Sequence[AttributedWord]) -> dict[str, Any]:
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    pairs = Counter((word.attributed, word.speaker) for word in words)
    ours, theirs = sorted({a for a, _ in pairs}), sorted({str(b) for _, b in pairs})
    shared = np.array([[pairs[a, b] for b in theirs] for a in ours]).reshape(len(ours), len(theirs))
    rows, columns = linear_sum_assignment(-shared)
    return {ours[i]: theirs[j] for i, j in zip(rows, columns, strict=True)}
