"""Which groups of windows are people: two groups may be one voice, and a short one a jingle or a shout. Pure.

Two groups are one voice if their windows resemble each other nearly as much as each group's own do. The cosine of two
centroids does not show that: it grows with the number of windows that they average. Over pieces of 37 voices, this
likeness was above .75 for 99 of 100 pairs of pieces of 20 windows of one voice, and below .6 for those of two.

A group with little of the speech is a person if somebody was heard to begin and to end (a change of speaker, or a
pause), and if it speaks several times, or once for long. A single short passage is a person only among several others,
as in a report: in a conversation it is a shout, somebody who spells a word, or a jingle at the beginning or the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ONE_VOICE = 0.67  # likeness from which two groups are one voice
UNSURE = (0.57, 0.77)  # likeness at which two groups may be one voice or two

_APART = 1.0  # seconds between two windows that share no sound
_LEAST_OWN = 0.3  # mean cosine of a group's windows; a noisier group is not known to be like another
_FEW = (12.0, 0.12)  # sum of weights, and share of all: with more of either, a group needs no further evidence
_LEAST_WEIGHT = 2.75  # three windows of speech, two seconds
_LEAST_SHARE = 0.005  # of all weights, if that is more: 18 s of an hour, in which noises and jingles add up to a voice
_ONCE, _AT_AN_EDGE = 4.0, 6.0  # the least weight of a single passage, and of one at the beginning or end
_EDGE = 8.0  # seconds
_ONE_PASSAGE = 2.0  # seconds between the starts of two windows of one passage
_REPORT = 3  # other people, among whom somebody may speak once


@dataclass(frozen=True, slots=True)
class WindowTimes:
    """Of the windows of a recording, in order: when each starts, its share with a single speaker, and whether its
    start and its end, (n, 2), are at a change of speaker or a pause."""

    starts: NDArray[np.float64]
    weights: NDArray[np.float64]
    bounded: NDArray[np.bool_]

    def at(self, chosen: NDArray[np.int_]) -> WindowTimes:
        """Those of some windows."""
        return WindowTimes(self.starts[chosen], self.weights[chosen], self.bounded[chosen])


def likeness(
    vectors: NDArray[np.float32], labels: NDArray[np.int_], starts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How alike each two groups are, from about 0 (strangers) to 1 (one voice): (groups, groups), 0 on the diagonal.

    The mean cosine of windows of both, divided by the geometric mean of the groups' own; those count pairs without
    common sound.
    """
    groups = [np.flatnonzero(labels == label) for label in range(labels.max() + 1)]
    own = np.array([max(_LEAST_OWN, _own_cosine(vectors[group], starts[group])) for group in groups])
    means = np.stack([vectors[group].mean(axis=0, dtype=np.float64) for group in groups])
    alike: NDArray[np.float64] = means @ means.T / np.sqrt(np.outer(own, own))
    np.fill_diagonal(alike, 0.0)
    return alike


def _own_cosine(vectors: NDArray[np.float32], starts: NDArray[np.float64]) -> float:
    """The mean cosine of two windows of a group without common sound; 0 if there are none."""
    cosines = vectors @ vectors.T
    apart = np.abs(starts[:, None] - starts[None]) >= _APART
    return float(cosines[apart].mean()) if apart.any() else 0.0


def merge_voices(
    vectors: NDArray[np.float32], labels: NDArray[np.int_], starts: NDArray[np.float64]
) -> tuple[NDArray[np.int_], float]:
    """Labels with the groups of one voice merged, the likest first; and the least likeness of a merged pair, or 1."""
    labels, weakest = labels.copy(), 1.0
    while labels.max() > 0:
        alike = likeness(vectors, labels, starts)
        first, second = sorted(np.unravel_index(np.argmax(alike), alike.shape))
        if alike[first, second] < ONE_VOICE:
            break
        weakest = min(weakest, float(alike[first, second]))
        labels[labels == second] = first
        labels[labels > second] -= 1
    return labels, weakest


def are_people(labels: NDArray[np.int_], windows: WindowTimes) -> NDArray[np.bool_]:
    """Whether each group is a person, (groups,); at least one is."""
    weights = np.bincount(labels, weights=windows.weights)
    enough = weights >= max(_LEAST_WEIGHT, _LEAST_SHARE * weights.sum())
    solid = (weights >= _FEW[0]) | (weights >= _FEW[1] * weights.sum())
    people: NDArray[np.bool_] = enough & solid
    for label in np.flatnonzero(enough & ~solid):
        others = int((enough & solid).sum())
        people[label] = _is_person(np.flatnonzero(labels == label), float(weights[label]), windows, others=others)
    people[weights.argmax()] = True
    return people


def _is_person(members: NDArray[np.int_], weight: float, windows: WindowTimes, *, others: int) -> bool:
    """Whether a group with little of the speech, the windows `members`, is a person."""
    passages = _passages(members, windows.starts)
    if not any(windows.bounded[first, 0] and windows.bounded[last, 1] for first, last in passages):
        return False
    first, last = windows.starts[0], windows.starts[-1]
    inner = [
        (begin, end)
        for begin, end in passages
        if windows.starts[begin] - first > _EDGE and last - windows.starts[end] > _EDGE
    ]
    if others >= _REPORT or len(inner) > 1 or (inner and len(passages) > 1):
        return True
    return weight >= (_ONCE if inner else _AT_AN_EDGE)


def _passages(members: NDArray[np.int_], starts: NDArray[np.float64]) -> Sequence[tuple[int, int]]:
    """The first and the last window of each passage of a group."""
    longest = max(_ONE_PASSAGE, 2.0 * float(np.median(np.diff(starts))))  # in a sample, windows are further apart
    breaks = np.flatnonzero(np.diff(starts[members]) > longest) + 1
    return [(int(part[0]), int(part[-1])) for part in np.split(members, breaks)]
