"""Times for edited tokens, taken from the timed words they replace or interpolated in the gap around them. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby
from operator import attrgetter

from audio.episode import Seconds
from transcribe.alignment.replacements import Replacement
from transcribe.alignment.text_diff import NO_MATCH
from transcribe.alignment.tokens import Token
from transcribe.transcript import Word

SECONDS_PER_LETTER = 0.07  # of an inserted word; English speech has about 14 letters a second

TimeSpan = tuple[Seconds, Seconds]
"""Start and end."""


def token_times(tokens: Sequence[Token], words: Sequence[Word]) -> list[TimeSpan]:
    """When each token of the timed `words` is spoken: a word of several tokens is divided by their letters."""
    times: list[TimeSpan] = []
    for owner, group in groupby(tokens, key=attrgetter("owner")):
        times += spread([(words[owner].start, words[owner].end)], [token.text for token in group])
    return times


def place(
    tokens: Sequence[Token],
    matched: Sequence[int],
    times: Sequence[TimeSpan],
    *,
    replaced: Iterable[Replacement],
) -> list[tuple[TimeSpan, int | None]]:
    """The time of each edited token, and the index of the timed token it replaces (None for an insertion).

    `matched` has the timed token equal to each edited one, or `NO_MATCH`; `times` those of the timed tokens; `replaced`
    says what the others replace, in order (see `transcribe.alignment.replacements`).
    """
    placed: list[tuple[TimeSpan, int | None]] = [
        ((0.0, 0.0), None) if index == NO_MATCH else (times[index], index) for index in matched
    ]
    for one in replaced:
        texts = [token.text for token in tokens[one.start : one.end]]
        if free := one.free:
            spans = spread([times[i] for i in free], texts)
            origins = [free[min(k * len(free) // len(texts), len(free) - 1)] for k in range(len(texts))]
            placed[one.start : one.end] = list(zip(spans, origins, strict=True))
        else:
            low = times[one.before][1] if one.before != NO_MATCH else 0.0
            high = times[one.after][0] if one.after < len(times) else low
            if high < low or one.after == len(times):  # nothing follows, or what was moved here
                high = low + SECONDS_PER_LETTER * len("".join(texts))
            spans_in_gap = _interpolate(tokens, one.start, one.end, (low, high))
            placed[one.start : one.end] = [(span, None) for span in spans_in_gap]
    return placed


def spread(spans: Sequence[TimeSpan], texts: Sequence[str]) -> list[TimeSpan]:
    """Times for `texts` within consecutive `spans`: one each if there are as many, else in proportion to letters."""
    if len(spans) == len(texts):
        return list(spans)
    total = sum(map(len, texts))
    edges = list(accumulate((len(text) / total for text in texts), initial=0.0))
    # speech up to the start of each span, and in all
    elapsed = list(accumulate((max(0.0, end - start) for start, end in spans), initial=0.0))

    def time_at(share: float, *, is_end: bool) -> Seconds:
        at = share * elapsed[-1]
        k = min(max(bisect_right(elapsed, at) - 1, 0), len(spans) - 1)
        if is_end and k and at <= elapsed[k]:  # an end on a boundary belongs to the span before the pause
            k -= 1
        return min(spans[k][0] + at - elapsed[k], spans[k][1])

    starts = [time_at(edge, is_end=False) for edge in edges[:-1]]
    return [(start, max(start, time_at(edge, is_end=True))) for start, edge in zip(starts, edges[1:], strict=True)]


def _interpolate(tokens: Sequence[Token], start: int, end: int, gap: TimeSpan) -> Iterator[TimeSpan]:
    """Times in `gap` for the inserted tokens from `start` to `end`, each turn's next to its own neighbouring words."""
    groups = [list(group) for _, group in groupby(tokens[start:end], key=attrgetter("owner"))]
    step = max(0.0, gap[1] - gap[0]) / len(groups)
    for k, group in enumerate(groups):
        continues = k == 0 and start > 0 and tokens[start - 1].owner == group[0].owner
        is_continued = k == len(groups) - 1 and end < len(tokens) and tokens[end].owner == group[0].owner
        low = gap[0] + k * step
        yield from _fit(low, low + step, [token.text for token in group], alignment=float(is_continued - continues))


def _fit(low: Seconds, high: Seconds, texts: Sequence[str], *, alignment: float) -> list[TimeSpan]:
    """Times of natural length between `low` and `high`; `alignment`: −1 to the start, 0 centred, 1 to the end."""
    room = max(0.0, high - low)
    length = min(room, SECONDS_PER_LETTER * sum(map(len, texts)))
    start = low + (room - length) * (1 + alignment) / 2
    return spread([(start, start + length)], texts)
