"""One comparison of two texts: their words aligned, the speakers paired, and what both say of names.

Computes once what several metrics share. `transcribe.evaluation.score` makes the score of it, and
`transcribe.evaluation.explain` the passages to listen to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from audio.episode import Seconds
from transcribe.evaluation.metrics import (
    BootstrapSegments,
    Normaliser,
    WordErrors,
    cp_errors,
    explain_missing_packages,
    tcp_errors,
)
from transcribe.evaluation.word_alignment import (
    Pair,
    Run,
    Token,
    align,
    bootstrap_segments,
    difference_runs,
    tokens_of,
)
from transcribe.readers.values import SpeakerTranscript


@dataclass(frozen=True, slots=True)
class NameCount:
    """How often the reference mentions a speaker's name or a term, and how many of the mentions are wrong."""

    name: str
    mentions: int
    missed: int


class WordComparison:
    """A hypothesis compared with a reference; both have words. Raises `TranscribeError` if a package is missing."""

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
        with explain_missing_packages():
            return align(*self.tokens)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Every difference with its place in `pairs`, those with most errors first."""
        return difference_runs(self.pairs, assigned=self.assigned)

    @property
    def cp(self) -> WordErrors | None:
        """The errors under the best pairing of speakers; None if one side does not say who speaks."""
        return self._cp[0]

    @property
    def assigned(self) -> Mapping[str, str] | None:
        """The best pairing of speakers, hypothesis → reference; None if one side does not say who speaks."""
        return self._cp[1]

    @cached_property
    def _cp(self) -> tuple[WordErrors, Mapping[str, str]] | tuple[None, None]:
        if not (self.reference.words_have_speakers and self.hypothesis.words_have_speakers):
            return None, None
        return cp_errors(*(self._rows(side) for side in (self.reference, self.hypothesis)))

    def _rows(self, side: SpeakerTranscript) -> list[tuple[str, str]]:
        return [(utterance.speaker, self.normalise(utterance.text)) for utterance in side.utterances or ()]

    def tcp(self, collar: Seconds) -> WordErrors | None:
        """The errors if words match only within `collar`; None unless both sides have times and say who speaks."""
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
        assigned = self.assigned
        if assigned is None:
            return None
        reference, hypothesis = self.tokens
        segments: list[tuple[float, float]] = []
        for speaker in dict.fromkeys(token.speaker for token in reference):
            own = [token for token in reference if token.speaker == speaker]
            paired = [token for token in hypothesis if assigned.get(token.speaker) == speaker]
            segments += bootstrap_segments(align(own, paired))
        unpaired = sum(token.speaker not in assigned for token in hypothesis)
        return (*segments, (float(unpaired), 0.0)) if unpaired else tuple(segments)

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

    def mentions(self, terms: Sequence[str]) -> Mapping[str, tuple[int, ...]]:
        """Where in `pairs` the reference mentions the capitalised words of the speakers' names, and the terms."""
        text = " ".join(utterance.text for utterance in self.reference.utterances or ())
        people = " ".join(self.reference.name(speaker) for speaker in self.reference.speakers)
        names = [name for name in re.findall(r"[^\W\d_]{3,}", people) if name[0].isupper()]
        mentioned = [name for name in names if re.search(rf"\b{re.escape(name)}\b", text)]
        places: dict[str, tuple[int, ...]] = {}
        for name in dict.fromkeys([*mentioned, *" ".join(terms).split()]):
            token = self.normalise(name).strip()
            found = tuple(at for at, pair in enumerate(self.pairs) if pair.reference and pair.reference.text == token)
            if found:
                places[name] = found
        return places

    def names(self, terms: Sequence[str]) -> tuple[NameCount, ...]:
        """Counts of `mentions`."""
        return tuple(
            NameCount(name, len(places), sum(not self.pairs[at].matches for at in places))
            for name, places in self.mentions(terms).items()
        )


def _match(name: str, people: Sequence[str]) -> str | None:
    """The one of `people` with this name or, failing that, this first name; None for no match or several."""
    folded = name.casefold()
    same = [person for person in people if person.casefold() == folded]
    first = [person for person in people if person.casefold().split()[:1] == folded.split()[:1]]
    matches = same or first
    return matches[0] if len(matches) == 1 else None
