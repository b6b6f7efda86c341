"""What writing a transcript did to the files beside it, by path, so that nobody has to read it from a message."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Changes:
    """The law: a file whose contents changed is in `written`, and what it held before, if an editor's, in `backups`."""

    written: tuple[Path, ...] = ()
    backups: tuple[Path, ...] = ()
    stale: tuple[Path, ...] = ()  # captions and documents that still have an older text, as they were edited by hand


NO_CHANGES = Changes()
"""Of a transcript whose files are as they should be."""
