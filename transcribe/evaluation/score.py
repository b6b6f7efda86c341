"""Compare a hypothesis with a reference: words, speakers and times, as counts that can be pooled.

`score` computes all metrics; rates are computed from the counts on access. Files are read in
`transcribe.evaluation.references`; metrics of other packages are called in `transcribe.evaluation.metrics`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from audio.episode import Seconds
from transcribe.evaluation.lost_speech import seconds_without
from transcribe.evaluation.metrics import (
    BootstrapSegments,
    Jaccard,
    SpeakerTime,
    WordErrors,
)
from transcribe.evaluation.scoring import Scoring
from transcribe.evaluation.speaker_time import speaker_errors
from transcribe.evaluation.word_alignment import (
    Difference,
    Kind,
    bootstrap_segments,
    count_errors,
)
from transcribe.evaluation.word_comparison import NameCount, WordComparison, too_many_speakers
from transcribe.readers.values import UNNAMED, SpeakerTranscript

SHOWN_DIFFERENCES = 10


@dataclass(frozen=True, slots=True)
class Score:
    """All metrics of a comparison; None if the reference or the hypothesis lacks the data."""

    scoring: Scoring
    words: WordErrors | None = None
    cp: WordErrors | None = None
    tcp: WordErrors | None = None
    time: SpeakerTime | None = None
    jaccard: Jaccard | None = None
    speakers_ref: int | None = None
    speakers_hyp: int | None = None
    lost_seconds: Seconds | None = None  # speech in gaps of more than `LONGEST_GAP` between words
    invented_seconds: Seconds | None = None  # words in such gaps between speech
    misnamed: tuple[int, int] | None = None  # correct words under another speaker's name, of all correct words
    names: tuple[NameCount, ...] = ()
    differences: tuple[Difference, ...] = ()  # all of them, those with most errors first
    segments: Mapping[str, BootstrapSegments] = field(default_factory=dict)  # of each rate, by metric
    notes: tuple[str, ...] = ()  # why measures are left out whose data is there
    nobody_speaks: bool = False  # the reference states it, with neither words nor speaker times; there are no rates

    def passages(self, *kinds: Kind) -> tuple[Difference, ...]:
        """The differences of these kinds that are passages, not slips."""
        return tuple(one for one in self.differences if one.kind in kinds and one.is_passage)

    @property
    def lost_words(self) -> int:
        """Words missing from lost passages."""
        return sum(len(one.reference) - len(one.hypothesis) for one in self.passages(Kind.DELETION))

    @property
    def invented_words(self) -> int:
        """Words too many in invented passages, loops included; all words if nobody speaks."""
        if self.nobody_speaks and self.words is not None:
            return self.words.insertions
        return sum(len(one.hypothesis) - len(one.reference) for one in self.passages(Kind.INSERTION, Kind.LOOP))

    @property
    def miscounted_speakers(self) -> int | None:
        """By how many the number of speakers is wrong; None if either side does not say who speaks."""
        if self.speakers_ref is None or self.speakers_hyp is None:
            return None
        return abs(self.speakers_hyp - self.speakers_ref)

    @property
    def misnamed_share(self) -> float | None:
        """The correct words under another speaker's name, as a share of all correct words; None if not measured."""
        return None if self.misnamed is None else self.misnamed[0] / max(self.misnamed[1], 1)

    @property
    def rates(self) -> Mapping[str, float | None]:
        """Every rate as a fraction; None for what was not measured, as all are if nobody speaks."""
        words = None if self.nobody_speaks else self.words
        counts = {"wer": words, "cpwer": self.cp, "tcpwer": self.tcp, "der": self.time, "jer": self.jaccard}
        return {name: None if one is None else one.rate for name, one in counts.items()}

    @property
    def problem(self) -> str:
        """Why no rate would mean anything: the data that the reference or both sides lack; empty if there is none."""
        if self.nobody_speaks:
            return ""
        if self.words is not None and not self.words.words:
            return "the reference has no words, but speaker times; complete it, or empty both if nobody speaks"
        if self.words is None and self.time is None:
            return "the two have neither words nor speaker times in common; give words or speaker times on both sides"
        if self.time is not None and not self.time.speech:
            return "the reference has no speaker time to score"
        return ""

    def as_dict(self) -> dict[str, Any]:
        """The score as `transcribe score --json` prints it: rates as fractions, None for what was not measured."""
        words = self.words
        return {
            **self.rates,
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
            "misnamed": self.misnamed_share,
            "names": [{"name": one.name, "said": one.mentions, "missed": one.missed} for one in self.names],
            "differences": [one.as_dict() for one in self.differences[:SHOWN_DIFFERENCES]],
            "notes": list(self.notes),
            "scoring": self.scoring.as_dict(),
        }


def score(
    reference: SpeakerTranscript,
    hypothesis: SpeakerTranscript,
    scoring: Scoring | None = None,
    *,
    terms: Sequence[str] = (),
) -> Score:
    """Compare `hypothesis` with `reference`, by their language; `terms` are words to count like the speakers' names.

    Raises `TranscribeError` if a package of the extra `check` is missing.
    """
    scoring = (scoring or Scoring()).resolved(reference, hypothesis)
    results: dict[str, Any] = {}
    if reference.utterances is not None and hypothesis.utterances is not None:
        results = _word_measures(WordComparison(reference, hypothesis, scoring.normalise), scoring, terms)
        results["notes"] = tuple(filter(None, [too_many_speakers(reference, hypothesis)]))
    who_speaks_when = reference.spans_have_speakers and hypothesis.spans_have_speakers
    if reference.spans is not None and hypothesis.spans is not None and who_speaks_when:
        results["time"], results["jaccard"], segments = speaker_errors(
            reference.spans, hypothesis.spans, collar=scoring.collar, skip_overlap=scoring.skip_overlap
        )
        results["segments"] = {**results.get("segments", {}), "der": segments}
    words_have_times = hypothesis.has_times or hypothesis.utterances == ()
    if reference.spans is not None and words_have_times:
        results["lost_seconds"] = seconds_without(reference.spans, hypothesis.word_spans)
        results["invented_seconds"] = seconds_without(hypothesis.word_spans, reference.spans)
    speakers = ({span.speaker for span in reference.spans or ()} - {UNNAMED}) or set(reference.speakers)
    result = Score(
        scoring,
        speakers_ref=len(speakers) if reference.has_speakers else None,
        speakers_hyp=len(hypothesis.speakers) if hypothesis.has_speakers else None,
        **results,
    )
    speech = any(span.end > span.start for span in reference.spans or ())
    return result if speech or result.words is None or result.words.words else _of_silence(result)


def _word_measures(comparison: WordComparison, scoring: Scoring, terms: Sequence[str]) -> dict[str, Any]:
    """What is measured on words, by the fields of `Score`."""
    segments = {"wer": bootstrap_segments(comparison.pairs)}
    results: dict[str, Any] = {
        "words": count_errors(comparison.pairs),
        "cp": comparison.cp,
        "misnamed": comparison.misnamed(),
        "names": comparison.names(terms),
        "differences": tuple(run.difference for run in comparison.runs),
        "segments": segments,
    }
    if cp_segments := comparison.cp_segments():
        segments["cpwer"] = cp_segments
    if parts := comparison.tcp(scoring.tcp_collar):
        results["tcp"] = sum(parts, start=WordErrors(0, 0, 0, 0))
        segments["tcpwer"] = tuple((one.errors, one.length) for one in parts)
    return results


def _of_silence(result: Score) -> Score:
    """Without what has no meaning if nobody speaks."""
    return Score(
        result.scoring,
        words=result.words,
        lost_seconds=result.lost_seconds,
        invented_seconds=result.invented_seconds,
        differences=result.differences,
        nobody_speaks=True,
    )
