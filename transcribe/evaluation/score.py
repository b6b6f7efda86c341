"""Compare a hypothesis with a reference: words, speakers and times, as counts that can be pooled.

`score` computes all metrics; rates are computed from the counts on access. Files are read in
`transcribe.evaluation.references`; metrics of other packages are called in `transcribe.evaluation.metrics`.
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
    BootstrapSegments,
    Jaccard,
    SpeakerTime,
    WordErrors,
    cp_errors,
    explain_missing_packages,
    normaliser,
    speaker_errors,
    tcp_errors,
)
from transcribe.evaluation.word_alignment import (
    Difference,
    Kind,
    Pair,
    Token,
    align,
    bootstrap_segments,
    count_errors,
    differences,
    tokens_of,
)
from transcribe.readers.values import SpeakerTranscript
from transcribe.transcript import SpeakerSpan

SHOWN_DIFFERENCES = 10
LONGEST_GAP = 3.0  # seconds of speech without a word; speech in longer gaps is lost


@dataclass(frozen=True, slots=True)
class Scoring:
    """The options that the definitions of the metrics leave open. Raises `SettingsError` for an unknown normaliser."""

    normaliser: str = "english"  # see `NORMALISERS`
    collar: Seconds = 0.25  # on either side of a speaker boundary, not scored for DER
    skip_overlap: bool = False  # for DER: do not score overlapping speech
    tcp_collar: Seconds = 5.0  # for tcpWER: how far apart in time matching words may be

    def __post_init__(self) -> None:
        if self.normaliser not in NORMALISERS:
            normaliser(self.normaliser)

    @property
    def description(self) -> str:
        """The options in words; every report states them, because rates depend on them."""
        overlap = "skipped" if self.skip_overlap else "scored"
        return (
            f"normalised by {NORMALISERS[self.normaliser]}; DER with a collar of {self.collar:g} s on each side, "
            f"overlap {overlap}; JER without collar; tcpWER within {self.tcp_collar:g} s"
        )


@dataclass(frozen=True, slots=True)
class NameCount:
    """How often the reference mentions a speaker's name or a term, and how many of the mentions are wrong."""

    name: str
    mentions: int
    missed: int


@dataclass(frozen=True, slots=True)
class Score:
    """All metrics of a comparison; None if the reference or the hypothesis lacks the data."""

    scoring: Scoring
    words: WordErrors | None = None
    cp: WordErrors | None = None
    tcp: WordErrors | None = None
    time: SpeakerTime | None = None
    jaccard: Jaccard | None = None
    speakers_ref: int = 0
    speakers_hyp: int = 0
    lost_seconds: Seconds | None = None  # speech in gaps of more than `LONGEST_GAP` between words
    invented_seconds: Seconds | None = None  # words in such gaps between speech
    misnamed: tuple[int, int] | None = None  # correct words under another speaker's name, of all correct words
    names: tuple[NameCount, ...] = ()
    differences: tuple[Difference, ...] = ()  # all of them, those with most errors first
    segments: Mapping[str, BootstrapSegments] = field(default_factory=dict)  # of each rate, by metric

    def passages(self, *kinds: Kind) -> tuple[Difference, ...]:
        """The differences of these kinds that are passages, not slips."""
        return tuple(one for one in self.differences if one.kind in kinds and one.is_passage)

    @property
    def lost_words(self) -> int:
        """Words missing from lost passages."""
        return sum(len(one.reference) - len(one.hypothesis) for one in self.passages(Kind.DELETION))

    @property
    def invented_words(self) -> int:
        """Words too many in invented passages, loops included."""
        return sum(len(one.hypothesis) - len(one.reference) for one in self.passages(Kind.INSERTION, Kind.LOOP))

    @property
    def problem(self) -> str:
        """Why no rate would mean anything: the data that the reference or both sides lack; empty if there is none."""
        if self.words is not None and not self.words.words:
            return "the reference has no words"
        if self.words is None and self.time is None:
            return "the two have neither words nor speaker times in common; give words or speaker times on both sides"
        if self.time is not None and not self.time.speech:
            return "the reference has no speaker time to score"
        return ""

    def as_dict(self) -> dict[str, Any]:
        """The score as `transcribe score --json` prints it: rates as fractions, None for what was not measured."""
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
            "lost": [one.as_dict() for one in self.passages(Kind.DELETION)],
            "invented": [one.as_dict() for one in self.passages(Kind.INSERTION, Kind.LOOP)],
            "misnamed": None if self.misnamed is None else self.misnamed[0] / max(self.misnamed[1], 1),
            "names": [{"name": one.name, "said": one.mentions, "missed": one.missed} for one in self.names],
            "differences": [one.as_dict() for one in self.differences[:SHOWN_DIFFERENCES]],
            "scoring": asdict(self.scoring),
        }


def score(
    reference: SpeakerTranscript,
    hypothesis: SpeakerTranscript,
    scoring: Scoring | None = None,
    *,
    terms: Sequence[str] = (),
) -> Score:
    """Compare `hypothesis` with `reference`; `terms` are words to count like the speakers' names.

    Raises `TranscribeError` if a package of the extra `check` is missing.
    """
    scoring = scoring or Scoring()
    results: dict[str, Any] = {}
    if reference.utterances is not None and hypothesis.utterances is not None:
        results = _WordComparison(reference, hypothesis, scoring).results(terms)
    if reference.spans is not None and hypothesis.spans is not None:
        results["time"], results["jaccard"], segments = speaker_errors(
            reference.spans, hypothesis.spans, collar=scoring.collar, skip_overlap=scoring.skip_overlap
        )
        results["segments"] = {**results.get("segments", {}), "der": segments}
    words_have_times = hypothesis.has_times or hypothesis.utterances == ()
    if reference.spans is not None and words_have_times:
        results["lost_seconds"] = seconds_without(reference.spans, hypothesis.word_spans)
        results["invented_seconds"] = seconds_without(hypothesis.word_spans, reference.spans)
    speakers = {span.speaker for span in reference.spans or ()} or set(reference.speakers)
    return Score(scoring, speakers_ref=len(speakers), speakers_hyp=len(hypothesis.speakers), **results)


def seconds_without(speech: Sequence[SpeakerSpan], others: Sequence[SpeakerSpan]) -> Seconds:
    """Seconds of `speech` (overlaps once) inside gaps of more than `LONGEST_GAP` between `others`.

    >>> seconds_without([SpeakerSpan(0, 10, "A")], [SpeakerSpan(0, 2, "x"), SpeakerSpan(4, 5, "x")])
    5.0

    A short span next to a longer one does not end it:

    >>> seconds_without([SpeakerSpan(0, 9, "A")], [SpeakerSpan(0, 9, "x"), SpeakerSpan(1, 2, "y")])
    0
    """
    last = max((span.end for span in speech), default=0.0)
    edges = [0.0, *(time for interval in _union(others) for time in interval), last]
    gaps = [(a, b) for a, b in zip(edges[0::2], edges[1::2], strict=True) if b - a > LONGEST_GAP]
    intervals = _union(speech)
    total = sum(max(0.0, min(b, end) - max(a, start)) for a, b in gaps for start, end in intervals)
    return round(total, 3)


def _union(spans: Iterable[SpeakerSpan]) -> list[tuple[Seconds, Seconds]]:
    """The union of the spans, as disjoint intervals in order."""
    merged: list[tuple[Seconds, Seconds]] = []
    for span in sorted(spans, key=lambda one: one.start):
        if merged and span.start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], span.end))
        else:
            merged.append((span.start, span.end))
    return merged


class _WordComparison:
    """One comparison of texts; computes once what several metrics share."""

    def __init__(self, reference: SpeakerTranscript, hypothesis: SpeakerTranscript, scoring: Scoring) -> None:
        self._reference, self._hypothesis, self._scoring = reference, hypothesis, scoring
        self._normalise = normaliser(scoring.normaliser)

    def results(self, terms: Sequence[str]) -> dict[str, Any]:
        cp, assigned = cp_errors(*(self._rows(side) for side in (self._reference, self._hypothesis)))
        pairs = self._pairs
        return {
            "words": count_errors(pairs),
            "cp": cp,
            "tcp": self._tcp(),
            "misnamed": self._misnamed(pairs),
            "names": self._names(pairs, terms),
            "differences": differences(pairs, assigned=assigned),
            "segments": {"wer": bootstrap_segments(pairs), "cpwer": self._cp_segments(assigned)},
        }

    @cached_property
    def _tokens(self) -> tuple[list[Token], list[Token]]:
        sides = (self._reference.utterances or (), self._hypothesis.utterances or ())
        reference, hypothesis = (tokens_of(side, self._normalise) for side in sides)
        return reference, hypothesis

    @cached_property
    def _pairs(self) -> tuple[Pair, ...]:
        with explain_missing_packages():
            return align(*self._tokens)

    def _rows(self, side: SpeakerTranscript) -> list[tuple[str, str]]:
        return [(utterance.speaker, self._normalise(utterance.text)) for utterance in side.utterances or ()]

    def _tcp(self) -> WordErrors | None:
        if not (self._reference.has_times and self._hypothesis.has_times):
            return None
        rows = [
            [
                (s.speaker, self._normalise(s.text), s.start or 0.0, s.end or 0.0)
                for utterance in side.utterances or ()
                for s in utterance.sentences()
            ]
            for side in (self._reference, self._hypothesis)
        ]
        return tcp_errors(*rows, collar=self._scoring.tcp_collar)

    def _cp_segments(self, assigned: Mapping[str, str]) -> BootstrapSegments:
        """cpWER's errors by segments of the reference; words of unpaired speakers are a segment of their own."""
        reference, hypothesis = self._tokens
        segments: list[tuple[float, float]] = []
        for speaker in dict.fromkeys(token.speaker for token in reference):
            own = [token for token in reference if token.speaker == speaker]
            paired = [token for token in hypothesis if assigned.get(token.speaker) == speaker]
            segments += bootstrap_segments(align(own, paired))
        unpaired = sum(token.speaker not in assigned for token in hypothesis)
        return (*segments, (float(unpaired), 0.0)) if unpaired else tuple(segments)

    def _misnamed(self, pairs: Sequence[Pair]) -> tuple[int, int] | None:
        """Correct words under the name of another speaker of the reference, and all correct words."""
        people = [self._reference.name(speaker) for speaker in self._reference.speakers]
        matches = {s: _match(self._hypothesis.name(s), people) for s in self._hypothesis.speakers}
        if not any(matches.values()) or len(people) < 2:
            return None
        correct = [
            (p.reference.speaker, p.hypothesis.speaker) for p in pairs if p.matches and p.reference and p.hypothesis
        ]
        wrong = sum(matches[hyp] is not None and matches[hyp] != self._reference.name(ref) for ref, hyp in correct)
        return wrong, len(correct)

    def _names(self, pairs: Sequence[Pair], terms: Sequence[str]) -> tuple[NameCount, ...]:
        """Counts of the capitalised words of the speakers' names that the reference mentions, and of the terms."""
        text = " ".join(utterance.text for utterance in self._reference.utterances or ())
        people = " ".join(self._reference.name(speaker) for speaker in self._reference.speakers)
        names = [name for name in re.findall(r"[^\W\d_]{3,}", people) if name[0].isupper()]
        mentioned = [name for name in names if re.search(rf"\b{re.escape(name)}\b", text)]
        counts = []
        for name in dict.fromkeys([*mentioned, *" ".join(terms).split()]):
            token = self._normalise(name).strip()
            mentions = [pair.matches for pair in pairs if pair.reference and pair.reference.text == token]
            if mentions:
                counts.append(NameCount(name, len(mentions), mentions.count(False)))
        return tuple(counts)


def _match(name: str, people: Sequence[str]) -> str | None:
    """The one of `people` with this name or, failing that, this first name; None for no match or several."""
    folded = name.casefold()
    same = [person for person in people if person.casefold() == folded]
    first = [person for person in people if person.casefold().split()[:1] == folded.split()[:1]]
    matches = same or first
    return matches[0] if len(matches) == 1 else None
