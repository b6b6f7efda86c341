"""What speaks for and against a reading: speech without words, words without speech, loops. Pure functions.

The measures are time-honest: they compare the recogniser's words with the speech that voice activity hears, because a
decoder that drops a sentence is as sure of itself as ever (average log-probability −0.4 on a reading that had lost 86
of 87 words).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.vad import Chunk, Region, voiced_between
from transcribe.transcript import Word

NO_SPEECH = 0.6  # openai-whisper's threshold; on speech the value stays below .1
LOOP_COMPRESSION = 2.4  # openai-whisper's threshold
UNSURE_LOGPROB = -1.0  # openai-whisper's threshold

_SURE_LOGPROB = -0.9  # of a reading that stands without another that says the same

_HOLE = 1.5  # seconds between words, beyond what the first of them takes
_SPOKEN = 0.3, 0.07  # a word takes so many seconds, and so many more a character, at a slow pace
_SPELLED = 1.0  # more for each digit and hyphen
_REACH = 0.5  # seconds around a word in which its speech may lie: the alignment's error and a soft onset
_PAUSE = 0.3  # seconds of silence inside a word that show it was stretched over a pause
_STRETCHED = 1.5  # seconds beyond what a word takes that show the same where no silence does
_SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")
_DRAWN = 0.5  # seconds of speech after a word's time that are taken for its own
_APART = 0.3  # seconds between the times of one word in two readings
_COMPARED, _ALIKE = 4, 0.8  # letters of a word from which others are like it, and how much of both they have in common
_WHOLE = 0.25  # seconds of speech, up to its end, that a word has for itself
_EDGE = 0.05  # seconds a word may reach out of the speech it is put into
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


def holes(words: Sequence[Word], chunk: Chunk, *, voiced: float = 0.8) -> tuple[Region, ...]:
    """Stretches of `chunk` with at least `voiced` seconds of speech that its words (absolute times) cannot account for.

    A word accounts for 0.3 s and 0.07 s a character from its start, or for its own length where that is plausible;
    what follows up to the next word's start is a hole when more than 1.5 s long.
    """
    edges = [(chunk.start, chunk.start)] + [(word.start, _said_by(word)) for word in words]
    nexts = [word.start for word in words] + [chunk.end]
    found = []
    for (start, said), following in zip(edges, nexts, strict=True):
        free = following - said
        least = _HOLE if start > chunk.start else _REACH
        if free > least and voiced_between(chunk.regions, said, following) >= voiced:
            found.append(Region(said, following))
    return tuple(found)


def _said_by(word: Word) -> float:
    """When a word of this length is over, however far its times stretch."""
    return min(word.end, word.start + _plausible(word))


def without_loops(words: Sequence[Word]) -> tuple[tuple[Word, ...], tuple[Region, ...]]:
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


def is_sound(reading: Reading, duration: float, *, surer_than: float = _SURE_LOGPROB) -> bool:
    """Whether a second reading of `duration` seconds may stand: text, sure of itself, no loop, not too many words."""
    return (
        bool(reading.words)
        and reading.avg_logprob > surer_than
        and reading.no_speech_probability < NO_SPEECH
        and reading.compression_ratio < LOOP_COMPRESSION
        and len(reading.words) <= max(2.0, _FASTEST * duration)
        and not without_loops(reading.words)[1]
    )


def joined(before: Sequence[Word], words: Sequence[Word], after: Sequence[Word]) -> tuple[Word, ...]:
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


def settled(words: Sequence[Word], regions: Sequence[Region]) -> tuple[Word, ...]:
    """`words` in the order of time, none stretched over a pause, none overlapping the next.

    The alignment gives a pause to the word before or after it. A word that is longer than it takes and has more than
    0.3 s of silence inside is put into one of the stretches of speech it spans: the last where it starts a sentence,
    the first where it ends one (the last, where that is over with the word and so no later word's), otherwise the one
    it shares most time with. One far too long is cut in the same way.
    """
    kept: list[Word] = []
    following = float("inf")
    for i in reversed(range(len(words))):
        opens = i == 0 or words[i - 1].text.rstrip("\"'”’)").endswith(_SENTENCE_ENDS)
        start, end = _within_speech(words[i], regions, opens=opens)
        start = min(start, following)
        kept.append(replace(words[i], start=start, end=max(start, min(end, following))))
        following = start
    return tuple(reversed(kept))


def reaching(words: Sequence[Word], regions: Sequence[Region]) -> tuple[Word, ...]:
    """`words` whose last before a pause reaches to where its speech ends, where that is half a second away at most.

    The alignment ends a word with its last token, a drawn-out vowel or a soft ending later.
    """
    kept = list(words)
    for i, word in enumerate(words):
        following = words[i + 1].start if i + 1 < len(words) else float("inf")
        at = bisect_right(regions, word.end, key=lambda region: region.end)
        if at < len(regions) and regions[at].start < word.end < regions[at].end <= min(following, word.end + _DRAWN):
            kept[i] = replace(word, end=regions[at].end)
    return tuple(kept)


def agreed(words: Sequence[Word], others: Sequence[Word]) -> tuple[Word, ...]:
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


def tells_more(words: Sequence[Word], standing: Sequence[Word]) -> bool:
    """Whether `words` have all of `standing` in the same order, and more words than it."""
    left = iter(_key(word) for word in words)
    return len(words) > len(standing) and all(_key(word) in left for word in standing)


def unheard(words: Sequence[Word], regions: Sequence[Region]) -> list[bool]:
    """For each word whether no speech lies within half a second of it."""
    return [voiced_between(regions, word.start - _REACH, word.end + _REACH) <= 0.0 for word in words]


def _within_speech(word: Word, regions: Sequence[Region], *, opens: bool) -> tuple[float, float]:
    first = bisect_right(regions, word.start, key=lambda region: region.end)
    stop = bisect_left(regions, word.end, key=lambda region: region.start)
    spanned = regions[first:stop]
    start, end = word.start, word.end
    silence = end - start - voiced_between(spanned, start, end)
    longest = _plausible(word)
    if spanned and silence > _PAUSE and end - start > longest:
        region = _home(word, spanned, opens=opens)
        start, end = max(start, region.start - _EDGE), min(end, region.end + _EDGE)
    if end - start > longest + _STRETCHED:
        start, end = (end - longest, end) if opens else (start, start + longest)
    return start, end


def _home(word: Word, spanned: Sequence[Region], *, opens: bool) -> Region:
    if opens:
        return spanned[-1]
    if word.text.endswith(_SENTENCE_ENDS):
        last = spanned[-1]
        own = min(last.end, word.end) - last.start
        return last if own >= _WHOLE and last.end - word.end <= _WHOLE else spanned[0]
    return max(spanned, key=lambda region: (min(region.end, word.end) - max(region.start, word.start), -region.start))


def _plausible(word: Word) -> float:
    """Seconds a word takes at a slow pace; digits and letters spelled with hyphens are words of their own."""
    spelled = sum(character.isdigit() or character == "-" for character in word.text)
    return _SPOKEN[0] + _SPOKEN[1] * len(word.text) + _SPELLED * spelled


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
