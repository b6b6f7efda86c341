"""One long recording as several tasks: a survey, then blocks of words and the speakers in parallel, then the rest.

No chunk's words depend on another's and all tasks share the plan, so the words are those of a single task, whichever
worker reads which block. A failed part costs only time: the last task does its work again.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

from audio.episode import Seconds
from transcribe.pipeline.checkpoints import EncodedResult
from transcribe.workers.task import Outcome, Part, Task

MIN_DURATION: Seconds = 600.0  # shorter recordings are not worth decoding several times

_RANGES_PER_WORKER = 2  # of blocks; several even out that some have more speech than others


def is_long(seconds: Seconds | None) -> bool:
    """Whether a recording of this length is worth splitting; None: unknown length."""
    return seconds is not None and seconds >= MIN_DURATION


class Split:
    """The parts of one episode and their results so far, for this number of workers."""

    def __init__(self, task: Task, workers: int) -> None:
        self._task = task
        self._workers = workers
        self._known: list[EncodedResult] = []
        self._open = 0

    @property
    def first(self) -> Task:
        """The part all others depend on."""
        return replace(self._task, part=Part.SURVEY)

    def after(self, task: Task, outcome: Outcome) -> list[Task]:
        """The tasks that can run once this part is done."""
        self._known += outcome.results
        if task.part is Part.SURVEY:
            parts = self._parts(outcome.n_blocks)
            self._open = len(parts)
        else:
            parts = []
            self._open -= 1
        return parts if self._open else [replace(self._task, known=tuple(self._known))]

    def _parts(self, n_blocks: int) -> list[Task]:
        if n_blocks == 0:  # no speech, or the survey failed
            return []
        known = tuple(self._known)
        speakers = replace(self._task, part=Part.DIARIZE, known=known)
        ranges = min(n_blocks, _RANGES_PER_WORKER * self._workers)
        edges = [i * n_blocks // ranges for i in range(ranges + 1)]
        blocks = itertools.pairwise(edges)
        return [speakers, *(replace(self._task, part=Part.BLOCKS, blocks=pair, known=known) for pair in blocks)]
