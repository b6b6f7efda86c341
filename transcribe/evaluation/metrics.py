"""The measures' foreign parts: Whisper's normaliser, meeteval's cpWER and tcpWER, pyannote.metrics' DER and JER.

Every import of theirs is here, late, and a missing one is an error that says what to install. What comes back are
counts, which can be added up; a rate is only ever made of counts.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from audio.episode import Seconds
from audio.errors import installing
from transcribe.errors import SettingsError, TranscribeError
from transcribe.transcript import SpeakerSpan

if TYPE_CHECKING:
    from pyannote.core import Annotation

Normaliser = Callable[[str], str]
Row = tuple[str, str]  # speaker, normalised text
TimedRow = tuple[str, str, Seconds, Seconds]

NORMALISERS: Mapping[str, str] = {
    "english": "whisper's EnglishTextNormalizer",
    "basic": "whisper's BasicTextNormalizer",
    "none": "none: words as written",
}
"""What a normalisation is called, and what it is."""

BLOCK_SECONDS = 10.0  # of speaker time that is one draw of a bootstrap

Blocks = tuple[tuple[float, float], ...]
"""Errors and length of each stretch: what a bootstrap draws."""

C = TypeVar("C", bound="Counts")


@dataclass(frozen=True, slots=True)
class Counts:
    """Errors by kind and what they are errors of. Adding pools."""

    @property
    def errors(self) -> float:
        """All kinds together: every field but the last."""
        return float(sum(getattr(self, field.name) for field in fields(self)[:-1]))

    @property
    def length(self) -> float:
        """What there was to get right: the last field."""
        return float(getattr(self, fields(self)[-1].name))

    @property
    def rate(self) -> float:
        """Errors a unit of length; where there is none 0 without and 1 with errors, as jiwer has it."""
        return self.errors / self.length if self.length else float(self.errors > 0)

    def __add__(self: C, other: C) -> C:
        return type(self)(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class WordErrors(Counts):
    """Words changed, lost and invented, of so many words of reference.

    >>> (WordErrors(1, 0, 0, 10) + WordErrors(0, 2, 0, 40)).rate
    0.06
    """

    substitutions: int
    deletions: int
    insertions: int
    words: int


@dataclass(frozen=True, slots=True)
class SpeakerTime(Counts):
    """Seconds of speech missed, heard where nobody speaks, and given to the wrong person, of so much speech."""

    missed: Seconds
    false_alarm: Seconds
    confusion: Seconds
    speech: Seconds


@dataclass(frozen=True, slots=True)
class Jaccard(Counts):
    """The speakers' Jaccard errors (each 0 to 1), of so many speakers."""

    error: float
    speakers: int


@contextlib.contextmanager
def extra() -> Iterator[None]:
    """A missing package of the extra `check` becomes `TranscribeError` with the way to get it."""
    try:
        yield
    except ImportError as exc:
        raise TranscribeError(f"scoring needs {exc.name}, which is not here; {installing('check')}") from exc


def normaliser(name: str) -> Normaliser:
    """The function that makes comparable text, by its name in `NORMALISERS`. Raises `SettingsError` for another."""
    if name not in NORMALISERS:
        raise SettingsError(f"normaliser: {name!r} is not one of {', '.join(NORMALISERS)}")
    if name == "none":
        return lambda text: " ".join(text.split())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # whisper leaves its spelling table open
        from whisper import normalizers

        made: Normaliser = (
            normalizers.EnglishTextNormalizer() if name == "english" else normalizers.BasicTextNormalizer()
        )
    return made


def cp_errors(reference: Sequence[Row], hypothesis: Sequence[Row]) -> tuple[WordErrors, Mapping[str, str]]:
    """cpWER: errors under the best pairing of speakers (Watanabe et al. 2020); the pairing, hypothesis → reference.

    A reference speaker's words are in the order of the rows. Raises `TranscribeError` where meeteval is missing.
    """
    with extra():
        from meeteval.wer import cpwer
    if not any(text for _, text in reference):
        return WordErrors(0, 0, sum(len(text.split()) for _, text in hypothesis), 0), {}
    rate = cpwer(*(_seglst([(*row, i, i + 1) for i, row in enumerate(side)]) for side in (reference, hypothesis)))["x"]
    pairs = {other: one for one, other in rate.assignment if one is not None and other is not None}
    return WordErrors(rate.substitutions, rate.deletions, rate.insertions, rate.length), pairs


def tcp_errors(reference: Sequence[TimedRow], hypothesis: Sequence[TimedRow], *, collar: Seconds) -> WordErrors:
    """tcpWER (von Neumann et al. 2023): cpWER where words match only if their times differ by at most `collar`."""
    with extra():
        from meeteval.wer import tcpwer
    with warnings.catch_warnings(), _quiet("preprocess"):  # of sentences longer than the collar
        warnings.simplefilter("ignore", UserWarning)  # a speaker who overlaps with himself, as captions do
        rate = tcpwer(_seglst(reference), _seglst(hypothesis), collar=collar)["x"]
    return WordErrors(rate.substitutions, rate.deletions, rate.insertions, rate.length)


@contextlib.contextmanager
def _quiet(name: str) -> Iterator[None]:
    """What a foreign logger of this name says in the block is not heard."""
    logger = logging.getLogger(name)

    def nothing(record: logging.LogRecord) -> bool:
        return False

    logger.addFilter(nothing)
    try:
        yield
    finally:
        logger.removeFilter(nothing)


def _seglst(rows: Sequence[tuple[str, str, float, float]]) -> Any:
    from meeteval.io import SegLST

    return SegLST(
        [
            {"session_id": "x", "speaker": speaker, "words": words, "start_time": start, "end_time": end}
            for speaker, words, start, end in rows or [("nobody", "", 0.0, 0.0)]
        ]
    )


def speaker_errors(
    reference: Sequence[SpeakerSpan], hypothesis: Sequence[SpeakerSpan], *, collar: Seconds, skip_overlap: bool
) -> tuple[SpeakerTime, Jaccard, tuple[tuple[float, float], ...]]:
    """DER and JER (without collar, as DIHARD has it), and DER's errors and speech in blocks of `BLOCK_SECONDS`.

    `collar` seconds on either side of a reference boundary are not scored. Overlapping speech counts for each of its
    speakers, unless skipped. Raises `TranscribeError` where pyannote.metrics is missing.
    """
    with extra(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyannote.core import Segment, Timeline
        from pyannote.metrics.diarization import DiarizationErrorRate, JaccardErrorRate
        from pyannote.metrics.identification import IdentificationErrorRate
    truth, heard = _annotation(reference), _annotation(hypothesis)
    end = max((span.end for span in (*reference, *hypothesis)), default=0.0)
    whole = Timeline([Segment(0, end)] if end else [])
    scored: dict[str, Any] = {
        "collar": 2 * collar,
        "skip_overlap": skip_overlap,
    }  # pyannote's collar is the sum of both sides
    metric = DiarizationErrorRate(**scored)
    row = metric(truth, heard, uem=whole, detailed=True)
    time = SpeakerTime(row["missed detection"], row["false alarm"], row["confusion"], row["total"])
    jaccard: Any = JaccardErrorRate
    jer = jaccard()(truth, heard, uem=whole, detailed=True)
    blocks = []
    mapped = heard.rename_labels(mapping=_best_mapping(metric, truth, heard, whole))
    for first in range(0, int(end) + 1, int(BLOCK_SECONDS)):
        window = Timeline([Segment(first, min(first + BLOCK_SECONDS, end))] if first < end else [])
        part = IdentificationErrorRate(**scored)(truth, mapped, uem=window, detailed=True)
        errors = part["confusion"] + part["missed detection"] + part["false alarm"]
        blocks.append((round(errors, 3), round(part["total"], 3)))
    return time, Jaccard(jer["speaker error"], jer["speaker count"]), tuple(blocks)


def _best_mapping(metric: Any, truth: Annotation, heard: Annotation, whole: Any) -> dict[str, str]:
    """The metric's own pairing of speakers; unpaired voices get names nobody has."""
    one, other, _ = metric.uemify(
        truth, heard, uem=whole, collar=metric.collar, skip_overlap=metric.skip_overlap, returns_uem=True
    )
    found = metric.optimal_mapping(one, other)
    return {label: found.get(label, f"nobody {label}") for label in heard.labels()}


def _annotation(spans: Sequence[SpeakerSpan]) -> Annotation:
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for track, span in enumerate(spans):
        if span.end > span.start:
            annotation[Segment(span.start, span.end), track] = span.speaker
    return annotation
