"""Repairs word times: the alignment by cross-attention stretches words over pauses and ends them early. Pure functions.

What this does not do: choose between readings, or judge them (`transcribe.recognition.reading_quality`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from transcribe.recognition.vad import Region, voiced_between
from transcribe.scripts import SENTENCE_MARKS, has_end_mark
from transcribe.transcript import Word

_SPOKEN = 0.3, 0.07  # seconds a word takes at a slow pace, and more for each character
_SPELLED = 1.0  # seconds more for each digit and hyphen
_PAUSE = 0.3  # seconds of silence inside a word from which it counts as stretched over a pause
_STRETCHED = 1.5  # seconds beyond what a word takes from which it counts as stretched without such silence
_TAIL = 0.5  # seconds of speech after a word's end that may be added to it
_OWN_SPEECH = 0.25  # seconds of a region that must be the word's, and at most left over, for it to be its own
_EDGE = 0.05  # seconds a word may extend beyond the region it is moved into


def snap_to_speech(words: Sequence[Word], regions: Sequence[Region]) -> tuple[Word, ...]:
    """`words` in the order of time, none stretched over a pause, none overlapping the next.

    The alignment gives a pause to the word before or after it. A word that is implausibly long and has more than 0.3 s
    of silence inside is moved into one of the speech regions it spans: the last if it starts a sentence, the first if
    it ends one (the last if that ends with the word, so that no later word needs it), otherwise the one it overlaps
    most. A word that is far too long is shortened on the same side.
    """
    result: list[Word] = []
    next_start = float("inf")
    for i in reversed(range(len(words))):
        opens = i == 0 or has_end_mark(words[i - 1].text)
        start, end = _fit_to_speech(words[i], regions, starts_sentence=opens)
        start = min(start, next_start)
        result.append(replace(words[i], start=start, end=max(start, min(end, next_start))))
        next_start = start
    return tuple(reversed(result))


def extend_to_speech_end(words: Sequence[Word], regions: Sequence[Region]) -> tuple[Word, ...]:
    """`words`, the last before each pause extended to the end of its speech region if that is within half a second.

    The alignment ends a word with its last token; a drawn-out vowel or a soft ending lasts longer.
    """
    result = list(words)
    for i, word in enumerate(words):
        next_start = words[i + 1].start if i + 1 < len(words) else float("inf")
        at = bisect_right(regions, word.end, key=lambda region: region.end)
        if at < len(regions) and regions[at].start < word.end < regions[at].end <= min(next_start, word.end + _TAIL):
            result[i] = replace(word, end=regions[at].end)
    return tuple(result)


def spoken_until(word: Word) -> float:
    """When a word of this length ends at the latest, even if its times are stretched."""
    return min(word.end, word.start + _longest_duration(word))


def _fit_to_speech(word: Word, regions: Sequence[Region], *, starts_sentence: bool) -> tuple[float, float]:
    first = bisect_right(regions, word.start, key=lambda region: region.end)
    stop = bisect_left(regions, word.end, key=lambda region: region.start)
    spanned = regions[first:stop]
    start, end = word.start, word.end
    silence = end - start - voiced_between(spanned, start, end)
    longest = _longest_duration(word)
    if spanned and silence > _PAUSE and end - start > longest:
        region = _best_region(word, spanned, starts_sentence=starts_sentence)
        start, end = max(start, region.start - _EDGE), min(end, region.end + _EDGE)
    if end - start > longest + _STRETCHED:
        start, end = (end - longest, end) if starts_sentence else (start, start + longest)
    return start, end


def _best_region(word: Word, spanned: Sequence[Region], *, starts_sentence: bool) -> Region:
    if starts_sentence:
        return spanned[-1]
    if word.text[-1] in SENTENCE_MARKS:
        last = spanned[-1]
        own = min(last.end, word.end) - last.start
        return last if own >= _OWN_SPEECH and last.end - word.end <= _OWN_SPEECH else spanned[0]
    return max(spanned, key=lambda region: (min(region.end, word.end) - max(region.start, word.start), -region.start))


def _longest_duration(word: Word) -> float:
    """Seconds a word takes at a slow pace; each digit and each hyphenated letter counts as a word."""
    spelled = sum(character.isdigit() or character == "-" for character in word.text)
    return _SPOKEN[0] + _SPOKEN[1] * len(word.text) + _SPELLED * spelled
