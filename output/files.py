"""Names and writing of the results: whole or not at all, and never over what an editor changed.

A file counts as the machine's own when its SHA-256 is the one recorded when the machine wrote it; everything else is
somebody's work. Where the record is kept (`MadeWith.outputs`) is the caller's business.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audio.disk import free_backup_path, replace_if_unchanged, sha256_of, write_atomically
from audio.fetching.naming import MAX_STEM_BYTES, shorten, stem_of
from output.errors import OutputError

if TYPE_CHECKING:
    from audio.episode import Episode

_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")  # device names on Windows, `con.x` as well


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one file. `path` holds the new text; `sha256` is what the machine's record should say of it."""

    path: Path
    sha256: str
    kept_edit: bool = False  # the draft asked for was left alone, `path` stands beside it
    backup: Path | None = None
    message: str = ""  # for the user, where something is to be known or done


def write_draft(path: Path, content: str | bytes, *, previous_sha256: str | None, force: bool = False) -> Written:
    """Put `content` at `path`, unless a file is there that the machine did not write: then at `STEM.new.SUFFIX`
    (`STEM.new2.SUFFIX`, … where that holds something else).

    `previous_sha256` is what the machine last wrote at `path`; None: nothing that is known of. `force` replaces an
    edited file as well and keeps it as `STEM.SUFFIX.bak` (a number added where that exists). A file that has the
    content already is not touched. Raises `OutputError` where the folder cannot be written to, in one line.
    """
    data = content.encode() if isinstance(content, str) else content
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        while True:  # until nobody edits the file while it is being replaced
            there = sha256_of(path) if path.exists() else None
            if there == sha256:
                return Written(path, sha256)
            is_edited = there not in (None, previous_sha256)
            if is_edited and not force:
                return _beside(path, data, sha256)
            backup = _backup(path) if is_edited else None
            if replace_if_unchanged(path, data, over=there):
                message = f"{path}: replaced; the edited one is {backup}" if backup else ""
                return Written(path, sha256, backup=backup, message=message)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise OutputError(
            f"{path}: cannot be written ({reason}); make room or give another folder with --output"
        ) from error


def stem_for(episode: Episode, taken: Callable[[str], bool]) -> str:
    """The stem of an episode's files: its own for a local file, that of `audio.fetching.naming` where there is none.

    A stem that is `taken` gets `-2`, `-3`, …. Whatever the file is called, the result is a plain file name.
    """
    stem = stem_of(episode) if episode.path is None else _plain(episode.path.stem)
    candidate, number = stem, 1
    while taken(candidate):
        number += 1
        candidate = f"{stem}-{number}"
    return candidate


def _plain(stem: str) -> str:
    """The stem as one short component of a path that every file system takes."""
    stem = re.sub(r'[\x00-\x1f<>:"/\\|?*\ud800-\udfff]', "-", stem).strip()
    stem = shorten(stem, MAX_STEM_BYTES).rstrip(" .-")
    if not stem.strip("."):
        return "episode"
    return f"_{stem}" if _RESERVED.match(stem) or stem.startswith(".") else stem


def _beside(path: Path, data: bytes, sha256: str) -> Written:
    number, new = 1, path.with_name(f"{path.stem}.new{path.suffix}")
    while new.exists() and sha256_of(new) != sha256:  # it may have been edited too
        number += 1
        new = path.with_name(f"{path.stem}.new{number}{path.suffix}")
    if not new.exists():
        write_atomically(new, data)
    message = f"{path}: was edited and stays as it is; the new one is {new.name} (compare: diff -u {path} {new})"
    return Written(new, sha256, kept_edit=True, message=message)


def _backup(path: Path) -> Path:
    backup = free_backup_path(path)
    write_atomically(backup, path.read_bytes())
    return backup


def check_folder(folder: Path) -> None:
    """Raises `OutputError` where nothing could be written to `folder`, which may still have to be made."""
    there = next((place for place in (folder, *folder.absolute().parents) if place.exists()), folder)
    if not there.is_dir():
        raise OutputError(f"{folder}: {there} is a file, not a folder; give another one with --output")
    if not os.access(there, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: nobody but its owner may write to {there}; give another one with --output")
