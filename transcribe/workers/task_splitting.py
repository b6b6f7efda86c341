"""One long recording as several tasks: a survey, then blocks of words and the speakers side by side, then the rest.

No chunk's words depend on another's and the plan is the same for all, so the words are those of one task, whoever reads
which block. A part that fails costs time, no more: the last task does what was not done.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

from audio.episode import Seconds
from transcribe.pipeline.checkpoints import EncodedResult
from transcribe.workers.task import Outcome, Part, Task

LEAST: Seconds = 600.0  # of sound; shorter recordings are not worth decoding several times

_RANGES_A_WORKER = 2  # of blocks; several even out that one has more speech than another


def is_long(seconds: Seconds | None) -> bool:
    """Whether a recording of this length is worth splitting; None: not known."""
    return seconds is not None and seconds >= LEAST


class Split:
    """An episode's parts as far as they are done. `workers` is how many there are for them."""

    def __init__(self, task: Task, workers: int) -> None:
        self._task = task
        self._workers = workers
        self._known: list[EncodedResult] = []
        self._open = 0

    @property
    def first(self) -> Task:
        """The part the others stand on."""
        return replace(self._task, part=Part.SURVEY)

    def after(self, task: Task, outcome: Outcome) -> list[Task]:
        """What can be done once this part is."""
        self._known += outcome.results
        if task.part is Part.SURVEY:
            parts = self._parts(outcome.n_blocks)
            self._open = len(parts)
        else:
            parts = []
            self._open -= 1
        return parts if self._open else [replace(self._task, known=tuple(self._known))]

    def _parts(self, n_blocks: int) -> list[Task]:
        if n_blocks == 0:  # nobody speaks, or the survey failed
            return []
        known = tuple(self._known)
        speakers = replace(self._task, part=Part.DIARIZE, known=known)
        ranges = min(n_blocks, _RANGES_A_WORKER * self._workers)
        edges = [i * n_blocks // ranges for i in range(ranges + 1)]
        blocks = itertools.pairwise(edges)
        return [speakers, *(replace(self._task, part=Part.BLOCKS, blocks=pair, known=known) for pair in blocks)]
