"""Words of a second reading put into a gap between words that stand. Pure functions.

The law: the words that stand keep their order, and nothing comes between words of one phrase. So words are settled
before gaps are looked for (`transcribe.recognition.word_timing.snap_to_speech`): then no gap is inside a phrase.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.loops import collapse_loops
from transcribe.recognition.reader import ChunkResult, shift
from transcribe.recognition.reading_quality import is_own_speech, remove_overlap
from transcribe.recognition.vad import Region
from transcribe.transcript import Word


def heard(reading: Reading, stretch: Region) -> tuple[Word, ...]:
    """The words of a reading in absolute times, without loops."""
    return shift(collapse_loops(reading.words)[0], stretch.start)


def words_within(gap: Region, words: Iterable[Word]) -> list[Word]:
    """The words whose middle is in a gap."""
    return [word for word in words if gap.start <= word.middle <= gap.end]


def insert(result: ChunkResult, gap: Region, words: Sequence[Word]) -> tuple[Word, ...]:
    """The result's words with `words` inserted in a gap between them, without what is there already."""
    before = [word for word in result.words if word.start < gap.end]
    new = new_words(result, gap, words)
    clamped = [replace(word, start=max(word.start, gap.start), end=min(word.end, gap.end)) for word in new]
    return (*before, *clamped, *result.words[len(before) :])


def new_words(result: ChunkResult, gap: Region, words: Sequence[Word]) -> tuple[Word, ...]:
    """Those of `words`, read in a gap, that are not the neighbours' once more."""
    before = [word for word in result.words if word.start < gap.end]
    after = result.words[len(before) :]
    said_again = is_own_speech(before, words, after, result.chunk.regions)
    return tuple(words) if said_again else remove_overlap(before, words, after)
