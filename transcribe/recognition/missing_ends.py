"""Ends of sentences in passages that were written without any mark: they are read again, after a text that has marks.

Whisper writes as the text before does. Behind a jingle, or where somebody speaks slowly, it may write sixty words
without a full stop; after a text with marks it writes the same words with them. Only ends and capitals are taken over,
where both readings have the same words: the words that stand, their times and their order stay. Its commas are not: by
the scripts of dialogues as many are wrong as right (docs/performance.md).

English only: the text before must be in the language that is spoken.

What this does not do: judge single marks, or join sentences across chunks (`transcribe.recognition.sentence_joins`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from transcribe.recognition.capitals import capital_follows
from transcribe.recognition.insertion import heard
from transcribe.recognition.other_readings import audible
from transcribe.recognition.reader import ChunkResult, Reader
from transcribe.recognition.reading_quality import is_no_speech
from transcribe.recognition.vad import LONGEST_CHUNK
from transcribe.scripts import ends_sentence
from transcribe.transcript import Word

_LONG = 25  # words without a mark; from 16 on ten times as many passages are read, for one end more
_TEXT_BEFORE = "Hello, everyone. How are you? I'm fine, thanks."
_SAME = 0.7  # share of the words that both readings have; a text before may be continued instead of what is heard
_MARKS = ".?!…,;:—–-"


def add_missing_ends(result: ChunkResult, reader: Reader) -> ChunkResult:
    """A chunk's words with the ends of sentences and capitals of another reading where many in a row have no mark.

    Raises `EngineError`.
    """
    if reader.language != "en":
        return result
    words = list(result.words)
    around = [(each, reader.around(words[each.start].start, words[each.stop - 1].end)) for each in _unmarked(words)]
    passages = [(passage, cut) for passage, cut in around if cut.duration <= LONGEST_CHUNK]
    readings = reader.read([cut for _, cut in passages], greedy=True, prompt=_TEXT_BEFORE)
    for (passage, cut), reading in zip(passages, readings, strict=True):
        if not is_no_speech(reading):
            words[passage] = with_ends(words[passage], heard(reading, cut))
    return replace(result, words=tuple(words))


def with_ends(words: Sequence[Word], read: Sequence[Word]) -> list[Word]:
    """`words` with the ends of sentences and capitals of another reading that has most of them; else unchanged.

    The first word keeps its capital, and the last one its marks: no reading of a passage knows what is around it. Nor
    is the capital taken with which the reading begins, or the mark with which it ends: both may be inside the passage.

    >>> words = [Word(text, i, i + 1) for i, text in enumerate("we met in ghent it was a sunny day".split())]
    >>> read = [replace(w, text=t) for w, t in zip(words, "We met, in Ghent. It was a sunny day.".split())]
    >>> " ".join(word.text for word in with_ends(words, read))
    'we met in Ghent. It was a sunny day'
    """
    ours, theirs = ([audible(word.text) for word in each] for each in (words, read))
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    if sum(block.size for block in blocks) < _SAME * len(words):
        return list(words)
    written = list(words)
    for block in blocks:
        for i, j in zip(range(block.a, block.a + block.size), range(block.b, block.b + block.size), strict=True):
            if 0 < i < len(words) - 1 and 0 < j < len(read) - 1:
                rises = not ends_sentence(read[j - 1].text) or capital_follows(written[i - 1].text, "en")
                written[i] = replace(words[i], text=_written_as(words[i].text, read[j].text, rises=rises))
    return written


def _written_as(text: str, read: str, *, rises: bool = True) -> str:
    """A word with the end of a sentence that a reading of the same word has, and its capital if the word `rises`.

    >>> [_written_as("ghent", read) for read in ("Ghent.", "Ghent,", "ghent...")]
    ['Ghent.', 'Ghent', 'ghent']
    >>> _written_as("35", "3.5"), _written_as("US", "U.S."), _written_as("Rich", "rich!")
    ('35', 'US', 'Rich!')
    """
    letters = read.rstrip(_MARKS)
    takes = rises and letters.casefold() == text
    return (letters if takes else text) + (read[len(letters) :] if capital_follows(read, "en") else "")


def _unmarked(words: Sequence[Word]) -> Iterator[slice]:
    """Where many words in a row have no mark; the last may have one."""
    start = 0
    for i, word in enumerate(words, start=1):
        if i == len(words) or not word.text[-1].isalnum():
            if i - start >= _LONG:
                yield slice(start, i)
            start = i
