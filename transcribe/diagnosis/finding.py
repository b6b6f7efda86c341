"""What a check found, and what it is told about where it runs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from transcribe.config import Choices
from transcribe.settings import Settings


class Level(StrEnum):
    """How a finding is meant."""

    OK = "ok"
    NOTE = "note"  # worth knowing; runs work
    WRONG = "wrong"  # runs fail, or their results cannot be believed


@dataclass(frozen=True, slots=True)
class Finding:
    """One row: what was looked at, what is so, and what to do, which is stated wherever something is wrong."""

    level: Level
    subject: str
    message: str
    next_step: str = ""

    def __post_init__(self) -> None:
        if self.level is Level.WRONG and not self.next_step:
            raise ValueError(f"{self.subject}: what is wrong needs a next step")

    def as_dict(self) -> dict[str, str | None]:
        """As JSON data."""
        return {
            "level": str(self.level),
            "subject": self.subject,
            "message": self.message,
            "next_step": self.next_step or None,
        }


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the checks run: the working folder, the environment, the settings in force there.

    `choices` are the names of the settings' registries. Offline, nothing is sent anywhere.
    """

    folder: Path
    environ: Mapping[str, str]
    settings: Settings  # the defaults if those in force are not valid
    choices: Choices
    offline: bool = False


Check = Callable[[Surroundings], Iterable[Finding]]
"""Yields what it finds. It changes nothing, and what it raises costs the rest of its own findings only."""
