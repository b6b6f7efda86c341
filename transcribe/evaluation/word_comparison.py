"""One comparison of two texts: their words aligned, the speakers paired, and what both say of names.

Computes once what several metrics share. `transcribe.evaluation.score` makes the score of it, and
`transcribe.evaluation.explain` the passages to listen to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from audio.episode import Seconds
from transcribe.evaluation.metrics import BootstrapSegments, WordErrors
from transcribe.evaluation.normalisation import Normaliser
from transcribe.evaluation.speaker_pairing import MOST_SPEAKERS, cp_pairing, tcp_errors
from transcribe.evaluation.word_alignment import (
    Pair,
    Run,
    Token,
    align,
    bootstrap_segments,
    count_errors,
    difference_runs,
    numbers_of,
    tokens_of,
)
from transcribe.person_names import untitled
from transcribe.readers.values import SpeakerTranscript

V = TypeVar("V")

Mention = tuple[int, ...]
"""The places of the tokens of a mention in the pairs of an alignment."""


@dataclass(frozen=True, slots=True)
class NameCount:
    """How often the reference mentions a speaker's name or a term, and how many of the mentions are wrong."""

    name: str
    mentions: int
    missed: int


class WordComparison:
    """A hypothesis compared with a reference; both have words."""

    def __init__(self, reference: SpeakerTranscript, hypothesis: SpeakerTranscript, normalise: Normaliser) -> None:
        self.reference, self.hypothesis = reference, hypothesis
        self.normalise = normalise

    @cached_property
    def tokens(self) -> tuple[list[Token], list[Token]]:
        """The normalised words of reference and hypothesis."""
        sides = (self.reference.utterances or (), self.hypothesis.utterances or ())
        reference, hypothesis = (tokens_of(side, self.normalise) for side in sides)
        return reference, hypothesis

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The alignment of all words."""
        return align(*self.tokens)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Every difference with its place in `pairs`, those with most errors first."""
        return difference_runs(self.pairs, assigned=self.assigned)

    @cached_property
    def assigned(self) -> Mapping[str, str] | None:
        """The best pairing of speakers, hypothesis → reference; None if one side does not say who speaks."""
        sides = self.reference, self.hypothesis
        if not all(side.words_have_speakers and len(side.speakers) <= MOST_SPEAKERS for side in sides):
            return None
        numbers = numbers_of(*self.tokens)
        reference, hypothesis = (_by_speaker(*side) for side in zip(self.tokens, numbers, strict=True))
        return cp_pairing(reference, hypothesis)

    @property
    def cp(self) -> WordErrors | None:
        """The errors under the best pairing of speakers; None if one side does not say who speaks."""
        if self.assigned is None:
            return None
        pooled = sum((count_errors(pairs) for pairs in self._speaker_pairs), start=WordErrors(0, 0, 0, 0))
        return pooled + WordErrors(0, 0, self._unpaired, 0)

    @cached_property
    def _speaker_pairs(self) -> tuple[tuple[Pair, ...], ...]:
        """The alignment of each speaker of the reference with the paired one."""
        reference, hypothesis = (_by_speaker(side, side) for side in self.tokens)
        paired = {ref: hypothesis[hyp] for hyp, ref in (self.assigned or {}).items()}
        return tuple(align(own, paired.get(speaker, [])) for speaker, own in reference.items())

    @property
    def _unpaired(self) -> int:
        """The words of the speakers of the hypothesis who are paired with nobody."""
        assigned = self.assigned or {}
        return sum(token.speaker not in assigned for token in self.tokens[1])

    def tcp(self, collar: Seconds) -> tuple[WordErrors, ...] | None:
        """The errors by speaker if words match only within `collar`; None unless both sides have times and say who
        speaks."""
        if self.assigned is None or not (self.reference.has_times and self.hypothesis.has_times):
            return None
        rows = [
            [
                (s.speaker, self.normalise(s.text), s.start or 0.0, s.end or 0.0)
                for utterance in side.utterances or ()
                for s in utterance.sentences()
            ]
            for side in (self.reference, self.hypothesis)
        ]
        return tcp_errors(*rows, collar=collar)

    def cp_segments(self) -> BootstrapSegments | None:
        """cpWER's errors by segments of the reference; words of unpaired speakers are a segment of their own."""
        if self.assigned is None:
            return None
        segments = [segment for pairs in self._speaker_pairs for segment in bootstrap_segments(pairs)]
        return (*segments, (float(self._unpaired), 0.0)) if self._unpaired else tuple(segments)

    @cached_property
    def persons(self) -> Mapping[str, str | None]:
        """For each speaker of the hypothesis the person of the reference with that name; None if there is none."""
        people = [self.reference.name(speaker) for speaker in self.reference.speakers]
        return {speaker: _match(self.hypothesis.name(speaker), people) for speaker in self.hypothesis.speakers}

    def is_misnamed(self, pair: Pair) -> bool:
        """Whether it is a correct word under the name of another speaker of the reference."""
        if not pair.matches or pair.reference is None or pair.hypothesis is None:
            return False
        person = self.persons.get(pair.hypothesis.speaker)
        return person is not None and person != self.reference.name(pair.reference.speaker)

    def misnamed(self) -> tuple[int, int] | None:
        """Correct words under the name of another speaker of the reference, and all correct words."""
        if self.assigned is None or not any(self.persons.values()) or len(self.reference.speakers) < 2:
            return None
        return sum(map(self.is_misnamed, self.pairs)), sum(pair.matches for pair in self.pairs)

    def mentions(self, terms: Sequence[str]) -> Mapping[str, tuple[Mention, ...]]:
        """Where the reference mentions the capitalised words of the speakers' names, and the terms.

        A term may be several tokens: the characters of a language without blanks, the two words of "can't".
        """
        text = " ".join(utterance.text for utterance in self.reference.utterances or ())
        people = " ".join(self.reference.name(speaker) for speaker in self.reference.speakers)
        names = [name for name in re.findall(r"[^\W\d_]{3,}", people) if name[0].isupper()]
        mentioned = [name for name in names if re.search(rf"\b{re.escape(name)}\b", text)]
        said = [(at, pair.reference) for at, pair in enumerate(self.pairs) if pair.reference]
        places: dict[str, tuple[Mention, ...]] = {}
        for name in dict.fromkeys([*mentioned, *" ".join(terms).split()]):
            if found := tuple(_places(self.normalise(name).split(), said)):
                places[name] = found
        return places

    def is_missed(self, mention: Mention) -> bool:
        """Whether a word or character of the mention is wrong."""
        return not all(self.pairs[at].matches for at in mention)

    def heard(self, mention: Mention) -> str:
        """What the hypothesis has at a mention."""
        tokens = (pair.hypothesis for pair in self.pairs[mention[0] : mention[-1] + 1])
        return " ".join(token.text for token in tokens if token)

    def names(self, terms: Sequence[str]) -> tuple[NameCount, ...]:
        """Counts of `mentions`."""
        return tuple(
            NameCount(name, len(places), sum(map(self.is_missed, places)))
            for name, places in self.mentions(terms).items()
        )


def _by_speaker(tokens: Sequence[Token], values: Sequence[V]) -> dict[str, list[V]]:
    """The values of each speaker's words, in order."""
    found: dict[str, list[V]] = {}
    for token, value in zip(tokens, values, strict=True):
        found.setdefault(token.speaker, []).append(value)
    return found


def _places(tokens: Sequence[str], said: Sequence[tuple[int, Token]]) -> Iterator[Mention]:
    """Where these tokens follow each other in one utterance, without overlap."""
    next_free, size = 0, len(tokens)
    for first, (_, token) in enumerate(said if tokens else ()):
        if first < next_free or token.text != tokens[0]:
            continue
        found = said[first : first + size]
        if [one.text for _, one in found] == list(tokens) and found[-1][1].utterance == token.utterance:
            yield tuple(at for at, _ in found)
            next_free = first + size


def too_many_speakers(*sides: SpeakerTranscript) -> str:
    """Why a comparison has no measure of speakers' words although both sides name speakers; empty if it is not that."""
    if not all(side.words_have_speakers for side in sides):
        return ""
    most = max(len(side.speakers) for side in sides)
    if most <= MOST_SPEAKERS:
        return ""
    return (
        f"cpWER and tcpWER are not measured: {most} speakers are named, and {MOST_SPEAKERS} are the most that are "
        "compared each with each; if these are labels of lines, name the people"
    )


def _match(name: str, people: Sequence[str]) -> str | None:
    """The one of `people` with this name or, failing that, with this name but for titles, with this first name, or with
    this last name after a title; None for no match or several.

    >>> people = ["Ann Lee", "Prof. Bo Ray", "Dr. Cy"]
    >>> [_match(name, people) for name in ("Dr. Ann Lee", "bo", "Cy", "Mr. Ray", "Ray")]
    ['Ann Lee', 'Prof. Bo Ray', 'Dr. Cy', 'Prof. Bo Ray', None]
    """
    plain = untitled(name).casefold().split()
    rest = [(person, untitled(person).casefold().split()) for person in people]
    matches = (
        [person for person in people if person.casefold() == name.casefold()]
        or [person for person, words in rest if words == plain]
        or [person for person, words in rest if words[:1] == plain[:1]]
        or [person for person, words in rest if untitled(name) != name and words[-1:] == plain]
    )
    return matches[0] if len(matches) == 1 else None
