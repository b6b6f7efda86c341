"""What a check reports of a clip besides rates: differences in the words, and wrong counts, as JSON and back.

Values, so that a check can be compared with a baseline; `transcribe.evaluation.check_reports` writes the sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from transcribe.evaluation.word_alignment import Difference, Kind

if TYPE_CHECKING:
    from transcribe.evaluation.score import Score

MAX_DIFFERENCES = 10  # in the words of a clip


class CountKind(StrEnum):
    """What is counted. The values are those of reports and baselines."""

    NAME = "name"
    SPEAKER_NAMES = "speaker names"
    SPEAKERS = "speakers"


@dataclass(frozen=True, slots=True)
class Miscount:
    """Wrong mentions of a `name` of all its mentions, misnamed words of all correct words, or speakers of those there.

    `count` is that of the transcript, `reference_count` the whole.
    """

    kind: CountKind
    count: int
    reference_count: int
    name: str = ""


ClipDifference = Difference | Miscount


def differences_of(result: Score) -> tuple[ClipDifference, ...]:
    """The worst differences in the words, and every wrong count. Times are rounded as they are stored."""
    worst = result.differences[:MAX_DIFFERENCES]
    differences: list[ClipDifference] = [
        replace(one, start=None if one.start is None else round(one.start, 2)) for one in worst
    ]
    differences += [Miscount(CountKind.NAME, one.missed, one.mentions, one.name) for one in result.names if one.missed]
    if result.misnamed and result.misnamed[0]:
        differences.append(Miscount(CountKind.SPEAKER_NAMES, *result.misnamed))
    if result.speakers_hyp is not None and result.speakers_ref is not None and result.miscounted_speakers:
        differences.append(Miscount(CountKind.SPEAKERS, result.speakers_hyp, result.speakers_ref))
    return tuple(differences)


def without_time(difference: ClipDifference) -> ClipDifference:
    """What two runs are compared by: the time of the same difference varies."""
    return replace(difference, start=None) if isinstance(difference, Difference) else difference


def to_json(difference: ClipDifference) -> dict[str, Any]:
    """A difference as a row of a baseline."""
    if isinstance(difference, Miscount):
        row = {"kind": difference.kind.value, "count": difference.count, "of": difference.reference_count}
        return row | ({"name": difference.name} if difference.name else {})
    return {
        "kind": difference.kind.value,
        "start": difference.start,
        "before": " ".join(difference.before),
        "aligned": difference.aligned,
        "after": " ".join(difference.after),
        "cost": difference.cost,
    } | ({"speakers": difference.speakers} if any(difference.speakers) else {})


def from_json(row: Mapping[str, Any]) -> ClipDifference:
    """Read a row of `to_json`. Raises `KeyError`, `ValueError`, `TypeError`, `AttributeError` or `OverflowError`."""
    if row["kind"] in tuple(CountKind):
        return Miscount(CountKind(row["kind"]), int(row["count"]), int(row["of"]), str(row.get("name", "")))
    reference, hypothesis = row.get("speakers", ("", ""))
    return Difference(
        Kind(row["kind"]),
        tuple((str(word), str(other)) for word, other in row["aligned"]),
        tuple(row["before"].split()),
        tuple(row["after"].split()),
        int(row["cost"]),
        None if row["start"] is None else float(row["start"]),
        (str(reference), str(hypothesis)),
    )
