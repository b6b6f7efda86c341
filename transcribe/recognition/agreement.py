"""The last attempt at speech without words: it is read from several starts, and what two readings agree on is kept.

What one reading has alone becomes a doubt with its text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import pairwise, takewhile

from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.insertion import heard, insert, new_words, words_within
from transcribe.recognition.reader import ChunkResult, Reader
from transcribe.recognition.reading_quality import (
    UNSURE_LOGPROB,
    agreeing_words,
    is_acceptable,
    untranscribed_speech,
)
from transcribe.recognition.vad import LONGEST_CHUNK, Chunk, Region
from transcribe.recognition.word_timing import SAME_PHRASE
from transcribe.transcript import Doubt, Word, as_written
from transcribe.transcript_warnings import DoubtReason

_PAD = 0.4  # seconds of audio around a stretch read again
_AROUND = 1.0, 2.0, 5.0  # seconds around a gap in the wide cuts, beyond the chunk's borders too
_ANOTHER_START = 0.25  # seconds between the starts of two cuts that are evidence for each other
_STRAY_WORDS = 2  # words that the alignment may put on the wrong side of a border
_MOST_STARTS = 4  # speech regions of a gap from which it is read


def agreement_pass(result: ChunkResult, reader: Reader) -> ChunkResult:
    """Read what is still a gap from each of its pauses on with the beam, and with more around it greedily.

    A word is inserted if a reading from another start has it at the same time; each such gap becomes a doubt, and so
    does one with a sure reading that no other confirms, with its text. (Two readings of one window agree on
    hallucinations: "Bye." at log-probability −0.34, where a caller hesitates.) Because another reading agrees, a
    reading may be a little less confident than one used alone.
    """
    gaps = untranscribed_speech(result.words, result.chunk)
    close = [_from_pauses(gap, result.chunk, reader.duration) for gap in gaps]
    wide = [_with_surroundings(gap, reader) for gap in gaps]
    with (
        closing(reader.read([cut for cuts in close for cut in cuts])) as beam,
        closing(reader.read([cut for cuts in wide for cut in cuts], greedy=True)) as greedy,
    ):
        for gap, few, many in zip(gaps, close, wide, strict=True):
            attempts = [(cut, next(beam)) for cut in few] + [(cut, next(greedy)) for cut in many]
            result = _with_agreed(result, gap, attempts)
    return result


def _from_pauses(gap: Region, chunk: Chunk, duration: float) -> list[Region]:
    starts = [max(region.start, gap.start) for region in chunk.regions if gap.start < region.end < gap.end + _PAD]
    end = min(gap.end + _PAD, duration)
    cuts = [Region(max(0.0, start - _PAD), end) for start in starts[:_MOST_STARTS]]
    return [cut for cut in cuts if cut.duration <= LONGEST_CHUNK]


def _with_surroundings(gap: Region, reader: Reader) -> list[Region]:
    cuts = [reader.around(gap.start, gap.end, by=by) for by in reversed(_AROUND)]
    by_start = {cut.start: cut for cut in cuts}  # of cuts from one start keep the closest
    return [cut for cut in by_start.values() if cut.duration <= LONGEST_CHUNK]


def _with_agreed(result: ChunkResult, gap: Region, attempts: Sequence[tuple[Region, Reading]]) -> ChunkResult:
    read = [(reading, cut, _own_words(result.chunk, gap, heard(reading, cut))) for cut, reading in attempts]
    candidates: list[tuple[int, float, tuple[Word, ...]]] = []
    for reading, cut, words in read:
        others = [
            word
            for _, other, words_there in read
            if abs(other.start - cut.start) >= _ANOTHER_START
            for word in words_there
        ]
        agreed = agreeing_words(words, others)
        if agreed and is_acceptable(reading, cut.duration, min_logprob=UNSURE_LOGPROB):
            inserted = insert(result, gap, agreed)
            candidates.append((len(inserted), reading.avg_logprob, inserted))
    most, _, words_after = max(candidates, key=lambda candidate: candidate[:2], default=(0, 0.0, ()))
    if most <= len(result.words):
        return replace(result, doubts=(*result.doubts, *_discarded(result, gap, read)))
    doubt = Doubt(gap.start, gap.end, DoubtReason.UNCLEAR)
    return replace(result, words=words_after, passes=2, doubts=(*result.doubts, doubt))


def _discarded(
    result: ChunkResult, gap: Region, read: Iterable[tuple[Reading, Region, Sequence[Word]]]
) -> Iterator[Doubt]:
    """The surest reading of a gap that no other confirms, as a doubt that has its text."""
    fair = [
        (reading.avg_logprob, new)
        for reading, cut, words in read
        if is_acceptable(reading, cut.duration) and (new := new_words(result, gap, words))
    ]
    if fair:
        _, words = max(fair, key=lambda candidate: candidate[0])
        yield Doubt(gap.start, gap.end, DoubtReason.UNTRANSCRIBED, alternative=as_written(words))


def _own_words(chunk: Chunk, gap: Region, words: Sequence[Word]) -> list[Word]:
    """The words in a gap, without one or two that continue, with no pause, into words beyond the chunk's borders.

    A cut that extends into the next chunk has its first words too, and the alignment may put them before its border.
    """
    if not (inside := words_within(gap, words)):
        return []
    next_start = min((word.start for word in words if word.start >= chunk.end), default=math.inf)
    last_end = max((word.end for word in words if word.end <= chunk.start), default=-math.inf)
    pauses = [b.start - a.end for a, b in pairwise(inside)]
    at_end = _phrase_length([next_start - inside[-1].end, *reversed(pauses)])
    at_start = _phrase_length([inside[0].start - last_end, *pauses])
    first = at_start if at_start <= _STRAY_WORDS else 0
    return inside[first : len(inside) - (at_end if at_end <= _STRAY_WORDS else 0)]


def _phrase_length(pauses: Iterable[float]) -> int:
    """How many words in a row belong to one phrase, by the pauses before each."""
    return sum(1 for _ in takewhile(lambda pause: pause < SAME_PHRASE, pauses))
