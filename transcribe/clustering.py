"""How many voices there are, and what each sounds like: from embedding vectors to one centroid per speaker.

- The count: the largest gap between eigenvalues of a normalised graph Laplacian (U. von Luxburg, "A tutorial on
  spectral clustering", 2007, after A. Ng, M. Jordan & Y. Weiss, NIPS 2001), on a graph that keeps each vector's
  nearest neighbours. Groups whose centroids are alike are one voice after all: over 40 speakers and parts of their
  speech, halves of one voice had cosines above .55, two voices below .53.
- The groups: J. Ward's "Hierarchical grouping to optimize an objective function", 1963, which unlike average
  linkage does not split off single outliers.

Both look at an evenly spaced sample of at most 1,500 vectors, so six hours cost no more than a quarter of one. Which
moment belongs to whom is decided in `transcribe.diarize`, with the centroids.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAME_VOICE = 0.5  # cosine of two centroids from which they are one speaker

_LARGEST_SAMPLE = 1500
_MOST_SPEAKERS = 12
_FEWEST_TO_SPLIT = 10  # vectors; with fewer there is one speaker


def find_voices(vectors: NDArray[np.float32], *, count: int | None = None) -> NDArray[np.float32]:
    """One centroid of length 1 for each speaker: float32 (n, d), rows of length 1 → (speakers, d).

    `count` is the number wanted; there are fewer only where there are fewer vectors. None has it estimated.
    No vectors, no voices.
    """
    if len(vectors) == 0:
        return vectors
    sample = vectors[np.unique(np.linspace(0, len(vectors) - 1, _LARGEST_SAMPLE).astype(int))]
    if count is not None:
        return _centroids(sample, ward(sample, count))
    if len(sample) < _FEWEST_TO_SPLIT:
        return _centroids(sample, np.zeros(len(sample), int))
    return _centroids(sample, _merge_alike(sample, _dissolve_small(sample, ward(sample, estimate_count(sample)))))


def ward(vectors: NDArray[np.float32], count: int) -> NDArray[np.int_]:
    """Labels 0 … count − 1 (fewer where there are fewer vectors) of Ward's clusters, (n, d) → (n,)."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(vectors) < 2:
        return np.zeros(len(vectors), int)
    labels = fcluster(linkage(vectors.astype(np.float64), method="ward"), count, criterion="maxclust")
    return np.unique(labels, return_inverse=True)[1].astype(int)


def estimate_count(vectors: NDArray[np.float32]) -> int:
    """How many groups the vectors, (n, d) of length 1, fall into: 1 to 12, by the largest eigengap."""
    from scipy.linalg import eigh

    affinity = np.maximum(vectors @ vectors.T, 0.0).astype(np.float64)
    neighbours = max(6, round(0.05 * len(vectors)))
    if neighbours < len(vectors):
        smallest_kept = np.partition(affinity, -neighbours, axis=1)[:, -neighbours]
        affinity[affinity < smallest_kept[:, None]] = 0.0
    affinity = (affinity + affinity.T) / 2
    np.fill_diagonal(affinity, 0.0)
    scale = 1.0 / np.sqrt(np.maximum(affinity.sum(axis=1), 1e-12))
    laplacian = np.eye(len(vectors)) - scale[:, None] * affinity * scale
    most = min(_MOST_SPEAKERS, len(vectors) - 1)
    eigenvalues = eigh(laplacian, eigvals_only=True, subset_by_index=(0, most))
    return int(np.argmax(np.diff(eigenvalues))) + 1


def direction(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The centroid of vectors, (n, d) of length 1, as a vector of length 1: (d,)."""
    mean = vectors.mean(axis=0)
    centroid: NDArray[np.float32] = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return centroid


def _dissolve_small(vectors: NDArray[np.float32], labels: NDArray[np.int_]) -> NDArray[np.int_]:
    """Give the members of clusters too small to be a speaker to the nearest of the others."""
    least = max(3.0, min(5.0, 0.1 * len(vectors)))
    large = np.flatnonzero(np.bincount(labels) >= least)
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
