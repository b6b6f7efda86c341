"""What speaks for and against a reading: speech without words, words without speech, loops. Pure functions.

The measures are time-honest: they compare the recogniser's words with the speech that voice activity hears, because a
decoder that drops a sentence is as sure of itself as ever (average log-probability −0.4 on a reading that had lost 86
of 87 words).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.vad import Chunk, Region, voiced_between
from transcribe.recognition.word_timing import spoken_until
from transcribe.transcript import Word

NO_SPEECH = 0.6  # openai-whisper's threshold; on speech the value stays below .1
LOOP_COMPRESSION = 2.4  # openai-whisper's threshold
UNSURE_LOGPROB = -1.0  # openai-whisper's threshold

_SURE_LOGPROB = -0.9  # of a reading that stands without another that says the same

_HOLE = 1.5  # seconds between words, beyond what the first of them takes
_REACH = 0.5  # seconds around a word in which its speech may lie: the alignment's error and a soft onset
_APART = 0.3  # seconds between the times of one word in two readings
_COMPARED, _ALIKE = 4, 0.8  # letters of a word from which others are like it, and how much of both they have in common
_LONGEST_LOOP = 12  # words in the phrase that repeats
_FASTEST = 6.0  # words a second
_NEAR, _VERY_NEAR = 20, 3  # words


@dataclass(frozen=True, slots=True)
class ChunkEvidence:
    """What is known of one chunk's reading, as it went into the transcript."""

    start: float
    end: float
    voiced: float  # seconds of speech heard
    words: int
    uncovered: float  # seconds of that speech in holes between the words
    avg_logprob: float
    no_speech_probability: float
    compression_ratio: float
    passes: int  # 1; 2 where parts were read again

    @property
    def words_per_second(self) -> float:
        """Words a second of speech; below 2 something is missing, or somebody reads very slowly."""
        return self.words / self.voiced if self.voiced else 0.0


def untranscribed_speech(words: Sequence[Word], chunk: Chunk, *, voiced: float = 0.8) -> tuple[Region, ...]:
    """Stretches of `chunk` with at least `voiced` seconds of speech that its words (absolute times) cannot account for.

    A word accounts for 0.3 s and 0.07 s a character from its start, or for its own length where that is plausible;
    what follows up to the next word's start is a hole when more than 1.5 s long.
    """
    edges = [(chunk.start, chunk.start)] + [(word.start, spoken_until(word)) for word in words]
    nexts = [word.start for word in words] + [chunk.end]
    found = []
    for (start, said), following in zip(edges, nexts, strict=True):
        free = following - said
        least = _HOLE if start > chunk.start else _REACH
        if free > least and voiced_between(chunk.regions, said, following) >= voiced:
            found.append(Region(said, following))
    return tuple(found)


def collapse_loops(words: Sequence[Word]) -> tuple[tuple[Word, ...], tuple[Region, ...]]:
    """`words` with every phrase that repeats four times or more in a row kept once, and the stretches cut.

    Phrases of up to twelve words; people do say "no, no, no", but hardly anything four times in the same words. A
    single word may come up to six times.
    """
    kept: list[Word] = []
    cut: list[Region] = []
    keys = [_key(word) for word in words]
    i = 0
    while i < len(words):
        size, times = _longest_loop(keys, i)
        kept += words[i : i + max(size, 1)]
        if size:
            first, last = words[i + size], words[i + size * times - 1]
            if last.end > first.start:
                cut.append(Region(first.start, last.end))
        i += max(size * times, 1)
    return tuple(kept), tuple(cut)


def is_acceptable(reading: Reading, duration: float, *, min_logprob: float = _SURE_LOGPROB) -> bool:
    """Whether a second reading of `duration` seconds may stand: text, sure of itself, no loop, not too many words."""
    return (
        bool(reading.words)
        and reading.avg_logprob > min_logprob
        and reading.no_speech_probability < NO_SPEECH
        and reading.compression_ratio < LOOP_COMPRESSION
        and len(reading.words) <= max(2.0, _FASTEST * duration)
        and not collapse_loops(reading.words)[1]
    )


def remove_overlap(before: Sequence[Word], words: Sequence[Word], after: Sequence[Word]) -> tuple[Word, ...]:
    """`words`, read in a hole between `before` and `after`, without what stands there already.

    Up to six words that end `before` or start `after` are dropped from its edges; all of it is when the neighbours have
    the same phrase: a sentence read twice, of one or two words only where it stands very near.
    """
    keys = [_key(word) for word in words]
    reach = _NEAR if len(keys) > 2 else _VERY_NEAR
    left, right = [_key(word) for word in before[-reach:]], [_key(word) for word in after[:reach]]
    if keys and (_contains(left, keys) or _contains(right, keys)):
        return ()
    drop = max((n for n in range(1, min(6, len(keys)) + 1) if left[-n:] == keys[:n]), default=0)
    rest, keys = words[drop:], keys[drop:]
    drop = max((n for n in range(1, min(6, len(keys)) + 1) if right[:n] == keys[-n:]), default=0)
    return tuple(rest[: len(rest) - drop])


def agreeing_words(words: Sequence[Word], others: Sequence[Word]) -> tuple[Word, ...]:
    """Those of `words` that `others`, from other readings of the same stretch, have at the same time.

    A word and its like are one ("your", "you're"): of four letters at least, four fifths common to both in the same
    order. Numbers, and what may deny ("could", "couldn't"), have to be the same.
    """
    return tuple(
        word
        for word in words
        if any(
            other.start <= word.end + _APART and word.start <= other.end + _APART and _alike(_key(other), _key(word))
            for other in others
        )
    )


def is_proper_superset(words: Sequence[Word], standing: Sequence[Word]) -> bool:
    """Whether `words` have all of `standing` in the same order, and more words than it."""
    left = iter(_key(word) for word in words)
    return len(words) > len(standing) and all(_key(word) in left for word in standing)


def outside_speech(words: Sequence[Word], regions: Sequence[Region]) -> list[bool]:
    """For each word whether no speech lies within half a second of it."""
    return [voiced_between(regions, word.start - _REACH, word.end + _REACH) <= 0.0 for word in words]


def _longest_loop(keys: Sequence[str], at: int) -> tuple[int, int]:
    """The shortest phrase repeating from `at` on as (words, times); (0, 0) where none does often enough."""
    for size in range(1, _LONGEST_LOOP + 1):
        times = 1
        while keys[at + times * size : at + (times + 1) * size] == keys[at : at + size] and keys[at : at + size]:
            times += 1
        if times >= (7 if size == 1 else 4):
            return size, times
    return 0, 0


def _contains(many: Sequence[str], few: Sequence[str]) -> bool:
    return any(list(many[i : i + len(few)]) == list(few) for i in range(len(many) - len(few) + 1))


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    if min(len(one), len(other)) < _COMPARED or not (one + other).isalpha() or "nt" in (one[-2:], other[-2:]):
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _ALIKE


def _key(word: Word) -> str:
    return re.sub(r"[^\w]", "", word.text.casefold()) or word.text
