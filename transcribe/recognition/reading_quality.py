"""Judges readings: speech without words, words without speech, agreement of two readings. Pure functions.

The measures compare the recognised words with the speech that voice activity detection found, because a decoder that
drops a sentence stays confident (average log-probability −0.4 on a reading that had lost 86 of 87 words).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.loops import is_loop, is_piled_up, key
from transcribe.recognition.vad import Chunk, Region, voiced_between
from transcribe.recognition.word_timing import SAME_PHRASE, spoken_until
from transcribe.transcript import Word

NO_SPEECH = 0.6  # openai-whisper's threshold; on speech the value stays below .1
UNSURE_LOGPROB = -1.0  # openai-whisper's threshold

_SURE_LOGPROB = -0.9  # of a reading accepted without a second one that agrees

_CERTAIN_LOGPROB, _CERTAIN_WORDS = -0.4, 4  # of a reading that is believed more than `NO_SPEECH`
_CERTAINLY_NO_SPEECH = 0.8
_GAP = 1.5  # seconds between two words, after the time the first of them takes
_REACH = 0.5  # seconds around a word in which its speech may be: the alignment's error and a soft onset
_SAME_TIME = 0.3  # seconds between the times of one word in two readings
_FUZZY_LETTERS, _FUZZY_RATIO = 4, 0.8  # letters of a word from which similar ones match, and the ratio from which
_FASTEST = 6.0  # words a second
_NEAR, _VERY_NEAR = 20, 3  # words


@dataclass(frozen=True, slots=True)
class ChunkEvidence:
    """The measures of one chunk's words, as they went into the transcript."""

    start: float
    end: float
    voiced: float  # seconds of speech
    words: int
    uncovered: float  # seconds of that speech without words
    avg_logprob: float
    no_speech_probability: float
    compression_ratio: float
    passes: int  # 1; 2 if parts were read again
    language: str = ""  # the likeliest by its sound, if the engine says
    language_probability: float = 0.0


def untranscribed_speech(words: Sequence[Word], chunk: Chunk, *, voiced: float = 0.8) -> tuple[Region, ...]:
    """Gaps in `chunk` with at least `voiced` seconds of speech that none of its words (absolute times) accounts for.

    A word accounts for 0.3 s and 0.07 s a character from its start, or for its own duration if that is shorter; the
    rest up to the next word's start is a gap if it is longer than 1.5 s.
    """
    word_ends = [(chunk.start, chunk.start)] + [(word.start, spoken_until(word)) for word in words]
    next_starts = [word.start for word in words] + [chunk.end]
    gaps = []
    for (start, end), next_start in zip(word_ends, next_starts, strict=True):
        shortest = _GAP if start > chunk.start else _REACH
        if next_start - end > shortest and voiced_between(chunk.regions, end, next_start) >= voiced:
            gaps.append(Region(end, next_start))
    return tuple(gaps)


def is_acceptable(reading: Reading, duration: float, *, min_logprob: float = _SURE_LOGPROB) -> bool:
    """Whether a second reading of `duration` seconds may be used: text, confident, no loop, not too many words."""
    return (
        bool(reading.words)
        and reading.avg_logprob > min_logprob
        and not is_no_speech(reading)
        and len(reading.words) <= max(2.0, _FASTEST * duration)
        and not is_loop(reading.words)
    )


def is_no_speech(reading: Reading) -> bool:
    """Whether the recogniser took the window for no speech.

    A window cut off in the middle of a sentence begins oddly: two right readings of 7 and 25 words had .70 and .69, at
    log-probabilities of −.33 and −.22. Whisper's authors too believe a reading that is sure more than this probability.
    """
    sure = reading.avg_logprob > _CERTAIN_LOGPROB and len(reading.words) >= _CERTAIN_WORDS
    return reading.no_speech_probability > (_CERTAINLY_NO_SPEECH if sure else NO_SPEECH)


def remove_overlap(before: Sequence[Word], words: Sequence[Word], after: Sequence[Word]) -> tuple[Word, ...]:
    """`words`, read in a gap between `before` and `after`, without what those already contain.

    Up to six words that end `before` or start `after` are dropped from the edges. If a neighbour contains the whole
    phrase near by, nothing is left: the sentence was read twice. Phrases of one or two words must be very near.
    """
    keys = [key(word) for word in words]
    reach = _NEAR if len(keys) > 2 else _VERY_NEAR
    left, right = [key(word) for word in before[-reach:]], [key(word) for word in after[:reach]]
    if keys and (_contains(left, keys) or _contains(right, keys)):
        return ()
    drop = max((n for n in range(1, min(6, len(keys)) + 1) if left[-n:] == keys[:n]), default=0)
    rest, keys = words[drop:], keys[drop:]
    drop = max((n for n in range(1, min(6, len(keys)) + 1) if right[:n] == keys[-n:]), default=0)
    return tuple(rest[: len(rest) - drop])


def is_own_speech(
    before: Sequence[Word], words: Sequence[Word], after: Sequence[Word], regions: Sequence[Region]
) -> bool:
    """Whether `words`, read in a gap, are said there and not the neighbours' said once more.

    They have a pause before and after them and time enough, on speech: then a sentence that is there already is said
    again, as in a chorus.
    """
    if not words or is_piled_up(words, regions):
        return False
    from_before = words[0].start - before[-1].end if before else SAME_PHRASE
    to_after = after[0].start - words[-1].end if after else SAME_PHRASE
    return min(from_before, to_after) >= SAME_PHRASE


def agreeing_words(words: Sequence[Word], others: Sequence[Word]) -> tuple[Word, ...]:
    """Those of `words` that `others`, from other readings of the same audio, have at the same time.

    Similar words agree ("your", "you're"): at least four letters, four fifths of both in common in the same order.
    Numbers, and words that may be negations ("could", "couldn't"), must be equal.
    """
    return tuple(
        word
        for word in words
        if any(
            other.start <= word.end + _SAME_TIME
            and word.start <= other.end + _SAME_TIME
            and _agree(key(other), key(word))
            for other in others
        )
    )


def is_proper_superset(words: Sequence[Word], existing: Sequence[Word]) -> bool:
    """Whether `words` contain all of `existing` in the same order, and more words."""
    rest = iter(key(word) for word in words)
    return len(words) > len(existing) and all(key(word) in rest for word in existing)


def outside_speech(words: Sequence[Word], regions: Sequence[Region]) -> list[bool]:
    """For each word whether there is no speech within half a second of it."""
    return [voiced_between(regions, word.start - _REACH, word.end + _REACH) <= 0.0 for word in words]


def _contains(many: list[str], few: list[str]) -> bool:
    return any(many[i : i + len(few)] == few for i in range(len(many) - len(few) + 1))


def _agree(one: str, other: str) -> bool:
    if one == other:
        return True
    if min(len(one), len(other)) < _FUZZY_LETTERS or not (one + other).isalpha() or "nt" in (one[-2:], other[-2:]):
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _FUZZY_RATIO
