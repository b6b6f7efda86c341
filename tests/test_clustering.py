"""Voices from vectors, on made-up voices: directions in space with noise around them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcribe.clustering import estimate_count, find_voices, ward

DIMENSIONS = 192


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def said_by(*sizes: int, seed: int = 0, spread: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of as many voices as there are sizes, in a row, and each voice's true direction.

    At spread 1, two vectors of a voice have a cosine of about .5, as CAM++'s second-long windows do.
    """
    rng = np.random.default_rng(seed)
    voices = unit(rng.normal(size=(len(sizes), DIMENSIONS)))
    noise = rng.normal(size=(sum(sizes), DIMENSIONS)) * spread / np.sqrt(DIMENSIONS)
    return unit(np.repeat(voices, sizes, axis=0) + noise), voices


@settings(max_examples=20)
@given(st.lists(st.integers(15, 60), min_size=1, max_size=5), st.integers(0, 10_000))
def test_the_voices_are_found_and_counted(sizes: list[int], seed: int) -> None:
    vectors, truth = said_by(*sizes, seed=seed)
    found = find_voices(vectors)
    assert found.shape == truth.shape
    assert sorted((found @ truth.T).argmax(axis=0)) == list(range(len(sizes)))
    assert (found @ truth.T).max(axis=0).min() > 0.9


def test_centroids_have_length_one() -> None:
    assert np.linalg.norm(find_voices(said_by(30, 40)[0]), axis=1) == pytest.approx([1, 1])


def test_one_voice_of_two_moods_is_one_voice() -> None:
    rng = np.random.default_rng(3)
    voice = unit(rng.normal(size=DIMENSIONS))
    moods = unit(voice + 0.5 * unit(rng.normal(size=(2, DIMENSIONS))))  # cosine .8 to one another
    vectors = unit(np.repeat(moods, 60, axis=0) + rng.normal(size=(120, DIMENSIONS)) * 0.3 / np.sqrt(DIMENSIONS))
    assert estimate_count(vectors) == 2  # the graph alone would be taken in
    assert len(find_voices(vectors)) == 1


def test_a_jingle_of_two_windows_is_nobody() -> None:
    assert len(find_voices(said_by(2, 60, 50)[0])) == 2


def test_few_vectors_are_one_voice() -> None:
    assert len(find_voices(said_by(5, 4)[0])) == 1


def test_nothing_is_nobody() -> None:
    nothing = np.zeros((0, DIMENSIONS), np.float32)
    assert len(find_voices(nothing)) == len(find_voices(nothing, count=3)) == 0


@pytest.mark.parametrize(("vectors", "count", "expected"), [(1, 1, 1), (1, 4, 1), (3, 9, 3), (40, 2, 2), (40, 20, 20)])
def test_a_given_count_is_kept_while_there_are_vectors(vectors: int, count: int, expected: int) -> None:
    assert len(find_voices(said_by(vectors)[0], count=count)) == expected


def test_a_given_count_finds_a_voice_that_is_seldom_heard() -> None:
    vectors, truth = said_by(200, 8)
    assert (find_voices(vectors, count=2) @ truth.T).max(axis=0).min() > 0.9


def test_ward_joins_what_adds_the_least_variance() -> None:
    # By hand: joining a and b adds (1·1/2)·1² = .5, c and d .72, the pair (a, b) and c (2·1/3)·2.5² = 4.2.
    points = np.array([[0.0, 0], [1, 0], [3, 0], [4.2, 0]], np.float32)
    assert [len(set(ward(points, count))) for count in (1, 2, 3, 4)] == [1, 2, 3, 4]
    three = ward(points, 3)
    assert three[0] == three[1] != three[2]
    two = ward(points, 2)
    assert two[0] == two[1] != two[2] == two[3]


def test_six_hours_cost_no_more_than_the_sample() -> None:
    vectors, truth = said_by(30_000, 10_000, 3_200)
    found = find_voices(vectors)  # an n² graph of these would take 15 GB
    assert (found @ truth.T).max(axis=0).min() > 0.9
    assert len(found) == 3
