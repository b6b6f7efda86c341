"""The words of several people who may talk at the same time → turns. Pure.

Nobody's sentence is torn apart by another's "Yeah.": a person's words are kept together up to a pause or the end of a
sentence, and these utterances follow each other in the order in which they begin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from transcribe.scripts import ends_sentence
from transcribe.transcript import Turn, Word

_PAUSE = 0.5  # seconds between words that end an utterance


def interleave(words: Mapping[str, Sequence[Word]]) -> tuple[Turn, ...]:
    """The turns of speakers with these words, each in any order; adjacent turns have different speakers."""
    utterances = sorted(
        ((speaker, utterance) for speaker, own in words.items() for utterance in _utterances(own)),
        key=lambda pair: (pair[1][0].start, pair[0]),
    )
    groups = groupby(utterances, key=lambda pair: pair[0])
    return tuple(
        Turn(speaker, tuple(word for _, utterance in group for word in utterance)) for speaker, group in groups
    )


def _utterances(words: Sequence[Word]) -> list[list[Word]]:
    utterances: list[list[Word]] = []
    for word in sorted(words, key=lambda word: word.start):
        before = utterances[-1][-1] if utterances else None
        if before is None or word.start - before.end >= _PAUSE or ends_sentence(before.text):
            utterances.append([word])
        else:
            utterances[-1].append(word)
    return utterances
