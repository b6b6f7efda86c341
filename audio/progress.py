"""The callbacks a slow function reports to. Each may be called from several threads."""

from __future__ import annotations

from collections.abc import Callable

from audio.episode import Episode

OnFraction = Callable[[float], None]
"""Receives the fraction of one function's work that is done, 0 to 1."""


def part_of(progress: OnFraction, done: int, count: int) -> OnFraction:
    """The progress of one of `count` equal parts, of which `done` are done."""
    return lambda fraction: progress((done + fraction) / count)


OnDownload = Callable[[Episode, int, int | None], None]
"""Receives an episode, the bytes of its audio on disk, and its total size in bytes (None: unknown)."""
