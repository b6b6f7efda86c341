"""Loops: phrases that a recogniser writes again and again without anybody saying them.

The law: every sentence that is said is there. A chorus, a lesson, "no, no, no" lie on their own speech: each repeat has
its own time, as long as its words take. A decoder that loops goes on writing when the sound is over: its repeats pile
up at one moment, or lie where nobody speaks. Text alone (a phrase four times in a row, a high compression ratio) is no
evidence, nor is the recogniser's sureness: loops came at log-probability −0.04, true choruses at −0.05.

What this does not do: read again. Pure functions.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence

from transcribe.recognition.vad import Region, voiced_between
from transcribe.transcript import Word, as_written

LOOP_COMPRESSION = 2.4  # openai-whisper's threshold

_LONGEST_LOOP = 12  # words in the phrase that repeats
_REPEATS, _REPEATS_OF_A_WORD = 4, 7  # times in a row, from which a phrase or a word may loop
_INSTANT = 0.04  # seconds: two steps of the alignment; no word is shorter
_FASTEST_LETTER = 0.03  # seconds a letter takes in the fastest speech
_VOICED = 0.3  # share of a repeat's time that is speech, at least
_MOSTLY = 0.5  # share of a reading that is a loop


def collapse_loops(
    words: Sequence[Word], regions: Sequence[Region] | None = None
) -> tuple[tuple[Word, ...], tuple[Region, ...]]:
    """`words` without the repeats that nobody said, and the times of what was cut.

    Only phrases of up to twelve words that repeat four times or more in a row, and words that repeat seven times, are
    looked at; the first of the repeats stays, and every other that lies on its own speech. `regions` are those of the
    speech; without them time alone counts.
    """
    result: list[Word] = []
    cuts: list[Region] = []
    done = 0
    for start, size, times in _loops([key(word) for word in words]):
        result += words[done : start + size]
        done = start + size * times
        for first in range(start + size, done, size):
            repeat = words[first : first + size]
            if not is_piled_up(repeat, regions):
                result += repeat
            elif cuts and cuts[-1].end >= repeat[0].start:
                cuts[-1] = Region(cuts[-1].start, max(cuts[-1].end, repeat[-1].end))
            else:
                cuts.append(Region(repeat[0].start, max(repeat[-1].end, repeat[0].start + _INSTANT)))
    return (*result, *words[done:]), tuple(cuts)


def is_piled_up(words: Sequence[Word], regions: Sequence[Region] | None = None) -> bool:
    """Whether words take too little time to be said, or lie where there is no speech."""
    start, end = words[0].start, max(word.end for word in words)
    letters = sum(len(key(word)) for word in words)
    instant = sum(word.end - word.start < _INSTANT for word in words)
    if end - start < _FASTEST_LETTER * letters or instant > len(words) / 2:
        return True
    return regions is not None and voiced_between(regions, start, end) < _VOICED * (end - start)


def is_loop(words: Sequence[Word]) -> bool:
    """Whether half of a reading or more is a loop, or words of a text that compresses well, which take no time."""
    if not words:
        return False
    cut = len(words) - len(collapse_loops(words)[0])
    data = as_written(words).encode()
    instant = sum(word.end - word.start < _INSTANT for word in words)
    repetitive = len(data) > LOOP_COMPRESSION * len(zlib.compress(data))
    return cut >= _MOSTLY * len(words) or (repetitive and instant >= _MOSTLY * len(words))


def repeated_phrase(words: Sequence[Word]) -> tuple[str, ...]:
    """The phrase that may loop in `words`, as keys; empty if none repeats so often."""
    keys = [key(word) for word in words]
    return next((tuple(keys[start : start + size]) for start, size, _ in _loops(keys)), ())


def repeated_parts(words: Sequence[Word]) -> tuple[Region, ...]:
    """When phrases that may loop are said, or seem to be: from the first repeat of each to its last."""
    loops = [words[start : start + size * times] for start, size, times in _loops([key(word) for word in words])]
    ends = [max(word.end for word in loop) for loop in loops]
    return tuple(
        Region(loop[0].start, max(end, loop[0].start + _INSTANT)) for loop, end in zip(loops, ends, strict=True)
    )


def repeats(words: Sequence[Word], phrase: Sequence[str]) -> bool:
    """Whether `phrase` stands twice in a row in `words`."""
    keys, twice = [key(word) for word in words], [*phrase, *phrase]
    return any(keys[i : i + len(twice)] == twice for i in range(len(keys) - len(twice) + 1))


def key(word: Word) -> str:
    """A word's letters and digits, in one case, to compare it with others; of a word of marks alone those, never none.

    An apostrophe is no difference here; `transcribe.recognition.other_readings.audible` keeps it.
    """
    return re.sub(r"[^\w]", "", word.text.casefold()) or word.text


def _loops(keys: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Phrases that repeat so often that they may loop, in order: (first word, words, times in a row)."""
    i = 0
    while i < len(keys):
        size, times = _shortest_loop(keys, i)
        if size:
            yield i, size, times
        i += max(size * times, 1)


def _shortest_loop(keys: Sequence[str], start: int) -> tuple[int, int]:
    """The shortest phrase that loops from `start` on, as (words, repetitions); (0, 0) if none does."""
    for size in range(1, _LONGEST_LOOP + 1):
        phrase, times = keys[start : start + size], 1
        while phrase and keys[start + times * size : start + (times + 1) * size] == phrase:
            times += 1
        if times >= (_REPEATS_OF_A_WORD if size == 1 else _REPEATS):
            return size, times
    return 0, 0
