"""Long stretches without anything: speech nobody wrote down, words nobody said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from audio.episode import Seconds
from transcribe.transcript import SpeakerSpan

LONGEST_GAP = 3.0  # seconds of speech without a word; what is longer is lost


def seconds_without(speech: Sequence[SpeakerSpan], others: Sequence[SpeakerSpan]) -> Seconds:
    """Seconds of `speech` (overlaps once) in stretches of more than `LONGEST_GAP` without anything of `others`.

    >>> seconds_without([SpeakerSpan(0, 10, "A")], [SpeakerSpan(0, 2, "x"), SpeakerSpan(4, 5, "x")])
    5.0

    What stands beside something longer ends nothing:

    >>> seconds_without([SpeakerSpan(0, 9, "A")], [SpeakerSpan(0, 9, "x"), SpeakerSpan(1, 2, "y")])
    0
    """
    last = max((span.end for span in speech), default=0.0)
    edges = [0.0, *(time for stretch in _union(others) for time in stretch), last]
    gaps = [(a, b) for a, b in zip(edges[0::2], edges[1::2], strict=True) if b - a > LONGEST_GAP]
    heard = _union(speech)
    total = sum(max(0.0, min(b, end) - max(a, start)) for a, b in gaps for start, end in heard)
    return round(total, 3)


def _union(spans: Iterable[SpeakerSpan]) -> list[tuple[Seconds, Seconds]]:
    """Stretches in which anybody is heard, in order, none touching another."""
    merged: list[tuple[Seconds, Seconds]] = []
    for span in sorted(spans, key=lambda one: one.start):
        if merged and span.start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], span.end))
        else:
            merged.append((span.start, span.end))
    return merged
