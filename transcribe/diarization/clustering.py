"""Clusters embeddings by voice: from vectors to one centroid per speaker.

- With a given count: J. Ward's "Hierarchical grouping to optimize an objective function", 1963, which unlike average
  linkage does not split off single outliers.
- Without one: Ward's clusters, more than the expected speakers, which a Bayesian model prunes
  (`transcribe.diarization.vbx`). Of what is left, groups of one voice are merged, and those that are no people are
  dissolved (`transcribe.diarization.people`).

Both use an evenly spaced sample of at most 1,500 vectors, so six hours cost no more than a quarter of an hour.
`transcribe.diarization.diarize` assigns the frames to the centroids.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transcribe.diarization.embedding import STEP
from transcribe.diarization.people import UNSURE, WindowTimes, are_people, likeness, merge_voices
from transcribe.diarization.vbx import refine_clusters

SAME_VOICE = 0.5  # cosine above which two centroids are one speaker's
LARGEST_SAMPLE = 1500  # vectors

_MOST_SPEAKERS = 12
_VECTORS_PER_CLUSTER = 6  # at least, on average, of the initial clusters
_FEWEST_TO_SPLIT = 10  # vectors; with fewer there is one speaker
_TOLD_WEIGHT = 4.0  # of a dissolved group that may have been a person after all


@dataclass(frozen=True, slots=True)
class Voices:
    """The estimated voices: a centroid of length 1 for each, (voices, d), and how many there may be instead.

    `alternative` is 0 where the evidence allows no other number.
    """

    centroids: NDArray[np.float32]
    alternative: int = 0


def find_voices(
    vectors: NDArray[np.float32],
    *,
    count: int | None = None,
    times: NDArray[np.float64] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float32]:
    """One centroid of length 1 for each speaker: float32 (n, d), rows of length 1 → (speakers, d).

    `count` is the number of speakers; with fewer vectors there are fewer. None estimates it as `estimate_voices` does,
    with starts and ends of speech at every window; by default these are a step apart and have equal weights.
    """
    if count is not None and len(vectors):
        sample = vectors[_sampled(len(vectors))]
        return _centroids(sample, ward(sample, count))
    starts = np.arange(len(vectors), dtype=np.float64) * STEP if times is None else times
    shares = np.ones(len(vectors), np.float64) if weights is None else weights
    return estimate_voices(vectors, WindowTimes(starts, shares, np.ones((len(vectors), 2), bool))).centroids


def estimate_voices(vectors: NDArray[np.float32], windows: WindowTimes) -> Voices:
    """The voices of windows, (n, d) rows of length 1; no vectors, no voices."""
    if len(vectors) == 0:
        return Voices(vectors)
    sampled = _sampled(len(vectors))
    sample, windows = vectors[sampled], windows.at(sampled)
    if len(sample) < _FEWEST_TO_SPLIT:
        return Voices(_centroids(sample, np.zeros(len(sample), int)))
    clusters = ward(sample, min(_MOST_SPEAKERS, len(sample) // _VECTORS_PER_CLUSTER))
    labels = refine_clusters(sample, clusters, times=windows.starts, weights=windows.weights)
    labels, weakest = merge_voices(sample, labels, windows.starts)
    people = are_people(labels, windows)
    dissolved = np.bincount(labels, weights=windows.weights)[~people]
    labels = _without(sample, labels, np.flatnonzero(people))
    closest = float(likeness(sample, labels, windows.starts).max())
    more = weakest < UNSURE[1] or (dissolved >= _TOLD_WEIGHT).any()
    count = int(labels.max()) + 1
    return Voices(_centroids(sample, labels), count - 1 if closest > UNSURE[0] else count + 1 if more else 0)


def _sampled(n: int) -> NDArray[np.int_]:
    """Which of n vectors the sample has."""
    return np.unique(np.linspace(0, n - 1, LARGEST_SAMPLE).astype(int))


def ward(vectors: NDArray[np.float32], count: int) -> NDArray[np.int_]:
    """Labels 0 … count − 1 (fewer for fewer vectors) of Ward's clusters, (n, d) → (n,)."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(vectors) < 2:
        return np.zeros(len(vectors), int)
    labels = fcluster(linkage(vectors.astype(np.float64), method="ward"), count, criterion="maxclust")
    return np.unique(labels, return_inverse=True)[1].astype(int)


def centroid_of(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The centroid of vectors, (n, d) of length 1, as a vector of length 1: (d,)."""
    mean = vectors.mean(axis=0)
    centroid: NDArray[np.float32] = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return centroid


def embedding_of(vectors: NDArray[np.float32]) -> tuple[float, ...]:
    """The centroid of vectors as it is stored: numbers of four digits."""
    return tuple(round(float(value), 4) for value in centroid_of(vectors))


def _without(vectors: NDArray[np.float32], labels: NDArray[np.int_], kept: NDArray[np.int_]) -> NDArray[np.int_]:
    """Labels in which the members of all groups but those `kept` are moved to the nearest of these."""
    centroids = np.stack([centroid_of(vectors[labels == label]) for label in kept])
    nearest = np.argmax(vectors @ centroids.T, axis=1)
    unchanged = np.searchsorted(kept, labels).clip(max=len(kept) - 1)
    return np.where(np.isin(labels, kept), unchanged, nearest)


def _centroids(vectors: NDArray[np.float32], labels: NDArray[np.int_]) -> NDArray[np.float32]:
    return np.stack([centroid_of(vectors[labels == label]) for label in range(labels.max() + 1)])
