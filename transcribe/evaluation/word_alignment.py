"""Where two texts differ: their words aligned, and the runs of errors in the alignment, those with most errors first.

Words come normalised. The alignment has the fewest errors (`transcribe.evaluation.levenshtein`).
Scores are computed in `transcribe.evaluation.score`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from audio.episode import Seconds
from transcribe.evaluation import levenshtein
from transcribe.evaluation.metrics import BootstrapSegments, WordErrors
from transcribe.readers.values import Utterance

CONTEXT_WORDS = 3  # shown on either side of a difference
SHOWN_WORDS = 30  # of a difference; a longer one is shortened
SEGMENT_WORDS = 10  # longer turns are several bootstrap segments, so that a monologue has several too
PASSAGE_WORDS = 6  # so many deletions or insertions in one difference are a passage, not a slip


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised word, its speaker, the index of its utterance (from 0), and its approximate time."""

    text: str
    speaker: str
    utterance: int
    time: Seconds | None = None


class Kind(StrEnum):
    """What happened to the words of a difference. The values are those of reports and baselines."""

    SUBSTITUTION = "other words"
    DELETION = "lost"
    INSERTION = "invented"
    LOOP = "loop"
    SPEAKER = "other speaker"


@dataclass(frozen=True, slots=True)
class Difference:
    """A run of errors: the words of reference and hypothesis, and the reference words before and after."""

    kind: Kind
    aligned: tuple[tuple[str, str], ...]  # (reference, hypothesis) word by word; "" for a missing word
    before: tuple[str, ...]
    after: tuple[str, ...]
    cost: int  # errors; of a wrong speaker, the number of words
    start: Seconds | None = None
    speakers: tuple[str, str] = ("", "")  # according to reference and hypothesis, if they differ

    @property
    def reference(self) -> tuple[str, ...]:
        """The words of the reference."""
        return tuple(word for word, _ in self.aligned if word)

    @property
    def hypothesis(self) -> tuple[str, ...]:
        """The words of the hypothesis."""
        return tuple(word for _, word in self.aligned if word)

    @property
    def columns(self) -> tuple[str, str]:
        """Two lines, each hypothesis word below its reference word, as sclite prints them.

        >>> Difference(Kind.SUBSTITUTION, (("a", "the"), ("cat", "")), ("with",), ("in",), 2).columns
        ('with a   cat in', 'with the *** in')
        """
        shown = self.aligned[:SHOWN_WORDS]
        rows = [*((word, word) for word in self.before), *shown]
        if len(shown) < len(self.aligned):
            rows += [(f"… ({len(self.reference)} words)", f"… ({len(self.hypothesis)} words)")]
        rows += [(word, word) for word in self.after]
        padded = [[word or "*" * len(other) for word, other in (row, row[::-1])] for row in rows]
        widths = [max(map(len, row)) for row in padded]
        first, second = (" ".join(map(str.ljust, side, widths)).rstrip() for side in zip(*padded, strict=True))
        return first, second

    @property
    def one_line(self) -> str:
        """One line: context, `[-reference-]`, `{+hypothesis+}`, context, as `wdiff` prints it."""
        if self.kind is Kind.SPEAKER:
            changed = f"[{self.speakers[0]} → {self.speakers[1]}: {_shortened(self.reference)}]"
        else:
            reference = f"[-{_shortened(self.reference)}-]" if self.reference else ""
            hypothesis = f"{{+{_shortened(self.hypothesis)}+}}" if self.hypothesis else ""
            changed = f"{reference}{hypothesis}"
        return " ".join(filter(None, (" ".join(self.before), changed, " ".join(self.after))))

    @property
    def is_passage(self) -> bool:
        """Whether it deletes or inserts a passage rather than single words."""
        return abs(len(self.reference) - len(self.hypothesis)) >= PASSAGE_WORDS

    def as_dict(self) -> dict[str, Any]:
        """The difference as `transcribe score --json` prints it."""
        return {
            "kind": self.kind.value,
            "start": self.start,
            "reference": " ".join(self.reference),
            "hypothesis": " ".join(self.hypothesis),
            "aligned": self.aligned,
            "cost": self.cost,
            "shown": self.one_line,
        }


@dataclass(frozen=True, slots=True)
class Pair:
    """A position of the alignment: a word of either side or of both."""

    reference: Token | None
    hypothesis: Token | None

    @property
    def matches(self) -> bool:
        """Whether both sides have the same word."""
        reference, hypothesis = self.reference, self.hypothesis
        return reference is not None and hypothesis is not None and reference.text == hypothesis.text


@dataclass(frozen=True, slots=True)
class Run:
    """A difference, and where it is: the pairs `first` to `last` - 1 of the alignment."""

    difference: Difference
    first: int
    last: int


def tokens_of(utterances: Iterable[Utterance], normalise: Callable[[str], str]) -> list[Token]:
    """The normalised words of all utterances, with approximate times if the utterances have times."""
    tokens = []
    for index, utterance in enumerate(utterances):
        words = normalise(utterance.text).split()
        for position, word in enumerate(words):
            tokens.append(Token(word, utterance.speaker, index, utterance.time_at(position / len(words))))
    return tokens


def align(reference: Sequence[Token], hypothesis: Sequence[Token]) -> tuple[Pair, ...]:
    """The alignment of two texts with the fewest errors; memory grows with their length."""
    numbers = numbers_of(reference, hypothesis)
    left, right = iter(reference), iter(hypothesis)
    return tuple(
        Pair(next(left) if in_reference else None, next(right) if in_hypothesis else None)
        for in_reference, in_hypothesis in levenshtein.align(*numbers)
    )


def numbers_of(*sides: Sequence[Token]) -> list[list[int]]:
    """The words as numbers, the same for the same word."""
    numbers: dict[str, int] = {}
    return [[numbers.setdefault(token.text, len(numbers)) for token in side] for side in sides]


def difference_runs(pairs: Sequence[Pair], *, assigned: Mapping[str, str] | None) -> tuple[Run, ...]:
    """All differences, those with most errors first, then by time.

    `assigned`: hypothesis → reference speaker; None if one of them does not say who speaks, so that nobody is wrong.
    """
    runs = [Run(_text_difference(pairs, first, last), first, last) for first, last in _error_runs(pairs)]
    if assigned is not None:
        runs += [
            Run(_speaker_difference(pairs, first, last, assigned), first, last)
            for first, last in _speaker_runs(pairs, assigned)
        ]
    return tuple(sorted(runs, key=lambda run: -run.difference.cost))


def has_wrong_speaker(pair: Pair, assigned: Mapping[str, str]) -> bool:
    """Whether both sides have the same word, but the hypothesis attributes it to another speaker."""
    reference, hypothesis = pair.reference, pair.hypothesis
    if reference is None or hypothesis is None or reference.text != hypothesis.text:
        return False
    return assigned.get(hypothesis.speaker) != reference.speaker


def count_errors(pairs: Iterable[Pair]) -> WordErrors:
    """The errors of an alignment by type."""
    substitutions = deletions = insertions = words = 0
    for pair in pairs:
        words += pair.reference is not None
        deletions += pair.hypothesis is None
        insertions += pair.reference is None
        substitutions += not pair.matches and pair.reference is not None and pair.hypothesis is not None
    return WordErrors(substitutions, deletions, insertions, words)


def bootstrap_segments(pairs: Iterable[Pair]) -> BootstrapSegments:
    """Errors and words by segments of the reference: turns, long ones in pieces of `SEGMENT_WORDS`.

    Insertions belong to the segment before them.
    """
    errors: dict[tuple[int, int], int] = defaultdict(int)
    words: dict[tuple[int, int], int] = defaultdict(int)
    turn, position, segment = -1, 0, (0, 0)
    for pair in pairs:
        if pair.reference:
            position = position + 1 if pair.reference.utterance == turn else 0
            turn = pair.reference.utterance
            segment = (turn, position // SEGMENT_WORDS)
        errors[segment] += not pair.matches
        words[segment] += pair.reference is not None
    return tuple((float(errors[key]), float(words[key])) for key in sorted(words))


def _error_runs(pairs: Sequence[Pair]) -> Iterator[tuple[int, int]]:
    """First and last+1 of each run of errors; a single match between two errors does not end a run."""
    first = last = None
    for index, pair in enumerate(pairs):
        if pair.matches:
            if last is not None and first is not None and index - last >= 1:
                yield first, last
                first = last = None
        else:
            first, last = index if first is None else first, index + 1
    if first is not None and last is not None:
        yield first, last


def _speaker_runs(pairs: Sequence[Pair], assigned: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """First and last+1 of each run of words attributed to one wrong speaker; word errors do not end a run."""
    first, current = 0, None
    for index, pair in enumerate(pairs):
        if not pair.matches or pair.reference is None or pair.hypothesis is None:
            continue
        confused = (pair.reference.speaker, pair.hypothesis.speaker) if has_wrong_speaker(pair, assigned) else None
        if current is not None and confused != current:
            yield first, index
        if confused != current:
            first, current = index, confused
    if current is not None:
        yield first, len(pairs)


def _text_difference(pairs: Sequence[Pair], first: int, last: int) -> Difference:
    aligned = _aligned(pairs[first:last])
    old, new = ([word for word in side if word] for side in zip(*aligned, strict=True))
    kind = Kind.SUBSTITUTION
    if len(old) - len(new) >= PASSAGE_WORDS or not new:
        kind = Kind.DELETION
    elif len(new) - len(old) >= PASSAGE_WORDS or not old:
        kind = Kind.LOOP if len(new) >= PASSAGE_WORDS and len(set(new)) * 2 <= len(new) else Kind.INSERTION
    cost = sum(not pair.matches for pair in pairs[first:last])
    return Difference(kind, aligned, *_context(pairs, first, last), cost, _time_of(pairs, first))


def _speaker_difference(pairs: Sequence[Pair], first: int, last: int, assigned: Mapping[str, str]) -> Difference:
    run = [pair for pair in pairs[first:last] if has_wrong_speaker(pair, assigned)]
    reference, hypothesis = run[0].reference, run[0].hypothesis
    assert reference is not None
    assert hypothesis is not None
    speakers = (reference.speaker, assigned.get(hypothesis.speaker, hypothesis.speaker))
    context = _context(pairs, first, last)
    return Difference(Kind.SPEAKER, _aligned(run), *context, len(run), _time_of(pairs, first), speakers)


def _aligned(pairs: Sequence[Pair]) -> tuple[tuple[str, str], ...]:
    return tuple((p.reference.text if p.reference else "", p.hypothesis.text if p.hypothesis else "") for p in pairs)


def _context(pairs: Sequence[Pair], first: int, last: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    before = [pair.reference.text for pair in pairs[max(first - 2 * CONTEXT_WORDS, 0) : first] if pair.reference]
    after = [pair.reference.text for pair in pairs[last : last + 2 * CONTEXT_WORDS] if pair.reference]
    return tuple(before[-CONTEXT_WORDS:]), tuple(after[:CONTEXT_WORDS])


def _time_of(pairs: Sequence[Pair], first: int) -> Seconds | None:
    """The time of the nearest word that has one: of the next five, or else of those before."""
    for pair in (*pairs[first : first + 5], *reversed(pairs[:first])):
        for token in (pair.hypothesis, pair.reference):
            if token is not None and token.time is not None:
                return token.time
    return None


def _shortened(words: Sequence[str]) -> str:
    shortened = f"{' '.join(words[:SHOWN_WORDS])} … ({len(words)} words)"
    return " ".join(words) if len(words) <= SHOWN_WORDS else shortened
