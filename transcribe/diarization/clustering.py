"""How many voices there are, and what each sounds like: from embedding vectors to one centroid per speaker.

- The groups: J. Ward's "Hierarchical grouping to optimize an objective function", 1963, which unlike average
  linkage does not split off single outliers. With the count given that is all.
- The count: more of Ward's groups than there may be speakers, of which a Bayesian model keeps those it needs
  (`transcribe.diarization.vbx`). Groups whose centroids are alike are one voice after all: over 40 speakers and parts
  of their speech, halves of one voice had cosines above .55, two voices below .53. Who is heard for less than two
  seconds, or than a two-hundredth of all speech, is not told from a jingle, and is not counted.

Both look at an evenly spaced sample of at most 1,500 vectors, so six hours cost no more than a quarter of one. Which
moment belongs to whom is decided in `transcribe.diarization.diarize`, with the centroids.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transcribe.diarization.embedding import STEP
from transcribe.diarization.vbx import settle

SAME_VOICE = 0.5  # cosine of two centroids from which they are one speaker
LARGEST_SAMPLE = 1500  # vectors that are looked at

_MOST_SPEAKERS = 12
_VECTORS_A_GROUP = 6  # at least, on average, of the groups the count is begun with
_FEWEST_TO_SPLIT = 10  # vectors; with fewer there is one speaker
_LEAST_HEARD = 2.75  # the sum of the weights of a speaker's vectors: three windows of speech, two seconds
_LEAST_SHARE = 0.005  # … or of all weights where that is more: 18 s of an hour, in which odd moments add up to a voice


def find_voices(
    vectors: NDArray[np.float32],
    *,
    count: int | None = None,
    times: NDArray[np.float64] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float32]:
    """One centroid of length 1 for each speaker: float32 (n, d), rows of length 1 → (speakers, d).

    `count` is the number wanted; there are fewer only where there are fewer vectors. None has it estimated; for that,
    `times`, (n,) ascending seconds, and `weights`, (n,) from 0 to 1, the share of each window in which somebody speaks
    alone; without them vectors follow one another, a step apart, and count alike. No vectors, no voices.
    """
    if len(vectors) == 0:
        return vectors
    chosen = np.unique(np.linspace(0, len(vectors) - 1, LARGEST_SAMPLE).astype(int))
    sample = vectors[chosen]
    if count is not None:
        return _centroids(sample, ward(sample, count))
    if len(sample) < _FEWEST_TO_SPLIT:
        return _centroids(sample, np.zeros(len(sample), int))
    times = (np.arange(len(vectors)) * STEP if times is None else times)[chosen]
    weights = (np.ones(len(vectors)) if weights is None else weights)[chosen]
    groups = ward(sample, min(_MOST_SPEAKERS, len(sample) // _VECTORS_A_GROUP))
    labels = settle(sample, groups, times=times, weights=weights)
    return _centroids(sample, _merge_alike(sample, _dissolve_small(sample, labels, weights)))


def ward(vectors: NDArray[np.float32], count: int) -> NDArray[np.int_]:
    """Labels 0 … count − 1 (fewer where there are fewer vectors) of Ward's clusters, (n, d) → (n,)."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(vectors) < 2:
        return np.zeros(len(vectors), int)
    labels = fcluster(linkage(vectors.astype(np.float64), method="ward"), count, criterion="maxclust")
    return np.unique(labels, return_inverse=True)[1].astype(int)


def direction(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The centroid of vectors, (n, d) of length 1, as a vector of length 1: (d,)."""
    mean = vectors.mean(axis=0)
    centroid: NDArray[np.float32] = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return centroid


def _dissolve_small(
    vectors: NDArray[np.float32], labels: NDArray[np.int_], weights: NDArray[np.float64]
) -> NDArray[np.int_]:
    """Give the members of clusters too small to be a speaker to the nearest of the others."""
    least = max(_LEAST_HEARD, _LEAST_SHARE * float(weights.sum()))
    large = np.flatnonzero(np.bincount(labels, weights=weights) >= least)
    if len(large) == 0:
        return np.zeros_like(labels)
    centroids = np.stack([direction(vectors[labels == label]) for label in large])
    nearest = np.argmax(vectors @ centroids.T, axis=1)
    kept = np.searchsorted(large, labels).clip(max=len(large) - 1)
    return np.where(np.isin(labels, large), kept, nearest)


def _merge_alike(vectors: NDArray[np.float32], labels: NDArray[np.int_]) -> NDArray[np.int_]:
    """Merge the two most similar voices while their centroids are alike."""
    labels = labels.copy()
    while (count := labels.max() + 1) > 1:
        centroids = _centroids(vectors, labels)
        alike = centroids @ centroids.T - 2 * np.eye(count)
        first, second = sorted(np.unravel_index(np.argmax(alike), alike.shape))
        if alike[first, second] <= SAME_VOICE:
            break
        labels[labels == second] = first
        labels[labels > second] -= 1
    return labels


def _centroids(vectors: NDArray[np.float32], labels: NDArray[np.int_]) -> NDArray[np.float32]:
    return np.stack([direction(vectors[labels == label]) for label in range(labels.max() + 1)])
