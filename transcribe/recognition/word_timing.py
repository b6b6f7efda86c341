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
SAME_PHRASE = 0.3  # seconds between two words, or of silence inside one, up to which there is no pause
STRETCHED = 1.2  # seconds beyond what a word takes from which it counts as stretched without such silence
_TAIL = 0.5  # seconds of speech after a word's end that may be added to it
_OWN_SPEECH = 0.25  # seconds of a region that must be the word's, and at most left over, for it to be its own
_EDGE = 0.05  # seconds a word may extend beyond the region it is moved into
_SQUEEZED = 0.2  # seconds a word gets before the next if that begins with its speech
_HEARD = 0.1  # seconds of speech at a word's end that are its own
_SHORT = 4  # words before the last of a short sentence


def snap_to_speech(words: Sequence[Word], regions: Sequence[Region]) -> tuple[Word, ...]:
    """`words` in the order given, none stretched over a pause, none overlapping the next.

    The law: a word stays with its phrase. Where a reading skips a jingle or another's answer, the alignment gives that
    time to one word of the next phrase, or to several ("I'm" .8 to 7.3 s, "hungry" from 7.3 s): they go where the next
    word is, unless they end a sentence or more of their own speech is at their start. What is found in the skipped
    time later goes before them.

    The alignment gives a pause to the word before or after it. A word that is implausibly long and has more than 0.3 s
    of silence inside is moved: to the next word, as above; if it ends a sentence, into the first region of speech it
    spans (the last if that ends with the word, so that no later word needs it); otherwise into the one it overlaps
    most. A word that is far too long is shortened on the same side.
    """
    result: list[Word] = []
    following: tuple[Word, float] | None = None  # the next word as it was, and its new start
    short = 0  # how many words before this one are moved with a sentence whose first and last word are stretched
    for i in reversed(range(len(words))):
        opens = i == 0 or has_end_mark(words[i - 1].text)
        follows = i > 0 and words[i].start - words[i - 1].end < SAME_PHRASE
        next_start = following[1] if following else float("inf")
        if short:
            start, end = max(0.0, next_start - min(_SQUEEZED, words[i].end - words[i].start)), next_start
            short -= 1
        else:
            own = 0.0 if i == 0 or (opens and follows) else _own_speech(words[i], regions)
            start, end = _fit_to_speech(words[i], regions, starts_sentence=opens, own=own, following=following)
            if start > words[i].start + STRETCHED:
                short = _short_sentence(words, i, regions)
        start = min(start, next_start)
        result.append(replace(words[i], start=start, end=max(start, min(end, next_start))))
        following = words[i], start
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


def _short_sentence(words: Sequence[Word], last: int, regions: Sequence[Region]) -> int:
    """How many words a short sentence has before its `last` one, if its first word is stretched; else 0.

    Both ends of "What is it?" may be stretched over what is skipped, "What" from .8 and "it?" until 18.4 s: then where
    its middle is says nothing.
    """
    first = last
    while first > 0 and last - first < _SHORT and words[first].start - words[first - 1].end < SAME_PHRASE:
        if has_end_mark(words[first - 1].text):
            break
        first -= 1
    opens = first == 0 or has_end_mark(words[first - 1].text)
    closes = has_end_mark(words[last].text)
    return last - first if opens and closes and _is_stretched(words[first], regions) else 0


def _is_stretched(word: Word, regions: Sequence[Region]) -> bool:
    length = word.end - word.start
    return length > _longest_duration(word) and length - voiced_between(regions, word.start, word.end) > SAME_PHRASE


def _fit_to_speech(
    word: Word, regions: Sequence[Region], *, starts_sentence: bool, own: float, following: tuple[Word, float] | None
) -> tuple[float, float]:
    first = bisect_right(regions, word.start, key=lambda region: region.end)
    stop = bisect_left(regions, word.end, key=lambda region: region.start)
    spanned = regions[first:stop]
    start, end = word.start, word.end
    longest = _longest_duration(word)
    ends_late = starts_sentence  # if it is too long still, its end is what stays
    if _is_stretched(word, spanned):
        ahead = _speech_ahead(word, regions, following, own=own)
        if ahead is not None and end <= ahead[0] - SAME_PHRASE and _has_place(word, spanned):
            ahead = None
        if ahead is not None:
            ends_late, end = True, ahead[1]
            start = min(max(start, ahead[0] - _EDGE), max(0.0, end - _SQUEEZED))
        elif spanned:
            region = _best_region(word, spanned, starts_sentence=starts_sentence)
            start, end = max(start, region.start - _EDGE), min(end, region.end + _EDGE)
    if end - start > longest + STRETCHED:
        start, end = (end - longest, end) if ends_late else (start, start + longest)
    return start, end


def _own_speech(word: Word, regions: Sequence[Region]) -> float:
    """Seconds of speech at the word's start, if they are enough to be its own and not the end of the word before.

    (The first word of a window, and a sentence's that begins where the one before ends, have no start of their own.)
    """
    at = bisect_right(regions, word.start, key=lambda region: region.end)
    begins = at < len(regions) and regions[at].start <= word.start + _EDGE
    own = min(regions[at].end, word.end) - word.start if begins else 0.0
    return own if own >= min(_SQUEEZED, _longest_duration(word) / 2) else 0.0


def _speech_ahead(
    word: Word, regions: Sequence[Region], following: tuple[Word, float] | None, *, own: float
) -> tuple[float, float] | None:
    """Where `word` begins and ends if it is said after the pause: in the speech in which it ends, or just before the
    next word, in the speech in which that begins.

    `own`: seconds of speech at the word's start that are its own.
    """
    if following is None or word.text[-1] in SENTENCE_MARKS:
        return None
    next_word, next_start = following
    at = bisect_right(regions, word.end, key=lambda region: region.end)
    if at < len(regions) and word.start < (onset := regions[at].start) <= word.end - _HEARD:
        return (onset, min(word.end, next_start)) if own <= word.end - onset else None
    at = bisect_right(regions, next_start, key=lambda region: region.end)
    onset = min(next_start, regions[at].start) if at < len(regions) else next_start
    while at > 0 and regions[at - 1].start > word.start and onset - regions[at - 1].end < SAME_PHRASE:
        onset, at = regions[at - 1].start, at - 1
    reaches = word.end > onset - SAME_PHRASE or next_word.start - word.end < SAME_PHRASE
    return (onset, next_start) if reaches and onset > word.start and own <= next_start - onset else None


def _has_place(word: Word, spanned: Sequence[Region]) -> bool:
    """Whether a stretch of speech in the word's time is as long as the word takes, neither a noise nor a sentence."""
    shortest, longest = _longest_duration(word) / 2, 1.25 * _longest_duration(word) + _OWN_SPEECH
    shares = (min(region.end, word.end) - max(region.start, word.start) for region in spanned)
    return any(shortest <= share <= longest for share in shares)


def _best_region(word: Word, spanned: Sequence[Region], *, starts_sentence: bool) -> Region:
    if starts_sentence and word.end <= spanned[-1].end + _EDGE:
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
