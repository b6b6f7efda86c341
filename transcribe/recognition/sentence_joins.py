"""Sentences across the borders of chunks: where one goes on, none ends, and the next chunk begins in lower case. Pure.

A recogniser reads each chunk as a text of its own: it ends the last sentence and begins with a capital. It knows better
than that. Of 109 borders in English recordings of all kinds, 88 had an end and a capital, and by their text 86 of these
were right. At the other 21 the two readings disagree: one has heard that the sentence goes on, and is right unless a
pause says otherwise ("to protect me." before "which is one thing", "But" before "The cousins"). So no border is read
again.

What this does not do: commas and ends inside a chunk's reading, names (`transcribe.recognition.capitals`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from audio.episode import Seconds
from transcribe.recognition.capitals import core_of, is_abbreviation, lowered, starts_lower, starts_upper
from transcribe.recognition.english_words import FUNCTION_WORDS
from transcribe.scripts import ends_sentence
from transcribe.transcript import Word

_PAUSE = 0.7  # seconds of silence that end a sentence, if one reading ends it
_SEAM_PAUSE = 0.4  # seconds inside a chunk, where a capital follows a word without a mark

_OPENERS = "almost now please thanks sorry hello hi hey let's once again still everything nothing everybody sure"
_CAPITALS = frozenset(("i", "i'm", "i'll", "i've", "i'd", "will"))  # Will is a name
_PLAIN = (FUNCTION_WORDS | set(_OPENERS.split())) - _CAPITALS
_NO_ENDS = frozenset("a an the my your our their and or but if because".split())  # no sentence ends with them
_BEFORE_NAMES = frozenset("of to for from with by at as than".split())  # nor with these: "for The Mill"
_AFTER_COMMA = frozenset("and but or so nor yet which who whose where because although though excluding".split())


def join_sentences(words: Sequence[Word], starts: Sequence[Seconds], *, language: str) -> tuple[Word, ...]:
    """The words of one speaker in a row, with their sentences joined across the chunks that start at `starts`.

    Only full stops, commas and capitals change. In languages other than English no capital is taken away, since it may
    be a name's or a noun's.

    >>> words = [Word("to", 28, 28.2), Word("protect", 28.2, 28.6), Word("me.", 28.6, 28.9), Word("which", 29.2, 29.4)]
    >>> " ".join(word.text for word in join_sentences(words, [0.0, 29.0], language="en"))
    'to protect me, which'
    """
    chunks = [bisect_right(starts, word.middle) for word in words]
    result = list(words)
    for i in range(len(words) - 1):
        before, after = result[i : i + 2]
        left, right = _joined(before, after, at_border=chunks[i] != chunks[i + 1], language=language)
        result[i : i + 2] = replace(before, text=left), replace(after, text=right)
    return tuple(result)


def _joined(before: Word, after: Word, *, at_border: bool, language: str) -> tuple[str, str]:
    """The texts of two words in a row."""
    left, right, pause, is_english = before.text, after.text, after.start - before.end, language == "en"
    if at_border and pause < _PAUSE and starts_lower(right) and _has_full_stop(left, language):
        return left[:-1] + ("," if is_english and core_of(right) in _AFTER_COMMA else ""), right
    if not (is_english and starts_upper(right) and core_of(right).lower() in _PLAIN) or ends_sentence(left):
        return left, right
    is_open = left[-1].isalnum()
    is_apart, last = is_open and pause >= (_PAUSE if at_border else _SEAM_PAUSE), core_of(left).lower()
    if is_apart and last not in _NO_ENDS | _BEFORE_NAMES:
        return left + ".", right
    if (is_apart and last in _NO_ENDS) or (at_border and (is_open or left.endswith(","))):
        return left, lowered(right)
    return left, right


def _has_full_stop(text: str, language: str) -> bool:
    """Whether a word has the full stop of a sentence: not of an abbreviation, nor one of several dots."""
    if is_abbreviation(text, language):
        return False
    return text.endswith(".") and ends_sentence(text) and "." not in text[:-1] and text[-2:-1].isalnum()
