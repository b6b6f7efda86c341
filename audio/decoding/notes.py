"""What decoding found out about a recording's sound and did about it, as values. Sentences are made of them elsewhere.

inverted     `channel` (from 1) cancels others and was turned over, from `start` to `end`
levelled     the sound, of `loudness` LUFS, was made `gain_db` louder (or quieter) before recognition
no-numbers   the `percent` of the samples of `channel` (from 1) that are no numbers: they are silence in the mix
clipped      the `percent` of the samples that are at full scale in the file itself
closed-gap   at `start` the file's timestamps jump ahead by `seconds`, more than a recording can last
unknown-times  from `start` on, ffmpeg could not state when the file has the sound be heard: it may be later
tracks       the file has `count` sound tracks; `heard`, `silent`, `copies` (of earlier ones), `dubbed` (as loud and
             quiet as an earlier one, but other sound), `unreadable` and `beyond` (more than are taken of a file) are
             their numbers, from 1
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Detail = str | int | float | list[int]


class Finding(StrEnum):
    """What a note is about."""

    INVERTED = "inverted"
    LEVELLED = "levelled"
    CLIPPED = "clipped"
    NO_NUMBERS = "no-numbers"
    CLOSED_GAP = "closed-gap"
    UNKNOWN_TIMES = "unknown-times"
    TRACKS = "tracks"


@dataclass(frozen=True)
class SoundNote:
    """A finding with the values named above; `track` is the number of the sound track, from 1, 0 if there is one only.

    Raises `ValueError` for an unknown finding.
    """

    finding: Finding
    details: Mapping[str, Detail]
    track: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "finding", Finding(self.finding))
