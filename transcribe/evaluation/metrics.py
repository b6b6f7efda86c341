"""Counts of errors by type, which can be added up; every rate is computed from counts."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

from audio.episode import Seconds

BootstrapSegments = tuple[tuple[float, float], ...]
"""Errors and length (words or seconds) of each segment of a reference, in order; a bootstrap resamples them."""

C = TypeVar("C", bound="Counts")


def rate_of(errors: float, length: float) -> float:
    """Errors divided by length; for an empty reference 0 without and 1 with errors, as in jiwer."""
    return errors / length if length else float(errors > 0)


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
        """Errors divided by length, as `rate_of` does."""
        return rate_of(self.errors, self.length)

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
