"""Long rewrites heard again: their words get the times at which the audio says them, instead of interpolated ones.

The recogniser's own cross-attention aligns the new text with the sound between the words that were left alone, a few of
which go along on either side. Nothing is recognised: what the editor wrote stands. Where the audio does not say it, the
interpolated times stay. Words left alone keep their times exactly. Which words they are is
`transcribe.alignment.realign`'s business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from transcribe.recognition.engines.protocol import LONGEST_WINDOW
from transcribe.transcript import Transcript, Turn, Word

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.episode import Seconds
    from transcribe.recognition.engines.protocol import Aligner

LONG = 6  # words in a row; up to five, interpolated times are near enough (benchmarks/drafts/sync.py)
CONTEXT = 3  # words left alone that are aligned with a rewrite on either side
ROOM = 1.0  # seconds of sound beyond a rewrite's own at an end without such words
LONGEST_PART = 20.0  # seconds of a rewrite aligned at a time
FASTEST = 8.0  # words a second; speech is never denser, so such text is not what is heard
LEAST_PROBABILITY = 0.15  # mean over a part's words; below, the audio says something else

_Key = tuple[str, float, float]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Words from `first` up to `last` (not included) of a turn that hold no times of their own."""

    turn: int
    first: int
    last: int


def find_rewrites(after: Transcript, before: Transcript) -> tuple[Rewrite, ...]:
    """The stretches of `LONG` words or more in `after` that are not in `before` with these times."""
    left = Counter(_key(word) for word in before.words)
    found = []
    for index, turn in enumerate(after.turns):
        start = 0
        for i, word in enumerate((*turn.words, None)):
            is_kept = word is None or left[_key(word)] > 0
            if word is not None and is_kept:
                left[_key(word)] -= 1
            if is_kept:
                if i - start >= LONG:
                    found.append(Rewrite(index, start, i))
                start = i + 1
    return tuple(found)


def realign_to_audio(
    transcript: Transcript, found: Sequence[Rewrite], *, audio: Audio, aligner: Aligner
) -> tuple[Transcript, int]:
    """The transcript with the times of these rewrites as the audio has them, and how many words got one.

    Raises `EngineError` when the engine breaks.
    """
    turns = list(transcript.turns)
    count = 0
    for rewrite in found:
        low, high = _bounds(turns, rewrite, audio.duration)
        words = list(turns[rewrite.turn].words)
        for first, last in _parts(words, rewrite):
            cursor = max(low, words[first - 1].start if first > rewrite.first else low)
            heard = _heard(words, (first, last), (cursor, high), transcript.language, audio=audio, aligner=aligner)
            if heard:
                words[first:last] = heard
                count += len(heard)
        words[rewrite.first : rewrite.last] = _within(words[rewrite.first : rewrite.last], low, high)
        turns[rewrite.turn] = Turn(turns[rewrite.turn].speaker, tuple(words))
    return replace(transcript, turns=tuple(turns)), count


def _heard(
    words: Sequence[Word],
    part: tuple[int, int],
    bounds: tuple[Seconds, Seconds],
    language: str,
    *,
    audio: Audio,
    aligner: Aligner,
) -> list[Word]:
    """The words of a part as the audio has them; none where it says something else, or cannot hold them."""
    (first, last), (low, high) = part, bounds
    before, after = words[max(0, first - CONTEXT) : first], words[last : last + CONTEXT]
    start = before[0].start if before else max(low, words[first].start - ROOM)
    end = after[-1].end if after else min(high, words[last - 1].end + ROOM)
    if end - start > LONGEST_WINDOW:
        before, after = (), ()
        start, end = max(low, words[first].start - ROOM), min(high, words[last - 1].end + ROOM)
    end = min(end, start + LONGEST_WINDOW, audio.duration)
    if end <= start or (last - first) / (end - start) > FASTEST:
        return []
    text = " ".join(word.text for word in (*before, *words[first:last], *after))
    aligned = aligner.align(audio.read(start, end), text, language=language)
    pieces = [len(word.text.split()) for word in (*before, *words[first:last], *after)]  # a word may hold a dash
    ends = [sum(pieces[: i + 1]) for i in range(len(pieces))]
    if len(aligned) != ends[-1]:
        return []
    new = range(len(before), len(before) + last - first)
    spans = [aligned[ends[i] - pieces[i] : ends[i]] for i in new]
    if sum(word.probability for span in spans for word in span) < LEAST_PROBABILITY * sum(map(len, spans)):
        return []
    made = [
        replace(word, start=start + span[0].start, end=start + max(piece.end for piece in span))
        for word, span in zip(words[first:last], spans, strict=True)
    ]
    return list(_within(made, low, high))


def _bounds(turns: Sequence[Turn], rewrite: Rewrite, duration: Seconds) -> tuple[Seconds, Seconds]:
    """Between which times a rewrite was said: after the word before it, before the one that follows."""
    words = turns[rewrite.turn].words
    ends = (turn.end for turn in turns[: rewrite.turn] if turn.start <= words[rewrite.first].start)
    starts = (turn.start for turn in turns[rewrite.turn + 1 :] if turn.start >= words[rewrite.last - 1].start)
    low = words[rewrite.first - 1].end if rewrite.first else max(ends, default=0.0)
    high = words[rewrite.last].start if rewrite.last < len(words) else min(starts, default=duration)
    low = min(low, words[rewrite.first].start)  # people speak at once: what is said never leaves its place for that
    return low, max(low, high, words[rewrite.last - 1].start)


def _parts(words: Sequence[Word], rewrite: Rewrite) -> Iterator[tuple[int, int]]:
    """The rewrite cut where it is longer than can be aligned at a time."""
    first = rewrite.first
    for i in range(rewrite.first + 1, rewrite.last + 1):
        if i == rewrite.last or words[i].end - words[first].start > LONGEST_PART:
            yield first, i
            first = i


def _within(words: Sequence[Word], low: Seconds, high: Seconds) -> Iterator[Word]:
    """The words kept between two times and in their order."""
    for word in words:
        start = min(max(word.start, low), high)
        yield replace(word, start=start, end=min(max(word.end, start), max(high, start)))
        low = start


def _key(word: Word) -> _Key:
    return "".join(sign for sign in word.text.casefold() if sign.isalnum()), word.start, word.end
