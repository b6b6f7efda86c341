"""The second look: chunks whose reading is poor, and speech between the words, read again in other ways.

What is tried, in this order, each only where the one before left something: a poor chunk in two parts, then, where it
loops, with chance (openai-whisper's ladder of temperatures); speech without words with what surrounds it; then the
burst in which it begins, with the words that stand there; then the speech from each of its pauses on, alone and with
more around it. A reading stands by stated evidence (`reading_quality.is_acceptable`); of the last
tries only words that two of them agree on, and the editor is told.

What this does not do: read the chunks at first, settle times, say what stays doubtful of a chunk.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import pairwise, takewhile

from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.reader import ChunkResult, Reader, shift
from transcribe.recognition.reading_quality import (
    LOOP_COMPRESSION,
    NO_SPEECH,
    UNSURE_LOGPROB,
    agreeing_words,
    collapse_loops,
    is_acceptable,
    is_proper_superset,
    remove_overlap,
    untranscribed_speech,
)
from transcribe.recognition.vad import LONGEST_CHUNK, Chunk, Region
from transcribe.recognition.word_timing import snap_to_speech
from transcribe.transcript import Doubt, Word

_PAD = 0.4  # seconds of sound around a stretch read again
_CONTEXT = 2.0  # seconds beyond a hole that may be read with it
_AROUND = 1.0, 2.0, 5.0  # seconds around a hole at the last try, over the chunk's borders too
_PAUSE = 0.8  # seconds of silence that context does not reach across: jingle, pause and speech in one window go wrong
_RUNS_ON = 0.3  # seconds between two words of one phrase
_STRAYS = 2  # words that the alignment may put on the wrong side of a border
_LEAST_PIECE = 6.0  # seconds; shorter chunks are not parted
_MOST_STARTS = 4  # of a hole's stretches of speech, from which it is read at the last try
_TEMPERATURES = 0.2, 0.4, 0.6, 0.8, 1.0  # openai-whisper's


def run_second_pass(passage: ChunkResult, read: Reader) -> ChunkResult:
    """A chunk's passage after all that this module tries. Raises `EngineError`."""
    return agreement_pass(reread_bursts(fill_gaps(reread_poor_chunk(passage, read), read), read), read)


def reread_poor_chunk(passage: ChunkResult, read: Reader) -> ChunkResult:
    """A chunk whose reading as a whole is poor, read again in two parts; the better of the readings stands."""
    if not _is_poor(passage):
        return passage
    halves = _halves(passage.chunk)
    found = _better(passage, list(zip(halves, read.stretches(halves), strict=True)))
    return _resampled(found, read) if _is_poor(found) and _is_poor_text(found) else found


def _resampled(passage: ChunkResult, read: Reader) -> ChunkResult:
    """A chunk that loops whatever the cut, read with more and more chance, until a reading is sound.

    Only loops: chance leaves one, but was not once surer of itself than the beam.
    """
    whole = Region(passage.chunk.start, passage.chunk.end)
    for temperature in _TEMPERATURES:
        (reading,) = read.stretches([whole], temperature=temperature)
        passage = _better(passage, [(whole, reading)])
        if not _is_poor(passage):
            break
    return passage


def _is_poor(passage: ChunkResult) -> bool:
    reading = passage.reading
    return (
        reading.avg_logprob < UNSURE_LOGPROB
        or reading.compression_ratio > LOOP_COMPRESSION
        or reading.no_speech_probability > NO_SPEECH
        or bool(collapse_loops(passage.words)[1])
    )


def _halves(chunk: Chunk) -> tuple[Region, ...]:
    """`chunk` cut in the longest silence of its middle half; in the middle where there is none; a short one whole."""
    if chunk.duration <= _LEAST_PIECE:
        return (Region(chunk.start, chunk.end),)
    quarter = chunk.duration / 4
    gaps = [
        (after.start - before.end, (before.end + after.start) / 2)
        for before, after in zip(chunk.regions, chunk.regions[1:], strict=False)
    ]
    inner = [gap for gap in gaps if chunk.start + quarter <= gap[1] <= chunk.end - quarter]
    cut = max(inner)[1] if inner else chunk.start + 2 * quarter
    return Region(chunk.start, cut), Region(cut, chunk.end)


def _better(passage: ChunkResult, parts: Sequence[tuple[Region, Reading]]) -> ChunkResult:
    """The parts' reading where all of it is sound and covers no less of the speech, the first one otherwise."""
    tried = replace(passage, passes=2)
    if not all(is_acceptable(reading, part.duration) for part, reading in parts):
        return tried
    read = [word for part, reading in parts for word in shift(reading.words, part.start)]
    words = snap_to_speech(read, passage.chunk.regions)
    first = replace(passage, words=collapse_loops(passage.words)[0])
    if replace(first, words=words).uncovered > first.uncovered and not _is_poor_text(passage):
        return tried
    share = [part.duration / passage.chunk.duration for part, _ in parts]
    reading = Reading(
        words=words,
        avg_logprob=sum(s * r.avg_logprob for s, (_, r) in zip(share, parts, strict=True)),
        no_speech_probability=max(r.no_speech_probability for _, r in parts),
    )
    return replace(tried, reading=reading, words=words)


def _is_poor_text(passage: ChunkResult) -> bool:
    return passage.reading.compression_ratio > LOOP_COMPRESSION or bool(collapse_loops(passage.words)[1])


def fill_gaps(passage: ChunkResult, read: Reader) -> ChunkResult:
    """Speech between words, read on its own; sound readings are put in."""
    passage = replace(passage, words=collapse_loops(passage.words)[0])
    open_ = untranscribed_speech(passage.words, passage.chunk)
    stretches = [_stretch(hole, passage.chunk) for hole in open_]
    for hole, stretch, reading in zip(open_, stretches, read.stretches(stretches), strict=True):
        passage = _filled(passage, hole, stretch, reading)
    return passage


def _stretch(hole: Region, chunk: Chunk) -> Region:
    """What to read for a hole: its speech, and what follows on it without a pause, for context."""
    regions = chunk.regions
    first = next(i for i, region in enumerate(regions) if region.end > hole.start)
    last = max(i for i, region in enumerate(regions) if region.start < hole.end)
    while first > 0 and regions[first].start - regions[first - 1].end <= _PAUSE:
        first -= 1
    while last + 1 < len(regions) and regions[last + 1].start - regions[last].end <= _PAUSE:
        last += 1
    start = max(chunk.start, hole.start - _CONTEXT, regions[first].start - _PAD)
    return Region(start, min(chunk.end, hole.end + _CONTEXT, regions[last].end + _PAD))


def _filled(passage: ChunkResult, hole: Region, stretch: Region, reading: Reading) -> ChunkResult:
    tried = replace(passage, passes=2)
    if not is_acceptable(reading, stretch.duration):
        return tried
    read = snap_to_speech(shift(reading.words, stretch.start), passage.chunk.regions)
    return replace(tried, words=_placed(passage, hole, _said_in(hole, read)))


def reread_bursts(passage: ChunkResult, read: Reader) -> ChunkResult:
    """The speech in which a hole begins read anew; a sound reading with all that stands there, and more, replaces it.

    A recogniser that passes over a short answer gives its time to the next words ("The most" over "Geez. Is that all?
    Almost, the most …"): then what is missing lies where there are words.
    """
    regions = passage.chunk.regions
    bursts = [_with_its_burst(hole, passage.chunk) for hole in untranscribed_speech(passage.words, passage.chunk)]
    padded = [Region(max(0.0, burst.start - _PAD), min(read.duration, burst.end + _PAD)) for burst in bursts]
    for burst, stretch, reading in zip(bursts, padded, read.stretches(padded), strict=True):
        standing = _said_in(burst, passage.words)
        if not standing or not is_acceptable(reading, stretch.duration):
            continue
        before = [word for word in passage.words if word.start < standing[0].start]
        after = passage.words[len(before) + len(standing) :]
        new = remove_overlap(before, snap_to_speech(shift(reading.words, stretch.start), regions), after)
        if is_proper_superset(new, standing):
            passage = replace(passage, words=snap_to_speech((*before, *new, *after), regions), passes=2)
    return passage


def _with_its_burst(hole: Region, chunk: Chunk) -> Region:
    """A hole from the start of the burst of speech on in which it begins."""
    first = next(region for region in chunk.regions if region.end > hole.start)
    return Region(min(hole.start, max(chunk.start, first.start)), hole.end)


def agreement_pass(passage: ChunkResult, read: Reader) -> ChunkResult:
    """Speech still without words, read from each of its pauses on with the beam, and with more around it greedily.

    Words stand that a reading shares with one from another start, at the same time; each such place is a doubt. (Two
    readings of one window agree on what they invent: "Bye." at log-probability −0.34, where a caller hesitates.) Since
    another agrees, the one whose words stand may be a little less sure than one that is alone.
    """
    open_ = untranscribed_speech(passage.words, passage.chunk)
    close = [_from_pauses(hole, passage.chunk, read.duration) for hole in open_]
    wide = [_with_more_around(hole, read.duration) for hole in open_]
    with (
        closing(read.stretches([cut for cuts in close for cut in cuts])) as beam,
        closing(read.stretches([cut for cuts in wide for cut in cuts], greedy=True)) as greedy,
    ):
        for hole, few, many in zip(open_, close, wide, strict=True):
            tries = [(cut, next(beam)) for cut in few] + [(cut, next(greedy)) for cut in many]
            passage = _with_agreed(passage, hole, tries)
    return passage


def _from_pauses(hole: Region, chunk: Chunk, duration: float) -> list[Region]:
    starts = [max(region.start, hole.start) for region in chunk.regions if hole.start < region.end < hole.end + _PAD]
    ends = min(hole.end + _PAD, duration)
    cuts = [Region(max(0.0, start - _PAD), ends) for start in starts[:_MOST_STARTS]]
    return [cut for cut in cuts if cut.duration <= LONGEST_CHUNK]


def _with_more_around(hole: Region, duration: float) -> list[Region]:
    cuts = [Region(max(0.0, hole.start - by), min(duration, hole.end + by)) for by in reversed(_AROUND)]
    by_start = {cut.start: cut for cut in cuts}  # two cuts from one start do not count for each other: the closest
    return [cut for cut in by_start.values() if cut.duration <= LONGEST_CHUNK]


def _with_agreed(passage: ChunkResult, hole: Region, tries: Sequence[tuple[Region, Reading]]) -> ChunkResult:
    chunk = passage.chunk
    read = [(reading, cut, _own(chunk, hole, shift(reading.words, cut.start))) for cut, reading in tries]
    found: list[tuple[int, float, tuple[Word, ...]]] = []
    for reading, cut, words in read:
        others = [word for _, other, said in read if other.start != cut.start for word in said]
        if is_acceptable(reading, cut.duration, min_logprob=UNSURE_LOGPROB) and (kept := agreeing_words(words, others)):
            placed = _placed(passage, hole, kept)
            found.append((len(placed), reading.avg_logprob, placed))
    most, _, placed = max(found, key=lambda one: one[:2], default=(0, 0.0, ()))
    if most <= len(passage.words):
        return passage
    doubt = Doubt(hole.start, hole.end, "hard to make out")
    return replace(passage, words=placed, passes=2, doubts=(*passage.doubts, doubt))


def _said_in(hole: Region, words: Iterable[Word]) -> list[Word]:
    return [word for word in words if hole.start <= (word.start + word.end) / 2 <= hole.end]


def _own(chunk: Chunk, hole: Region, words: Sequence[Word]) -> list[Word]:
    """The words said in a hole, without one or two that run on, with no pause, into words beyond the chunk's borders.

    A cut that reaches into the next chunk hears its first words too, and the alignment may put them before its border.
    """
    if not (said := _said_in(hole, words)):
        return []
    following = min((word.start for word in words if word.start >= chunk.end), default=math.inf)
    before = max((word.end for word in words if word.end <= chunk.start), default=-math.inf)
    ahead = [b.start - a.end for a, b in pairwise(said)]
    last = _run([following - said[-1].end, *reversed(ahead)])
    first = _run([said[0].start - before, *ahead])
    return said[first if first <= _STRAYS else 0 : len(said) - (last if last <= _STRAYS else 0)]


def _run(pauses: Iterable[float]) -> int:
    """How many words run on: pauses of one phrase, in a row."""
    return sum(1 for _ in takewhile(lambda pause: pause < _RUNS_ON, pauses))


def _placed(passage: ChunkResult, hole: Region, said: Sequence[Word]) -> tuple[Word, ...]:
    """The passage's words with those `said` in a hole between them, without what stands there already."""
    before = [word for word in passage.words if word.start < hole.start]
    after = [word for word in passage.words if word.start >= hole.start]
    fitted = [
        replace(w, start=max(w.start, hole.start), end=min(w.end, hole.end))
        for w in remove_overlap(before, said, after)
    ]
    return (*before, *fitted, *after)
