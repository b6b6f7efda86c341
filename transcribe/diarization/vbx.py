"""How many voices a row of vectors holds, and which is whose: a hidden Markov model whose states are voices. Pure.

After F. Landini, J. Profant, M. Diez & L. Burget, "Bayesian HMM clustering of x-vector sequences (VBx) in speaker
diarization", Computer Speech & Language 71, 2022. Voices are directions drawn from one distribution, windows are drawn
around their voice, and who speaks goes on for a while. Variational inference gives each voice its share of the talk
and starves those it can do without, so it is begun with more voices than there are. Without their PLDA, whose matrices
must be learnt from thousands of speakers: between and within voices the vectors are taken to be spread alike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Of CAM++ over one second two windows of a voice have a cosine of about .5: half of each vector is the voice.
_WITHIN = 0.5
_TRUST = 0.2  # what a window counts for (their F_A): windows overlap by half, and their dimensions are not independent
_THRIFT = 2.0  # what a voice must earn (their F_B)
_GOES_ON = 0.9  # probability that whoever speaks still speaks `_AFTER` seconds later …
_AFTER = 0.5
_ROUNDS = 10  # 20 changed nothing
_CONFIDENCE = 5.0  # log odds of the labels it is begun with

# These, and the number of voices to begin with, were chosen over recordings shifted by parts of a window and cut into
# half minutes, and over made-up conversations of their speakers: docs/performance.md.


def settle(
    vectors: NDArray[np.float32], labels: NDArray[np.int_], *, times: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.int_]:
    """The voice each vector belongs to, 0 … with none left out: fewer than there are `labels`, mostly.

    `vectors` is (n, d) with rows of length 1, `labels` (n,) what it is begun with, `times` (n,) ascending seconds,
    `weights` (n,) from 0 to 1 what a vector counts for.
    """
    rows = vectors.astype(np.float64) * np.sqrt(vectors.shape[1] / _WITHIN)
    trust = _TRUST * weights
    goes_on = _GOES_ON ** np.maximum(1.0, np.diff(times, prepend=times[:1]) / _AFTER)
    states = labels.max() + 1
    odds = np.exp(_CONFIDENCE * np.eye(states)[labels])
    belongs = odds / odds.sum(axis=1, keepdims=True)
    shares = np.full(states, 1.0 / states)
    for _ in range(_ROUNDS):
        counts = trust[:, None] * belongs
        variance = 1.0 / (1.0 + counts.sum(axis=0) / _THRIFT)
        means = variance[:, None] * (counts.T @ rows) / _THRIFT
        spread = vectors.shape[1] * variance + np.square(means).sum(axis=1)
        fit = trust[:, None] * (rows @ means.T - 0.5 * spread)
        belongs, shares = forward_backward(np.exp(fit - fit.max(axis=1, keepdims=True)), shares, goes_on)
    return np.unique(belongs.argmax(axis=1), return_inverse=True)[1].astype(int)


def forward_backward(
    likelihood: NDArray[np.float64], shares: NDArray[np.float64], goes_on: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Posteriors of the states, (n, states), and the expected share of the entries into each, (states,).

    At i a state goes on with probability `goes_on[i]`, (n,); else one is drawn anew by `shares`, (states,), as at the
    start. (L. Rabiner, "A tutorial on hidden Markov models", 1989, with scaling.)
    """
    n, states = likelihood.shape
    forward, scale = np.empty((n, states)), np.empty(n)
    arriving = shares
    for i in range(n):
        if i:
            arriving = goes_on[i] * forward[i - 1] + (1.0 - goes_on[i]) * shares
        forward[i] = arriving * likelihood[i]
        scale[i] = forward[i].sum()
        forward[i] /= scale[i]
    backward, entries = np.ones((n, states)), np.zeros(states)
    for i in range(n - 1, 0, -1):
        ahead = likelihood[i] * backward[i] / scale[i]
        anew = (1.0 - goes_on[i]) * shares * ahead
        entries += anew
        backward[i - 1] = goes_on[i] * ahead + anew.sum()
    posterior = forward * backward
    posterior /= posterior.sum(axis=1, keepdims=True)
    entries += posterior[0]
    return posterior, entries / entries.sum()
