"""How far a stage of a task is: the one value that goes from the pipeline through the workers to the display.

A single function reports a bare fraction (`audio.progress.OnFraction`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from transcribe.declaration import Stage


@dataclass(frozen=True, slots=True)
class Progress:
    """`stage` of the task with this number has done `fraction` (0 to 1) of its work."""

    task: int
    stage: Stage
    fraction: float


OnProgress = Callable[[Progress], None]
"""Receives progress. May be called from several threads."""


def ignore_progress(progress: Progress) -> None:
    """An `OnProgress` that does nothing."""
