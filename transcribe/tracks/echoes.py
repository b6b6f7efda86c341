"""Words that two tracks hear are one person's: the one whose microphone hears them directly. Pure.

Levels decide who speaks where, and recognition hears only that. What is left are words at the edges of a stretch, and
stretches in which a person was taken to speak under another. Two people do say the same word at the same time; they do
not say three in a row.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from transcribe.tracks.layout import OwnSpeech
from transcribe.transcript import Word

_APART = 0.3  # seconds between the middles of a word and its echo
_RUN = 3  # words in a row that cannot be a coincidence
_EDGE = 0.5  # of a word that is outside its person's speech: then one is enough


@dataclass(frozen=True, slots=True)
class OwnWord:
    """A word on the timeline, and the stretch it was heard in."""

    word: Word
    stretch: OwnSpeech

    @property
    def middle(self) -> float:
        """Seconds."""
        return self.word.middle

    @property
    def outside(self) -> float:
        """The share of the word outside its person's speech, in the margin of the stretch."""
        length = max(self.word.end - self.word.start, 0.02)
        inside = min(self.word.end, self.stretch.last) - max(self.word.start, self.stretch.first)
        return min(1.0, max(0.0, 1 - inside / length))


def without_echoes(words: Sequence[OwnWord]) -> list[OwnWord]:
    """The words but for the echoes of others, in the order of time."""
    ordered = sorted(words, key=lambda each: each.middle)
    middles = [each.middle for each in ordered]
    twins = {number: twin for number in range(len(ordered)) if (twin := _twin(ordered, middles, number)) is not None}
    echoes: set[int] = set()
    for run in _runs(ordered, twins):
        doubtful = [number for number in run if ordered[number].outside > _EDGE]
        fainter = sum(ordered[number].stretch.excess_db for number in run) < sum(
            ordered[twins[number]].stretch.excess_db for number in run
        )
        echoes.update(run if len(run) >= _RUN and fainter else doubtful)
    return [each for number, each in enumerate(ordered) if number not in echoes]


def _twin(ordered: Sequence[OwnWord], middles: Sequence[float], number: int) -> int | None:
    """The nearest word of another track with the same letters."""
    own, middle = ordered[number], middles[number]
    nearby = range(bisect_left(middles, middle - _APART), bisect_right(middles, middle + _APART))
    letters = _letters(own.word)
    same = [
        other
        for other in nearby
        if ordered[other].stretch.track != own.stretch.track and letters and _letters(ordered[other].word) == letters
    ]
    return min(same, key=lambda other: abs(middles[other] - middle), default=None)


def _runs(ordered: Sequence[OwnWord], twins: dict[int, int]) -> list[list[int]]:
    """Words with a twin, in runs of one track without another of its words between them."""
    runs: list[list[int]] = []
    last: dict[int, int] = {}  # track → its last word, if it has a twin
    for number, each in enumerate(ordered):
        track = each.stretch.track
        if number not in twins:
            last.pop(track, None)
        elif track in last and runs[last[track]]:
            runs[last[track]].append(number)
        else:
            last[track] = len(runs)
            runs.append([number])
    return runs


def _letters(word: Word) -> str:
    return re.sub(r"\W", "", word.text).casefold()
