"""How many voices a sequence of embeddings has, and which is whose: a hidden Markov model, a state per voice. Pure.

After F. Landini, J. Profant, M. Diez & L. Burget, "Bayesian HMM clustering of x-vector sequences (VBx) in speaker
diarization", Computer Speech & Language 71, 2022; constants have the paper's names. Voices are drawn from one
distribution, windows are drawn around their voice, and a speaker tends to continue. Variational inference estimates
the share of each voice and prunes redundant states, so it starts with more voices than there are. There is no PLDA,
whose matrices take thousands of speakers to train: the spread between and within voices is the same in all dimensions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_WITHIN = 0.5  # variance within a voice: two one-second CAM++ windows of one voice have a cosine of about .5
_FA = 0.2  # weight of the evidence of a window: windows overlap by half, and their dimensions are not independent
_FB = 2.0  # regularisation: the larger, the fewer voices
_LOOP_PROBABILITY = 0.9  # that the speaker is the same `_LOOP_SECONDS` later
_LOOP_SECONDS = 0.5
_ITERATIONS = 10  # 20 changed nothing
_INITIAL_LOG_ODDS = 5.0  # of the initial labels

# These, and the initial number of voices, were chosen over recordings shifted by parts of a window and cut into
# half minutes, and over artificial conversations of their speakers: docs/performance.md.


def refine_clusters(
    vectors: NDArray[np.float32], labels: NDArray[np.int_], *, times: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.int_]:
    """The voice of each vector, (n,) labels from 0 without gaps: usually fewer voices than in `labels`.

    `vectors` is (n, d) with rows of length 1, `labels` (n,) the initial voices, `times` (n,) ascending seconds,
    `weights` (n,) from 0 to 1.
    """
    rows = vectors.astype(np.float64) * np.sqrt(vectors.shape[1] / _WITHIN)
    evidence = _FA * weights
    loop = _LOOP_PROBABILITY ** np.maximum(1.0, np.diff(times, prepend=times[:1]) / _LOOP_SECONDS)
    states = labels.max() + 1
    odds = np.exp(_INITIAL_LOG_ODDS * np.eye(states)[labels])
    responsibility = odds / odds.sum(axis=1, keepdims=True)
    shares = np.full(states, 1.0 / states)
    for _ in range(_ITERATIONS):
        counts = evidence[:, None] * responsibility
        variance = 1.0 / (1.0 + counts.sum(axis=0) / _FB)
        means = variance[:, None] * (counts.T @ rows) / _FB
        spread = vectors.shape[1] * variance + np.square(means).sum(axis=1)
        fit = evidence[:, None] * (rows @ means.T - 0.5 * spread)
        responsibility, shares = forward_backward(np.exp(fit - fit.max(axis=1, keepdims=True)), shares, loop)
    return np.unique(responsibility.argmax(axis=1), return_inverse=True)[1].astype(int)


def forward_backward(
    likelihood: NDArray[np.float64], shares: NDArray[np.float64], loop: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Posteriors of the states, (n, states), and the expected share of the entries into each, (states,).

    At i a state stays with probability `loop[i]`, (n,); otherwise the next one is drawn from `shares`, (states,), as
    at the start. (L. Rabiner, "A tutorial on hidden Markov models", 1989, with scaling.)
    """
    n, states = likelihood.shape
    forward, scale = np.empty((n, states)), np.empty(n)
    arriving = shares
    for i in range(n):
        if i:
            arriving = loop[i] * forward[i - 1] + (1.0 - loop[i]) * shares
        forward[i] = arriving * likelihood[i]
        scale[i] = forward[i].sum()
        forward[i] /= scale[i]
    backward, entries = np.ones((n, states)), np.zeros(states)
    for i in range(n - 1, 0, -1):
        ahead = likelihood[i] * backward[i] / scale[i]
        entering = (1.0 - loop[i]) * shares * ahead
        entries += entering
        backward[i - 1] = loop[i] * ahead + entering.sum()
    posterior = forward * backward
    posterior /= posterior.sum(axis=1, keepdims=True)
    entries += posterior[0]
    return posterior, entries / entries.sum()
