"""How a passage would read if another reading of a place in it were right. Pure.

The text is of all words of the passage, with those of the other reading in the place of what it replaces. The sentence
around it stays: the marks at the edges of the place are those that stand, and what begins a sentence has a capital.

What this does not do: find other readings (`transcribe.recognition.other_readings`), or choose passages.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise, takewhile

from transcribe.recognition.other_readings import LONGEST, OtherReading, audible
from transcribe.scripts import ends_sentence
from transcribe.transcript import Turn, Word, as_written

Place = tuple[int, int]  # of a word: its turn, and its position there


class Alternatives:
    """The other readings by the words they replace; one whose words do not stand there any more is left out."""

    def __init__(self, turns: Sequence[Turn], others: Iterable[OtherReading]) -> None:
        self._turns = turns
        self._places = {id(word): (t, i) for t, turn in enumerate(turns) for i, word in enumerate(turn.words)}
        words = sorted((word for turn in turns for word in turn.words), key=lambda word: word.middle)
        middles = [word.middle for word in words]
        self._by_first: dict[Place, list[tuple[int, str]]] = defaultdict(list)  # how many words it replaces, its text
        for other in others:
            inside = words[bisect_left(middles, other.start) : bisect_left(middles, other.end + 1e-9)]
            for place, count in self._runs(inside):
                if audible(as_written(self._words(place, count))) == audible(other.replaced):
                    self._by_first[place].append((count, other.text))

    def of(self, passage: Sequence[Word]) -> str:
        """How the words would read; "" if nothing else was heard, or they are too many or no run of a turn."""
        runs = list(self._runs(passage))
        if len(runs) != 1 or not 0 < runs[0][1] <= LONGEST:
            return ""
        (turn, first), count = runs[0]
        words = self._words(*runs[0])
        for i in range(count):
            for size, text in self._by_first.get((turn, first + i), ()):
                if i + size <= count:
                    before = self._turns[turn].words[first + i - 1].text if first + i else "."
                    other = _fitted(text, words[i : i + size], begins=ends_sentence(before))
                    texts = [word.text for word in words]
                    return as_written((*words[: i + 1], *words[i + size :]), (*texts[:i], other, *texts[i + size :]))
        return ""

    def _runs(self, words: Sequence[Word]) -> list[tuple[Place, int]]:
        """The words as runs of their turns: the place of the first, and how many."""
        places = sorted(self._places[id(word)] for word in words)
        cuts = [i for i, ((turn, at), after) in enumerate(pairwise(places), start=1) if after != (turn, at + 1)]
        edges = [0, *cuts, len(places)]
        return [(places[start], end - start) for start, end in pairwise(edges) if end > start]

    def _words(self, place: Place, count: int) -> tuple[Word, ...]:
        turn, first = place
        return self._turns[turn].words[first : first + count]


def _fitted(text: str, replaced: Sequence[Word], *, begins: bool) -> str:
    """The text with the marks at the edges of the words it replaces, and with a capital if it begins a sentence.

    >>> _fitted("him upside", [Word("(The", 0, 1), Word("Mopside.", 1, 2)], begins=True)
    '(Him upside.'
    """
    core = text[_marks(text) : len(text) - _marks(text[::-1])]
    first, last = replaced[0].text, replaced[-1].text
    if not core:
        return text
    core = core[0].upper() + core[1:] if begins and len(core[0].upper()) == 1 else core
    return first[: _marks(first)] + core + last[len(last) - _marks(last[::-1]) :]


def _marks(text: str) -> int:
    """How many marks of punctuation a text begins with; an apostrophe and a percent sign belong to the word."""
    marks = takewhile(lambda sign: sign not in "'’%&@#" and unicodedata.category(sign).startswith("P"), text)
    return sum(1 for _ in marks)
