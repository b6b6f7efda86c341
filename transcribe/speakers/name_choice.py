"""Which name belongs to which voice, by the clues for and against every pair. Pure.

A name that only the speech gives must be supported well and lead clearly: a voice that two names fit equally has none,
and the better one becomes a suggestion. Names that the user gives are all somebody's, so the whole assignment is
chosen at once, and what a voice does all through (`transcribe.speakers.host_conduct`) weighs beside what is said once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from transcribe.person_names import Name, NameCertainty, are_same
from transcribe.speakers.addressees import Clue

Pair = tuple[str, str]  # name, voice

_LEAD = 1.0  # points by which the best name of a voice must lead the next, and the best voice of a name


def points_of(clues: Mapping[Pair, Sequence[Clue]]) -> dict[Pair, float]:
    """The sum of the clues of each pair."""
    return {pair: sum(clue.weight for clue in supporting) for pair, supporting in clues.items()}


def well_supported(voices: Sequence[str], clues: Mapping[Pair, Sequence[Clue]], *, least: float) -> dict[str, Name]:
    """Voice → name, for the pairs with enough points that lead all that compete with them, the best first."""
    points = points_of(clues)
    named: dict[str, Name] = {}
    for name, voice in sorted(points, key=lambda pair: -points[pair]):
        taken = {other.text for other in named.values()}
        if points[name, voice] < least or voice not in voices or voice in named or name in taken:
            continue
        rivals = [
            value
            for (other, elsewhere), value in points.items()
            if (elsewhere == voice and other != name and other not in taken)
            or (other == name and elsewhere != voice and elsewhere in voices and elsewhere not in named)
        ]
        if points[name, voice] - max(rivals, default=0.0) >= _LEAD:
            named[voice] = Name(name, citations(clues[name, voice]), NameCertainty.STATED)
    return named


def likeliest(names: Sequence[str], voices: Sequence[str], points: Mapping[Pair, float]) -> dict[str, str]:
    """Voice → name with the largest sum of points; as many pairs as there can be, ties in the given orders."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    if not names or not voices:
        return {}
    costs = np.array([[-points.get((name, voice), 0.0) for voice in voices] for name in names])
    costs += 1e-6 * np.abs(np.subtract.outer(np.arange(len(names)), np.arange(len(voices))))
    rows, columns = linear_sum_assignment(costs)
    return {voices[column]: names[row] for row, column in zip(rows, columns, strict=True)}


def suggestion_for(voice: str, clues: Mapping[Pair, Sequence[Clue]], *, taken: Sequence[str], least: float) -> str:
    """The name with the most points for a voice without one; empty if none has enough."""
    points = points_of(clues)
    free = [pair for pair in points if pair[1] == voice and not any(are_same(pair[0], name) for name in taken)]
    best = max(free, key=lambda pair: points[pair], default=None)
    return best[0] if best is not None and points[best] >= least else ""


def citations(clues: Sequence[Clue]) -> str:
    """What was said that ties a name to a voice, the strongest first, at most three."""
    supporting = sorted((clue for clue in clues if clue.weight > 0), key=lambda clue: -clue.weight)
    return "; ".join(list(dict.fromkeys(clue.citation for clue in supporting))[:3])
