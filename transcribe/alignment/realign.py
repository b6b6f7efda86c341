"""Edited text against timed words: unchanged words keep their times, new ones get times from their surroundings.

    timed words ─▶ tokens ┐                       ┌─ matched: the word itself, to the millisecond
                          ├─ matches, moves ─▶ ───┤
    edited turns ─▶ tokens┘                       └─ else: the time of what it replaces, divided by letters

Pure. What this does not do: decide who speaks a turn (`transcribe.drafts.speaker_resolution`) or which text of a draft
is speech (`output.parse`). Bracketed notes in the text (`does [not] seem`) are words without a length, where the word
before them ends, unless the recogniser wrote them too: they take no time from the words around them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, pairwise

from audio.episode import Seconds
from transcribe.alignment.interpolation import TimeSpan, place, token_times
from transcribe.alignment.moves import add_moves
from transcribe.alignment.replacements import replacements, without_chance
from transcribe.alignment.text_diff import NO_MATCH, matches, overlap_ratio, slide_deletions, slide_insertions
from transcribe.alignment.tokens import Token, added_notes, letters, spoken_positions, tokenize
from transcribe.alignment.turn_pairing import Voices
from transcribe.scripts import has_end_mark, is_unspaced
from transcribe.transcript import Word

MIN_OVERLAP_RATIO = 0.2  # of draft and transcript; different interviews share under 6 %, a hard edit leaves over half
_STYLED = "-."  # the house style's dash and ellipsis, with blanks round them
OUTER_PAUSE = 10.0  # seconds of silence assumed before and after a recording
NO_VOICES = Voices()

Forms = Callable[[str], tuple[str, ...]]
"""The ways a timed word may be printed, the usual one first."""

Trust = Callable[[Sequence[int], int], list[int]]
"""The matches to believe, of those with a text of so many items: see `transcribe.alignment.passages.evident`."""


@dataclass(frozen=True, slots=True)
class RealignedTurn:
    """An edited turn's words in the order of the text, and for each the position of the timed word it replaces.

    Times rise, except where a word follows that was spoken before: an editor changed their order.

    An inserted word has the origin None. `changed` counts the words substituted, inserted and deleted; `notes` those
    that belong to added notes in brackets.
    """

    words: tuple[Word, ...]
    origins: tuple[int | None, ...]
    changed: int
    notes: int = 0

    @property
    def has_speech(self) -> bool:
        """Whether there is a word besides added notes."""
        return len(self.words) > self.notes


@dataclass(frozen=True, slots=True)
class Realignment:
    """All turns of an edited text; `overlap_ratio` is the share of the shorter text found in the other, 0 to 1."""

    turns: tuple[RealignedTurn, ...]
    overlap_ratio: float

    @property
    def is_same_text(self) -> bool:
        """Whether the edited text can be an edit of the timed one: it has words, and enough of the same."""
        return self.overlap_ratio >= MIN_OVERLAP_RATIO and any(turn.has_speech for turn in self.turns)


def verbatim(text: str) -> tuple[str, ...]:
    """The `Forms` of a text that prints words unchanged."""
    return (text,)


def every_match(matched: Sequence[int], n_old: int) -> list[int]:
    """The `Trust` in a text that is known to be an edit of the other."""
    return list(matched)


def realign(
    texts: Sequence[str],
    timed: Sequence[Sequence[Word]],
    *,
    forms: Forms = verbatim,
    trust: Trust = every_match,
    voices: Voices = NO_VOICES,
) -> Realignment:
    """Give the words of `texts` (the edited turns) the times of the words of `timed` (also turns).

    A word whose printed form was not edited stays as it is, typographic quotes included. Words changed in case or
    punctuation keep their times, other substitutions divide the time of what they replace by letters, and insertions
    get a natural length in the gap they are in. At the edge of a turn new words replace words of the timed turn that
    their neighbours come from, never those of a turn deleted beside it (`transcribe.alignment.replacements`). A turn
    written anew in the place of deleted ones replaces that of its speaker, as far as `voices` tell. What was moved,
    inside a turn or to another, keeps its times.
    """
    words, numbers = [word for turn in timed for word in turn], count()
    sources = tokenize(
        [(number, forms(word.text)[0]) for word, number in zip(turn, numbers, strict=False)] for turn in timed
    )
    tokens = tokenize([(turn, text)] for turn, text in enumerate(texts))
    old, new, times = [token.key for token in sources], [token.key for token in tokens], token_times(sources, words)
    matched = trust(matches(old, new), len(old))
    ratio = overlap_ratio(matched, min(len(sources), len(tokens)))
    pauses = _pauses(times)
    matched = add_moves(old, new, slide_insertions(new, slide_deletions(old, matched, pauses), pauses))
    turn_of = [number for number, turn in enumerate(timed) for _ in turn]
    turns = [turn_of[token.owner] for token in sources]
    matched = without_chance(tokens, matched, turns=turns)
    notes, spoken = added_notes(tokens, matched), spoken_positions(tokens, matched)
    tokens, matched = [tokens[i] for i in spoken], [matched[i] for i in spoken]
    deleted = _deletions(tokens, matched, len(sources))
    replaced = replacements(tokens, matched, timed=sources, turns=turns, voices=voices)
    placed = place(tokens, matched, times, replaced=replaced)
    by_turn = _by_turn(tokens, n_turns=len(texts))
    build = _Builder(words, sources, tokens, matched, placed, forms)
    timed_turns = (build.turn(positions, deleted, notes.get(turn, {})) for turn, positions in enumerate(by_turn))
    return Realignment(tuple(timed_turns), ratio)


def _by_turn(tokens: Sequence[Token], *, n_turns: int) -> list[list[int]]:
    """The positions of the tokens of each turn."""
    positions: list[list[int]] = [[] for _ in range(n_turns)]
    for i, token in enumerate(tokens):
        positions[token.owner].append(i)
    return positions


def _pauses(times: Sequence[TimeSpan]) -> list[Seconds]:
    """The silence before each token, and after the last."""
    return [OUTER_PAUSE, *(later[0] - earlier[1] for earlier, later in pairwise(times)), OUTER_PAUSE]


def _deletions(tokens: Sequence[Token], matched: Sequence[int], n_sources: int) -> dict[int, int]:
    """How many timed tokens were deleted from each turn, not counting those that were replaced."""
    deleted: dict[int, int] = {}
    place_of = {index: position for position, index in enumerate(matched) if index != NO_MATCH}
    start = 0
    for end in range(n_sources + 1):
        if end < n_sources and end not in place_of:
            continue
        position = place_of.get(start - 1, -1)  # of the timed token before the deleted ones
        n_deleted = end - start - _unmatched_from(matched, position + 1, at_most=end - start)
        if n_deleted > 0 and tokens:
            owner = tokens[max(position, 0)].owner
            deleted[owner] = deleted.get(owner, 0) + n_deleted
        start = end + 1
    return deleted


def _unmatched_from(matched: Sequence[int], start: int, *, at_most: int) -> int:
    """The number of tokens without a match in a row from `start` on."""
    end = start
    while end < len(matched) and end - start < at_most and matched[end] == NO_MATCH:
        end += 1
    return end - start


@dataclass(frozen=True, slots=True)
class _Built:
    """A word, its origin, whether its time is an anchor, and the free-standing signs behind it, a dash for one."""

    word: Word
    origin: int | None
    is_anchor: bool
    signs: list[str] = field(default_factory=list)

    def timed(self, start: Seconds, end: Seconds) -> Word:
        """The word with its signs at this time."""
        return replace(self.word, text="".join((self.word.text, *self.signs)), start=start, end=end)


@dataclass(frozen=True, slots=True)
class _Builder:
    """Builds words from placed tokens; `sources` are the tokens of the timed `words`."""

    words: Sequence[Word]
    sources: Sequence[Token]
    tokens: Sequence[Token]
    matched: Sequence[int]
    placed: Sequence[tuple[TimeSpan, int | None]]
    forms: Forms

    def turn(
        self, positions: Sequence[int], deleted: Mapping[int, int], notes: Mapping[int, Sequence[Token]]
    ) -> RealignedTurn:
        """The turn of the tokens at the consecutive `positions`; `notes` stand before the token at their key."""
        built: list[_Built] = []
        i, end = (positions[0], positions[-1] + 1) if positions else (0, 0)
        changed = deleted.get(self.tokens[i].owner, 0) if positions else 0
        while i < end:
            self._add_notes(notes, i, built)
            if size := self._unchanged(i, end):
                origin = self.sources[self.matched[i]].owner
                word = self.words[origin]
                attached = self._attached(i, word.attached)
                changed += attached is not word.attached
                built.append(_Built(replace(word, attached=attached), origin, True))
            else:
                changed += 1
                self._add_changed(i, built)
            for inside in range(i + 1, i + size):
                self._add_notes(notes, inside, built)
            i += size or 1
        for last in [key for key in notes if key >= end]:
            self._add_notes(notes, last, built)
        origins = tuple(one.origin for one in built)
        return RealignedTurn(tuple(_timed(built)), origins, changed, sum(map(len, notes.values())))

    def _add_notes(self, notes: Mapping[int, Sequence[Token]], i: int, built: list[_Built]) -> None:
        """The notes before the token at `i`: at the end of the word before them, or else where that token begins."""
        if i not in notes:
            return
        before = built[-1].word.end if built else None
        if before is None and self.placed:
            before = self.placed[i][0][0] if i < len(self.placed) else self.placed[-1][0][1]
        at = max(before or 0.0, built[-1].word.start if built else 0.0)
        built += [_Built(Word(note.text, at, at, attached=note.attached), None, False) for note in notes[i]]

    def _unchanged(self, i: int, end: int) -> int:
        """How many tokens from `i` on are one unchanged timed word; 0 if it was edited."""
        first = self.matched[i]
        if first == NO_MATCH or (first and self.sources[first - 1].owner == self.sources[first].owner):
            return 0
        owner, size = self.sources[first].owner, 1
        while first + size < len(self.sources) and self.sources[first + size].owner == owner:
            size += 1
        if i + size > end or any(self.matched[i + k] != first + k for k in range(size)):
            return 0
        rest = self.tokens[i + 1 : i + size]
        printed = self.tokens[i].text + "".join(token.text if token.attached else f" {token.text}" for token in rest)
        return size if printed in self.forms(self.words[owner].text) else 0

    def _attached(self, i: int, before_edit: bool) -> bool:
        """Whether the token is written without a blank before it; if the text cannot tell, as it was before the edit.

        It cannot at the start of a turn, where the house style puts blanks round a dash, and after a sentence, where a
        paragraph may end.
        """
        if i == 0 or self.tokens[i - 1].owner != self.tokens[i].owner:
            return before_edit
        last = self.tokens[i - 1].text
        return before_edit if last[-1] in _STYLED or has_end_mark(last) else self.tokens[i].attached

    def _add_changed(self, i: int, built: list[_Built]) -> None:
        (start, end), source = self.placed[i]
        token = self.tokens[i]
        if built and not letters(token.text):  # a free-standing dash is appended to the word before it
            built[-1].signs.append(token.text if token.attached else f" {token.text}")
            return
        origin = None if source is None else self.sources[source].owner
        same = self.matched[i] != NO_MATCH and origin is not None
        heard = self.words[origin] if same and origin is not None else None
        sure = (heard.probability, heard.error) if heard else (1.0, None)
        was_attached = token.attached or (origin is not None and self.words[origin].attached)
        goes_on = i > 0 and is_unspaced(self.tokens[i - 1].text[-1]) and is_unspaced(token.text[0])
        attached = self._attached(i, was_attached or goes_on)
        word = Word(token.text, max(start, 0.0), max(start, end, 0.0), sure[0], attached, sure[1])
        built.append(_Built(word, origin, same))


def _timed(built: Sequence[_Built]) -> Iterator[Word]:
    """The words, with interpolated times clamped between those of their neighbours; moved words begin anew."""
    start, last = 0, 0.0
    for end, one in enumerate(built):
        if one.is_anchor and one.word.start < last:
            yield from _rising(built[start:end])
            start = end
        last = one.word.start if one.is_anchor else last
    yield from _rising(built[start:])


def _rising(built: Sequence[_Built]) -> Iterator[Word]:
    """The words, with interpolated times clamped between those of their neighbours."""
    ceilings = [float("inf")] * (len(built) + 1)
    for i, one in reversed(list(enumerate(built))):
        ceilings[i] = min(ceilings[i + 1], one.word.start) if one.is_anchor else ceilings[i + 1]
    low = 0.0
    for i, one in enumerate(built):
        start, end = one.word.start, one.word.end
        if one.is_anchor:
            low = max(low, start)
        else:
            low = start = min(max(start, low), ceilings[i])
            end = max(start, min(end, max(ceilings[i], start)))
        yield one.timed(start, end)
