"""Clues to who speaks: introductions and forms of address in the turns. Pure text work, English only.

What counts belongs where it stands (`transcribe.speakers.name_patterns`): people introduce themselves in their first
words, a guest near the beginning, and greet each other at both ends. The same words in the middle are mostly a story.
Nothing reported or supposed counts (`transcribe.speakers.reported_speech`), and no word that is not a name here
(`transcribe.speakers.name_words`). `transcribe.speakers.naming` decides what the clues amount to.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from transcribe.person_names import are_same, first_name, name_similarity, untitled
from transcribe.scripts import ends_sentence
from transcribe.speakers.addressees import Clue, TurnTexts, about_others, quote_of
from transcribe.speakers.name_patterns import (
    ABSENT,
    ADDRESSES,
    COMPANIONS,
    GREETINGS,
    INTRODUCTIONS,
    SELF_PATTERNS,
    WELCOME,
    WITHOUT,
    Kind,
    Pattern,
)
from transcribe.speakers.name_words import AMBIGUOUS, Vocabulary, name_in
from transcribe.speakers.reported_speech import Quotes, is_reported, is_supposed
from transcribe.transcript import Turn

_OPENING_WORDS, _OPENING_TURNS = 700, 6  # of a recording: some four minutes, in which people are introduced
_FIRST_WORDS = 60  # of a voice, in which it introduces itself whenever it joins
_CLOSING_WORDS, _CLOSING_TURNS = 250, 4
_MOST_NAMES = 60
_ELSEWHERE = 0.35  # of an introduction's points where none belongs
_AT_AN_END, _BETWEEN = 1.5, 0.5  # of a greeting's points where it belongs, and where it does not
_SECOND_PERSON = re.compile(r"\b(?:you|your|yours|you're|you’re|you've|you’ve|we|us|let's|let’s)\b", re.IGNORECASE)
_ASIDE = 120  # characters after an introduction, which may say that it is of somebody absent
_SENTENCE = 240  # characters around a name that are looked at as its sentence
_ADDRESSED_SHARE = 0.4  # of the times a voice says a name; below it, forms of address count less
_UNADDRESSED = 0.5  # of the points of a sentence that speaks to nobody


@dataclass(frozen=True, slots=True)
class _Talk:
    """The turns with what is looked up about all of them; `before` is the number of words before each turn."""

    said: TurnTexts
    before: tuple[int, ...]
    vocabulary: Vocabulary
    own_before: tuple[int, ...]  # the number of words of the turn's own voice before it

    @classmethod
    def of(cls, turns: Sequence[Turn]) -> _Talk:
        lengths = [len(turn.words) for turn in turns]
        spoken, own = Counter[str](), []
        for turn in turns:
            own.append(spoken[turn.speaker])
            spoken[turn.speaker] += len(turn.words)
        before = tuple(accumulate(lengths, initial=0))
        return cls(TurnTexts.of(turns), before, Vocabulary.of(turns), tuple(own))

    def word_of(self, index: int, offset: int) -> int:
        """Which word of a turn is at `offset` of its text, about: by the share of the characters."""
        return int(len(self.said.turns[index].words) * offset / max(1, len(self.said.texts[index])))

    def is_opening(self, index: int, offset: int) -> bool:
        """Whether people are introduced and greeted here."""
        return index < _OPENING_TURNS or self.before[index] + self.word_of(index, offset) < _OPENING_WORDS

    def is_closing(self, index: int, offset: int) -> bool:
        """Whether people say goodbye here."""
        left = self.before[-1] - self.before[index] - self.word_of(index, offset)
        return index >= len(self.said.turns) - _CLOSING_TURNS or left < _CLOSING_WORDS

    def begins(self, index: int, offset: int) -> bool:
        """Whether these are among the first words of their voice."""
        return self.own_before[index] + self.word_of(index, offset) < _FIRST_WORDS


def find_clues(turns: Sequence[Turn]) -> tuple[Clue, ...]:
    """All clues in the order of the turns."""
    talk = _Talk.of(turns)
    found = [clue for index in range(len(turns)) for clue in _clues_of(talk, index)]
    return tuple(_weighed(found, talk.vocabulary))


def _weighed(clues: Sequence[Clue], vocabulary: Vocabulary) -> Iterator[Clue]:
    """The clues, those of address by how often their voice says the name otherwise.

    Whoever is addressed is hardly ever talked about: a product that seems to be addressed is said a hundred times.
    """
    spoken = [clue for clue in clues if clue.weight < 0]
    addressed = Counter((clue.speaker, _key(clue.name)) for clue in spoken)
    said_by = {(clue.quote, clue.time): clue.speaker for clue in spoken}
    for clue in clues:
        if clue.kind is Kind.ADDRESS:
            key = (said_by[clue.quote, clue.time], _key(clue.name))
            share = addressed[key] / max(1, vocabulary.capitalised[key], addressed[key])
            is_seen = vocabulary.inside[_key(clue.name)] > 0
            yield replace(clue, weight=clue.weight * min(1.0, share / _ADDRESSED_SHARE) * (1.0 if is_seen else 0.3))
        else:
            yield clue


def _key(name: str) -> str:
    return first_name(name).casefold()


def clues_by_name(clues: Iterable[Clue], names: Sequence[str]) -> dict[tuple[str, str], list[Clue]]:
    """(name, speaker) → the clues for or against this pair; each clue counts for the most similar of `names`."""
    gathered: dict[tuple[str, str], list[Clue]] = defaultdict(list)
    meant: dict[str, str | None] = {}
    for clue in clues:
        if clue.name not in meant:
            similar = [name for name in names if are_same(name, clue.name)]
            said = untitled(clue.name).casefold()
            meant[clue.name] = max(
                similar, key=lambda name: name_similarity(untitled(name).casefold(), said), default=None
            )
        if (name := meant[clue.name]) is not None:
            gathered[name, clue.speaker].append(clue)
    return gathered


def spoken_names(clues: Sequence[Clue], *, taken: Sequence[str]) -> list[str]:
    """The names with the most points, each in its longest form ("Rich" and "Rich Bowen" are one), without those taken.

    There are at most a few for each speaker of the largest recordings, so the comparison of all with all is bounded.
    """
    points = Counter[str]()
    for clue in clues:
        points[clue.name] += max(0, round(100 * clue.weight))  # in hundredths, which a counter counts
    names: list[str] = []
    strongest = [name for name, _ in points.most_common(_MOST_NAMES)]
    for name in sorted(strongest, key=lambda name: (-len(name.split()), name)):
        if not any(are_same(name, other) for other in [*names, *taken]):
            names.append(name)
    return names


def count_questions(turn: Turn) -> int:
    """How many sentences of a turn end with a question mark."""
    return sum(word.text.rstrip("\"'”’)").endswith("?") for word in turn.words)


def welcomes(turn: Turn) -> bool:
    """Whether the speaker welcomes or thanks people as hosts do."""
    return bool(WELCOME.search(turn.text))


def _clues_of(talk: _Talk, index: int) -> Iterator[Clue]:
    turn, text = talk.said.turns[index], talk.said.texts[index]
    quotes = Quotes.of(text)
    own = _own_names(talk, index, quotes)
    for name, (points, match) in own.items():
        yield Clue(
            name, turn.speaker, points, quote_of(match, name), talk.said.time_of(index, match.start()), Kind.SELF
        )
    for patterns in (INTRODUCTIONS, COMPANIONS, GREETINGS + ADDRESSES):
        found: dict[str, tuple[float, re.Match[str], Kind]] = {}
        for pattern, match, captured in _matches(patterns, text):
            name = name_in(captured, talk.vocabulary)
            points = _points(talk, index, match, pattern, quotes) if name and name not in own else 0.0
            if points > found.get(name, (0.0,))[0]:
                found[name] = (points, match, pattern.kind)
        for name, (points, match, kind) in found.items():
            yield from about_others(talk.said, index, match, name=name, weight=points, kind=kind)


def _own_names(talk: _Talk, index: int, quotes: Quotes) -> dict[str, tuple[float, re.Match[str]]]:
    """The names by which a turn's speaker introduces themselves: points, and the words of the best."""
    own: dict[str, tuple[float, re.Match[str]]] = {}
    for pattern, match, captured in _matches(SELF_PATTERNS, talk.said.texts[index]):
        name, offset = name_in(captured, talk.vocabulary), match.start()
        if not name or name.casefold() in AMBIGUOUS or _is_anothers(talk.said.texts[index], match, quotes):
            continue
        belongs = talk.is_opening(index, offset) or talk.begins(index, offset) or talk.is_closing(index, offset)
        points = pattern.points * (1.0 if belongs else _ELSEWHERE)
        if name not in own or points > own[name][0]:
            own[name] = (points, match)
    return own


def _matches(patterns: Iterable[Pattern], text: str) -> Iterator[tuple[Pattern, re.Match[str], str]]:
    """Every match, once for each name it captures."""
    for pattern in patterns:
        for match in pattern.regex.finditer(text):
            yield pattern, match, match["name"]
            if "other" in pattern.regex.groupindex and match["other"]:
                yield pattern, match, match["other"]


def _points(talk: _Talk, index: int, match: re.Match[str], pattern: Pattern, quotes: Quotes) -> float:
    """What a clue about somebody else is worth where it stands; 0 for none."""
    text, offset = talk.said.texts[index], match.start()
    if _is_anothers(text, match, quotes):
        return 0.0
    opening, closing = talk.is_opening(index, offset), talk.is_closing(index, offset)
    if pattern.kind in (Kind.INTRODUCTION, Kind.COMPANION):
        after, before = text[match.end() : match.end() + _ASIDE], text[max(0, offset - _ASIDE // 2) : offset]
        if WITHOUT.search(before) or ABSENT.search(after):
            return 0.0
        return pattern.points * (1.0 if opening else _ELSEWHERE if pattern.kind is Kind.INTRODUCTION else 0.0)
    if pattern.kind is Kind.GREETING:
        return pattern.points * (_AT_AN_END if opening or closing else _BETWEEN)
    sentence = text[max(0, offset - _SENTENCE) : offset].rpartition(". ")[2] + text[offset : match.end() + _SENTENCE]
    return pattern.points * (1.0 if "?" in sentence or _SECOND_PERSON.search(sentence) else _UNADDRESSED)


def _is_anothers(text: str, match: re.Match[str], quotes: Quotes) -> bool:
    """Whether the words are reported or only supposed."""
    offset = match.start() + len(match[0]) - len(match[0].lstrip(" .!?,:;—–-"))
    named = match.start("name")
    return (
        _is_listed(text, named)
        or is_reported(text, offset, quotes)
        or is_reported(text, named, quotes)
        or is_supposed(text, offset)
    )


def _is_listed(text: str, offset: int) -> bool:
    """Whether a name follows another capitalised one and a comma, as in a list or a title: "Texas, Utah"."""
    before = text[max(0, offset - _ASIDE) : offset].split()
    if not before or not before[-1].endswith(",") or not before[-1][:1].isupper():
        return False
    return len(before) > 1 and not ends_sentence(before[-2]) and before[-2][-1] not in ",:;—–-"
