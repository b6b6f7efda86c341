"""Where two texts differ: the alignment of their words, and its stretches of errors, the costliest first.

Words come normalised. The alignment is kaldialign's (Levenshtein, every error costs 1), which meeteval brings along.
Rates are the business of `transcribe.evaluation.score`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from audio.episode import Seconds
from transcribe.evaluation.metrics import Blocks, WordErrors
from transcribe.evaluation.references import Said

CONTEXT_WORDS = 3  # shown on either side of a difference
SHOWN_WORDS = 30  # of a difference; what is longer is cut short
STRETCH_WORDS = 10  # longer turns are several stretches, so that a monologue has some too
PASSAGE_WORDS = 6  # lost or invented in one stretch, they are a passage and no slip


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised word: who said it, in which stretch of the account (from 0), and about when."""

    text: str
    speaker: str
    stretch: int
    at: Seconds | None = None


class Kind(StrEnum):
    """What happened to the words of a difference."""

    OTHER = "other words"
    LOST = "lost"
    INVENTED = "invented"
    LOOP = "loop"
    SPEAKER = "other speaker"


@dataclass(frozen=True, slots=True)
class Difference:
    """A stretch in which reference and hypothesis part: the words of both, and those before and after."""

    kind: Kind
    aligned: tuple[tuple[str, str], ...]  # reference and hypothesis, word beside word; "" where one has none
    before: tuple[str, ...]
    after: tuple[str, ...]
    cost: int  # errors; for words credited to somebody else, their number
    start: Seconds | None = None
    speakers: tuple[str, str] = ("", "")  # whom reference and hypothesis hear

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
        """Two lines, the words of reference and hypothesis below each other, as sclite prints them.

        >>> Difference(Kind.OTHER, (("a", "the"), ("cat", "")), ("with",), ("in",), 2).columns
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
    def shown(self) -> str:
        """One line: context, `[-reference-]`, `{+hypothesis+}`, context, as `wdiff` prints it."""
        if self.kind is Kind.SPEAKER:
            changed = f"[{self.speakers[0]} → {self.speakers[1]}: {_short(self.reference)}]"
        else:
            was = f"[-{_short(self.reference)}-]" if self.reference else ""
            now = f"{{+{_short(self.hypothesis)}+}}" if self.hypothesis else ""
            changed = f"{was}{now}"
        return " ".join(filter(None, (" ".join(self.before), changed, " ".join(self.after))))

    @property
    def is_passage(self) -> bool:
        """Whether so much is lost or invented that it is no slip."""
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
            "shown": self.shown,
        }


@dataclass(frozen=True, slots=True)
class Pair:
    """A place of the alignment: a word of either side or of both."""

    reference: Token | None
    hypothesis: Token | None

    @property
    def matches(self) -> bool:
        """Whether both sides have the same word."""
        one, other = self.reference, self.hypothesis
        return one is not None and other is not None and one.text == other.text


def tokens_of(stretches: Iterable[Said], normal: Callable[[str], str]) -> list[Token]:
    """The words of all stretches as `normal` has them; where a stretch has times, each with about its own."""
    tokens = []
    for index, said in enumerate(stretches):
        words = normal(said.text).split()
        for at, word in enumerate(words):
            tokens.append(Token(word, said.speaker, index, said.moment(at / len(words))))
    return tokens


def align(reference: Sequence[Token], hypothesis: Sequence[Token]) -> tuple[Pair, ...]:
    """The cheapest alignment of two texts. Raises `ImportError` where kaldialign is missing.

    It takes four bytes for each pair of words: 0.3 GB for an hour of talk, 3 GB for three.
    """
    import kaldialign  # type: ignore[import-untyped]

    numbers: dict[str, int] = {}
    rows = [[numbers.setdefault(token.text, len(numbers)) for token in side] for side in (reference, hypothesis)]
    left, right = iter(reference), iter(hypothesis)
    return tuple(
        Pair(None if one < 0 else next(left), None if other < 0 else next(right))
        for one, other in kaldialign.align(rows[0], rows[1], -1)
    )


def differences(pairs: Sequence[Pair], *, assigned: Mapping[str, str]) -> tuple[Difference, ...]:
    """Every difference, the costliest first; of equal ones the earliest. `assigned`: hypothesis → reference speaker."""
    found = [_difference(pairs, first, last) for first, last in _error_runs(pairs)]
    found += [_credited(pairs, first, last, assigned) for first, last in _speaker_runs(pairs, assigned)]
    return tuple(sorted(found, key=lambda one: -one.cost))


def is_miscredited(pair: Pair, assigned: Mapping[str, str]) -> bool:
    """Whether a word both sides have is somebody else's in the hypothesis."""
    one, other = pair.reference, pair.hypothesis
    if one is None or other is None or one.text != other.text:
        return False
    return assigned.get(other.speaker) != one.speaker


def count_errors(pairs: Iterable[Pair]) -> WordErrors:
    substitutions = deletions = insertions = words = 0
    for pair in pairs:
        words += pair.reference is not None
        deletions += pair.hypothesis is None
        insertions += pair.reference is None
        substitutions += not pair.matches and pair.reference is not None and pair.hypothesis is not None
    return WordErrors(substitutions, deletions, insertions, words)


def blocks_of(pairs: Iterable[Pair]) -> Blocks:
    """Errors and words by stretches of reference: turns, long ones in pieces of `STRETCH_WORDS`.

    What is invented belongs to the stretch it follows.
    """
    errors: dict[tuple[int, int], int] = defaultdict(int)
    words: dict[tuple[int, int], int] = defaultdict(int)
    turn, of_turn, stretch = -1, 0, (0, 0)
    for pair in pairs:
        if pair.reference:
            of_turn = of_turn + 1 if pair.reference.stretch == turn else 0
            turn = pair.reference.stretch
            stretch = (turn, of_turn // STRETCH_WORDS)
        errors[stretch] += not pair.matches
        words[stretch] += pair.reference is not None
    return tuple((float(errors[at]), float(words[at])) for at in sorted(words))


def _error_runs(pairs: Sequence[Pair]) -> Iterator[tuple[int, int]]:
    """First and last+1 of each run of errors; a single match between two errors does not end one."""
    first = last = None
    for at, pair in enumerate(pairs):
        if pair.matches:
            if last is not None and first is not None and at - last >= 1:
                yield first, last
                first = last = None
        else:
            first, last = at if first is None else first, at + 1
    if first is not None and last is not None:
        yield first, last


def _speaker_runs(pairs: Sequence[Pair], assigned: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """First and last+1 of each run of words given to one wrong speaker; errors between them do not end it."""
    first, who = 0, None
    for at, pair in enumerate(pairs):
        if not pair.matches or pair.reference is None or pair.hypothesis is None:
            continue
        now = (pair.reference.speaker, pair.hypothesis.speaker) if is_miscredited(pair, assigned) else None
        if who is not None and now != who:
            yield first, at
        if now != who:
            first, who = at, now
    if who is not None:
        yield first, len(pairs)


def _difference(pairs: Sequence[Pair], first: int, last: int) -> Difference:
    was, now = ([word for word in side if word] for side in zip(*_aligned(pairs[first:last]), strict=True))
    kind = Kind.OTHER
    if len(was) - len(now) >= PASSAGE_WORDS or not now:
        kind = Kind.LOST
    elif len(now) - len(was) >= PASSAGE_WORDS or not was:
        kind = Kind.LOOP if len(now) >= PASSAGE_WORDS and len(set(now)) * 2 <= len(now) else Kind.INVENTED
    cost = sum(not pair.matches for pair in pairs[first:last])
    return Difference(kind, _aligned(pairs[first:last]), *_context(pairs, first, last), cost, _when(pairs, first))


def _credited(pairs: Sequence[Pair], first: int, last: int, assigned: Mapping[str, str]) -> Difference:
    run = [pair for pair in pairs[first:last] if is_miscredited(pair, assigned)]
    one, other = run[0].reference, run[0].hypothesis
    assert one is not None
    assert other is not None
    speakers = (one.speaker, assigned.get(other.speaker, other.speaker))
    context = _context(pairs, first, last)
    return Difference(Kind.SPEAKER, _aligned(run), *context, len(run), _when(pairs, first), speakers)


def _aligned(pairs: Sequence[Pair]) -> tuple[tuple[str, str], ...]:
    return tuple((p.reference.text if p.reference else "", p.hypothesis.text if p.hypothesis else "") for p in pairs)


def _context(pairs: Sequence[Pair], first: int, last: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    before = [pair.reference.text for pair in pairs[max(first - 2 * CONTEXT_WORDS, 0) : first] if pair.reference]
    after = [pair.reference.text for pair in pairs[last : last + 2 * CONTEXT_WORDS] if pair.reference]
    return tuple(before[-CONTEXT_WORDS:]), tuple(after[:CONTEXT_WORDS])


def _when(pairs: Sequence[Pair], first: int) -> Seconds | None:
    """The time of the nearest word that has one, looking ahead first."""
    for pair in (*pairs[first : first + 5], *reversed(pairs[:first])):
        for token in (pair.hypothesis, pair.reference):
            if token is not None and token.at is not None:
                return token.at
    return None


def _short(words: Sequence[str]) -> str:
    cut = f"{' '.join(words[:SHOWN_WORDS])} … ({len(words)} words)"
    return " ".join(words) if len(words) <= SHOWN_WORDS else cut
