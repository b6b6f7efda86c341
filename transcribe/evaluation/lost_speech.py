"""Speech without words, and words without speech: stretches of time that rates hardly show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from audio.episode import Seconds
from audio.intervals import Interval, common, joined
from transcribe.transcript import SpeakerSpan

LONGEST_GAP = 3.0  # seconds of speech without a word; speech in longer gaps is lost


def stretches_without(speech: Sequence[SpeakerSpan], others: Sequence[SpeakerSpan]) -> tuple[Interval, ...]:
    """The stretches of `speech` (overlaps once) inside gaps of more than `LONGEST_GAP` between `others`, in order.

    >>> stretches_without([SpeakerSpan(0, 10, "A")], [SpeakerSpan(0, 2, "x"), SpeakerSpan(4, 5, "x")])
    ((5.0, 10.0),)
    """
    last = max((span.end for span in speech), default=0.0)
    edges = [0.0, *(time for interval in _union(others) for time in interval), last]
    gaps = [(a, b) for a, b in zip(edges[0::2], edges[1::2], strict=True) if b - a > LONGEST_GAP]
    return tuple(common(gaps, _union(speech)))


def seconds_without(speech: Sequence[SpeakerSpan], others: Sequence[SpeakerSpan]) -> Seconds:
    """Seconds of `stretches_without`.

    >>> seconds_without([SpeakerSpan(0, 10, "A")], [SpeakerSpan(0, 2, "x"), SpeakerSpan(4, 5, "x")])
    5.0

    A short span next to a longer one does not end it:

    >>> seconds_without([SpeakerSpan(0, 9, "A")], [SpeakerSpan(0, 9, "x"), SpeakerSpan(1, 2, "y")])
    0
    """
    return round(sum(end - start for start, end in stretches_without(speech, others)), 3)


def _union(spans: Iterable[SpeakerSpan]) -> list[Interval]:
    """The union of the spans, as disjoint intervals in order."""
    return joined((span.start, span.end) for span in spans)
