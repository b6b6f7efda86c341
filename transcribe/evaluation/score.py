"""How far a hypothesis is from a reference: words, speakers and times, as counts that can be pooled.

`score` does all of it and returns everything; a rate is made of counts when it is asked for. What lies in files is
read by `transcribe.evaluation.references`, the measures themselves are in `transcribe.evaluation.metrics`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from audio.episode import Seconds
from transcribe.evaluation.metrics import (
    NORMALISERS,
    Blocks,
    Jaccard,
    SpeakerTime,
    WordErrors,
    cp_errors,
    extra,
    normaliser,
    speaker_errors,
    tcp_errors,
)
from transcribe.evaluation.references import Account
from transcribe.evaluation.word_alignment import (
    Difference,
    Kind,
    Pair,
    Token,
    align,
    blocks_of,
    count_errors,
    differences,
    tokens_of,
)
from transcribe.transcript import SpeakerSpan

SHOWN_DIFFERENCES = 10
LONGEST_GAP = 3.0  # seconds of speech without a word; what is longer is lost


@dataclass(frozen=True, slots=True)
class Scoring:
    """What is left open by the definitions of the measures. Raises `SettingsError` for a normaliser nobody knows."""

    normaliser: str = "english"  # see `NORMALISERS`
    collar: Seconds = 0.25  # on either side of a speaker's boundary, not scored for DER
    skip_overlap: bool = False  # for DER: leave out where several people speak
    tcp_collar: Seconds = 5.0  # how far apart in time words of tcpWER may lie

    def __post_init__(self) -> None:
        if self.normaliser not in NORMALISERS:
            normaliser(self.normaliser)

    @property
    def shown(self) -> str:
        """What a rate is worth nothing without."""
        overlap = "skipped" if self.skip_overlap else "scored"
        return (
            f"normalised by {NORMALISERS[self.normaliser]}; DER with a collar of {self.collar:g} s on each side, "
            f"overlap {overlap}; JER without collar; tcpWER within {self.tcp_collar:g} s"
        )


@dataclass(frozen=True, slots=True)
class NameCount:
    """How often a speaker's name, or a term, is said in the reference, and how often it is missed."""

    name: str
    said: int
    missed: int


@dataclass(frozen=True, slots=True)
class Score:
    """Everything found; None where reference or hypothesis do not tell of it."""

    scoring: Scoring
    words: WordErrors | None = None
    cp: WordErrors | None = None
    tcp: WordErrors | None = None
    time: SpeakerTime | None = None
    jaccard: Jaccard | None = None
    speakers_ref: int = 0
    speakers_hyp: int = 0
    lost_seconds: Seconds | None = None  # speech in stretches of more than `LONGEST_GAP` without a word
    invented_seconds: Seconds | None = None  # words in such stretches without speech
    misnamed: tuple[int, int] | None = None  # words under the name of another of the speakers, of so many right words
    names: tuple[NameCount, ...] = ()
    differences: tuple[Difference, ...] = ()  # all, the costliest first
    blocks: Mapping[str, Blocks] = field(default_factory=dict)  # measure → (errors, length), what a bootstrap draws

    def passages(self, *kinds: Kind) -> tuple[Difference, ...]:
        """The differences of these kinds that are passages, not slips."""
        return tuple(one for one in self.differences if one.kind in kinds and one.is_passage)

    @property
    def lost_words(self) -> int:
        """By how many words lost passages are longer than what stands in their places."""
        return sum(len(one.reference) - len(one.hypothesis) for one in self.passages(Kind.LOST))

    @property
    def invented_words(self) -> int:
        """By how many words invented passages, loops included, are longer than what they stand for."""
        return sum(len(one.hypothesis) - len(one.reference) for one in self.passages(Kind.INVENTED, Kind.LOOP))

    @property
    def lacks(self) -> str:
        """What is missing for a rate to mean anything: what a reference, or both sides, do not tell of; else empty."""
        if self.words is not None and not self.words.words:
            return "the reference holds no words"
        if self.words is None and self.time is None:
            return "the transcript tells of nothing the reference tells of; give words or speaker times on both sides"
        if self.time is not None and not self.time.speech:
            return "the reference holds no speaker time that is scored"
        return ""

    def as_dict(self) -> dict[str, Any]:
        """What `transcribe score --json` prints: rates as fractions, None for what cannot be told."""
        words = self.words
        return {
            "wer": None if words is None else words.rate,
            "cpwer": None if self.cp is None else self.cp.rate,
            "tcpwer": None if self.tcp is None else self.tcp.rate,
            "der": None if self.time is None else self.time.rate,
            "jer": None if self.jaccard is None else self.jaccard.rate,
            "speakers_ref": self.speakers_ref,
            "speakers_hyp": self.speakers_hyp,
            "words": 0 if words is None else words.words,
            "errors": {} if words is None else {k: v for k, v in asdict(words).items() if k != "words"},
            "cp_errors": None if self.cp is None else {k: v for k, v in asdict(self.cp).items() if k != "words"},
            "speaker_seconds": None if self.time is None else {k: round(v, 3) for k, v in asdict(self.time).items()},
            "lost_seconds": self.lost_seconds,
            "invented_seconds": self.invented_seconds,
            "lost": [one.as_dict() for one in self.passages(Kind.LOST)],
            "invented": [one.as_dict() for one in self.passages(Kind.INVENTED, Kind.LOOP)],
            "misnamed": None if self.misnamed is None else self.misnamed[0] / max(self.misnamed[1], 1),
            "names": [asdict(name) for name in self.names],
            "differences": [one.as_dict() for one in self.differences[:SHOWN_DIFFERENCES]],
            "scoring": asdict(self.scoring),
        }


def score(
    reference: Account, hypothesis: Account, scoring: Scoring | None = None, *, terms: Sequence[str] = ()
) -> Score:
    """Hold `hypothesis` against `reference`; `terms` are words looked at like the speakers' names.

    Raises `TranscribeError` where a package to do it is missing.
    """
    scoring = scoring or Scoring()
    found: dict[str, Any] = {}
    if reference.said is not None and hypothesis.said is not None:
        found = _Words(reference, hypothesis, scoring).measured(terms)
    if reference.spans is not None and hypothesis.spans is not None:
        found["time"], found["jaccard"], blocks = speaker_errors(
            reference.spans, hypothesis.spans, collar=scoring.collar, skip_overlap=scoring.skip_overlap
        )
        found["blocks"] = {**found.get("blocks", {}), "der": blocks}
    if reference.spans is not None and hypothesis.said is not None and (hypothesis.timed or not hypothesis.said):
        spoken = hypothesis.heard
        found["lost_seconds"] = seconds_without(reference.spans, spoken)
        found["invented_seconds"] = seconds_without(spoken, reference.spans)
    people = {span.speaker for span in reference.spans or ()} or set(reference.speakers)
    return Score(scoring, speakers_ref=len(people), speakers_hyp=len(hypothesis.speakers), **found)


class _Words:
    """One comparison of texts; what several measures need is made once."""

    def __init__(self, reference: Account, hypothesis: Account, scoring: Scoring) -> None:
        self._reference, self._hypothesis, self._scoring = reference, hypothesis, scoring
        self._normal = normaliser(scoring.normaliser)

    def measured(self, terms: Sequence[str]) -> dict[str, Any]:
        cp, assigned = cp_errors(*(self._rows(side) for side in (self._reference, self._hypothesis)))
        pairs = self._pairs
        return {
            "words": count_errors(pairs),
            "cp": cp,
            "tcp": self._tcp(),
            "misnamed": self._misnamed(pairs),
            "names": self._names(pairs, terms),
            "differences": differences(pairs, assigned=assigned),
            "blocks": {"wer": blocks_of(pairs), "cpwer": self._cp_blocks(assigned)},
        }

    @cached_property
    def _tokens(self) -> tuple[list[Token], list[Token]]:
        sides = (self._reference.said or (), self._hypothesis.said or ())
        reference, hypothesis = (tokens_of(side, self._normal) for side in sides)
        return reference, hypothesis

    @cached_property
    def _pairs(self) -> tuple[Pair, ...]:
        with extra():
            return align(*self._tokens)

    def _rows(self, side: Account) -> list[tuple[str, str]]:
        return [(said.speaker, self._normal(said.text)) for said in side.said or ()]

    def _tcp(self) -> WordErrors | None:
        if not (self._reference.timed and self._hypothesis.timed):
            return None
        rows = [
            [
                (s.speaker, self._normal(s.text), s.start or 0.0, s.end or 0.0)
                for said in side.said or ()
                for s in said.sentences()
            ]
            for side in (self._reference, self._hypothesis)
        ]
        return tcp_errors(*rows, collar=self._scoring.tcp_collar)

    def _cp_blocks(self, assigned: Mapping[str, str]) -> Blocks:
        """cpWER's errors by stretches of reference; those of voices nobody was paired with are a block of their own."""
        reference, hypothesis = self._tokens
        blocks: list[tuple[float, float]] = []
        for speaker in dict.fromkeys(token.speaker for token in reference):
            mine = [token for token in reference if token.speaker == speaker]
            blocks += blocks_of(align(mine, [token for token in hypothesis if assigned.get(token.speaker) == speaker]))
        strangers = sum(token.speaker not in assigned for token in hypothesis)
        return (*blocks, (float(strangers), 0.0)) if strangers else tuple(blocks)

    def _misnamed(self, pairs: Sequence[Pair]) -> tuple[int, int] | None:
        """Words both sides have that stand under the name of another of the reference's speakers."""
        people = [self._reference.name(speaker) for speaker in self._reference.speakers]
        called = {s: _meant(self._hypothesis.name(s), people) for s in self._hypothesis.speakers}
        if not any(called.values()) or len(people) < 2:
            return None
        right = [
            (p.reference.speaker, p.hypothesis.speaker) for p in pairs if p.matches and p.reference and p.hypothesis
        ]
        wrong = sum(called[other] is not None and called[other] != self._reference.name(one) for one, other in right)
        return wrong, len(right)

    def _names(self, pairs: Sequence[Pair], terms: Sequence[str]) -> tuple[NameCount, ...]:
        """Each word of the speakers' names that is said, capital first, in the reference; and each of the terms."""
        text = " ".join(said.text for said in self._reference.said or ())
        people = " ".join(self._reference.name(speaker) for speaker in self._reference.speakers)
        names = [name for name in re.findall(r"[^\W\d_]{3,}", people) if name[0].isupper()]
        said = [name for name in names if re.search(rf"\b{re.escape(name)}\b", text)]
        found = []
        for name in dict.fromkeys([*said, *" ".join(terms).split()]):
            token = self._normal(name).strip()
            heard = [pair.matches for pair in pairs if pair.reference and pair.reference.text == token]
            if heard:
                found.append(NameCount(name, len(heard), heard.count(False)))
        return tuple(found)


def _meant(name: str, people: Sequence[str]) -> str | None:
    """Which of `people` a name is: the same, or one the first name of the other; None for nobody or several."""
    folded = name.casefold()
    same = [person for person in people if person.casefold() == folded]
    near = [person for person in people if person.casefold().split()[:1] == folded.split()[:1]]
    found = same or near
    return found[0] if len(found) == 1 else None


def seconds_without(speech: Sequence[SpeakerSpan], others: Sequence[SpeakerSpan]) -> Seconds:
    """Seconds of `speech` (overlaps once) in stretches of more than `LONGEST_GAP` without anything of `others`.

    >>> seconds_without([SpeakerSpan(0, 10, "A")], [SpeakerSpan(0, 2, "x"), SpeakerSpan(4, 5, "x")])
    5.0

    What stands beside something longer ends nothing:

    >>> seconds_without([SpeakerSpan(0, 9, "A")], [SpeakerSpan(0, 9, "x"), SpeakerSpan(1, 2, "y")])
    0
    """
    last = max((span.end for span in speech), default=0.0)
    edges = [0.0, *(time for stretch in _union(others) for time in stretch), last]
    gaps = [(a, b) for a, b in zip(edges[0::2], edges[1::2], strict=True) if b - a > LONGEST_GAP]
    heard = _union(speech)
    total = sum(max(0.0, min(b, end) - max(a, start)) for a, b in gaps for start, end in heard)
    return round(total, 3)


def _union(spans: Iterable[SpeakerSpan]) -> list[tuple[Seconds, Seconds]]:
    """Stretches in which anybody is heard, in order, none touching another."""
    merged: list[tuple[Seconds, Seconds]] = []
    for span in sorted(spans, key=lambda one: one.start):
        if merged and span.start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], span.end))
        else:
            merged.append((span.start, span.end))
    return merged
