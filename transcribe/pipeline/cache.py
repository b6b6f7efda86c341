"""The contents of the cache folder, and removing the least recently used of them.

Everything it removes can be made again, in the time it took at first. Models are counted, but removed only on request.
Drafts are not in the cache. A damaged entry is counted; to its reader it is a miss. Other processes may write and
remove entries at the same time.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from audio.disk import TEMPORARY_SUFFIX, CacheKind, cache_folder
from audio.episode import Seconds
from audio.trust import read_own
from transcribe.pipeline.checkpoints import SOURCE_NOTE, is_intact, source_of

CLEARED = frozenset({CacheKind.STAGES, CacheKind.DOCUMENTS, CacheKind.SCORES, CacheKind.MIXES})
"""The kinds that are removed by default, and that a limit counts."""

_HALF_WRITTEN_S = 3600.0  # a temporary file older than this was left by a crash


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the cache, or one model's folder. `used` is when it was last written or read, in seconds since 1970.

    `recording` is the beginning of the audio's SHA-256 for the result of a stage, and empty otherwise.
    """

    kind: CacheKind
    path: Path
    n_bytes: int
    used: float
    recording: str = ""

    @property
    def is_half_written(self) -> bool:
        """Whether it is a temporary file of an atomic write."""
        return self.path.name.startswith(".") and self.path.name.endswith(TEMPORARY_SUFFIX)


@dataclass(frozen=True, slots=True)
class CachedRecording:
    """The stage results of one recording. `source` is the path it was last transcribed from; empty: unknown."""

    sha256_beginning: str
    source: str
    n_entries: int
    n_bytes: int
    used: float


def cache_entries(folder: Path | None = None) -> tuple[Entry, ...]:
    """Every entry below `folder` (default: the user's cache), the least recently used first.

    What cannot be read is left out.
    """
    folder = folder or cache_folder()
    entries = [entry for kind in CacheKind for entry in _entries(folder / kind, kind)]
    return tuple(sorted(entries, key=lambda entry: (entry.used, entry.path)))


def recordings(entries: Iterable[Entry]) -> tuple[CachedRecording, ...]:
    """The recordings with stage results in the cache, the last used one first."""
    by_folder: dict[Path, list[Entry]] = {}
    for entry in entries:
        if entry.recording:
            by_folder.setdefault(entry.path.parent, []).append(entry)
    rows = [
        CachedRecording(
            folder.name,
            source_of(folder),
            len(each),
            sum(entry.n_bytes for entry in each),
            max(entry.used for entry in each),
        )
        for folder, each in by_folder.items()
    ]
    return tuple(sorted(rows, key=lambda row: -row.used))


def damaged(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The stage results, scores and half-written files that no run can use; every file is read."""
    return tuple(entry for entry in entries if entry.is_half_written or not _is_readable(entry))


def to_clear(
    entries: Iterable[Entry],
    *,
    kinds: frozenset[CacheKind] = CLEARED,
    older_than: Seconds | None = None,
    max_bytes: int | None = None,
    now: float | None = None,
) -> tuple[Entry, ...]:
    """Those of `entries` (the least recently used first) to remove: without a bound all of these kinds; else those not
    used for `older_than`, and as many more as bring the rest of these kinds down to `max_bytes`.

    A file that may be being written is never among them.
    """
    now = time.time() if now is None else now
    candidates = [entry for entry in entries if entry.kind in kinds]
    candidates = [entry for entry in candidates if not entry.is_half_written or now - entry.used > _HALF_WRITTEN_S]
    if older_than is None and max_bytes is None:
        return tuple(candidates)
    left = sum(entry.n_bytes for entry in candidates)
    chosen = []
    for entry in candidates:
        is_old = older_than is not None and now - entry.used > older_than
        if is_old or entry.is_half_written or (max_bytes is not None and left > max_bytes):
            chosen.append(entry)
            left -= entry.n_bytes
    return tuple(chosen)


def clear(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Remove `entries` and the folders they leave empty; return those that were removed.

    An entry another process removed counts as removed; one that cannot be removed does not, and the other
    files are still deleted.
    """
    removed = tuple(entry for entry in entries if _remove(entry.path))
    for folder in {entry.path.parent for entry in removed if entry.recording}:
        _remove_if_bare(folder)
    return removed


def trim(max_bytes: int, *, folder: Path | None = None) -> tuple[Entry, ...]:
    """Remove the least recently used entries of the kinds in `CLEARED` until at most `max_bytes` are left."""
    return clear(to_clear(cache_entries(folder), max_bytes=max_bytes))


def _entries(folder: Path, kind: CacheKind) -> Iterator[Entry]:
    try:
        children = sorted(folder.iterdir())
    except OSError:
        return
    for child in children:
        is_entry = kind is CacheKind.MODELS or not child.is_dir()
        paths = [child] if is_entry else [path for path in _files_below(child) if path.name != SOURCE_NOTE]
        recording = child.name if kind is CacheKind.STAGES and not is_entry else ""
        for path in paths:
            try:
                files = [file.lstat() for file in (_files_below(path) if path.is_dir() else [path])]
            except OSError:  # removed meanwhile
                continue
            used = max((status.st_mtime for status in files), default=0.0)
            yield Entry(kind, path, sum(status.st_size for status in files), used, recording)


def _files_below(folder: Path) -> list[Path]:
    return [Path(parent) / name for parent, _, names in os.walk(folder) for name in sorted(names)]


def _is_readable(entry: Entry) -> bool:
    if entry.kind is CacheKind.STAGES:
        return is_intact(entry.path)
    if entry.kind is CacheKind.SCORES and entry.path.suffix == ".json":  # others are passages cut to listen to
        try:
            json.loads(read_own(entry.path, inside=entry.path.parent))
        except (OSError, ValueError, RecursionError):
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
    """Remove a folder in which only the note of its source is left."""
    try:
        if all(path.name == SOURCE_NOTE for path in folder.iterdir()):
            shutil.rmtree(folder)
    except OSError:  # another process writes to it
        return
