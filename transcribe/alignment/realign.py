"""Edited text against timed words: what was left alone keeps its times, what is new gets times from its surroundings.

    timed words ─▶ pieces ┐                       ┌─ kept: the word itself, to the millisecond
                          ├─ matches, moves ─▶ ───┤
    edited turns ─▶ tokens┘                       └─ else: the time of what stood there, shared out by letters

Pure. Who says a turn is not decided here (`transcribe.drafts.speaker_resolution`), nor what in a draft is speech
(`output.parse`); but bracketed notes in the text get no time and are left out, unless the recogniser had them too; the
punctuation after one stays with the word before it.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count, groupby, pairwise

from audio.episode import Seconds
from transcribe.alignment.text_diff import NO_MATCH, add_moves, increasing, matches, overlap_ratio, slide_deletions
from transcribe.transcript import Word

SECONDS_A_LETTER = 0.07  # of a word put where nothing was heard; English speech has about 14 letters a second
LONGEST_NOTE = 60  # tokens; a bracket that closes later than that opens no note
MIN_OVERLAP_RATIO = 0.2  # of draft and transcript; different interviews share under 6 %, a hard edit leaves over half
PLENTY = 10.0  # seconds, for the silence round a recording

_DASHES = "-–—.…"
_STOPS = ",.;:!?…"

Forms = Callable[[str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class RealignedTurn:
    """An edited turn's words in the order of time, and for each the position of the timed word that stood there.

    A word that stands for no timed one has the origin None. `changed` counts the words corrected, put in and taken out.
    """

    words: tuple[Word, ...]
    origins: tuple[int | None, ...]
    changed: int


@dataclass(frozen=True, slots=True)
class Realignment:
    """All turns of an edited text; `overlap_ratio` is the share of the shorter text found in the other, 0 to 1."""

    turns: tuple[RealignedTurn, ...]
    overlap_ratio: float

    @property
    def is_of_one_text(self) -> bool:
        """Whether the edited text can be what became of the timed one: it has words, and enough of the same."""
        return self.overlap_ratio >= MIN_OVERLAP_RATIO and any(turn.words for turn in self.turns)


def as_it_is(text: str) -> tuple[str, ...]:
    """The `Forms` of a text that prints words as they are."""
    return (text,)


def realign(texts: Sequence[str], timed: Sequence[Sequence[Word]], *, forms: Forms = as_it_is) -> Realignment:
    """Give the words of `texts` (the edited turns) the times of the words of `timed` (turns as well).

    `forms` says how a timed word may be printed, the usual form first: a word whose print was left alone is kept as
    it is, typographic quotes and all. Words changed in case or punctuation keep their times, the others share the
    time of what they replace by their letters; words where nothing stood get a natural length in the gap there. Within
    a turn times never fall; turns that were moved keep theirs.
    """
    words, numbers = [word for turn in timed for word in turn], count()
    pieces = _pieces(
        [(number, text) for word, number in zip(turn, numbers, strict=False) for text in forms(word.text)[0].split()]
        for turn in timed
    )
    tokens = _pieces([(turn, token) for token in text.split()] for turn, text in enumerate(texts))
    old, new, times = [piece.key for piece in pieces], [token.key for token in tokens], _piece_times(pieces, words)
    found = matches(old, new)
    overlap = overlap_ratio(found, min(len(pieces), len(tokens)))
    found = add_moves(old, new, slide_deletions(old, found, _pauses(times)))
    spoken = _spoken(tokens, found)
    tokens, found = [tokens[i] for i in spoken], [found[i] for i in spoken]
    found = _in_order(tokens, found, [words[piece.owner].start for piece in pieces])
    placed = _placed(tokens, found, times)
    removed = _removed(tokens, found, len(pieces))
    by_turn: list[list[int]] = [[] for _ in texts]
    for i, token in enumerate(tokens):
        by_turn[token.owner].append(i)
    build = _Builder(words, pieces, tokens, found, placed, forms)
    return Realignment(tuple(build.turn(span, removed) for span in by_turn), overlap)


class _Piece:
    """A blank-separated part of the text: of a timed word or of an edited turn (`owner` is its position)."""

    __slots__ = ("is_note", "key", "owner", "text")

    def __init__(self, owner: int, text: str) -> None:
        self.owner, self.text, self.key, self.is_note = owner, text, "", False


_Span = tuple[Seconds, Seconds]


def _pieces(turns: Iterable[list[tuple[int, str]]]) -> list[_Piece]:
    made = []
    for turn in turns:
        in_turn = [_Piece(owner, text) for owner, text in turn]
        _set_keys(in_turn)
        made += in_turn
    return made


def _set_keys(pieces: Sequence[_Piece]) -> None:
    """What counts as the same word: its letters and digits without case; inside a bracketed note only its like."""
    note_end = -1
    for i, piece in enumerate(pieces):
        if i > note_end and piece.text.startswith(("[", "([", '"[')):
            ahead = range(i, min(i + LONGEST_NOTE, len(pieces)))
            note_end = next((j for j in ahead if "]" in pieces[j].text), -1)
        piece.is_note = i <= note_end
        key = _letters(piece.text) or piece.text.strip(_DASHES)  # the house prints one dash or another by the place
        piece.key = f"[{key}" if piece.is_note else key


def _spoken(tokens: Sequence[_Piece], found: Sequence[int]) -> list[int]:
    """The positions of the tokens that are no notes; punctuation that follows a note goes to the word before it."""
    kept: list[int] = []
    opening = ""
    for i, token in enumerate(tokens):
        if found[i] != NO_MATCH or not token.is_note:
            kept.append(i)
            continue
        opening = token.text[0] if token.text[0] in '("' else opening
        _, is_end, after = token.text.rpartition("]")
        if not is_end:
            continue
        if opening:  # what the note itself is in
            after = after.replace(")" if opening == "(" else opening, "", 1)
        before = tokens[kept[-1]] if kept else None
        if before and before.owner == token.owner and not _letters(after):
            before.text += after.lstrip(_STOPS) if before.text.endswith(tuple(_STOPS)) else after
        opening = ""
    return kept


@lru_cache(maxsize=50_000)
def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def _piece_times(pieces: Sequence[_Piece], words: Sequence[Word]) -> list[_Span]:
    """When each piece was said: a word of several shares its time out by letters."""
    times: list[_Span] = []
    start = 0
    while start < len(pieces):
        end = start
        while end < len(pieces) and pieces[end].owner == pieces[start].owner:
            end += 1
        word = words[pieces[start].owner]
        times += _shared_out([(word.start, word.end)], [piece.text for piece in pieces[start:end]])
        start = end
    return times


def _pauses(times: Sequence[_Span]) -> list[Seconds]:
    """The silence before each piece; before the first and after the last there is plenty."""
    return [PLENTY, *(later[0] - earlier[1] for earlier, later in pairwise(times)), PLENTY]


def _shared_out(spans: Sequence[_Span], texts: Sequence[str]) -> list[_Span]:
    """Times for `texts` in `spans`, stretches that follow one another: by pairs where as many, else by letters."""
    if len(spans) == len(texts):
        return list(spans)
    total = sum(len(text) for text in texts)
    edges = [0.0]
    for text in texts:
        edges.append(edges[-1] + len(text) / total)
    heard = [max(0.0, end - start) for start, end in spans]
    passed = [0.0]
    for length in heard:
        passed.append(passed[-1] + length)

    def moment(share: float, *, is_end: bool) -> Seconds:
        at = share * passed[-1]
        k = min(max(bisect_right(passed, at) - 1, 0), len(spans) - 1)
        if is_end and k and at <= passed[k]:  # an end on a boundary belongs to what comes before the pause
            k -= 1
        return min(spans[k][0] + at - passed[k], spans[k][1])

    return [
        (moment(edges[i], is_end=False), max(moment(edges[i], is_end=False), moment(edges[i + 1], is_end=True)))
        for i in range(len(texts))
    ]


def _in_order(tokens: Sequence[_Piece], found: list[int], starts: Sequence[Seconds]) -> list[int]:
    """The matches without those that would make time fall within a turn (merged or shuffled speech)."""
    kept = [NO_MATCH] * len(found)
    start = 0
    for end in range(1, len(tokens) + 1):
        if end == len(tokens) or tokens[end].owner != tokens[start].owner:
            matched = [i for i in range(start, end) if found[i] != NO_MATCH]
            for k in increasing([starts[found[i]] for i in matched]):
                kept[matched[k]] = found[matched[k]]
            start = end
    return kept


def _gaps(found: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The stretches of unmatched tokens, as positions from and to."""
    start = 0
    for end in range(len(found) + 1):
        if end == len(found) or found[end] != NO_MATCH:
            if end > start:
                yield start, end
            start = end + 1


def _placed(tokens: Sequence[_Piece], found: Sequence[int], times: Sequence[_Span]) -> list[tuple[_Span, int | None]]:
    """When each token is said, and the piece it stands for."""
    placed: list[tuple[_Span, int | None]] = [
        ((0.0, 0.0), None) if index == NO_MATCH else (times[index], index) for index in found
    ]
    used = {index for index in found if index != NO_MATCH}
    for start, end in _gaps(found):
        before = found[start - 1] if start else NO_MATCH
        after = found[end] if end < len(found) else len(times)
        free = [i for i in range(before + 1, after) if i not in used] if before < after else []
        texts = [token.text for token in tokens[start:end]]
        if free:
            spans = _shared_out([times[i] for i in free], texts)
            origins = [free[min(k * len(free) // len(texts), len(free) - 1)] for k in range(len(texts))]
            placed[start:end] = list(zip(spans, origins, strict=True))
        else:
            low = times[before][1] if start else 0.0
            high = times[after][0] if end < len(found) else low + SECONDS_A_LETTER * len("".join(texts))
            placed[start:end] = [(span, None) for span in _inserted(tokens, start, end, (low, high))]
    return placed


def _inserted(tokens: Sequence[_Piece], start: int, end: int, gap: _Span) -> Iterator[_Span]:
    """Times for the tokens from `start` to `end`, of which nothing was heard: each turn's words by their neighbours."""
    groups = [list(group) for _, group in groupby(tokens[start:end], key=lambda token: token.owner)]
    step = max(0.0, gap[1] - gap[0]) / len(groups)
    for k, group in enumerate(groups):
        hugs_before = k == 0 and start > 0 and tokens[start - 1].owner == group[0].owner
        hugs_after = k == len(groups) - 1 and end < len(tokens) and tokens[end].owner == group[0].owner
        low = gap[0] + k * step
        yield from _squeezed(low, low + step, [token.text for token in group], float(hugs_after - hugs_before))


def _squeezed(low: Seconds, high: Seconds, texts: Sequence[str], lean: float) -> list[_Span]:
    """Times for words not heard, between `low` and `high`; `lean`: -1 at the start, 0 in the middle, 1 at the end."""
    room = max(0.0, high - low)
    length = min(room, SECONDS_A_LETTER * sum(map(len, texts)))
    start = low + (room - length) * (1 + lean) / 2
    return _shared_out([(start, start + length)], texts)


def _removed(tokens: Sequence[_Piece], found: Sequence[int], total: int) -> dict[int, int]:
    """How many pieces went from each turn, beyond those that others stand for now."""
    gone: dict[int, int] = {}
    used = {index for index in found if index != NO_MATCH}
    anchors = [(-1, -1), *((i, index) for i, index in enumerate(found) if index != NO_MATCH), (len(tokens), total)]
    for (i, before), (j, after) in pairwise(anchors):
        lost = sum(k not in used for k in range(before + 1, after)) - (j - i - 1)
        if lost > 0 and tokens:
            owner = tokens[min(max(i, 0), len(tokens) - 1)].owner
            gone[owner] = gone.get(owner, 0) + lost
    return gone


@dataclass(frozen=True, slots=True)
class _Builder:
    """Makes words of placed tokens."""

    words: Sequence[Word]
    pieces: Sequence[_Piece]
    tokens: Sequence[_Piece]
    found: Sequence[int]
    placed: Sequence[tuple[_Span, int | None]]
    forms: Forms

    def turn(self, span: Sequence[int], removed: dict[int, int]) -> RealignedTurn:
        """The turn whose tokens stand at the positions `span`, which follow one another."""
        made: list[tuple[Word, int | None, bool]] = []
        i, end = (span[0], span[-1] + 1) if span else (0, 0)
        changed = removed.get(self.tokens[i].owner, 0) if span else 0
        while i < end:
            count = self._kept(i, end)
            if count:
                made.append((self.words[self.pieces[self.found[i]].owner], self.pieces[self.found[i]].owner, True))
            else:
                changed += 1
                self._add_changed(i, made)
            i += count or 1
        return RealignedTurn(tuple(_rising(made)), tuple(origin for _, origin, _ in made), changed)

    def _kept(self, i: int, end: int) -> int:
        """How many tokens from the one at `i` on are a timed word left alone; 0: it was touched."""
        first = self.found[i]
        if first == NO_MATCH or (first and self.pieces[first - 1].owner == self.pieces[first].owner):
            return 0
        owner, count = self.pieces[first].owner, 1
        while first + count < len(self.pieces) and self.pieces[first + count].owner == owner:
            count += 1
        if i + count > end or any(self.found[i + k] != first + k for k in range(count)):
            return 0
        printed = " ".join(self.tokens[i + k].text for k in range(count))
        return count if printed in self.forms(self.words[owner].text) else 0

    def _add_changed(self, i: int, made: list[tuple[Word, int | None, bool]]) -> None:
        (start, end), piece = self.placed[i]
        token = self.tokens[i]
        if made and not _letters(token.text):  # a dash of its own goes with the word before it
            word, origin, is_anchor = made[-1]
            made[-1] = (replace(word, text=f"{word.text} {token.text}"), origin, is_anchor)
            return
        origin = None if piece is None else self.pieces[piece].owner
        same = self.found[i] != NO_MATCH and origin is not None
        probability = self.words[origin].probability if same and origin is not None else 1.0
        made.append((Word(token.text, max(start, 0.0), max(start, end, 0.0), probability), origin, same))


def _rising(made: Sequence[tuple[Word, int | None, bool]]) -> Iterator[Word]:
    """The words, those that hold no times of their own brought between their neighbours'."""
    ceilings = [float("inf")] * (len(made) + 1)
    for i in range(len(made) - 1, -1, -1):
        word, _, is_anchor = made[i]
        ceilings[i] = min(ceilings[i + 1], word.start) if is_anchor else ceilings[i + 1]
    low = 0.0
    for i, (word, _, is_anchor) in enumerate(made):
        if is_anchor:
            low = max(low, word.start)
            yield word
            continue
        start = min(max(word.start, low), ceilings[i])
        end = max(start, min(word.end, max(ceilings[i], start)))
        low = start
        yield replace(word, start=start, end=end)
