"""Earlier texts of a draft that is edited on the page: a way back.

The text that an edit replaces is kept if the newest version is ten minutes old: in the user's data folder, under a hash
of the draft's path. What is older than a week goes.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import time
from pathlib import Path

from audio.disk import data_folder, write_privately
from audio.trust import read_own
from output.errors import OutputError

_log = logging.getLogger(__name__)

EVERY = 600  # seconds between two versions
OLDEST = 7 * 24 * 3600  # seconds


def keep_version(draft: Path, source: bytes, *, now: float | None = None) -> None:
    """Keep the source as the version of `now` (seconds since 1970) if one is due. A failure is only logged."""
    now = time.time() if now is None else now
    try:
        kept = versions_of(draft)
        if kept and now - kept[0] < EVERY:
            return
        write_privately(_path(draft, int(now)), source)
        for moment in kept:
            if now - moment > OLDEST:
                _path(draft, moment).unlink(missing_ok=True)
    except OSError as error:
        _log.info("%s: the version before this edit was not kept (%s)", draft, error)


def versions_of(draft: Path) -> list[int]:
    """When the kept versions were replaced, in seconds since 1970, the newest first."""
    moments = []
    with contextlib.suppress(OSError):
        moments = [
            int(path.stem) for path in _folder(draft).iterdir() if path.suffix == ".md" and path.stem.isdecimal()
        ]
    return sorted(moments, reverse=True)


def version_at(draft: Path, moment: int) -> str:
    """The source of a version. Raises `OutputError` if it cannot be read."""
    try:
        return read_own(_path(draft, moment), inside=data_folder()).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"{draft}: this version cannot be read ({error}); choose another one") from error


def _folder(draft: Path) -> Path:
    key = hashlib.sha256(str(draft.resolve()).encode(errors="surrogateescape")).hexdigest()
    return data_folder() / "versions" / key[:32]


def _path(draft: Path, moment: int) -> Path:
    return _folder(draft) / f"{moment}.md"
