"""The recordings in a folder or of a pattern, and what is left out of them.

The law: everything in a folder is a recording, is named as left out with its reason, or is counted as no recording. The
content decides, of what has no suffix of a recording: what ffmpeg reads is taken, whatever its name. What has one is
taken unopened, so that a page in its place is a failure that somebody notices; also if it cannot be looked at or read,
for want of permission or because of the disk. Only regular files are opened, so nothing can wait for a pipe or a
device, and no program is started: a folder may have thousands of files.
"""

from __future__ import annotations

import errno
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from audio.disk import STATE_FOLDER
from audio.media import MEDIA_SUFFIXES, TEXT_SUFFIXES
from audio.sources.left_out import LeftOut, OnLeftOut
from audio.structure.content import Content, content_of

_COPIES = re.compile(r"(?P<old>\.(?:bak|old|orig)|~)$|\.(?:part|partial|crdownload|opdownload|download|tmp)$")
_REASONS = ("is an unfinished download; fetch it again", "is an older copy by its name; rename it to have it")
_FILMS = frozenset((".3g2", ".3gp", ".avi", ".f4v", ".m4v", ".mkv", ".mov", ".mp4", ".webm"))

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
        has_suffix = entry.suffix.lower() in MEDIA_SUFFIXES
        is_meant = is_shown and (any_suffix or has_suffix)
        is_odd = is_shown and not stat.S_ISREG(mode)  # a pipe or a broken link may be meant, whatever its suffix
        if stat.S_ISDIR(mode) and not has_suffix:
            others += entry.name != STATE_FOLDER
        elif problem and (is_meant or is_odd):
            tell(LeftOut(str(entry), problem))
        elif problem or not is_shown:
            others += 1
        elif reason := _no_recording(entry, is_meant=is_meant):
            tell(LeftOut(str(entry), reason))
        elif reason is None:
            others += 1
        else:
            found.append(entry)
    if others:
        kinds = "subfolders" if any_suffix else "hidden, subfolders, or no recordings by their content"
        tell(LeftOut(of, f"{others} other {'entry' if others == 1 else 'entries'}: {kinds}", others))
    return found


def _no_recording(path: Path, *, is_meant: bool) -> str | None:
    """Why a regular file is left out: a reason to name it with, None for one that is only counted, "" for a recording.

    `is_meant`: its name says that it is a recording.
    """
    suffix = path.suffix.lower()
    if is_meant and suffix in MEDIA_SUFFIXES - TEXT_SUFFIXES - _FILMS:
        return ""
    try:
        content = content_of(path)
    except OSError as exc:
        return "" if is_meant else f"cannot be read ({exc.strerror}); mend its permissions or remove it"
    if content is Content.SILENT_FILM:
        return "is a film without a sound track"
    if content is Content.RECORDING and not is_meant and (copy := _COPIES.search(path.name.lower())):
        return _REASONS[bool(copy["old"])]
    is_code = suffix in TEXT_SUFFIXES and content is Content.OTHER
    return "" if content is Content.RECORDING or (is_meant and not is_code) else None


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
