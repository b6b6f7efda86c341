"""Clusters of artificial voices: directions in space with noise around them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcribe.diarization.clustering import find_voices, ward
from transcribe.diarization.vbx import forward_backward, refine_clusters

DIMENSIONS = 192


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def vectors_of(*sizes: int, seed: int = 0, spread: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of as many voices as there are sizes, in a row, and each voice's true direction.

    At spread 1, two vectors of a voice have a cosine of about .5, as CAM++'s second-long windows do.
    """
    rng = np.random.default_rng(seed)
    voices = unit(rng.normal(size=(len(sizes), DIMENSIONS)))
    noise = rng.normal(size=(sum(sizes), DIMENSIONS)) * spread / np.sqrt(DIMENSIONS)
    return unit(np.repeat(voices, sizes, axis=0) + noise), voices


@settings(max_examples=20)
@given(st.lists(st.integers(15, 60), min_size=1, max_size=5), st.integers(0, 10_000))
def test_voices_are_found_and_counted(sizes: list[int], seed: int) -> None:
    vectors, truth = vectors_of(*sizes, seed=seed)
    centroids = find_voices(vectors)
    assert centroids.shape == truth.shape
    assert sorted((centroids @ truth.T).argmax(axis=0)) == list(range(len(sizes)))
    assert (centroids @ truth.T).max(axis=0).min() > 0.9


def test_centroids_have_length_one() -> None:
    assert np.linalg.norm(find_voices(vectors_of(30, 40)[0]), axis=1) == pytest.approx([1, 1])


def test_two_moods_of_one_voice_are_one_voice() -> None:
    rng = np.random.default_rng(3)
    voice = unit(rng.normal(size=DIMENSIONS))
    moods = unit(voice + 0.5 * unit(rng.normal(size=(2, DIMENSIONS))))  # cosine .8 to one another
    vectors = unit(np.repeat(moods, 60, axis=0) + rng.normal(size=(120, DIMENSIONS)) * 0.3 / np.sqrt(DIMENSIONS))
    assert len(set(refine_clusters(vectors, ward(vectors, 12), times=np.arange(120) / 2, weights=np.ones(120)))) == 2
    assert len(find_voices(vectors)) == 1


def test_a_jingle_of_two_windows_is_no_voice() -> None:
    assert len(find_voices(vectors_of(2, 60, 50)[0])) == 2


def test_a_voice_hardly_ever_alone_is_not_counted() -> None:
    vectors, weights = vectors_of(60, 50, 7)[0], np.ones(117)
    assert len(find_voices(vectors, weights=weights)) == 3
    weights[110:] = 0.3  # seven windows, two seconds in them without others
    assert len(find_voices(vectors, weights=weights)) == 2


def test_a_tiny_share_of_a_long_recording_is_no_voice() -> None:
    assert len(find_voices(vectors_of(600, 500, 8)[0])) == 3  # 8 of 1,108 windows: more than a two-hundredth
    assert len(find_voices(vectors_of(800, 640, 7)[0])) == 2  # 7 of 1,447: less


def test_posteriors_agree_with_exhaustive_search() -> None:
    likelihood = np.array([[0.9, 0.2, 0.1], [0.3, 0.6, 0.2], [0.1, 0.1, 0.8], [0.2, 0.5, 0.4]])
    shares, loop = np.array([0.5, 0.3, 0.2]), np.array([0.7, 0.9, 0.6, 0.8])
    expected_weight = np.zeros((4, 3))
    for path in itertools.product(range(3), repeat=4):
        chance = shares[path[0]] * likelihood[0, path[0]]
        for i in range(1, 4):
            stays = loop[i] if path[i] == path[i - 1] else 0.0
            chance *= (stays + (1 - loop[i]) * shares[path[i]]) * likelihood[i, path[i]]
        for i, state in enumerate(path):
            expected_weight[i, state] += chance
    posterior, entries = forward_backward(likelihood, shares, loop)
    assert posterior == pytest.approx(expected_weight / expected_weight.sum(axis=1, keepdims=True))
    assert entries.sum() == pytest.approx(1)
    # By hand: a chain that never stays is drawn again each time, so entries are the posteriors' mean.
    posterior, entries = forward_backward(likelihood, shares, np.zeros(4))
    assert posterior[1] == pytest.approx(np.array([0.15, 0.18, 0.04]) / 0.37)
    assert entries == pytest.approx(posterior.mean(axis=0))


def test_few_vectors_are_one_voice() -> None:
    assert len(find_voices(vectors_of(5, 4)[0])) == 1


def test_no_vectors_give_no_voices() -> None:
    nothing = np.zeros((0, DIMENSIONS), np.float32)
    assert len(find_voices(nothing)) == len(find_voices(nothing, count=3)) == 0


@pytest.mark.parametrize(("vectors", "count", "expected"), [(1, 1, 1), (1, 4, 1), (3, 9, 3), (40, 2, 2), (40, 20, 20)])
def test_a_given_count_holds_as_long_as_there_are_vectors(vectors: int, count: int, expected: int) -> None:
    assert len(find_voices(vectors_of(vectors)[0], count=count)) == expected


def test_a_given_count_finds_a_rare_voice() -> None:
    vectors, truth = vectors_of(200, 8)
    assert (find_voices(vectors, count=2) @ truth.T).max(axis=0).min() > 0.9


def test_ward_merges_the_clusters_that_add_the_least_variance() -> None:
    # By hand: joining a and b adds (1·1/2)·1² = .5, c and d .72, the pair (a, b) and c (2·1/3)·2.5² = 4.2.
    points = np.array([[0.0, 0], [1, 0], [3, 0], [4.2, 0]], np.float32)
    assert [len(set(ward(points, count))) for count in (1, 2, 3, 4)] == [1, 2, 3, 4]
    three = ward(points, 3)
    assert three[0] == three[1] != three[2]
    two = ward(points, 2)
    assert two[0] == two[1] != two[2] == two[3]


def test_memory_for_six_hours_is_that_of_the_sample() -> None:
    vectors, truth = vectors_of(30_000, 10_000, 3_200)
    centroids = find_voices(vectors)  # an n² graph of these would take 15 GB
    assert (centroids @ truth.T).max(axis=0).min() > 0.9
    assert len(centroids) == 3
