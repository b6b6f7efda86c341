"""Times long rewrites in an edited transcript on the audio, instead of interpolating them.

The recogniser's cross-attention aligns the new text with the audio between the unedited words; a few of those are
aligned with it on either side. Nothing is recognised: the editor's text stays. If the audio says something else, the
interpolated times stay. Unedited words keep their times exactly; `transcribe.alignment.realign` finds which they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

from transcribe.recognition.engines.protocol import LONGEST_WINDOW
from transcribe.transcript import Transcript, Turn, Word

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.episode import Seconds
    from transcribe.recognition.engines.protocol import Aligner

LONG = 6  # words in a row; for up to five, interpolated times are close enough (benchmarks/drafts/sync.py)
CONTEXT = 3  # unedited words that are aligned with a rewrite on either side
ROOM = 1.0  # seconds of audio beyond a rewrite at an end without such words
LONGEST_PART = 20.0  # seconds of a rewrite aligned at a time
FASTEST = 8.0  # words a second; speech is never denser, so denser text cannot be what the audio says
LEAST_PROBABILITY = 0.15  # mean over a part's words; below, the audio says something else


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Words from `first` up to `last` (not included) of a turn, whose times are interpolated."""

    turn: int
    first: int
    last: int


def find_rewrites(after: Transcript, before: Transcript) -> tuple[Rewrite, ...]:
    """The runs of at least `LONG` words in `after` that are not in `before` with these times."""
    rest = Counter(_key(word) for word in before.words)
    rewrites = []
    for index, turn in enumerate(after.turns):
        start = 0
        for i, word in enumerate((*turn.words, None)):
            is_unedited = word is None or rest[_key(word)] > 0 or word.start == word.end  # the latter: a note
            if word is not None and is_unedited:
                rest[_key(word)] -= 1
            if is_unedited:
                if i - start >= LONG:
                    rewrites.append(Rewrite(index, start, i))
                start = i + 1
    return tuple(rewrites)


def realign_to_audio(
    transcript: Transcript, rewrites: Sequence[Rewrite], *, audio: Audio, aligner: Aligner
) -> tuple[Transcript, int]:
    """The transcript with these rewrites timed on the audio, and how many words were timed.

    Raises `EngineError` if the engine fails.
    """
    turns = list(transcript.turns)
    count = 0
    for rewrite in rewrites:
        low, high = _bounds(turns, rewrite, audio.duration)
        words, passage = list(turns[rewrite.turn].words), (rewrite.first, rewrite.last)
        parts = time_passage(words, passage, (low, high), transcript.language, audio=audio, aligner=aligner)
        count += sum(last - first for first, last in parts)
        turns[rewrite.turn] = Turn(turns[rewrite.turn].speaker, tuple(words))
    return replace(transcript, turns=tuple(turns)), count


def time_passage(
    words: list[Word],
    passage: tuple[int, int],
    bounds: tuple[Seconds, Seconds],
    language: str,
    *,
    audio: Audio,
    aligner: Aligner,
) -> list[tuple[int, int]]:
    """Change the times of the words from the first of `passage` up to its last (not included) to those at which they
    are spoken between `bounds`; returns the parts that were found there. The others keep theirs, within the bounds.

    The times the words have say about where to look. Raises `EngineError` if the engine fails.
    """
    (start, end), (low, high) = passage, bounds
    found = []
    for first, last in _parts(words, start, end):
        cursor = max(low, words[first - 1].start if first > start else low)
        aligned = _align(words, (first, last), (cursor, high), language, audio=audio, aligner=aligner)
        if aligned:
            words[first:last] = aligned
            found.append((first, last))
    words[start:end] = _clamp(words[start:end], low, high)
    return found


def _align(
    words: Sequence[Word],
    part: tuple[int, int],
    bounds: tuple[Seconds, Seconds],
    language: str,
    *,
    audio: Audio,
    aligner: Aligner,
) -> list[Word]:
    """The words of a part timed on the audio; none if the audio says something else or is too short for them."""
    (first, last), (low, high) = part, bounds
    before, after = _spoken_around(words, first, last)
    start = before[0].start if before else max(low, words[first].start - ROOM)
    end = after[-1].end if after else min(high, words[last - 1].end + ROOM)
    if end - start > LONGEST_WINDOW:
        before, after = (), ()
        start, end = max(low, words[first].start - ROOM), min(high, words[last - 1].end + ROOM)
    end = min(end, start + LONGEST_WINDOW, audio.duration)
    if end <= start or (last - first) / (end - start) > FASTEST:
        return []
    texts = [word.text for word in (*before, *words[first:last], *after)]
    aligned = aligner.align(audio.read(start, end), " ".join(texts), language=language)
    sizes = [len(text.split()) for text in texts]  # a word may contain a dash
    ends = list(accumulate(sizes))
    if len(aligned) != ends[-1]:
        return []
    new = range(len(before), len(before) + last - first)
    spans = [aligned[ends[i] - sizes[i] : ends[i]] for i in new]
    if sum(word.probability for span in spans for word in span) < LEAST_PROBABILITY * sum(map(len, spans)):
        return []
    timed = [
        replace(word, start=start + span[0].start, end=start + max(piece.end for piece in span))
        for word, span in zip(words[first:last], spans, strict=True)
    ]
    return list(_clamp(timed, low, high))


def _spoken_around(words: Sequence[Word], first: int, last: int) -> tuple[Sequence[Word], Sequence[Word]]:
    """The words beside a part for as long as they are in the order of time: an editor may have moved some of them."""
    start, end = first, last
    while start > max(0, first - CONTEXT) and words[start - 1].start <= words[start].start:
        start -= 1
    while end < min(len(words), last + CONTEXT) and words[end].start >= words[end - 1].start:
        end += 1
    return words[start:first], words[last:end]


def _bounds(turns: Sequence[Turn], rewrite: Rewrite, duration: Seconds) -> tuple[Seconds, Seconds]:
    """The times between which a rewrite was spoken: after the word before it, before the word after it.

    Before and after in time: an editor may have moved what stands beside it.
    """
    words = turns[rewrite.turn].words
    first, last = words[rewrite.first].start, words[rewrite.last - 1].start
    above, below = words[: rewrite.first], words[rewrite.last :]
    ends = [word.end for word in above if word.start <= first] + [word.end for word in below if word.start < first]
    starts = [word.start for word in below if word.start >= last] + [word.start for word in above if word.start > last]
    ends = ends or [turn.end for turn in turns[: rewrite.turn] if turn.start <= first]
    starts = starts or [turn.start for turn in turns[rewrite.turn + 1 :] if turn.start >= last]
    low = min(max(ends, default=0.0), first)  # overlapping speech must not push a rewrite out of its place
    return low, max(low, last, min(starts, default=duration))


def _parts(words: Sequence[Word], start: int, end: int) -> Iterator[tuple[int, int]]:
    """The words from `start` to `end`, cut into parts that can be aligned at a time."""
    first = start
    for i in range(start + 1, end + 1):
        if i == end or words[i].end - words[first].start > LONGEST_PART:
            yield first, i
            first = i


def _clamp(words: Sequence[Word], low: Seconds, high: Seconds) -> Iterator[Word]:
    """The words with their times between `low` and `high`, and in order."""
    for word in words:
        start = min(max(word.start, low), high)
        yield replace(word, start=start, end=min(max(word.end, start), max(high, start)))
        low = start


def _key(word: Word) -> tuple[str, float, float]:
    return "".join(character for character in word.text.casefold() if character.isalnum()), word.start, word.end
