"""The recordings in a folder or of a pattern, and what is left out of them.

The law: everything in a folder is a recording, is named as left out with its reason, or is counted as no recording.
What may be a recording and cannot be looked at or read, for want of permission or because of the disk, is one: reading
it fails, and somebody notices. Nothing is opened here, so nothing can wait for a pipe or a device.
"""

from __future__ import annotations

import errno
import stat
from collections.abc import Iterable
from pathlib import Path

from audio.disk import STATE_FOLDER
from audio.media import MEDIA_SUFFIXES
from audio.sources.left_out import LeftOut, OnLeftOut

_SPECIAL = (
    (stat.S_ISFIFO, "is a named pipe, not a file; save its sound to a file"),
    (stat.S_ISSOCK, "is a socket, not a file"),
    (stat.S_ISCHR, "is a device, not a file; record it to a file"),
    (stat.S_ISBLK, "is a device, not a file; mount it and name the files on it"),
)


def recordings(entries: Iterable[Path], *, of: str, any_suffix: bool, on_left_out: OnLeftOut | None) -> list[Path]:
    """The recordings among `entries`; what is left out of the source `of` is told to `on_left_out`.

    `any_suffix`: a file is a recording whatever its suffix, unless it is hidden: for a pattern, which names its files.
    """
    tell = on_left_out or (lambda _: None)
    found: list[Path] = []
    others = 0
    for entry in entries:
        mode, problem = _look(entry)
        is_shown = any_suffix or not entry.name.startswith(".")
        is_meant = is_shown and (any_suffix or entry.suffix.lower() in MEDIA_SUFFIXES)
        is_odd = is_shown and not stat.S_ISREG(mode)  # a pipe or a broken link may be meant, whatever its suffix
        if is_meant and not problem:
            found.append(entry)
        elif stat.S_ISDIR(mode) and entry.suffix.lower() not in MEDIA_SUFFIXES:
            others += entry.name != STATE_FOLDER
        elif problem and (is_meant or is_odd):
            tell(LeftOut(str(entry), problem))
        else:
            others += 1
    if others:
        kinds = "subfolders" if any_suffix else "hidden, subfolders, or without the suffix of a recording"
        tell(LeftOut(of, f"{others} other {'entry' if others == 1 else 'entries'}: {kinds}", others))
    return found


def problem_of_file(path: Path) -> str:
    """Why what is at `path` is no recording; empty if it may be one. Opens nothing."""
    return _look(path)[1]


def _look(path: Path) -> tuple[int, str]:
    """The file's mode, 0 if it cannot be reached, and why it is no recording, if there is a reason."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if not path.is_symlink():
            return 0, "no such file; check the name"
        return 0, f"is a link to {path.readlink()}, which does not exist; mend or remove the link"
    except OSError as exc:
        leads_nowhere = exc.errno in (errno.ELOOP, errno.ENOTDIR)
        return 0, f"cannot be read ({exc.strerror}); mend or remove the link" if leads_nowhere else ""
    if stat.S_ISDIR(mode):
        return mode, "is a folder; name it to have the recordings in it"
    for is_kind, problem in _SPECIAL:
        if is_kind(mode):
            return mode, problem
    return mode, "" if stat.S_ISREG(mode) else "is not a regular file"
