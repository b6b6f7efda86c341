"""Repairs word times: the cross-attention's alignment gives pauses to words and ends words too early. Pure functions.

What this does not do: choose between readings, or judge them (`transcribe.recognition.reading_quality`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from transcribe.recognition.vad import Region, voiced_between
from transcribe.transcript import Word

_SPOKEN = 0.3, 0.07  # a word takes so many seconds, and so many more a character, at a slow pace
_SPELLED = 1.0  # more for each digit and hyphen
_PAUSE = 0.3  # seconds of silence inside a word that show it was stretched over a pause
_STRETCHED = 1.5  # seconds beyond what a word takes that show the same where no silence does
_SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")
_DRAWN = 0.5  # seconds of speech after a word's time that are taken for its own
_WHOLE = 0.25  # seconds of speech, up to its end, that a word has for itself
_EDGE = 0.05  # seconds a word may reach out of the speech it is put into


def snap_to_speech(words: Sequence[Word], regions: Sequence[Region]) -> tuple[Word, ...]:
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
        start, end = _fit_to_speech(words[i], regions, opens=opens)
        start = min(start, following)
        kept.append(replace(words[i], start=start, end=max(start, min(end, following))))
        following = start
    return tuple(reversed(kept))


def extend_to_speech_end(words: Sequence[Word], regions: Sequence[Region]) -> tuple[Word, ...]:
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


def spoken_until(word: Word) -> float:
    """When a word of this length is over, however far its times stretch."""
    return min(word.end, word.start + _longest_duration(word))


def _fit_to_speech(word: Word, regions: Sequence[Region], *, opens: bool) -> tuple[float, float]:
    first = bisect_right(regions, word.start, key=lambda region: region.end)
    stop = bisect_left(regions, word.end, key=lambda region: region.start)
    spanned = regions[first:stop]
    start, end = word.start, word.end
    silence = end - start - voiced_between(spanned, start, end)
    longest = _longest_duration(word)
    if spanned and silence > _PAUSE and end - start > longest:
        region = _best_region(word, spanned, opens=opens)
        start, end = max(start, region.start - _EDGE), min(end, region.end + _EDGE)
    if end - start > longest + _STRETCHED:
        start, end = (end - longest, end) if opens else (start, start + longest)
    return start, end


def _best_region(word: Word, spanned: Sequence[Region], *, opens: bool) -> Region:
    if opens:
        return spanned[-1]
    if word.text.endswith(_SENTENCE_ENDS):
        last = spanned[-1]
        own = min(last.end, word.end) - last.start
        return last if own >= _WHOLE and last.end - word.end <= _WHOLE else spanned[0]
    return max(spanned, key=lambda region: (min(region.end, word.end) - max(region.start, word.start), -region.start))


def _longest_duration(word: Word) -> float:
    """Seconds a word takes at a slow pace; digits and letters spelled with hyphens are words of their own."""
    spelled = sum(character.isdigit() or character == "-" for character in word.text)
    return _SPOKEN[0] + _SPOKEN[1] * len(word.text) + _SPELLED * spelled
