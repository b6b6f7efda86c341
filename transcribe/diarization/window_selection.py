"""Selects the windows of a recording to embed and to cluster, and their weights. Pure.

In recordings with more than a few minutes of speech, every other window is skipped while one person continues: its
vector is nearly its neighbours' mean. docs/performance.md has the cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transcribe.diarization.clustering import LARGEST_SAMPLE
from transcribe.diarization.embedding import STEP, WINDOW, window_starts
from transcribe.diarization.segmentation import ALONE, Activity

_CLUSTERED_SHARE = 0.6  # of a window that must be speech for clustering
_CLUSTERED_ALONE = 0.5  # of a window that must be one speaker's alone for clustering, if there are …
_CLEAR_WINDOWS = 10  # … this many such windows: a mixture of voices resembles a further voice
_EMBEDDED_SHARE = 0.2  # of a window that must be speech for embedding
_LEAST_WEIGHT = 0.05  # of a window without a single speaker; one with a single speaker throughout has 1
_PLENTY = 500  # windows to cluster, some four minutes of speech, from which on some are skipped
_STEADY_CHANGE, _STEADY_SPEAKERS = 0.01, 1.2  # one person continues while both scores are below these, …
_STEADY_MARGIN = 0.5  # … up to this many seconds around a window


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows with speech, in order; every array is (n,).

    `starts` in seconds; `clustered` is True for those to cluster; `weights` from 0 to 1 for assigning frames;
    `embedded` is True for those to embed. Each of the others is between two embedded ones.
    """

    starts: NDArray[np.float64]
    clustered: NDArray[np.bool_]
    weights: NDArray[np.float64]
    embedded: NDArray[np.bool_]

    def interpolate(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors of all windows, (n, d), from those of the embedded ones: the others get their neighbours' mean."""
        vectors = np.zeros((len(self.starts), embeddings.shape[1]), np.float32)
        vectors[self.embedded] = embeddings
        skipped = np.flatnonzero(~self.embedded)
        mean = vectors[skipped - 1] + vectors[skipped + 1]
        vectors[skipped] = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
        return vectors


def select_windows(activity: Activity, n_samples: int, *, speech: NDArray[np.bool_], plenty: int = _PLENTY) -> Windows:
    """The windows with `speech`, (frames,), of a recording of `n_samples` at 16 kHz.

    With at least `plenty` windows to cluster, every other one is skipped if one person speaks throughout it and half a
    second on either side. Skipped windows are clustered all the same, with interpolated vectors, since the amount of
    speech is evidence for a voice; but not if the others fill clustering's sample.
    """
    starts = window_starts(n_samples)
    share = shares_in(activity, starts, frames=speech)
    spoken = share >= min(_EMBEDDED_SHARE, share.max())
    starts, share = starts[spoken], share[spoken]
    pure = share >= min(_CLUSTERED_SHARE, share.max())
    alone = shares_in(activity, starts, frames=speech & (activity.speakers < ALONE))
    if (clear := pure & (alone >= _CLUSTERED_ALONE)).sum() >= _CLEAR_WINDOWS:
        pure = clear
    weights = np.maximum(alone, _LEAST_WEIGHT)
    embedded = ~_is_redundant(activity, starts) if pure.sum() >= plenty else np.ones(len(starts), bool)
    clustered = pure & embedded
    return Windows(starts, clustered if clustered.sum() >= LARGEST_SAMPLE else pure, weights, embedded)


def shares_in(activity: Activity, starts: NDArray[np.float64], *, frames: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The share of True `frames` in each window, (n,) starts in seconds: (n,) from 0 to 1."""
    total = np.concatenate([[0.0], np.cumsum(frames)])
    first = np.searchsorted(activity.times, starts)
    last = np.maximum(np.searchsorted(activity.times, starts + WINDOW), first + 1).clip(max=activity.n_frames)
    share: NDArray[np.float64] = (total[last] - total[first.clip(max=last)]) / np.maximum(last - first, 1)
    return share


def _is_redundant(activity: Activity, starts: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether a window has neighbours a step away on both sides, and one person speaks all around it: (n,)."""
    disturbed = (activity.change >= _STEADY_CHANGE) | (activity.speakers >= _STEADY_SPEAKERS)
    total = np.concatenate([[0], np.cumsum(disturbed)])
    first = np.searchsorted(activity.times, starts - _STEADY_MARGIN)
    last = np.searchsorted(activity.times, starts + WINDOW + _STEADY_MARGIN)
    is_adjacent = np.abs(np.diff(starts) - STEP) < STEP / 10
    between = np.concatenate([[False], is_adjacent]) & np.concatenate([is_adjacent, [False]])
    is_odd = np.rint(starts / STEP).astype(int) % 2 == 1
    redundant: NDArray[np.bool_] = is_odd & between & (total[last] == total[first])
    return redundant
