"""Finds channels that cancel each other when they are mixed, and the sign with which each is heard whole.

A microphone whose cable is wired the wrong way round gives the same sound upside down: the sum of it and another is
silence, or what is left where the two are not quite alike. Only speech is measured, so that neither a hum, a constant
nor steady noise decides how people are heard (`audio.decoding.survey`). The measure is what a channel and the mean of
the others have in common, relative to their energies: −1 for a channel that is the opposite of the rest, 0 for one that
has nothing in common with it, 1 for one that is the same. Turning over a channel of the second kind changes nothing one
could hear, so what is slightly below 0 for some other reason, room, delay, a widened jingle, is left alone: a sum of
two such channels loses less than a decibel and a half.

The law: nothing is turned over that leaves less of the speech than the plain mix has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from audio.decoding.runs import runs_of
from audio.decoding.samples import SAMPLE_RATE
from audio.decoding.survey import WINDOW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audio.decoding.survey import Survey

_HARMFUL = 0.3  # a channel's agreement below minus this is cancellation
_CHANGE = 0.65 * SAMPLE_RATE / WINDOW  # what a change of sign costs: two seconds of opposite sound pay for a stretch
_BESIDE = 0.05  # of a window's vote, where nothing stands out of the sound that goes on all the time
_FAINT = 1e-4  # of a recording's loud windows: 40 dB; fainter ones do not count
_LOUD = 95  # percent of a recording's windows that are not silent are no louder than its loud ones
_TIE = 1e-3  # of the energy
_SWEEPS = 3  # over the channels; each can only raise the energy


def find_signs(survey: Survey, weights: NDArray[np.float64]) -> NDArray[np.int8] | None:
    """The sign of each channel in each window, (windows, n) of 1 and −1; None if no channel has to be turned over.

    `weights`, (n,), are those of the mix. Of two ways to turn channels over with the same result,
    it is the one with less sound turned over, and of those the one in which the first channel keeps its sign.
    """
    voices = survey.voices
    if survey.n_channels < 2 or not voices.any():
        return None
    counts = np.where(survey.is_spoken, 1.0, _BESIDE if survey.is_spoken.any() else 1.0).astype(np.float32)
    products = counts[:, None, None] * voices * np.outer(weights, weights).astype(np.float32)
    energies = np.einsum("kii->ki", products)
    loudest = energies.max(axis=1)
    loud = loudest > _FAINT * np.percentile(loudest[loudest > 0], _LOUD)
    order = np.argsort(-energies.sum(axis=0), kind="stable")
    usual = _signs_throughout(products[loud], counts[loud], order)
    signs = np.repeat(usual[None], len(energies), axis=0)
    for _ in range(_SWEEPS):
        before = signs.copy()
        for channel in order[1:]:
            agreement = np.where(loud, _agreement(products, signs, channel), 0.0)
            signs[:, channel] = _smoothed(counts * (agreement + _HARMFUL * usual[channel] * loud))
        if (signs == before).all():
            break
    signs[:, ~energies.any(axis=0)] = 1
    _leave_what_is_not_cancelled(products, signs)
    return None if (signs == 1).all() else signs


def _leave_what_is_not_cancelled(products: NDArray[np.float32], signs: NDArray[np.int8]) -> None:
    """Take back what does not help: turned stretches that leave no more than the plain mix, and the ends of others."""
    plain = products.sum(axis=(1, 2), dtype=np.float64)
    energies = np.einsum("kii->k", products, dtype=np.float64)
    cured = np.einsum("kij,ki,kj->k", products, signs, signs, dtype=np.float64)
    helps = cured - plain > _HARMFUL * energies
    for start, end in runs_of(np.asarray((signs < 0).any(axis=1))):
        helped = start + np.flatnonzero(helps[start:end])
        if not len(helped) or cured[start:end].sum() <= plain[start:end].sum():
            signs[start:end] = 1
        else:
            signs[start : helped[0]] = signs[helped[-1] + 1 : end] = 1


def _signs_throughout(
    products: NDArray[np.float32], counts: NDArray[np.float32], order: NDArray[np.intp]
) -> NDArray[np.int8]:
    """The sign of each channel, (n,), if it has one for the whole recording."""
    loudness = np.sqrt(np.einsum("kii->k", products))[
        :, None, None
    ]  # so that the loudest windows are not all that counts
    whole = (counts[:, None, None] * products / np.maximum(loudness, 1e-20)).sum(axis=0, keepdims=True)
    signs = np.ones((1, products.shape[1]), np.int8)
    for _ in range(_SWEEPS):
        for channel in order:
            if _agreement(whole, signs, channel)[0] * signs[0, channel] < -_HARMFUL:
                signs[0, channel] *= -1
    energies = np.diagonal(whole[0])
    turned = float(energies[signs[0] < 0].sum() / max(energies.sum(), 1e-30))
    is_other_way = turned > 0.5 + _TIE or (turned > 0.5 - _TIE and signs[0, 0] < 0)
    chosen: NDArray[np.int8] = -signs[0] if is_other_way else signs[0]
    return chosen


def _agreement(products: NDArray[np.float32], signs: NDArray[np.int8], channel: int) -> NDArray[np.float64]:
    """The share, −1 to 1, of a channel and the mean of the others that they have in common: (windows,)."""
    others = signs / (signs.shape[1] - 1)
    others[:, channel] = 0.0
    cross = np.einsum("kj,kj->k", products[:, channel, :], others)
    rest = np.einsum("kij,ki,kj->k", products, others, others).clip(min=0.0)
    both = products[:, channel, channel] + rest
    agreement: NDArray[np.float64] = np.divide(2 * cross, both, out=np.zeros(len(both)), where=both > 0)
    return agreement


def _smoothed(values: NDArray[np.float64]) -> NDArray[np.int8]:
    """The signs, (windows,), of the best path: 1 is worth a window's value, −1 the opposite, and a change costs."""
    gains = values.tolist()
    keep, turn = 0.0, 0.0
    came_from: list[tuple[bool, bool]] = []  # whether the best path to keep, to turn, came from the other
    for gain in gains:
        crossed = turn - _CHANGE > keep, keep - _CHANGE > turn
        came_from.append(crossed)
        keep, turn = max(keep, turn - _CHANGE) + gain, max(turn, keep - _CHANGE) - gain
    signs = np.ones(len(gains), np.int8)
    is_turned = turn > keep
    for at in range(len(gains) - 1, -1, -1):
        signs[at] = -1 if is_turned else 1
        is_turned ^= came_from[at][is_turned]
    return signs


def turned_stretches(signs: NDArray[np.int8]) -> Iterator[tuple[int, float, float]]:
    """The channels, counted from 0, that are turned over, each with the start and the end of a stretch in seconds."""
    for channel in range(signs.shape[1]):
        for start, end in runs_of(signs[:, channel] < 0):
            yield channel, start * WINDOW / SAMPLE_RATE, end * WINDOW / SAMPLE_RATE
