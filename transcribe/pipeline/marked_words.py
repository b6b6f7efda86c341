"""How many words of a transcript are marked for an editor to hear, and what share of its errors they hold. Pure.

`transcribe.pipeline.doubts` chooses which are marked.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from transcribe.transcript import Doubt, Transcript


@dataclass(frozen=True, slots=True)
class Marked:
    """How many words are in doubtful passages, and the share of the transcript's errors these are expected to hold."""

    words: int
    errors: float | None  # 0 to 1; None if no word's probability of error is known

    @classmethod
    def of(cls, transcript: Transcript) -> Marked:
        """What the doubts of a transcript mark."""
        words = sorted(transcript.words, key=lambda word: word.middle)
        middles = [word.middle for word in words]
        found = {i for doubt in transcript.doubts for i in within(middles, doubt)}
        expected = sum(word.error or 0.0 for word in words)
        return cls(len(found), sum(words[i].error or 0.0 for i in found) / expected if expected else None)


def within(middles: Sequence[float], doubt: Doubt) -> range:
    """The positions of the words whose middle is in a passage. `middles` are those of all words, in order, in seconds.

    >>> from transcribe.transcript_warnings import DoubtReason
    >>> within([0.5, 1.5, 2.5], Doubt(1.0, 2.5, DoubtReason.LIKELY_WRONG))
    range(1, 3)
    """
    return range(bisect_left(middles, doubt.start), bisect_left(middles, doubt.end + 1e-9))
