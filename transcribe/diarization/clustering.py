"""Clusters embeddings by voice: from vectors to one centroid per speaker.

- With a given count: J. Ward's "Hierarchical grouping to optimize an objective function", 1963, which unlike average
  linkage does not split off single outliers.
- Without one: Ward's clusters, more than the expected speakers, which a Bayesian model prunes
  (`transcribe.diarization.vbx`). Clusters with similar centroids are merged: over 40 speakers and parts of their
  speech, halves of one voice had cosines above .55, two voices below .53. A voice of less than two seconds, or of less
  than a two-hundredth of all speech, cannot be distinguished from a jingle and is not counted.

Both use an evenly spaced sample of at most 1,500 vectors, so six hours cost no more than a quarter of an hour.
`transcribe.diarization.diarize` assigns the frames to the centroids.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transcribe.diarization.embedding import STEP
from transcribe.diarization.vbx import refine_clusters

SAME_VOICE = 0.5  # cosine above which two centroids are one speaker's
LARGEST_SAMPLE = 1500  # vectors

_MOST_SPEAKERS = 12
_VECTORS_PER_CLUSTER = 6  # at least, on average, of the initial clusters
_FEWEST_TO_SPLIT = 10  # vectors; with fewer there is one speaker
_LEAST_WEIGHT = 2.75  # the sum of the weights of a speaker's vectors: three windows of speech, two seconds
_LEAST_SHARE = 0.005  # of all weights, if that is more: 18 s of an hour, in which noises and jingles add up to a voice


def find_voices(
    vectors: NDArray[np.float32],
    *,
    count: int | None = None,
    times: NDArray[np.float64] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float32]:
    """One centroid of length 1 for each speaker: float32 (n, d), rows of length 1 → (speakers, d).

    `count` is the number of speakers; with fewer vectors there are fewer. None estimates it, from `times`, (n,)
    ascending seconds, and `weights`, (n,) from 0 to 1, the share of each window with a single speaker; by default
    vectors are a step apart and have equal weights. No vectors, no voices.
    """
    if len(vectors) == 0:
        return vectors
    sampled = np.unique(np.linspace(0, len(vectors) - 1, LARGEST_SAMPLE).astype(int))
    sample = vectors[sampled]
    if count is not None:
        return _centroids(sample, ward(sample, count))
    if len(sample) < _FEWEST_TO_SPLIT:
        return _centroids(sample, np.zeros(len(sample), int))
    times = (np.arange(len(vectors)) * STEP if times is None else times)[sampled]
    weights = (np.ones(len(vectors)) if weights is None else weights)[sampled]
    clusters = ward(sample, min(_MOST_SPEAKERS, len(sample) // _VECTORS_PER_CLUSTER))
    labels = refine_clusters(sample, clusters, times=times, weights=weights)
    return _centroids(sample, _merge_similar(sample, _dissolve_small(sample, labels, weights)))


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


def _dissolve_small(
    vectors: NDArray[np.float32], labels: NDArray[np.int_], weights: NDArray[np.float64]
) -> NDArray[np.int_]:
    """Move the members of clusters too small for a speaker to the nearest of the others."""
    least = max(_LEAST_WEIGHT, _LEAST_SHARE * float(weights.sum()))
    large = np.flatnonzero(np.bincount(labels, weights=weights) >= least)
    if len(large) == 0:
        return np.zeros_like(labels)
    centroids = np.stack([centroid_of(vectors[labels == label]) for label in large])
    nearest = np.argmax(vectors @ centroids.T, axis=1)
    unchanged = np.searchsorted(large, labels).clip(max=len(large) - 1)
    return np.where(np.isin(labels, large), unchanged, nearest)


def _merge_similar(vectors: NDArray[np.float32], labels: NDArray[np.int_]) -> NDArray[np.int_]:
    """Merge the two most similar voices as long as their cosine is above `SAME_VOICE`."""
    labels = labels.copy()
    while (count := labels.max() + 1) > 1:
        centroids = _centroids(vectors, labels)
        cosines = centroids @ centroids.T - 2 * np.eye(count)
        first, second = sorted(np.unravel_index(np.argmax(cosines), cosines.shape))
        if cosines[first, second] <= SAME_VOICE:
            break
        labels[labels == second] = first
        labels[labels > second] -= 1
    return labels


def _centroids(vectors: NDArray[np.float32], labels: NDArray[np.int_]) -> NDArray[np.float32]:
    return np.stack([centroid_of(vectors[labels == label]) for label in range(labels.max() + 1)])
