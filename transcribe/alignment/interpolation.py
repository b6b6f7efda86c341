"""Times for edited tokens, taken from the timed words they replace or interpolated in the gap around them. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate, groupby, takewhile
from operator import attrgetter

from audio.episode import Seconds
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
    tokens: Sequence[Token], matched: Sequence[int], times: Sequence[TimeSpan]
) -> list[tuple[TimeSpan, int | None]]:
    """The time of each edited token, and the index of the timed token it replaces (None for an insertion).

    `matched` has the timed token equal to each edited one, or `NO_MATCH`; `times` those of the timed tokens.
    """
    placed: list[tuple[TimeSpan, int | None]] = [
        ((0.0, 0.0), None) if index == NO_MATCH else (times[index], index) for index in matched
    ]
    used = {index for index in matched if index != NO_MATCH}
    for start, end in _unmatched_runs(matched):
        before = matched[start - 1] if start else NO_MATCH
        after = matched[end] if end < len(matched) else len(times)
        free = _free_between(before, after, used)
        used.update(free)
        texts = [token.text for token in tokens[start:end]]
        if free:
            spans = spread([times[i] for i in free], texts)
            origins = [free[min(k * len(free) // len(texts), len(free) - 1)] for k in range(len(texts))]
            placed[start:end] = list(zip(spans, origins, strict=True))
        else:
            low = times[before][1] if start else 0.0
            high = times[after][0] if end < len(matched) else low
            if high < low or end == len(matched):  # nothing follows, or what was moved here
                high = low + SECONDS_PER_LETTER * len("".join(texts))
            placed[start:end] = [(span, None) for span in _interpolate(tokens, start, end, (low, high))]
    return placed


def _free_between(before: int, after: int, used: Collection[int]) -> list[int]:
    """The unused timed tokens beside these two, up to the next used ones: what lies further off was said elsewhere.

    >>> _free_between(0, 9, {4, 5}), _free_between(9, 0, ())
    ([1, 2, 3, 6, 7, 8], [])
    """
    head = list(takewhile(lambda i: i not in used, range(before + 1, after)))
    tail = list(takewhile(lambda i: i not in used, range(after - 1, before + len(head), -1)))
    return [*head, *reversed(tail)]


def _unmatched_runs(matched: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The (start, end) of each run of unmatched tokens."""
    start = 0
    for end in range(len(matched) + 1):
        if end == len(matched) or matched[end] != NO_MATCH:
            if end > start:
                yield start, end
            start = end + 1


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
