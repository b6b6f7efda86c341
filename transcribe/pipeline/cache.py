"""What lies in the cache folder, and making room there: the least recently used goes first.

Everything it clears can be made again, by the time it took the first time. Models are counted but go only where they
are asked for by name. Drafts do not lie here.
A damaged entry is counted: to whoever reads it, it is a miss. Other processes may write and clear at the same time.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from audio.disk import TEMPORARY_SUFFIX, cache_folder
from audio.episode import Seconds
from transcribe.pipeline.checkpoints import SOURCE_NOTE, is_whole, source_of


class Kind(StrEnum):
    """What an entry is; the value is the name of its folder in the cache."""

    STAGES = "stages"
    DOCUMENTS = "documents"
    SCORES = "scores"
    MODELS = "models"


CLEARED = frozenset({Kind.STAGES, Kind.DOCUMENTS, Kind.SCORES})
"""The kinds that go without being asked for by name, and that a limit counts."""

_HALF_WRITTEN_S = 3600.0  # a temporary file older than this was left by a crash, and nobody writes to it any more


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the cache, or one model's folder. `used` is when it was last written or read, in seconds since 1970.

    `recording` is the beginning of the audio's SHA-256 for what a stage found, and empty otherwise.
    """

    kind: Kind
    path: Path
    n_bytes: int
    used: float
    recording: str = ""

    @property
    def is_half_written(self) -> bool:
        """Whether it is a temporary file of an atomic write."""
        return self.path.name.startswith(".") and self.path.name.endswith(TEMPORARY_SUFFIX)


@dataclass(frozen=True, slots=True)
class Recording:
    """What is kept of one recording. `source` is the path it was last transcribed from; empty: not known."""

    sha256_beginning: str
    source: str
    n_entries: int
    n_bytes: int
    used: float


def kept_entries(folder: Path | None = None) -> tuple[Entry, ...]:
    """Every entry below `folder` (default: the user's cache), the least recently used first.

    What cannot be looked at is left out.
    """
    folder = folder or cache_folder()
    found = [entry for kind in Kind for entry in _entries(folder / kind, kind)]
    return tuple(sorted(found, key=lambda entry: (entry.used, entry.path)))


def recordings(entries: Iterable[Entry]) -> tuple[Recording, ...]:
    """What is kept of each recording, the last used one first."""
    of_each: dict[Path, list[Entry]] = {}
    for entry in entries:
        if entry.recording:
            of_each.setdefault(entry.path.parent, []).append(entry)
    rows = [
        Recording(
            folder.name,
            source_of(folder),
            len(each),
            sum(entry.n_bytes for entry in each),
            max(entry.used for entry in each),
        )
        for folder, each in of_each.items()
    ]
    return tuple(sorted(rows, key=lambda row: -row.used))


def damaged(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The results of stages, scores and half-written files that no run will take; each file is read for it."""
    return tuple(entry for entry in entries if entry.is_half_written or not _is_readable(entry))


def to_clear(
    entries: Iterable[Entry],
    *,
    kinds: frozenset[Kind] = CLEARED,
    older_than: Seconds | None = None,
    max_bytes: int | None = None,
    now: float | None = None,
) -> tuple[Entry, ...]:
    """Of `entries` (the least recently used first) those to remove: all of these kinds where no bound is given; else
    what was not used for `older_than`, and as many more as bring what is left of these kinds down to `max_bytes`.

    A file somebody may be writing at this moment is never among them.
    """
    now = time.time() if now is None else now
    mine = [entry for entry in entries if entry.kind in kinds]
    mine = [entry for entry in mine if not entry.is_half_written or now - entry.used > _HALF_WRITTEN_S]
    if older_than is None and max_bytes is None:
        return tuple(mine)
    left = sum(entry.n_bytes for entry in mine)
    chosen = []
    for entry in mine:
        is_old = older_than is not None and now - entry.used > older_than
        if is_old or entry.is_half_written or (max_bytes is not None and left > max_bytes):
            chosen.append(entry)
            left -= entry.n_bytes
    return tuple(chosen)


def clear(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Remove `entries`, and the folders that are empty then; returns those that are gone.

    One that somebody else removed counts as gone; one the disk holds on to does not, and stops nothing.
    """
    gone = tuple(entry for entry in entries if _remove(entry.path))
    for folder in {entry.path.parent for entry in gone if entry.recording}:
        _remove_if_bare(folder)
    return gone


def trim(max_bytes: int, *, folder: Path | None = None) -> tuple[Entry, ...]:
    """Clear the least recently used of what can be made again, until no more than `max_bytes` are left of it."""
    return clear(to_clear(kept_entries(folder), max_bytes=max_bytes))


def _entries(folder: Path, kind: Kind) -> Iterator[Entry]:
    try:
        children = sorted(folder.iterdir())
    except OSError:
        return
    for child in children:
        whole = kind is Kind.MODELS or not child.is_dir()
        files = [child] if whole else [path for path in _files_below(child) if path.name != SOURCE_NOTE]
        recording = child.name if kind is Kind.STAGES and not whole else ""
        for path in files:
            try:
                held = [file.lstat() for file in (_files_below(path) if path.is_dir() else [path])]
            except OSError:  # gone by now
                continue
            used = max((status.st_mtime for status in held), default=0.0)
            yield Entry(kind, path, sum(status.st_size for status in held), used, recording)


def _files_below(folder: Path) -> list[Path]:
    return [Path(parent) / name for parent, _, names in os.walk(folder) for name in sorted(names)]


def _is_readable(entry: Entry) -> bool:
    if entry.kind is Kind.STAGES:
        return is_whole(entry.path)
    if entry.kind is Kind.SCORES:
        try:
            json.loads(entry.path.read_bytes())
        except (OSError, ValueError):
            return False
    return True


def _remove(path: Path) -> bool:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _remove_if_bare(folder: Path) -> None:
    """Remove a folder in which nothing but the note of its source is left."""
    try:
        if all(path.name == SOURCE_NOTE for path in folder.iterdir()):
            shutil.rmtree(folder)
    except OSError:  # somebody is writing to it: it is not bare
        return
