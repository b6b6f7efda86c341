"""Words the machine heard that an edited draft no longer gives to a person: they leave captions and JSON in silence.

The law: a word that was heard is, in the draft, under a person, rewritten there, or told here with its time. Words that
stand in the draft under nobody count (a marker that is not recognised, a heading above them), and so do passages that
are not in it at all. Words below a paragraph that almost is a marker count if another person said them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, groupby, pairwise

from audio.episode import Seconds
from output.almost_markers import AlmostMarker, almost_markers
from output.block_reader import PLACE, blocks_of, definitions_in, turn_blocks
from output.parse import Draft, DraftTurn
from output.speech import spoken_in
from output.text import clock, resolve_marks
from output.text_blocks import text_of
from transcribe.alignment.moves import add_moves
from transcribe.alignment.text_diff import NO_MATCH, matches
from transcribe.alignment.tokens import Token, tokenize
from transcribe.drafts.transcript_update import printed_forms
from transcribe.transcript import Transcript, Turn, Word

SHORTEST = 3  # words in a row under nobody; fewer are found there by chance, unless they are a whole turn
SHORTEST_MISSING = 12  # words in a row that are not in the draft; editors cut shorter passages all the time
REWRITTEN = 0.3  # of a passage's words: with so many new ones in its place, it was rewritten
_TOLD = 5  # places in a message


@dataclass(frozen=True, slots=True)
class Lost:
    """Consecutive words that nobody says any more, or `now` instead of whom the machine heard.

    `said` are the words under whom the machine heard, `marker` is what almost is a marker above them.
    """

    start: Seconds
    end: Seconds
    words: int
    where: str
    now: str = ""
    said: tuple[Turn, ...] = ()
    marker: str = ""

    def __str__(self) -> str:
        words = "1 word" if self.words == 1 else f"{self.words} words"
        return f"{clock(self.start)}-{clock(self.end)} ({words}, {self.where})"


@dataclass(frozen=True, slots=True)
class _Segment:
    """A part of the draft's text: `where` it stands, if it is nobody's; or the turn, and what almost is a marker."""

    text: str
    where: str = ""
    turn: int = -1
    almost: AlmostMarker | None = None


def lost_words(draft: Draft, heard: Transcript) -> tuple[Lost, ...]:
    """The passages of the transcript as the machine wrote it that are under no person in the draft, by time."""
    segments = list(_segments(draft))
    words = [(word, turn.speaker) for turn in heard.turns for word in turn.words]
    numbers = count()
    sources = tokenize([(next(numbers), printed_forms(word.text)[0]) for word in turn.words] for turn in heard.turns)
    tokens = tokenize([(i, segment.text)] for i, segment in enumerate(segments))
    old, new = [token.key for token in sources], [token.key for token in tokens]
    matched = add_moves(old, new, matches(old, new))
    places = _places(sources, tokens, matched, len(words))
    owners = _owners(segments, places, [speaker for _, speaker in words])
    kinds = [_kind(segments, at, speaker, owners) for at, (_, speaker) in zip(places, words, strict=True)]
    rewritten = _rewritten(sources, tokens, matched, segments)
    found: list[Lost] = []
    first = 0
    for kind, run in groupby(kinds):
        last = first + len(list(run))
        if kind is not None and _counts(kind, first, last, words=words, rewritten=rewritten):
            found.append(_lost(words[first:last], kind, draft))
        first = last
    return tuple(found)


def told(lost: Sequence[Lost], name: str) -> tuple[str, ...]:
    """The lost words in a line for the user, and those that went to another person in one; none if there are none."""
    lines = []
    for now, same in groupby(sorted(lost, key=lambda one: one.now), key=lambda one: one.now):
        passages = list(same)
        total = sum(one.words for one in passages)
        verb = "word the machine heard is" if total == 1 else "words the machine heard are"
        places = ", ".join(map(str, passages[:_TOLD]))
        more = f" and {len(passages) - _TOLD} more places" if len(passages) > _TOLD else ""
        whose = f"{now}'s now" if now else "nobody's now"
        lines.append(f"{name}: {total} {verb} {whose}: {places}{more}")
    return tuple(lines)


_Kind = tuple[str, int, str]  # where it is, the number of the turn that it is in now, -1 for nobody's, the marker
_MISSING: _Kind = ("not in the draft", -1, "")


def _segments(draft: Draft) -> Iterator[_Segment]:
    """The draft's text from its start to its end."""
    definitions, almost = definitions_in(draft.body), almost_markers(draft)
    yield _nobodys(draft.preamble, definitions, "before the first turn")
    for number, turn in enumerate(draft.turns):
        yield from _said(turn, number, definitions, almost)
        yield _nobodys(turn.aside, definitions, f"below a heading after the turn in line {turn.line}")
    yield _nobodys(draft.epilogue, definitions, "after the last turn")


def _said(turn: DraftTurn, number: int, definitions: str, almost: Sequence[AlmostMarker]) -> Iterator[_Segment]:
    """What is said in a turn, up to each paragraph that almost is a marker, and what is none of it."""
    line, lines = turn.line, turn.said.split("\n")
    first, last = (bisect_left(almost, at, key=lambda mark: mark.line) for at in (line + 1, line + len(lines)))
    marks = [None, *almost[first:last]]
    starts = [line, *(mark.line for mark in almost[first:last]), line + len(lines)]
    for mark, (begin, end) in zip(marks, pairwise(starts), strict=True):
        part = resolve_marks("\n".join(lines[begin - line : end - line]), clock=PLACE)
        for block in turn_blocks(part, definitions):
            said = spoken_in(block)
            yield (
                _Segment(said, turn=number, almost=mark)
                if said
                else _Segment(text_of([block]), f"in what is no speech in the turn in line {line}")
            )


def _nobodys(source: str, definitions: str, where: str) -> _Segment:
    return _Segment(text_of(blocks_of(resolve_marks(source, clock=PLACE), definitions)), where)


def _places(sources: Sequence[Token], tokens: Sequence[Token], matched: Sequence[int], n_words: int) -> list[int]:
    """For each heard word the segment that it is in, -1 for none."""
    places = [-1] * n_words
    for token, index in zip(tokens, matched, strict=True):
        if index != NO_MATCH:
            places[sources[index].owner] = token.owner
    return places


def _owners(segments: Sequence[_Segment], places: Sequence[int], speakers: Sequence[str]) -> Mapping[int, str]:
    """For each turn, who was heard saying most of it, up to what almost is a marker."""
    votes: dict[int, Counter[str]] = {}
    for at, speaker in zip(places, speakers, strict=True):
        if at >= 0 and not segments[at].where and segments[at].almost is None:
            votes.setdefault(segments[at].turn, Counter())[speaker] += 1
    return {turn: counts.most_common(1)[0][0] for turn, counts in votes.items()}


def _kind(segments: Sequence[_Segment], at: int, speaker: str, owners: Mapping[int, str]) -> _Kind | None:
    """Where a lost word is; None for one that a person says."""
    if at < 0:
        return _MISSING
    segment = segments[at]
    if segment.where:
        return segment.where, -1, ""
    if segment.almost is None or owners.get(segment.turn, "") == speaker:
        return None
    marker = segment.almost.source
    return f"line {segment.almost.line} begins with {marker}, which is no marker", segment.turn, marker


def _rewritten(
    sources: Sequence[Token], tokens: Sequence[Token], matched: Sequence[int], segments: Sequence[_Segment]
) -> Mapping[int, int]:
    """For each heard word before a gap, how many new words of people stand in the draft in the gap's place."""
    fresh: dict[int, int] = {}
    before = -1
    for token, index in zip(tokens, matched, strict=True):
        if index != NO_MATCH:
            before = sources[index].owner
        elif not segments[token.owner].where:
            fresh[before] = fresh.get(before, 0) + 1
    return fresh


def _counts(
    kind: _Kind, first: int, last: int, *, words: Sequence[tuple[Word, str]], rewritten: Mapping[int, int]
) -> bool:
    """Whether the words from `first` up to `last` are so many, or so whole, that they are told."""
    length = last - first
    if kind == _MISSING:
        return length >= SHORTEST_MISSING and rewritten.get(first - 1, 0) < REWRITTEN * length
    is_whole = (first == 0 or words[first - 1][1] != words[first][1]) and (
        last == len(words) or words[last][1] != words[first][1]
    )
    return kind[1] >= 0 or length >= SHORTEST or is_whole


def _lost(words: Sequence[tuple[Word, str]], kind: _Kind, draft: Draft) -> Lost:
    where, turn, marker = kind
    now = draft.turns[turn].speaker if turn >= 0 else ""
    said = tuple(
        Turn(speaker, tuple(word for word, _ in run)) for speaker, run in groupby(words, key=lambda pair: pair[1])
    )
    return Lost(words[0][0].start, max(turn.end for turn in said), len(words), where, now, said, marker)
