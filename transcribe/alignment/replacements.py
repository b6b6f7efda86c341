"""Which timed words an editor's new words replace: those of their own turn, not of a turn deleted beside it. Pure.

The law: at the edge of a turn, new words replace words of the timed turn that their unchanged neighbours were said in.
If none of these is free, they replace what the turn beside them gave up at that place, if it is about as long, or else
nothing: then they stand in the pause. What was deleted as a whole turn is replaced only by a turn without unchanged
words, or inside a turn that goes on behind it. Which of several such turns it stands for, its speaker and its length
tell (`transcribe.alignment.turn_pairing`); nothing else here asks who speaks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, pairwise, takewhile

from transcribe.alignment.text_diff import NO_MATCH
from transcribe.alignment.tokens import Token
from transcribe.alignment.turn_pairing import Passage, Voices, pair

_CHANCE_SHARE = 3  # one match in so many words of a turn, and no two in a row, can be chance


@dataclass(frozen=True, slots=True)
class Replacement:
    """The edited tokens from `start` to `end` replace the timed ones of `free`; none, if they are an insertion.

    `before` and `after` are the timed tokens beside it: -1 and the number of timed tokens at the edges of the text.
    """

    start: int
    end: int
    free: Sequence[int]
    before: int
    after: int


def replacements(
    tokens: Sequence[Token], matched: Sequence[int], *, timed: Sequence[Token], turns: Sequence[int], voices: Voices
) -> Iterator[Replacement]:
    """What the edited tokens without a match replace, in order; `turns` has the turn of each of the `timed` ones, and
    `voices` who speaks the turns of both."""
    used = {index for index in matched if index != NO_MATCH}
    for start, end in _unmatched_runs(matched):
        before = matched[start - 1] if start else NO_MATCH
        after = matched[end] if end < len(matched) else len(timed)
        free = _free_between(before, after, used)
        used.update(free)
        yield from _Run(tokens, timed, turns, voices, Replacement(start, end, free, before, after)).parts()


def without_chance(tokens: Sequence[Token], matched: Sequence[int], *, turns: Sequence[int]) -> list[int]:
    """`matched` without single words that a changed edge of a turn has in common with a turn deleted beside it."""
    sizes, kept = Counter(turns), Counter(turns[index] for index in matched if index != NO_MATCH)
    sure = {turn for turn, count in kept.items() if count * _CHANCE_SHARE > sizes[turn]}
    sure |= {turns[i] for a, b in pairwise(matched) if a != NO_MATCH and b == a + 1 for i in (a, b)}
    used, result = {index for index in matched if index != NO_MATCH}, list(matched)
    if len(sure) == len(kept):
        return result
    for _, group in groupby(range(len(tokens)), key=lambda i: tokens[i].owner):
        places = [i for i in group if matched[i] != NO_MATCH]
        own = [i for i in places if turns[matched[i]] in sure]
        for edge, step in ((own[0], -1), (own[-1], 1)) if own else ():
            replaced = matched[edge] + step  # the timed word beside the unchanged ones
            if 0 <= replaced < len(turns) and replaced not in used and turns[replaced] == turns[matched[edge]]:
                for i in places:
                    if (i - edge) * step > 0:
                        result[i] = NO_MATCH
    return result


@dataclass(frozen=True, slots=True)
class _Run:
    """Edited tokens in a row without a match, `whole`, of one turn or more."""

    tokens: Sequence[Token]
    timed: Sequence[Token]
    turns: Sequence[int]
    voices: Voices
    whole: Replacement

    def parts(self) -> Iterator[Replacement]:
        """Who replaces what: `whole` divided where turns must not take from each other."""
        run = self.whole
        first, last = self._turn_of(run.before), self._turn_of(run.after)
        if not run.free or (first == last and first is not None):
            yield run
            return
        left = [i for i in run.free if self.turns[i] == first]
        right = [i for i in run.free if self.turns[i] == last]
        middle = run.free[len(left) : len(run.free) - len(right)]
        groups = [list(group) for _, group in groupby(range(run.start, run.end), key=lambda i: self.tokens[i].owner)]
        goes_on = run.start > 0 and self._same_owner(run.start - 1, run.start)
        leads = run.end < len(self.tokens) and self._same_owner(run.end - 1, run.end)
        if len(groups) == 1 and goes_on and leads:
            own = [*left, *right]
            yield self._part(groups[0], self._nearest(groups[0], own or run.free, run.free))
        elif len(groups) == 1 and (goes_on or leads):
            own, other = (left, right) if goes_on else (right, left)
            yield self._edge(groups[0], own, middle=middle, other=other, leads=leads)
        else:
            yield from self._of_turns(groups, (left, middle, right), goes_on=goes_on, leads=leads)

    def _edge(
        self, group: Sequence[int], own: Sequence[int], *, middle: Sequence[int], other: Sequence[int], leads: bool
    ) -> Replacement:
        """The words at one edge of a turn: at its beginning if it `leads` to unchanged ones, or else at its end."""
        taken = own or ([] if middle else self._nearest(group, [], other))
        if taken or not middle:
            return self._part(group, taken)
        return self._part(group, (), before=middle[-1]) if leads else self._part(group, (), after=middle[0])

    def _of_turns(
        self, groups: Sequence[Sequence[int]], free: tuple[Sequence[int], ...], *, goes_on: bool, leads: bool
    ) -> Iterator[Replacement]:
        """Words of several turns, or of one without unchanged words: the inner turns replace whole turns."""
        left, middle, right = free
        head, tail = groups[0] if goes_on else [], groups[-1] if leads else []
        inner = groups[len(head) > 0 : len(groups) - (len(tail) > 0)]
        words = list(chain.from_iterable(inner))
        spare_left, spare_right = ([] if head else left), ([] if tail else right)
        own_left, own_right = (left if head else []), (right if tail else [])
        inside = middle or [*spare_left, *spare_right]
        if words and not inside:  # a turn was split: its new part shares with the one it was
            if len(own_left) >= len(own_right):
                head, words = [*head, *words], []
            else:
                words, tail = [], [*words, *tail]
        if head:
            until = next(iter([*inside, *own_right]), self.whole.after)
            yield self._part(head, own_left, after=until)
        if words and inside:
            yield from self._of_whole_turns(inner, inside)
        elif words:
            yield self._part(words, inside)
        if tail:
            since = next(reversed([*own_left, *inside]), self.whole.before)
            yield self._part(tail, own_right, before=since)

    def _of_whole_turns(self, groups: Sequence[Sequence[int]], inside: Sequence[int]) -> Iterator[Replacement]:
        """Turns without unchanged words, each of which replaces one or several of those `inside`."""
        rows = [list(row) for _, row in groupby(inside, key=self._turn_of)]
        new = [self._passage(self.voices.of_edited(self.tokens[row[0]].owner), row, self.tokens) for row in groups]
        old = [self._passage(self.voices.of_timed(self.turns[row[0]]), row, self.timed) for row in rows]
        for written, replaced in pair(new, old):
            words = list(chain.from_iterable(groups[i] for i in written))
            yield self._part(words, list(chain.from_iterable(rows[i] for i in replaced)))

    @staticmethod
    def _passage(speaker: str, row: Sequence[int], tokens: Sequence[Token]) -> Passage:
        return Passage(speaker, sum(len(tokens[i].text) for i in row))

    def _part(
        self, group: Sequence[int], free: Sequence[int], *, before: int | None = None, after: int | None = None
    ) -> Replacement:
        low, high = self.whole.before if before is None else before, self.whole.after if after is None else after
        return Replacement(group[0], group[-1] + 1, free, low, high)

    def _nearest(self, group: Sequence[int], *choices: Sequence[int]) -> Sequence[int]:
        """The choice that has about as many letters as the group; of two that are as near the first."""
        length = sum(len(self.tokens[i].text) for i in group)
        return min(choices, key=lambda choice: abs(length - sum(len(self.timed[i].text) for i in choice)))

    def _turn_of(self, index: int) -> int | None:
        return self.turns[index] if 0 <= index < len(self.turns) else None

    def _same_owner(self, i: int, j: int) -> bool:
        return self.tokens[i].owner == self.tokens[j].owner


def _free_between(before: int, after: int, used: Collection[int]) -> list[int]:
    """The unused timed tokens beside these two, up to the next used ones: what lies further off was said elsewhere.

    >>> _free_between(0, 9, {4, 5}), _free_between(9, 0, ())
    ([1, 2, 3, 6, 7, 8], [])
    """
    head = list(takewhile(lambda i: i not in used, range(before + 1, after)))
    tail = list(takewhile(lambda i: i not in used, range(after - 1, before + len(head), -1)))
    return [*head, *reversed(tail)]


def _unmatched_runs(matched: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The (start, end) of each run of unmatched tokens."""
    start = 0
    for end in range(len(matched) + 1):
        if end == len(matched) or matched[end] != NO_MATCH:
            if end > start:
                yield start, end
            start = end + 1
