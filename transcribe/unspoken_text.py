"""What of a text is not spoken in its recording, as `STEM.json` keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from transcribe.transcript_json import typed, typed_all


@dataclass(frozen=True, slots=True)
class UnspokenText:
    """Words of a text that nobody says, behind so many words of its timed transcript. Raises `ValueError`."""

    after: int
    text: str

    def __post_init__(self) -> None:
        if self.after < 0 or not self.text.strip():
            raise ValueError(f"{self.text!r:.60} after {self.after} words is no text left out")


def unspoken_of(data: Mapping[str, Any]) -> Iterator[UnspokenText]:
    """The texts at the key `unspoken` of a transcript. Raises `TypeError`, `KeyError` and `ValueError`."""
    for row in typed_all(data, "unspoken", dict):
        yield UnspokenText(typed(row, "after", int), typed(row, "text", str))
