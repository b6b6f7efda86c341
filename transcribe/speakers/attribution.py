"""Assigns words to speakers: timed words and speaker spans → turns. Pure, knows no audio.

A Viterbi search over the words finds the assignment with the most evidence minus the penalties of its changes of
speaker. A word is evidence for the speakers of its time, slightly less for one in the background. A change costs little
at a pause or the end of a sentence and much within one. So a boundary that the spans place a word too early or too late
moves to the end of the sentence, a "Yeah." between two pauses stays its speaker's, and a stray frame moves no word.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from audio.episode import Seconds
from audio.intervals import Interval, joined
from transcribe.scripts import ends_sentence
from transcribe.transcript import Doubt, SpeakerSpan, Turn, Word
from transcribe.transcript_warnings import DoubtReason

ONLY_SPEAKER = "S1"  # of all words if there are no spans

# Penalties of a change of speaker, in words of average length.
_AFTER_SENTENCE, _AFTER_CLAUSE, _ELSEWHERE = 0.15, 0.9, 1.5
_PAUSE = 0.35  # seconds between words that count as the end of a sentence
_AVERAGE_WORD, _LONGEST_WORD = 0.3, 0.45  # seconds; recognisers stretch words over pauses, so longer ones weigh no more
_SHORTEST_WORD = 0.06  # seconds
_BACKGROUND_DISCOUNT = 0.2  # of a word's evidence for a speaker in the background
_HALVING_DISTANCE = 0.25  # seconds of distance that halve a span's evidence for a word outside all spans
_FARTHEST = 30.0  # seconds
_SHORTEST_OVERLAP = 0.4  # seconds; shorter overlaps are ordinary changes of turn
_SAME_OVERLAP = 1.0  # seconds apart at most

_CLAUSE_END = re.compile(r"[,;:—–-][\"'”’)\]]*$")


def attribute(
    words: Sequence[Word], spans: Sequence[SpeakerSpan], *, background: Sequence[SpeakerSpan] = ()
) -> tuple[Turn, ...]:
    """All words in the order of time, in turns of the speakers of `spans`; adjacent turns have different speakers.

    Words may come in any order; those with equal starts keep it. Without spans all words are S1's. `background` are
    the passages in which another speaker of `spans` is dominant: a recogniser transcribes the dominant voice.
    """
    from transcribe.diarization.viterbi import viterbi

    ordered = sorted(words, key=lambda word: word.start)
    if not ordered:
        return ()
    speakers = sorted({span.speaker for span in spans})
    if not spans:
        return (Turn(ONLY_SPEAKER, tuple(ordered)),)
    nearby, behind = _near(ordered, spans, within=_FARTHEST), _near(ordered, background, within=_SHORTEST_WORD)
    evidence = [
        _evidence(word, own or spans, background, speakers)
        for word, own, background in zip(ordered, nearby, behind, strict=True)
    ]
    penalties = [_penalty(before, after) for before, after in pairwise(ordered)]
    path = viterbi(evidence, [0.0, *penalties])
    groups = groupby(zip(path, ordered, strict=True), key=lambda pair: pair[0])
    return tuple(Turn(speakers[state], tuple(word for _, word in group)) for state, group in groups)


def find_overlaps(words: Sequence[Word], spans: Sequence[SpeakerSpan]) -> tuple[Doubt, ...]:
    """The passages with words in which several people speak, from word to word, in the order of time.

    The transcript gives each word to one speaker, the dominant voice, so an editor may want to listen here.
    """
    ordered = sorted(words, key=lambda word: word.start)
    starts = [word.start for word in ordered]
    longest = max((word.end - word.start for word in ordered), default=0.0)
    passages = []
    for start, end in _overlapping(spans):
        nearby = ordered[bisect_left(starts, start - longest) : bisect_left(starts, end)]
        overlapped = [word for word in nearby if word.end > start]
        if overlapped:
            passages.append((overlapped[0].start, max(word.end for word in overlapped)))
    return tuple(Doubt(start, end, DoubtReason.OVERLAP) for start, end in joined(passages))


def _overlapping(spans: Sequence[SpeakerSpan]) -> list[Interval]:
    """Passages in which at least two people speak, without short ones, close ones merged."""
    passages: list[Interval] = []
    speaking: dict[str, Seconds] = {}  # speaker → end of their last span
    for span in sorted(spans, key=lambda span: span.start):
        for speaker, end in speaking.items():
            if speaker != span.speaker and min(end, span.end) - span.start >= _SHORTEST_OVERLAP:
                passages.append((span.start, min(end, span.end)))
        speaking[span.speaker] = max(span.end, speaking.get(span.speaker, span.end))
    return joined(passages, gap=_SAME_OVERLAP)


def _near(words: Sequence[Word], spans: Sequence[SpeakerSpan], *, within: Seconds) -> Iterator[Sequence[SpeakerSpan]]:
    """For each of the ordered words, the spans at most `within` seconds away."""
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


def _evidence(
    word: Word, spans: Sequence[SpeakerSpan], background: Sequence[SpeakerSpan], speakers: Sequence[str]
) -> list[float]:
    """The evidence of a word for each speaker, in average words: by overlap, or by distance if it overlaps none."""
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
        return [weight * 0.5 ** ((distance[speaker] - nearest) / _HALVING_DISTANCE) for speaker in speakers]
    for span in (span for span in background if span.speaker in overlap):
        behind = max(0.0, min(end, span.end) - max(word.start, span.start))
        overlap[span.speaker] = max(0.0, overlap[span.speaker] - _BACKGROUND_DISCOUNT * behind)
    return [weight * min(1.0, overlap[speaker] / (end - word.start)) for speaker in speakers]


def _penalty(before: Word, after: Word) -> float:
    """The penalty of a change of speaker between two words."""
    if after.start - before.end >= _PAUSE or ends_sentence(before.text):
        return _AFTER_SENTENCE
    return _AFTER_CLAUSE if _CLAUSE_END.search(before.text) else _ELSEWHERE
