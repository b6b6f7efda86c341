"""The differences of a comparison with the times of the transcript's words, and the words before and after.

Scoring compares normalised words; here each gets back the printed word it comes from, with its exact time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from audio.episode import Seconds
from transcribe.evaluation.word_alignment import (
    CONTEXT_WORDS,
    Difference,
    Kind,
    Pair,
    Run,
    Token,
    align,
    has_wrong_speaker,
)
from transcribe.evaluation.word_comparison import WordComparison
from transcribe.readers.values import Utterance
from transcribe.transcript import Word

Interval = tuple[Seconds, Seconds]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the alignment: the normalised words ("" for a missing one), and the transcript's word as printed."""

    reference: str
    transcript: str
    word: Word | None
    is_wrong: bool  # part of the difference, not of the words around it


@dataclass(frozen=True, slots=True)
class TimedRun:
    """A difference with its place in the alignment, its time in the recording, its rows and the speakers' names."""

    difference: Difference
    first: int
    last: int
    start: Seconds
    end: Seconds
    rows: tuple[Row, ...]
    speakers: tuple[str, str]
    is_misnamed: bool  # some of its words are right, but under another speaker's name


class TimedRuns:
    """All differences of a comparison, within a recording of `duration` seconds."""

    def __init__(self, comparison: WordComparison, duration: Seconds) -> None:
        self._comparison, self._duration = comparison, duration
        self._words = _words_by_pair(comparison)

    @cached_property
    def runs(self) -> tuple[TimedRun, ...]:
        """The differences that rates count, those with most errors first."""
        return tuple(map(self._timed, self._comparison.runs))

    @cached_property
    def misnamed(self) -> tuple[TimedRun, ...]:
        """Right words under another speaker's name that no other run has: where names are swapped throughout."""
        speakers = [run for run in self._comparison.runs if run.difference.kind is Kind.SPEAKER]
        covered = {at for run in speakers for at in range(run.first, run.last)}
        return tuple(map(self._timed, _misnamed_runs(self._comparison, covered)))

    def times(self, first: int, last: int) -> Interval:
        """From the first to the last word of these pairs; if one is missing, from the word before to the word after."""
        words = [word for word in self._words[first:last] if word is not None]
        edges = [time for word in words for time in (word.start, word.end)]
        if len(words) < last - first:
            edges += [self._ends[first], self._starts[last]]
        start, end = (min(max(time, 0.0), self._duration) for time in (min(edges), max(edges)))
        return start, end

    @cached_property
    def _ends(self) -> list[Seconds]:
        """For each place the end of the last word before it."""
        ends = [0.0]
        for word in self._words:
            ends.append(ends[-1] if word is None else word.end)
        return ends

    @cached_property
    def _starts(self) -> list[Seconds]:
        """For each place the start of the next word."""
        starts = [self._duration]
        for word in reversed(self._words):
            starts.append(starts[-1] if word is None else word.start)
        return starts[::-1]

    def _timed(self, run: Run) -> TimedRun:
        pairs, comparison = self._comparison.pairs, self._comparison
        wrong = [at for at in range(run.first, run.last) if self._is_wrong(run.difference, pairs[at])]
        first, last = (wrong[0], wrong[-1] + 1) if wrong else (run.first, run.last)
        around = range(max(first - CONTEXT_WORDS, 0), min(last + CONTEXT_WORDS, len(pairs)))
        marked = set(wrong)
        rows = tuple(
            Row(_text(pairs[at].reference), _text(pairs[at].hypothesis), self._words[at], at in marked) for at in around
        )
        within = [pairs[at] for at in wrong]
        speakers = (
            _names(comparison.reference.name, (pair.reference for pair in within)),
            _names(comparison.hypothesis.name, (pair.hypothesis for pair in within)),
        )
        interval, is_misnamed = self.times(first, last), any(map(comparison.is_misnamed, within))
        return TimedRun(run.difference, first, last, *interval, rows, speakers, is_misnamed)

    def _is_wrong(self, difference: Difference, pair: Pair) -> bool:
        if difference.kind is not Kind.SPEAKER:
            return True
        assigned = self._comparison.assigned
        return self._comparison.is_misnamed(pair) or (assigned is not None and has_wrong_speaker(pair, assigned))


def _words_by_pair(comparison: WordComparison) -> list[Word | None]:
    """For each pair the printed word that its hypothesis comes from; None without one."""
    words = iter([word for rows in _by_utterance(comparison) for word in rows])
    return [None if pair.hypothesis is None else next(words, None) for pair in comparison.pairs]


def _by_utterance(comparison: WordComparison) -> Iterator[list[Word | None]]:
    tokens: list[list[Token]] = [[] for _ in comparison.hypothesis.utterances or ()]
    for token in comparison.tokens[1]:
        tokens[token.utterance].append(token)
    for utterance, own in zip(comparison.hypothesis.utterances or (), tokens, strict=True):
        yield _words_of(utterance, own, comparison)


def _words_of(utterance: Utterance, tokens: Sequence[Token], comparison: WordComparison) -> list[Word | None]:
    """The printed word of each token of an utterance.

    Normalising word by word gives almost the same tokens ("twenty one" becomes "21" only as a phrase), so the two are
    aligned; a token that only the phrase has belongs to the word next to it.
    """
    pieces = [(word, text) for word in utterance.words for text in comparison.normalise(word.text).split()]
    if not pieces:
        return [None] * len(tokens)
    if [text for _, text in pieces] == [token.text for token in tokens]:
        return [word for word, _ in pieces]
    at, result = 0, []
    for pair in align(tokens, [Token(text, "", 0) for _, text in pieces]):
        if pair.reference is not None:
            result.append(pieces[min(at, len(pieces) - 1)][0])
        at += pair.hypothesis is not None
    return list(result)


def _misnamed_runs(comparison: WordComparison, covered: set[int]) -> Iterator[Run]:
    """A run for each stretch of misnamed words of one pair of speakers."""
    places: list[int] = []
    for at, pair in enumerate(comparison.pairs):
        if not pair.matches:
            continue
        continues = at not in covered and comparison.is_misnamed(pair)
        if places and not (continues and _speakers(comparison.pairs[places[-1]]) == _speakers(pair)):
            yield _misnamed_run(comparison, places)
            places = []
        if continues:
            places.append(at)
    if places:
        yield _misnamed_run(comparison, places)


def _misnamed_run(comparison: WordComparison, places: Sequence[int]) -> Run:
    aligned = tuple((_text(comparison.pairs[at].reference), _text(comparison.pairs[at].hypothesis)) for at in places)
    return Run(Difference(Kind.SPEAKER, aligned, (), (), len(places)), places[0], places[-1] + 1)


def _speakers(pair: Pair) -> tuple[str, str]:
    return pair.reference.speaker if pair.reference else "", pair.hypothesis.speaker if pair.hypothesis else ""


def _names(name: Callable[[str], str], tokens: Iterable[Token | None]) -> str:
    return ", ".join(dict.fromkeys(name(token.speaker) for token in tokens if token is not None))


def _text(token: Token | None) -> str:
    return token.text if token else ""
