"""Which word is whose: timed words and speaker spans into turns. Pure, knows no audio.

The reading taken is the one with the most evidence less the price of its changes of speaker, found by a Viterbi search
over the words (A. Viterbi, 1967). A word counts for whoever speaks while it is said, a little less for whoever is in
the background. A change is nearly free at a pause or the end of a sentence and dear within one: so a boundary the
spans place a word too early or too late moves to where people change turns, a "Yeah." between two pauses stays its
speaker's, and a stray frame flips no word.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from audio.episode import Seconds
from transcribe.transcript import Doubt, SpeakerSpan, Turn, Word

ONLY_SPEAKER = "S1"  # whose the words are where nobody was heard
TWO_AT_ONCE = "two people speak at once"

# What a change of speaker costs, in words of average length that would have to speak for it.
_AFTER_SENTENCE, _AFTER_CLAUSE, _ELSEWHERE = 0.15, 0.9, 1.5
_PAUSE = 0.35  # seconds between words that are as good as the end of a sentence
_AVERAGE_WORD, _LONGEST_WORD = 0.3, 0.45  # seconds; recognisers stretch words over pauses, so longer ones count no more
_SHORTEST_WORD = 0.06
_LESS_BEHIND = 0.2  # of what a word counts for, taken from who is in the background while it is said
_FORGOTTEN = 0.25  # seconds further away that halve a span's claim to a word that is in none
_FARTHEST = 30.0
_SHORTEST_OVERLAP = 0.4  # seconds; less is how people take turns
_SAME_OVERLAP = 1.0  # seconds apart at most

_SENTENCE_END = re.compile(r"[.?!…。？！][\"'”’)\]]*$")
_CLAUSE_END = re.compile(r"[,;:—–-][\"'”’)\]]*$")
_ABBREVIATION = re.compile(r"^(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|vs|etc)\.$")


def attribute(
    words: Sequence[Word], spans: Sequence[SpeakerSpan], *, background: Sequence[SpeakerSpan] = ()
) -> tuple[Turn, ...]:
    """Every word once, in the order of time, in turns of the speakers of `spans`; two turns in a row never share one.

    Words come in any order of a recogniser; those that start together keep it. Without spans all words are S1's.
    `background` are the stretches in which a speaker of `spans` is talked over by another of them: a recogniser writes
    down whoever is heard better.
    """
    ordered = sorted(words, key=lambda word: word.start)
    if not ordered:
        return ()
    speakers = sorted({span.speaker for span in spans})
    if not spans:
        return (Turn(ONLY_SPEAKER, tuple(ordered)),)
    near, behind = _near(ordered, spans, within=_FARTHEST), _near(ordered, background, within=_SHORTEST_WORD)
    evidence = [
        _claims(word, there or spans, talked_over, speakers)
        for word, there, talked_over in zip(ordered, near, behind, strict=True)
    ]
    prices = [_price(before, after) for before, after in pairwise(ordered)]
    path = _best_path(evidence, prices)
    groups = groupby(zip(path, ordered, strict=True), key=lambda pair: pair[0])
    return tuple(Turn(speakers[state], tuple(word for _, word in group)) for state, group in groups)


def overlaps(words: Sequence[Word], spans: Sequence[SpeakerSpan]) -> tuple[Doubt, ...]:
    """The passages in which several people speak while words are said, from word to word, in the order of time.

    A word has one speaker in a transcript, the dominant voice; here an editor may want to listen.
    """
    ordered = sorted(words, key=lambda word: word.start)
    starts = [word.start for word in ordered]
    longest = max((word.end - word.start for word in ordered), default=0.0)
    doubts: list[Doubt] = []
    for start, end in _several_at_once(spans):
        nearby = ordered[bisect_left(starts, start - longest) : bisect_left(starts, end)]
        said = [word for word in nearby if word.end > start]
        if not said:
            continue
        first, last = said[0].start, max(word.end for word in said)
        if doubts and first <= doubts[-1].end:
            first, last = doubts[-1].start, max(last, doubts.pop().end)
        doubts.append(Doubt(first, last, TWO_AT_ONCE))
    return tuple(doubts)


def _several_at_once(spans: Sequence[SpeakerSpan]) -> list[tuple[Seconds, Seconds]]:
    """Stretches in which at least two speak, long enough, those that nearly touch as one."""
    found: list[tuple[Seconds, Seconds]] = []
    speaking: dict[str, Seconds] = {}  # speaker → when their last span ends
    for span in sorted(spans, key=lambda span: span.start):
        for speaker, end in speaking.items():
            if speaker != span.speaker and min(end, span.end) - span.start >= _SHORTEST_OVERLAP:
                found.append((span.start, min(end, span.end)))
        speaking[span.speaker] = max(span.end, speaking.get(span.speaker, span.end))
    joined: list[tuple[Seconds, Seconds]] = []
    for start, end in found:
        if joined and start - joined[-1][1] <= _SAME_OVERLAP:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _near(words: Sequence[Word], spans: Sequence[SpeakerSpan], *, within: Seconds) -> Iterator[Sequence[SpeakerSpan]]:
    """For each word, which are in order, the spans that are at most so far from it."""
    ordered = sorted(spans, key=lambda span: span.start)
    longest = max((span.end - span.start for span in ordered), default=0.0)
    first = 0
    for word in words:
        while first < len(ordered) and ordered[first].start < word.start - within - longest:
            first += 1
        last = first
        while last < len(ordered) and ordered[last].start <= word.end + within:
            last += 1
        reached = word.start - within
        yield [span for span in ordered[first:last] if span.end >= reached]


def _claims(
    word: Word, spans: Sequence[SpeakerSpan], background: Sequence[SpeakerSpan], speakers: Sequence[str]
) -> list[float]:
    """How strongly each speaker claims a word, in average words: by overlap, else by nearness."""
    end = max(word.end, word.start + _SHORTEST_WORD)
    overlap = dict.fromkeys(speakers, 0.0)
    distance = dict.fromkeys(speakers, math.inf)
    for span in spans:
        shared = min(end, span.end) - max(word.start, span.start)
        overlap[span.speaker] += max(0.0, shared)
        distance[span.speaker] = min(distance[span.speaker], max(0.0, -shared))
    weight = min(end - word.start, _LONGEST_WORD) / _AVERAGE_WORD
    if not any(overlap.values()):
        nearest = min(distance.values())
        return [weight * 0.5 ** ((distance[speaker] - nearest) / _FORGOTTEN) for speaker in speakers]
    for span in (span for span in background if span.speaker in overlap):
        behind = max(0.0, min(end, span.end) - max(word.start, span.start))
        overlap[span.speaker] = max(0.0, overlap[span.speaker] - _LESS_BEHIND * behind)
    return [weight * min(1.0, overlap[speaker] / (end - word.start)) for speaker in speakers]


def _price(before: Word, after: Word) -> float:
    """What it costs that another speaker goes on after a word."""
    pause = after.start - before.end >= _PAUSE
    if pause or (_SENTENCE_END.search(before.text) and not _ABBREVIATION.match(before.text)):
        return _AFTER_SENTENCE
    return _AFTER_CLAUSE if _CLAUSE_END.search(before.text) else _ELSEWHERE


def _best_path(evidence: Sequence[Sequence[float]], prices: Sequence[float]) -> list[int]:
    """The state of each word: the path with the largest sum of evidence less prices; on a tie nobody changes."""
    totals = list(evidence[0])
    origins: list[list[int]] = []
    for claims, price in zip(evidence[1:], prices, strict=True):
        best = max(range(len(totals)), key=totals.__getitem__)
        origin = [best if totals[best] - price > total + 1e-9 else state for state, total in enumerate(totals)]
        totals = [
            claim + totals[source] - (price if source != state else 0.0)
            for state, (claim, source) in enumerate(zip(claims, origin, strict=True))
        ]
        origins.append(origin)
    path = [max(range(len(totals)), key=totals.__getitem__)]
    for origin in reversed(origins):
        path.append(origin[path[-1]])
    return path[::-1]
