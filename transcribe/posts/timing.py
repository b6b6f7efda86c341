"""When each word of a text is spoken, by what was heard in the recording; what only one of the two has.

    text ───▶ words ┐                        ┌─ in both: the time at which it was heard
    heard ──▶ words ┴─▶ evident passages ─▶ ─┤  a few others: the time of what they replace, or between their neighbours
                                             ├─ many others: aligned on the sound, if it has them
                                             └─ not spoken: left out, and listed

The law: each word of the text has a time or is in `unspoken`; each passage heard is in the text or in `unwritten`.
Linear, but for sorting. Files, models and settings are not known here.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise, takewhile
from operator import itemgetter

from audio.episode import Seconds
from audio.intervals import Interval, common, joined
from transcribe.alignment.interpolation import spread
from transcribe.alignment.passages import LEAST_SHARE, evident
from transcribe.alignment.realign import Realignment, realign
from transcribe.alignment.text_diff import NO_MATCH
from transcribe.alignment.tokens import letters, tokenize
from transcribe.recognition.forced_alignment import FASTEST, LONG
from transcribe.transcript import Word

LONGEST_REWRITE = 12  # words without any that was heard, and that are not on the sound: more are no edit of a sentence

FindPassage = Callable[[list[Word], tuple[int, int], Interval], list[tuple[int, int]]]
"""Times the words from one position up to another between two times, in place; returns the parts that were found."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is known of a recording: the words heard, the stretches with speech, and how to look for other words."""

    words: tuple[Word, ...]
    speech: tuple[Interval, ...]  # in order, disjoint
    duration: Seconds
    find: FindPassage

    def speech_in(self, bounds: Interval) -> list[Interval]:
        """The speech between two times."""
        first = bisect_right(self.speech, bounds[0], key=itemgetter(1))
        last = bisect_left(self.speech, bounds[1], key=itemgetter(0))
        return common(self.speech[first:last], [bounds])


@dataclass(frozen=True, slots=True)
class Unspoken:
    """Words of the text, from position `first` up to `last` (not included) of all its words, that nobody says; `at` is
    where in the recording they would be, `after` how many words of the turns, notes included, stand before them."""

    first: int
    last: int
    at: Seconds
    after: int


@dataclass(frozen=True, slots=True)
class Unwritten:
    """A passage heard that the text does not have, after this many of the text's words."""

    words: tuple[Word, ...]
    after: int

    @property
    def start(self) -> Seconds:
        """When it begins."""
        return self.words[0].start

    @property
    def end(self) -> Seconds:
        """When it ends."""
        return max(word.end for word in self.words)


@dataclass(frozen=True, slots=True)
class Timing:
    """The words of each turn with their times, all words of the text in its order, and what only one of the two has.

    `share` is how much of the shorter of text and recording is in both, 0 to 1.
    """

    turns: tuple[tuple[Word, ...], ...]
    texts: tuple[str, ...]
    share: float
    unspoken: tuple[Unspoken, ...]
    unwritten: tuple[Unwritten, ...]

    @property
    def is_same(self) -> bool:
        """Whether the recording is one of this text."""
        return self.share >= LEAST_SHARE


@dataclass(slots=True)
class _Placed:
    """A word of the text: its turn, its time, the word heard that it is or replaces, and whether it is the same."""

    turn: int
    word: Word
    origin: int | None
    is_heard: bool
    is_spoken: bool = True


@dataclass(frozen=True, slots=True)
class _Gap:
    """Words of the text from `first` up to `last` between two that were heard, the words heard between these, and the
    times between which that is."""

    first: int
    last: int
    heard: range
    bounds: Interval

    @property
    def size(self) -> int:
        """The number of words of the text."""
        return self.last - self.first

    @property
    def is_cut(self) -> bool:
        """Whether more was said here than the text can stand for: the words of the text replace none of it."""
        return len(self.heard) - 2 * self.size >= LONG

    @property
    def is_rewritten(self) -> bool:
        """Whether the text may stand for what was said here: it is an editor's sentence, and enough was said."""
        return self.size < LONGEST_REWRITE and not self.is_cut and 2 * len(self.heard) >= self.size


def time_text(texts: Sequence[str], hearing: Hearing) -> Timing:
    """The times of the words of `texts`, the turns of a text, in what was heard of its recording.

    Of another recording (`Timing.is_same` says whether it is) nothing is looked for on the sound.
    """
    evidence = _Evidence()
    placed, notes = _placed(realign(texts, [hearing.words], trust=evidence), range(len(hearing.words)), hearing)
    cut = [index for gap in _gaps(placed, hearing) if gap.is_cut for index in gap.heard]
    if cut and evidence.share >= LEAST_SHARE:
        left_out = set(cut)
        kept = [index for index in range(len(hearing.words)) if index not in left_out]
        placed, notes = _placed(realign(texts, [[hearing.words[i] for i in kept]], trust=evident), kept, hearing)
    unspoken: list[tuple[int, Seconds]] = []
    if evidence.share >= LEAST_SHARE:
        words = [one.word for one in placed]
        for gap in _gaps(placed, hearing):
            if gap.size >= LONG:
                unspoken += [(i, gap.bounds[0]) for i in _look_for(gap, placed, words, hearing)]
    turns = tuple(_with_notes(placed, notes, len(texts)))
    texts_of_words = tuple(one.word.text for one in placed)
    passages = tuple(_passages(unspoken, [at for at, _, _ in notes])), tuple(_unwritten(placed, hearing))
    return Timing(turns, texts_of_words, evidence.share, *passages)


class _Evidence:
    """Believes the matches in evident passages, and remembers how much of the shorter text these are."""

    def __init__(self) -> None:
        self.share = 0.0

    def __call__(self, matched: Sequence[int], n_old: int) -> list[int]:
        believed = evident(matched, n_old)
        shorter = min(len(believed), n_old)
        self.share = sum(index != NO_MATCH for index in believed) / shorter if shorter else 0.0
        return believed


def _placed(
    realigned: Realignment, heard: Sequence[int], hearing: Hearing
) -> tuple[list[_Placed], list[tuple[int, int, Word]]]:
    """All words of the text in order, and its notes in brackets: after how many words, in which turn, which word.

    `heard` has the position of each word heard that was compared.
    """
    placed: list[_Placed] = []
    notes: list[tuple[int, int, Word]] = []
    for number, turn in enumerate(realigned.turns):
        texts = [(i, word.text) for i, word in enumerate(turn.words)]
        in_notes = {token.owner for token in tokenize([texts]) if token.is_note} if turn.notes else set()
        for i, (word, origin) in enumerate(zip(turn.words, turn.origins, strict=True)):
            at = None if origin is None else heard[origin]
            if i in in_notes and at is None:
                notes.append((len(placed), number, word))
                continue
            same = at is not None and hearing.words[at].start == word.start
            is_heard = same and at is not None and letters(hearing.words[at].text) == letters(word.text)
            placed.append(_Placed(number, word, at, is_heard))
    return placed, notes


def _with_notes(
    placed: Sequence[_Placed], notes: Sequence[tuple[int, int, Word]], n_turns: int
) -> Iterator[tuple[Word, ...]]:
    """The words of each turn that are spoken, and its notes, each at the end of the word before it."""
    turns: list[list[Word]] = [[] for _ in range(n_turns)]
    waiting, last = deque(notes), 0.0
    for i in range(len(placed) + 1):
        while waiting and waiting[0][0] == i:
            _, turn, note = waiting.popleft()
            turns[turn].append(replace(note, start=last, end=last))
        if i < len(placed) and placed[i].is_spoken:
            turns[placed[i].turn].append(placed[i].word)
            last = placed[i].word.end
    yield from map(tuple, turns)


def _gaps(placed: Sequence[_Placed], hearing: Hearing) -> Iterator[_Gap]:
    """What is between each two words of the text that were heard, and before and after them all.

    Words heard between two others are in the gap behind the first of these, wherever the text has the second.
    """
    anchors = {one.origin: i for i, one in enumerate(placed) if one.is_heard and one.origin is not None}
    order = sorted(anchors)
    after = dict(pairwise((-1, *order, len(hearing.words))))
    positions = sorted(anchors.values())
    ends = dict(pairwise((-1, *positions, len(placed))))
    for position, end in ends.items():
        origin = placed[position].origin if position >= 0 else -1
        assert origin is not None
        low = placed[position].word.end if position >= 0 else 0.0
        high = hearing.words[after[origin]].start if after[origin] < len(hearing.words) else hearing.duration
        yield _Gap(position + 1, end, range(origin + 1, after[origin]), (low, max(low, high)))


def _look_for(gap: _Gap, placed: list[_Placed], words: list[Word], hearing: Hearing) -> Iterator[int]:
    """Time the `words` of a gap on the sound; yields those that are not there, and stand for nothing heard."""
    speech = hearing.speech_in(gap.bounds)
    seconds = sum(end - start for start, end in speech)
    found: list[tuple[int, int]] = []
    if seconds and gap.size / seconds <= FASTEST:
        if 2 * len(gap.heard) < gap.size or gap.is_cut:
            texts = [word.text for word in words[gap.first : gap.last]]
            for i, (start, end) in enumerate(spread(speech, texts), gap.first):
                words[i] = replace(words[i], start=start, end=end)
        found = hearing.find(words, (gap.first, gap.last), gap.bounds)
    known = {i for first, last in found for i in range(first, last)}
    edited = set(range(gap.first, gap.last)) if gap.is_rewritten else _edited(gap, placed)
    for i in range(gap.first, gap.last):
        if i in known or gap.is_rewritten:
            placed[i].word = words[i]
        elif i not in edited:
            placed[i].is_spoken = False
            yield i


def _edited(gap: _Gap, placed: Sequence[_Placed]) -> set[int]:
    """The few words at either end of a gap that are of a turn which was heard beside it: an edit of that."""
    before = placed[gap.first - 1].turn if gap.first else None
    after = placed[gap.last].turn if gap.last < len(placed) else None
    inside = range(gap.first, gap.last)
    head = [*takewhile(lambda i: placed[i].turn == before, inside)]
    tail = [*takewhile(lambda i: placed[i].turn == after, reversed(inside))]
    return {i for end in (head, tail) if len(end) < LONG for i in end}


def _passages(unspoken: Sequence[tuple[int, Seconds]], notes: Sequence[int]) -> Iterator[Unspoken]:
    """The words that are not spoken, given as positions and times, in passages; `notes` are the positions of notes."""
    count = 0
    for _, run in groupby(enumerate(unspoken), key=lambda pair: pair[1][0] - pair[0]):
        rows = [row for _, row in run]
        first, at = rows[0]
        yield Unspoken(first, rows[-1][0] + 1, at, first - count + bisect_right(notes, first))
        count += len(rows)


def _unwritten(placed: Sequence[_Placed], hearing: Hearing) -> Iterator[Unwritten]:
    """The runs of words heard in gaps that are cut, without those under a word of the text."""
    for gap in _gaps(placed, hearing):
        spoken = [one.word for one in placed[gap.first : gap.last] if one.is_spoken]
        if len(gap.heard) - 2 * len(spoken) < LONG:
            continue
        covered = joined((word.start, word.end) for word in spoken)
        free = [i for i in gap.heard if not _covers(covered, hearing.words[i])]
        for _, run in groupby(enumerate(free), key=lambda pair: pair[1] - pair[0]):
            words = tuple(hearing.words[i] for _, i in run)
            if len(words) >= LONG:
                yield Unwritten(words, gap.first)


def _covers(intervals: Sequence[Interval], word: Word) -> bool:
    """Whether the middle of a word is in one of the intervals, which are in order."""
    at = bisect_right(intervals, word.middle, key=itemgetter(0)) - 1
    return at >= 0 and word.middle <= intervals[at][1]
