"""Which windows of a recording are listened to for a voice, and what each is good for. Pure.

From a few minutes of speech on, every other window is spared where one person goes on speaking: it would say what its
neighbours say. What that costs is told in docs/performance.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transcribe.diarization.clustering import LARGEST_SAMPLE
from transcribe.diarization.embedding import STEP, WINDOW, window_starts
from transcribe.diarization.segmentation import ALONE, Activity

_CLUSTERED_SHARE = 0.6  # of a window that must be speech for it to shape a voice
_CLUSTERED_ALONE = 0.5  # … and in which somebody must speak alone, if there are …
_CLEAR_WINDOWS = 10  # … as many like that: a mixture of voices sounds like one more
_EMBEDDED_SHARE = 0.2  # … to have a say at all
_LEAST_WEIGHT = 0.05  # of a window in which nobody speaks alone, against 1 where one person speaks throughout
_PLENTY = 500  # windows that shape the voices, some four minutes of speech, from which on some are spared
_STEADY_CHANGE, _STEADY_SPEAKERS = 0.01, 1.2  # below these, and …
_STEADY_MARGIN = 0.5  # … as many seconds around a window, one person goes on speaking


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows with speech, in order; every array is (n,).

    `starts` in seconds; `shaping` those that shape the voices; `weights` from 0 to 1 what each counts for in telling
    whose a frame is; `embedded` those whose vector has to be computed. The others lie between two that are.
    """

    starts: NDArray[np.float64]
    shaping: NDArray[np.bool_]
    weights: NDArray[np.float64]
    embedded: NDArray[np.bool_]

    def vectors_of(self, found: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors of all windows, (n, d), from those of the embedded ones: the others take their neighbours' mean."""
        vectors = np.zeros((len(self.starts), found.shape[1]), np.float32)
        vectors[self.embedded] = found
        spared = np.flatnonzero(~self.embedded)
        mean = vectors[spared - 1] + vectors[spared + 1]
        vectors[spared] = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
        return vectors


def choose_windows(activity: Activity, n_samples: int, *, speech: NDArray[np.bool_], plenty: int = _PLENTY) -> Windows:
    """The windows of a recording of `n_samples` at 16 kHz in which there is `speech`, (frames,).

    With `plenty` of them to shape the voices, some are spared: those of every other half second with one person
    speaking throughout, and half a second on either side. They shape the voices all the same, by what is taken for
    their vectors, since how much speech a voice has is evidence for it; but not where there are as many others as
    clustering looks at.
    """
    starts = window_starts(n_samples)
    share = share_of(activity, starts, wanted=speech)
    heard = share >= min(_EMBEDDED_SHARE, share.max())
    starts, share = starts[heard], share[heard]
    pure = share >= min(_CLUSTERED_SHARE, share.max())
    alone = share_of(activity, starts, wanted=speech & (activity.speakers < ALONE))
    if (clear := pure & (alone >= _CLUSTERED_ALONE)).sum() >= _CLEAR_WINDOWS:
        pure = clear
    weights = np.maximum(alone, _LEAST_WEIGHT)
    embedded = ~_between_alike(activity, starts) if pure.sum() >= plenty else np.ones(len(starts), bool)
    shaping = pure & embedded
    return Windows(starts, shaping if shaping.sum() >= LARGEST_SAMPLE else pure, weights, embedded)


def share_of(activity: Activity, starts: NDArray[np.float64], *, wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The share of wanted frames, (frames,), in each window, (n,) starts in seconds: (n,) from 0 to 1."""
    total = np.concatenate([[0.0], np.cumsum(wanted)])
    first = np.searchsorted(activity.times, starts)
    last = np.maximum(np.searchsorted(activity.times, starts + WINDOW), first + 1).clip(max=activity.n_frames)
    share: NDArray[np.float64] = (total[last] - total[first.clip(max=last)]) / np.maximum(last - first, 1)
    return share


def _is_odd(starts: NDArray[np.float64]) -> NDArray[np.bool_]:
    odd: NDArray[np.bool_] = np.rint(starts / STEP).astype(int) % 2 == 1
    return odd


def _between_alike(activity: Activity, starts: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which windows, (n,), have a neighbour a step away on either side, and one person speaking all around them."""
    disturbed = (activity.change >= _STEADY_CHANGE) | (activity.speakers >= _STEADY_SPEAKERS)
    total = np.concatenate([[0], np.cumsum(disturbed)])
    first = np.searchsorted(activity.times, starts - _STEADY_MARGIN)
    last = np.searchsorted(activity.times, starts + WINDOW + _STEADY_MARGIN)
    is_next = np.abs(np.diff(starts) - STEP) < STEP / 10
    between = np.concatenate([[False], is_next]) & np.concatenate([is_next, [False]])
    spared: NDArray[np.bool_] = _is_odd(starts) & between & (total[last] == total[first])
    return spared
