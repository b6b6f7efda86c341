"""Which groups of windows are people, for artificial voices whose number is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcribe.diarization.clustering import estimate_voices
from transcribe.diarization.people import ONE_VOICE, WindowTimes, are_people, likeness, merge_voices

DIMENSIONS = 192
STEP = 0.5  # seconds


def voices_of(groups: Sequence[tuple[np.ndarray, int]], *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Windows of as many groups, (n, d) and their labels: each of a direction, and noise as large as it."""
    rng = np.random.default_rng(seed)
    rows = [direction + rng.normal(size=(size, DIMENSIONS)) / np.sqrt(DIMENSIONS) for direction, size in groups]
    vectors = np.concatenate(rows)
    labels = np.repeat(np.arange(len(groups)), [size for _, size in groups])
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), labels


def two_directions(cosine: float, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two directions of length 1 with this cosine."""
    rng = np.random.default_rng(seed)
    one, other = np.linalg.qr(rng.normal(size=(DIMENSIONS, 2)))[0].T
    return one, cosine * one + np.sqrt(1 - cosine**2) * other


def windows_of(runs: Sequence[tuple[int, int]], *, bounded: bool = True) -> tuple[np.ndarray, WindowTimes]:
    """Labels and times of runs (label, windows), one after the other; speakers are heard to change, or not."""
    labels = np.concatenate([np.full(size, label) for label, size in runs])
    n = len(labels)
    return labels, WindowTimes(np.arange(n) * STEP, np.ones(n), np.full((n, 2), bounded))


@settings(max_examples=25)
@given(st.integers(15, 70), st.integers(15, 70), st.floats(-0.2, 1.0), st.integers(0, 999))
def test_likeness_does_not_depend_on_the_size_of_the_groups(one: int, other: int, cosine: float, seed: int) -> None:
    """It estimates the cosine of the voices themselves, which that of two centroids only approaches with their size."""
    first, second = two_directions(cosine, seed=seed)
    vectors, labels = voices_of([(first, one), (second, other)], seed=seed)
    starts = np.arange(len(labels)) * STEP
    assert likeness(vectors, labels, starts)[0, 1] == pytest.approx(cosine, abs=0.15)


@pytest.mark.parametrize(("cosine", "count"), [(0.55, 2), (0.6, 2), (0.85, 1), (1.0, 1)])
def test_two_balanced_groups_are_merged_only_if_they_are_one_voice(cosine: float, count: int) -> None:
    """Two alike voices of many windows stay two, though the cosine of their centroids is above one half."""
    vectors, labels = voices_of([(direction, 60) for direction in two_directions(cosine)])
    centroids = [vectors[labels == label].mean(axis=0) for label in (0, 1)]
    assert float(centroids[0] @ centroids[1] / np.prod(np.linalg.norm(centroids, axis=1))) > 0.5
    merged, weakest = merge_voices(vectors, labels, np.arange(120) * STEP)
    assert merged.max() + 1 == count
    assert weakest >= ONE_VOICE


TALK = [(0, 30), (1, 30), (0, 20), (1, 20)]


@pytest.mark.parametrize(
    ("runs", "is_person"),
    [
        ([*TALK, (2, 4), (0, 20), (1, 20)], True),  # three seconds once in the middle
        ([*TALK, (2, 3), (0, 30), (1, 20)], False),  # less
        ([(2, 5), *TALK], False),  # a jingle at the beginning
        ([*TALK, (2, 5)], False),  # and at the end
        ([(2, 4), *TALK, (2, 4)], True),  # together long enough
        ([(2, 3), *TALK, (2, 2)], False),
        ([*TALK, (2, 3), *TALK, (2, 3), *TALK], True),  # twice in the middle
        ([*TALK, (2, 2), *TALK], False),  # less than two seconds
        ([*TALK, (2, 13), *TALK], True),
    ],
)
def test_a_short_group_is_a_person_by_when_it_speaks(runs: list[tuple[int, int]], is_person: bool) -> None:
    labels, windows = windows_of(runs)
    assert list(are_people(labels, windows)) == [True, True, is_person]


def test_a_passage_that_nobody_is_heard_to_begin_is_a_mood_of_the_voice_before() -> None:
    runs = [*TALK, (2, 9), (0, 20), (1, 20)]
    assert are_people(*windows_of(runs))[2]
    assert not are_people(*windows_of(runs, bounded=False))[2]


def test_among_several_others_somebody_may_speak_once() -> None:
    report = [(0, 30), (1, 30), (2, 30), (3, 4), (0, 30)]
    assert are_people(*windows_of(report)).all()
    assert not are_people(*windows_of([(0, 30), (1, 60), (2, 3), (0, 30)]))[2]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 25)), min_size=1, max_size=12), st.booleans())
def test_the_voice_with_most_speech_is_a_person(runs: list[tuple[int, int]], bounded: bool) -> None:
    labels, windows = windows_of(runs, bounded=bounded)
    labels = np.unique(labels, return_inverse=True)[1]
    people = are_people(labels, windows)
    assert people[np.bincount(labels).argmax()]
    twice = are_people(labels, windows)
    assert (people == twice).all()


def test_an_estimate_that_may_be_another_says_so() -> None:
    alike = voices_of([(direction, 60) for direction in two_directions(0.6)])[0]
    apart = voices_of([(direction, 60) for direction in two_directions(0.1)])[0]
    windows = windows_of([(0, 60), (1, 60)])[1]
    assert (len(estimate_voices(alike, windows).centroids), estimate_voices(alike, windows).alternative) == (2, 1)
    assert (len(estimate_voices(apart, windows).centroids), estimate_voices(apart, windows).alternative) == (2, 0)
