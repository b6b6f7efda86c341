"""Names and writing of the results: a file is written whole or not at all, and never over an editor's changes.

A file is the machine's if its SHA-256 is the one recorded when the machine wrote it; every other file is an editor's.
The caller keeps that record (`MadeWith.outputs`).
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audio.disk import free_backup_path, replace_if_unchanged, sha256_of, write_atomically
from audio.fetching.naming import MAX_STEM_BYTES, shorten, stem_of
from audio.shortage import room_step
from audio.trust import LARGEST_FILE, check_regular, read_regular, real_path, step_after
from output.errors import NotAFolderError, OutputError

if TYPE_CHECKING:
    from audio.episode import Episode

_RESERVED = re.compile(  # device names on Windows, `con.x` and `con .x` as well
    r"(?i)(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)"
)


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """The result of writing one file. `path` holds the new text, `sha256` is its hash for the machine's record."""

    path: Path
    sha256: str
    keeps_edit: bool = False  # the edited file was not touched, `path` is next to it
    backup: Path | None = None
    message: str = ""  # for the user; empty if there is nothing to say
    is_new: bool = True  # whether the file had another content, or did not exist


def write_draft(path: Path, content: str | bytes, *, previous_sha256: str | None, force: bool = False) -> WrittenFile:
    """Write `content` to `path`, unless the file there is not the machine's: then to `STEM.new.SUFFIX`
    (`STEM.new2.SUFFIX`, … if that has other content).

    `previous_sha256` is the hash of what the machine last wrote to `path`; None: unknown. `force` also replaces an
    edited file and keeps it as `STEM.SUFFIX.bak` (with a number if that exists). A file that already has the content
    is not touched. Raises `OutputError` if the folder cannot be written to.
    """
    data = content.encode() if isinstance(content, str) else content
    sha256 = hashlib.sha256(data).hexdigest()
    check_names(path)
    try:
        while True:  # until no edit happens between the check and the replacement
            current = sha256_of(path, max_bytes=LARGEST_FILE) if path.exists() else None
            if current == sha256:
                return WrittenFile(path, sha256, is_new=False)
            is_edited = current not in (None, previous_sha256)
            if is_edited and not force:
                return _write_next_to(path, data, sha256)
            backup = _backup(path) if is_edited else None
            if replace_if_unchanged(path, data, over=current):
                message = f"{path}: replaced; the edited file is now {backup}" if backup else ""
                return WrittenFile(path, sha256, backup=backup, message=message)
    except OSError as error:
        raise _unwritable(path, error) from error


def check_names(*paths: Path) -> None:
    """Raise `OutputError` unless each path is free, or a file of its folder that can be read and so replaced.

    The law: what is not ours to replace is not read either. So no link out of the folder is copied to a backup, and no
    file of a transcript is written if another of them cannot be.
    """
    for path in paths:
        try:
            real_path(path, inside=path.parent)
            if path.exists():
                check_regular(path, max_bytes=LARGEST_FILE)
        except OSError as error:
            raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or type(error).__name__
    step = step_after(error, room_step(error, elsewhere="choose another folder with --output"))
    return OutputError(f"{path}: cannot be written ({reason}); {step}")


def stem_for(episode: Episode, taken: Callable[[str], bool]) -> str:
    """The stem of an episode's files: that of its local file, else the one from `audio.fetching.naming`.

    A stem that is `taken` gets `-2`, `-3`, …. The result is a valid file name for any input.
    """
    stem = stem_of(episode) if episode.path is None else _portable(episode.path.stem)
    candidate, number = stem, 1
    while taken(candidate):
        number += 1
        candidate = f"{stem}-{number}"
    return candidate


def _portable(stem: str) -> str:
    """The stem as one short path component that every file system accepts."""
    stem = re.sub(r'[\x00-\x1f<>:"/\\|?*\ud800-\udfff]', "-", stem).strip()
    stem = shorten(stem, MAX_STEM_BYTES).rstrip(" .-")
    if not stem.strip("."):
        return "episode"
    return f"_{stem}" if _RESERVED.match(stem) or stem.startswith(".") else stem


def _write_next_to(path: Path, data: bytes, sha256: str) -> WrittenFile:
    number, new = 1, path.with_name(f"{path.stem}.new{path.suffix}")
    while new.exists() and sha256_of(new, max_bytes=LARGEST_FILE) != sha256:  # it may be edited too
        number += 1
        new = path.with_name(f"{path.stem}.new{number}{path.suffix}")
    is_new = not new.exists()
    if is_new:
        write_atomically(new, data)
    compare = shlex.join(["diff", "-u", str(path), str(new)])
    message = f"{path}: was edited and is kept; the new version is {new.name} (compare: {compare})"
    return WrittenFile(new, sha256, keeps_edit=True, message=message, is_new=is_new)


def _backup(path: Path) -> Path:
    backup = free_backup_path(path)
    write_atomically(backup, read_regular(path))
    return backup


def check_is_folder(folder: Path) -> None:
    """Raises `NotAFolderError` if `folder`, which need not exist yet, is something else, or leads through it."""
    if not (existing := _existing(folder)).is_dir():
        what = "is a file" if existing == folder else f"{existing} is a file"
        raise NotAFolderError(f"{folder}: {what}, not a folder; choose another folder with --output")


def check_folder(folder: Path) -> None:
    """Raises `OutputError` if `folder`, which need not exist yet, cannot be written to."""
    check_is_folder(folder)
    existing = _existing(folder)
    if not os.access(existing, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: no permission to write to {existing}; choose another folder with --output")


def _existing(folder: Path) -> Path:
    """The folder, or the nearest place above it that exists."""
    return next((place for place in (folder, *folder.absolute().parents) if place.exists()), folder)
