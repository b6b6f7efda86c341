"""The second pass: poor chunks, and speech without words, read again in other ways.

The attempts, in order, each only where the ones before left something: a poor chunk in two parts, and one that repeats
a phrase, to see whether another cut has it too; if it loops, sampled at rising temperatures (openai-whisper's ladder);
speech without words, with the speech around it; the burst of speech in which it begins, together with the words there;
then from each of its pauses on, alone and with more around it (`transcribe.recognition.agreement`). A reading must be
acceptable (`transcribe.recognition.reading_quality.is_acceptable`).

The law: no reading changes the order of the words that stood, unless it replaces the chunk or the burst as a whole, and
none puts a word inside a phrase, between words less than 0.3 s apart. So words are settled before gaps are looked for
(`snap_to_speech`): then a gap is never inside a word that goes on into the next.

What this does not do: the first reading, the final word times, the doubts of a whole chunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from transcribe.recognition.agreement import agreement_pass
from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.insertion import heard, insert, words_within
from transcribe.recognition.loops import collapse_loops, is_loop, key, repeated_phrase, repeats
from transcribe.recognition.missing_ends import add_missing_ends
from transcribe.recognition.reader import ChunkResult, Reader, shift
from transcribe.recognition.reading_quality import (
    UNSURE_LOGPROB,
    is_acceptable,
    is_no_speech,
    is_proper_superset,
    remove_overlap,
    untranscribed_speech,
)
from transcribe.recognition.vad import Chunk, Region
from transcribe.recognition.word_timing import snap_to_speech
from transcribe.transcript import Doubt
from transcribe.transcript_warnings import DoubtReason

_PAD = 0.4  # seconds of audio around a stretch read again
_CONTEXT = 2.0  # seconds beyond a gap that may be read with it
_PAUSE = 0.8  # seconds of silence that end the context: a jingle, a pause and speech in one window fail
_MIN_SPLIT = 6.0  # seconds; shorter chunks are not split
_TEMPERATURES = 0.2, 0.4, 0.6, 0.8, 1.0  # openai-whisper's


def run_second_pass(result: ChunkResult, reader: Reader) -> ChunkResult:
    """A chunk's result after all attempts of this module. Raises `EngineError`."""
    for attempt in (reread_poor_chunk, fill_gaps, reread_bursts, agreement_pass, add_missing_ends):
        result = attempt(result, reader)
    return result


def reread_poor_chunk(result: ChunkResult, reader: Reader) -> ChunkResult:
    """If the reading of the whole chunk is poor, read it again in two parts, and keep the better reading.

    A phrase that repeats often is read again too. It stays if the parts repeat it; if not, and no part is surer, it
    becomes a doubt.
    """
    phrase = repeated_phrase(collapse_loops(result.words, result.chunk.regions)[0])
    if not _is_poor(result) and not phrase:
        return result
    halves = _halves(result.chunk)
    parts = list(zip(halves, reader.read(halves), strict=True))
    if not _is_poor(result):
        return _confirmed(result, phrase, parts)
    better = _better(result, parts)
    return _resample(better, reader) if is_loop(better.reading.words) else better


def _confirmed(result: ChunkResult, phrase: Sequence[str], parts: Sequence[tuple[Region, Reading]]) -> ChunkResult:
    if any(repeats(reading.words, phrase) for _, reading in parts):
        return replace(result, passes=2)
    better = _better(result, parts)
    if better.reading is not result.reading:
        return better
    doubt = Doubt(result.words[0].start, result.words[-1].end, DoubtReason.UNCLEAR)
    return replace(better, doubts=(*better.doubts, doubt))


def _resample(result: ChunkResult, reader: Reader) -> ChunkResult:
    """A chunk that loops however it is cut, read at rising temperatures until a reading is acceptable.

    Only for loops: sampling ends a loop, but was never more confident than the beam.
    """
    whole = Region(result.chunk.start, result.chunk.end)
    for temperature in _TEMPERATURES:
        (reading,) = reader.read([whole], temperature=temperature)
        result = _better(result, [(whole, reading)])
        if not _is_poor(result):
            break
    return result


def _is_poor(result: ChunkResult) -> bool:
    reading = result.reading
    return reading.avg_logprob < UNSURE_LOGPROB or is_no_speech(reading) or is_loop(reading.words)


def _halves(chunk: Chunk) -> tuple[Region, ...]:
    """`chunk` cut in the longest silence of its middle half, or in the middle if it has none; a short one uncut."""
    if chunk.duration <= _MIN_SPLIT:
        return (Region(chunk.start, chunk.end),)
    quarter = chunk.duration / 4
    silences = [(b.start - a.end, (a.end + b.start) / 2) for a, b in pairwise(chunk.regions)]
    inner = [silence for silence in silences if chunk.start + quarter <= silence[1] <= chunk.end - quarter]
    cut = max(inner)[1] if inner else chunk.start + 2 * quarter
    return Region(chunk.start, cut), Region(cut, chunk.end)


def _better(result: ChunkResult, parts: Sequence[tuple[Region, Reading]]) -> ChunkResult:
    """The reading of the parts if all are acceptable, it is the surer one and covers no less of the speech.

    A loop is neither sure nor does it cover speech; nor is a reading that the recogniser takes for no speech.
    """
    unchanged = replace(result, passes=2)
    if not all(is_acceptable(reading, part.duration) for part, reading in parts):
        return unchanged
    regions = result.chunk.regions
    read = [word for part, reading in parts for word in shift(reading.words, part.start)]
    words = collapse_loops(snap_to_speech(read, regions), regions)[0]
    share = [part.duration / result.chunk.duration for part, _ in parts]
    reading = Reading(
        words=words,
        avg_logprob=sum(s * r.avg_logprob for s, (_, r) in zip(share, parts, strict=True)),
        no_speech_probability=max(r.no_speech_probability for _, r in parts),
    )
    better = replace(unchanged, reading=reading, words=words)
    first = replace(result, words=collapse_loops(result.words, regions)[0])
    if not is_loop(result.reading.words):
        surer = result.reading.avg_logprob >= reading.avg_logprob and not is_no_speech(result.reading)
        if surer or better.uncovered > first.uncovered:
            return unchanged
    return better


def fill_gaps(result: ChunkResult, reader: Reader) -> ChunkResult:
    """Read speech without words on its own, and insert acceptable readings."""
    result = replace(result, words=collapse_loops(result.words, result.chunk.regions)[0])
    gaps = untranscribed_speech(result.words, result.chunk)
    stretches = [_with_context(gap, result.chunk) for gap in gaps]
    for gap, stretch, reading in zip(gaps, stretches, reader.read(stretches), strict=True):
        words = result.words
        if is_acceptable(reading, stretch.duration):
            read = snap_to_speech(heard(reading, stretch), result.chunk.regions)
            words = insert(result, gap, words_within(gap, read))
        result = replace(result, words=words, passes=2)
    return result


def _with_context(gap: Region, chunk: Chunk) -> Region:
    """The stretch to read for a gap: its speech, and as context the speech next to it without a pause."""
    regions = chunk.regions
    first = next(i for i, region in enumerate(regions) if region.end > gap.start)
    last = max(i for i, region in enumerate(regions) if region.start < gap.end)
    while first > 0 and regions[first].start - regions[first - 1].end <= _PAUSE:
        first -= 1
    while last + 1 < len(regions) and regions[last + 1].start - regions[last].end <= _PAUSE:
        last += 1
    start = max(chunk.start, gap.start - _CONTEXT, regions[first].start - _PAD)
    return Region(start, min(chunk.end, gap.end + _CONTEXT, regions[last].end + _PAD))


def reread_bursts(result: ChunkResult, reader: Reader) -> ChunkResult:
    """Read again the burst of speech in which a gap begins; use a reading that has all its words, and more.

    A recogniser that skips a short answer gives its time to the next words ("The most" over "Geez. Is that all?
    Almost, the most …"): then the missing words are where other words are.
    """
    regions = result.chunk.regions
    bursts = [_with_burst(gap, result.chunk) for gap in untranscribed_speech(result.words, result.chunk)]
    padded = [reader.around(burst.start, burst.end) for burst in bursts]
    for burst, stretch, reading in zip(bursts, padded, reader.read(padded), strict=True):
        existing = words_within(burst, result.words)
        if not existing or not is_acceptable(reading, stretch.duration):
            continue
        before = [word for word in result.words if word.start < existing[0].start]
        after = result.words[len(before) + len(existing) :]
        known = {key(word) for word in existing}
        for late in (set(), known):  # only if the words that stand are not all heard within the burst, those after it
            read = [word for word in heard(reading, stretch) if word.start < burst.end or key(word) in late]
            new = remove_overlap(before, snap_to_speech(read, regions), after)
            if is_proper_superset(new, existing):
                result = replace(result, words=snap_to_speech((*before, *new, *after), regions), passes=2)
                break
    return result


def _with_burst(gap: Region, chunk: Chunk) -> Region:
    """A gap extended back to the start of the burst of speech in which it begins."""
    first = next(region for region in chunk.regions if region.end > gap.start)
    return Region(min(gap.start, max(chunk.start, first.start)), gap.end)
