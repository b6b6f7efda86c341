"""What recognition left behind about a stretch without words: was it read, and why is there nothing?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from audio.episode import Seconds
from output.text import clock
from transcribe.transcript import Transcript

MOST_CHUNKS = 4  # described of one stretch
_SHORTEST = 0.5  # seconds; a chunk that overlaps less says nothing about the stretch


def evidence_of(transcript: Transcript, start: Seconds, end: Seconds) -> tuple[str, ...]:
    """Sentences about a stretch: the parts no chunk was made of, the readings of the others, and the doubts."""
    return tuple(_evidence(transcript, start, end))


def _evidence(transcript: Transcript, start: Seconds, end: Seconds) -> Iterator[str]:
    if not transcript.evidence:
        yield "the transcript has no measures of the recogniser"
    else:
        chunks = [chunk for chunk in transcript.evidence if _overlap(chunk, start, end) >= min(_SHORTEST, end - start)]
        at = start
        for chunk in [*chunks, {"start": end, "end": end}]:
            if chunk["start"] - at >= _SHORTEST:
                yield f"{_span(at, chunk['start'])} was not read: voice activity detection found no speech"
            at = max(at, chunk["end"])
        yield from map(_reading, chunks[:MOST_CHUNKS])
        if len(chunks) > MOST_CHUNKS:
            yield f"… and {len(chunks) - MOST_CHUNKS} more readings"
    doubts = [doubt for doubt in transcript.doubts if doubt.start < end and start < doubt.end]
    for doubt in doubts[:MOST_CHUNKS]:
        yield f"{_span(doubt.start, doubt.end)} is marked for the editor: {doubt.reason}"
    if len(doubts) > MOST_CHUNKS:
        yield f"… and {len(doubts) - MOST_CHUNKS} more marks"


def _reading(chunk: Mapping[str, float]) -> str:
    where, words = _span(chunk["start"], chunk["end"]), chunk.get("words", 0)
    again = " twice" if chunk.get("passes", 1) > 1 else ""
    no_speech = f"probability of no speech {chunk.get('no_speech_probability', 0.0):.2f}"
    sure = f"{no_speech}, mean log-probability {chunk.get('avg_logprob', 0.0):.2f}"
    if not words:
        return f"{where} was read{again}, but the reading was rejected: no words are left of it ({sure})"
    left = f"{chunk.get('uncovered', 0.0):.1f} s of its speech without words"
    return f"{where} was read{again}: {words:g} words, {left} ({sure})"


def _overlap(chunk: Mapping[str, float], start: Seconds, end: Seconds) -> Seconds:
    return min(chunk["end"], end) - max(chunk["start"], start)


def _span(start: Seconds, end: Seconds) -> str:
    return f"{clock(start)}–{clock(end)}"
