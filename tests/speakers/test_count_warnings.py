"""A run that was given more people than there are voices says whom it may have made of one voice."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.diarization.diarize import Diarization
from transcribe.speakers.count_warnings import count_warnings
from transcribe.transcript import Speaker, SpeakerSpan
from transcribe.transcript_warnings import TranscriptWarning, WarningCode

NAMES = ("Ann", "Bo", "Cy", "Dee", "Eve")
PEOPLE = tuple(Speaker(f"S{i}", name) for i, name in enumerate(NAMES, start=1))


def angled(*degrees: float | None) -> dict[str, tuple[float, ...]]:
    """A voice for each speaker, in a plane: the cosine of two is that of the angle between them; None: no voice."""
    pairs = enumerate(degrees, start=1)
    return {f"S{i}": (math.cos(math.radians(d)), math.sin(math.radians(d))) for i, d in pairs if d is not None}


def warnings(estimate: int, *degrees: float | None, alternative: int = 0) -> tuple[TranscriptWarning, ...]:
    spans = tuple(SpeakerSpan(float(i), i + 0.9, f"S{i}") for i in range(1, len(degrees) + 1))
    diarization = Diarization(spans, angled(*degrees), estimate=estimate, alternative=alternative)
    return count_warnings(diarization, given=len(degrees), speakers=PEOPLE[: len(degrees)], turns=())


@pytest.mark.parametrize(
    ("estimate", "degrees", "who"),
    [
        (2, (0, 80, 95), "Bo and Cy sound alike"),
        (2, (0, 80, 30), "Ann and Cy sound alike"),
        (1, (0, 20, 45), "Ann, Bo and Cy sound alike"),
        (2, (0, 20, 90, 110), "Ann and Bo sound alike; Cy and Dee sound alike"),
        (2, (0, 80, None), "Cy hardly speaks alone"),
        (1, (0, None, None), "Bo and Cy hardly speak alone"),
    ],
)
def test_who_may_be_one_person_is_said_by_name(estimate: int, degrees: tuple[float | None, ...], who: str) -> None:
    (warning,) = warnings(estimate, *degrees)
    assert warning.code is WarningCode.FEWER_VOICES
    assert f"found, and --speakers gives {len(degrees)} people ({who}); check" in warning.message


def test_nothing_is_said_where_that_many_voices_are_possible_or_were_not_counted() -> None:
    assert not warnings(3, 0, 80, 95)
    assert not warnings(2, 0, 80, 95, alternative=3)
    assert not warnings(0, 0, 80, 95)  # channels tell who speaks


@given(st.integers(1, 5), st.lists(st.none() | st.integers(0, 180), min_size=1, max_size=5))
def test_whoever_is_named_has_no_voice_or_one_like_somebody_elses(estimate: int, degrees: list[int | None]) -> None:
    found = warnings(estimate, *degrees)
    assert bool(found) == (estimate != len(degrees))
    for warning in found:
        if warning.code is not WarningCode.FEWER_VOICES:
            assert estimate > len(degrees)
            continue
        named = [int(id[1:]) - 1 for id in warning.speakers]
        assert len(set(named)) == len(named)
        assert all(NAMES[i] in warning.message for i in named)
        assert {i for i, d in enumerate(degrees) if d is None} <= set(named)
        for i in named:
            others = [d for j, d in enumerate(degrees) if j in named and j != i and d is not None]
            assert degrees[i] is None or any(abs(d - (degrees[i] or 0)) <= 60 for d in others)
