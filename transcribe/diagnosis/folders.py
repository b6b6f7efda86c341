"""The folders for caches and data: whose they are, how large, and whether they can be written to."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from audio.disk import CacheKind, cache_folder, data_folder, size_of_folder
from audio.errors import UntrustedError
from audio.program import program
from transcribe.diagnosis.finding import Finding, Level, Surroundings
from transcribe.diagnosis.weights import missing_models
from transcribe.units import format_size

_ENOUGH_BYTES = 1_000_000_000  # the samples of eight hours; the default models take 180 MB
_OWN = "look at what is in it; then remove it, or make it your own: `chown` and `chmod go-w`"


def check_cache(surroundings: Surroundings) -> Iterator[Finding]:
    """Models and results are kept in it, so it has to be ours."""
    try:
        for kind in CacheKind:
            cache_folder(kind)
    except UntrustedError as error:
        yield Finding(Level.WRONG, "cache", str(error), _OWN)
        return
    step = "make it writable and make room, or set XDG_CACHE_HOME to a folder of your own"
    if missing_models(surroundings):
        yield _row("cache", cache_folder(), Level.WRONG, step)
    else:  # a run only keeps no results for later ones
        yield _row("cache", cache_folder(), Level.NOTE, f"to keep results for later runs, {step}")


def check_data(surroundings: Surroundings) -> Iterator[Finding]:
    """Voices are kept in it; runs only read them."""
    try:
        folder = data_folder()
    except UntrustedError as error:
        yield Finding(Level.WRONG, "data", str(error), _OWN)
        return
    step = "to enrol voices, make it writable, or set XDG_DATA_HOME to a folder of your own"
    yield _row("data", folder, Level.NOTE, step)


def check_space(surroundings: Surroundings) -> Iterator[Finding]:
    """Whether there is room for models, results, and the samples of a long recording."""
    try:
        temporary = Path(tempfile.gettempdir())
    except FileNotFoundError:
        message = "no folder for temporary files can be written to, and samples are stored in one"
        yield Finding(Level.WRONG, "disk", message, "set TMPDIR to a folder that can be written to")
        return
    folders = {"cache": cache_folder(), "temporary files": temporary, "drafts": surroundings.folder}
    free = {name: shutil.disk_usage(existing(folder)).free for name, folder in folders.items()}
    message = ", ".join(f"{format_size(n_bytes)} free for {name}" for name, n_bytes in free.items())
    if min(free.values()) < _ENOUGH_BYTES:
        yield Finding(Level.NOTE, "disk", message, f"make room, for example with `{program()} cache clear`")
    else:
        yield Finding(Level.OK, "disk", message)


def _row(subject: str, folder: Path, level: Level, step: str) -> Finding:
    """The finding about a folder that is believed; of this level if it cannot be written to."""
    if folder.is_dir():
        message = f"{folder}: {format_size(size_of_folder(folder))}, owner: {_owner_of(folder)}"
    else:
        message = f"{folder}: not there yet"
    try:
        with tempfile.TemporaryFile(dir=existing(folder)):
            return Finding(Level.OK, subject, message)
    except OSError as error:
        return Finding(level, subject, f"{message}; it cannot be written to ({error.strerror or error})", step)


def existing(folder: Path) -> Path:
    """The folder, else the nearest one above it that exists, or is another file in its place."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _owner_of(folder: Path) -> str:
    """The owner's name, else their number."""
    if sys.platform == "win32":
        return "this user"
    try:
        return folder.owner()
    except (KeyError, OSError):  # a container's user without a name
        return f"user number {folder.stat().st_uid}"
