"""Counts of errors, and the metrics of pyannote.metrics: DER and JER.

All imports of it are here, inside functions; a missing package is an error that says what to install. Results are
counts, which can be added up; every rate is computed from counts.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from audio.episode import Seconds
from audio.errors import installing
from transcribe.errors import TranscribeError
from transcribe.transcript import SpeakerSpan

if TYPE_CHECKING:
    from pyannote.core import Annotation


SEGMENT_SECONDS = 10.0  # length of a bootstrap segment of speaker time

BootstrapSegments = tuple[tuple[float, float], ...]
"""Errors and length (words or seconds) of each segment of a reference, in order; a bootstrap resamples them."""

C = TypeVar("C", bound="Counts")


@dataclass(frozen=True, slots=True)
class Counts:
    """Errors by type, and the length of the reference. Addition pools the counts."""

    @property
    def errors(self) -> float:
        """The errors of all types: the sum of all fields except the last."""
        return float(sum(getattr(self, field.name) for field in fields(self)[:-1]))

    @property
    def length(self) -> float:
        """The length of the reference: the last field."""
        return float(getattr(self, fields(self)[-1].name))

    @property
    def rate(self) -> float:
        """Errors divided by length; for an empty reference 0 without and 1 with errors, as in jiwer."""
        return self.errors / self.length if self.length else float(self.errors > 0)

    def __add__(self: C, other: C) -> C:
        return type(self)(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class WordErrors(Counts):
    """Word errors, and the words of the reference.

    >>> (WordErrors(1, 0, 0, 10) + WordErrors(0, 2, 0, 40)).rate
    0.06
    """

    substitutions: int
    deletions: int
    insertions: int
    words: int


@dataclass(frozen=True, slots=True)
class SpeakerTime(Counts):
    """Seconds of missed speech, of false alarms and of speaker confusion, and of speech in the reference."""

    missed: Seconds
    false_alarm: Seconds
    confusion: Seconds
    speech: Seconds


@dataclass(frozen=True, slots=True)
class Jaccard(Counts):
    """The sum of the speakers' Jaccard errors (each 0 to 1), and the number of speakers."""

    error: float
    speakers: int


@contextlib.contextmanager
def explain_missing_packages() -> Iterator[None]:
    """Turn a missing package of the extra `check` into a `TranscribeError` that says how to install it."""
    try:
        yield
    except ImportError as exc:
        raise TranscribeError(f"scoring needs {exc.name}, which is not installed; {installing('check')}") from exc


def speaker_errors(
    reference: Sequence[SpeakerSpan], hypothesis: Sequence[SpeakerSpan], *, collar: Seconds, skip_overlap: bool
) -> tuple[SpeakerTime, Jaccard, BootstrapSegments]:
    """DER, JER (without collar, as in DIHARD), and DER's errors and speech in segments of `SEGMENT_SECONDS`.

    `collar` seconds on either side of a reference boundary are not scored. Overlapping speech counts for each of its
    speakers, unless skipped. Raises `TranscribeError` if pyannote.metrics is missing.
    """
    with explain_missing_packages(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyannote.core import Segment, Timeline
        from pyannote.metrics.diarization import DiarizationErrorRate, JaccardErrorRate
        from pyannote.metrics.identification import IdentificationErrorRate
    ref, hyp = _annotation(reference), _annotation(hypothesis)
    end = max((span.end for span in (*reference, *hypothesis)), default=0.0)
    whole = Timeline([Segment(0, end)] if end else [])
    # pyannote's collar is the sum of both sides
    options: dict[str, Any] = {"collar": 2 * collar, "skip_overlap": skip_overlap}
    metric = DiarizationErrorRate(**options)
    row = metric(ref, hyp, uem=whole, detailed=True)
    time = SpeakerTime(row["missed detection"], row["false alarm"], row["confusion"], row["total"])
    jaccard: Any = JaccardErrorRate
    jer = jaccard()(ref, hyp, uem=whole, detailed=True)
    segments = []
    mapped = hyp.rename_labels(mapping=_best_mapping(metric, ref, hyp, whole))
    for first in range(0, int(end) + 1, int(SEGMENT_SECONDS)):
        window = Timeline([Segment(first, min(first + SEGMENT_SECONDS, end))] if first < end else [])
        part = IdentificationErrorRate(**options)(ref, mapped, uem=window, detailed=True)
        errors = part["confusion"] + part["missed detection"] + part["false alarm"]
        segments.append((round(errors, 3), round(part["total"], 3)))
    return time, Jaccard(jer["speaker error"], jer["speaker count"]), tuple(segments)


SpeakerTimeError = tuple[Seconds, Seconds, str, str]
"""Start, end, the speaker of the reference and that of the hypothesis; "" for nobody."""


def speaker_time_errors(
    reference: Sequence[SpeakerSpan], hypothesis: Sequence[SpeakerSpan], *, collar: Seconds, skip_overlap: bool
) -> tuple[SpeakerTimeError, ...]:
    """The stretches that DER counts as errors, as in `speaker_errors`, in order."""
    with explain_missing_packages(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyannote.core import Segment, Timeline
        from pyannote.metrics.diarization import DiarizationErrorRate
        from pyannote.metrics.errors.identification import IdentificationErrorAnalysis
    ref, hyp = _annotation(reference), _annotation(hypothesis)
    end = max((span.end for span in (*reference, *hypothesis)), default=0.0)
    whole = Timeline([Segment(0, end)] if end else [])
    options: dict[str, Any] = {"collar": 2 * collar, "skip_overlap": skip_overlap}
    mapping = _best_mapping(DiarizationErrorRate(**options), ref, hyp, whole)
    mapped, own = hyp.rename_labels(mapping=mapping), {new: label for label, new in mapping.items()}
    found = IdentificationErrorAnalysis(**options).difference(ref, mapped, uem=whole)
    rows = [(segment.start, segment.end, *label) for segment, _, label in found.itertracks(yield_label=True)]
    errors = [(a, b, old or "", own[new] if new else "") for a, b, kind, old, new in rows if kind != "correct"]
    return tuple(sorted((round(a, 3), round(b, 3), old, new) for a, b, old, new in errors))


def _best_mapping(metric: Any, reference: Annotation, hypothesis: Annotation, whole: Any) -> dict[str, str]:
    """The metric's own pairing of speakers; an unpaired speaker gets a name that the reference does not have."""
    ref, hyp, _ = metric.uemify(
        reference, hypothesis, uem=whole, collar=metric.collar, skip_overlap=metric.skip_overlap, returns_uem=True
    )
    mapping = metric.optimal_mapping(ref, hyp)
    return {label: mapping.get(label, f"nobody {label}") for label in hypothesis.labels()}


def _annotation(spans: Sequence[SpeakerSpan]) -> Annotation:
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for track, span in enumerate(spans):
        if span.end > span.start:
            annotation[Segment(span.start, span.end), track] = span.speaker
    return annotation
