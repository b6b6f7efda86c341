"""The index of a folder of fetched episodes: `.turnscript/index.json`, and `index.changes` with what changed since.

A change is a line appended; once there are many, the index is written anew, so that any number of changes costs time
and writing in proportion. Damage costs the entry it is in, and is told. Callers lock. The index of 0.1 and 0.2 (schema
1: the entries by a digest of show and guid, else of the address) is read too, and written as the present one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from io import FileIO
from pathlib import Path
from typing import Any

from audio.disk import STATE_FOLDER, free_backup_path, is_own_file, write_all, write_atomically
from audio.errors import FetchError
from audio.fetching.identity import Identity
from audio.fingerprint import identity_of
from audio.net.addresses import in_one_spelling, without_credentials
from audio.trust import open_regular, read_regular

SCHEMA = 2
_CHANGES_AN_ENTRY = 1 / 8  # appended at most before the index is written anew
_LISTS = ("feeds", "gone")
_NOT_THERE = FileNotFoundError, NotADirectoryError  # the second: a file is where the folder would be

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One episode in the index. `stem` never changes. `title`, `guid`, `published`, `feeds` and `address` are what it
    was seen with last, as in `Identity`; `former` is its key in an index of 0.1 or 0.2.

    The others describe the complete file (`file`, `size` in bytes, `sha256`) or a partial download (the `url` it is of,
    and its strong `validator`, see `audio.fetching.fetch`). `gone` are addresses of publisher's files that no longer
    exist. No address contains credentials.
    """

    stem: str
    title: str
    url: str = ""
    validator: str = ""
    file: str = ""
    size: int = 0
    sha256: str = ""
    gone: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    guid: str = ""
    address: str = ""
    published: str = ""
    former: str = ""

    @property
    def identity(self) -> Identity:
        """By what it is found."""
        address = self.address or in_one_spelling(self.url)
        published = self.published or (self.stem[:10] if self.former else "")
        former = (self.former,) if self.former else ()
        return Identity(self.feeds, self.guid, address, self.title, published, former)

    def seen_as(self, identity: Identity) -> Entry:
        """The entry after its episode was seen with this identity. All feeds it was ever in are kept."""
        return dataclasses.replace(
            self,
            title=identity.title,
            feeds=tuple(dict.fromkeys((*self.feeds, *identity.feeds))),
            guid=identity.guid or self.guid,
            address=identity.address,
            published=identity.published or self.published,
            former="",
        )


class Index:
    """The entries of a folder by stem. `is_damaged` if some were ever lost: then a file may be an unknown episode's."""

    def __init__(self, folder: Path) -> None:
        self.entries: dict[str, Entry] = {}
        self.is_damaged = False
        self._path = folder / STATE_FOLDER / "index.json"
        self._changes = folder / STATE_FOLDER / "index.changes"
        self._read_file: tuple[int, ...] | None = None
        self._read_changes = 0  # bytes of the changes that were read
        self._n_changes = 0  # since the index was written
        self._must_rewrite = False  # the file is of an older release, or damaged

    def load(self) -> list[Entry]:
        """Read what was not read yet; return the entries that are new or changed. Raises `FetchError`."""
        try:
            before, file = self.entries, _identity_of(self._path)
            if self._read_file != file:
                self.entries, self._read_file = {}, file
                self._read_changes = self._n_changes = 0
                self._read()
            changed = self._read_new_changes()
        except OSError as exc:
            raise FetchError(
                f"cannot be read ({exc.strerror}); move it away to fetch the episodes again", about=self._path
            ) from exc
        if self.entries is before:
            return list(changed.values())
        return [entry for stem, entry in self.entries.items() if before.get(stem) != entry]

    def put(self, entries: Iterable[Entry]) -> None:
        """Write new or changed entries, after `load` under the same lock. Raises `OSError`."""
        changed = {entry.stem: entry for entry in entries if self.entries.get(entry.stem) != entry}
        self.entries |= changed
        self._n_changes += len(changed)
        if self._must_rewrite or self._n_changes > _CHANGES_AN_ENTRY * len(self.entries) or not self._is_appendable():
            self._write()
        elif changed:
            self._append(changed.values())

    def _read(self) -> None:
        try:
            stored = json.loads(read_regular(self._path))
            schema = stored["schema"]
            if schema > SCHEMA:
                raise FetchError("written by a newer turnscript; update, or use another folder", about=self._path)
            episodes = stored["episodes"].items()
        except _NOT_THERE:
            return
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self._note_damage("is damaged; episodes are recognised by the names of their files")
            return
        self.is_damaged |= stored.get("damaged") is True
        self._must_rewrite |= schema < SCHEMA
        for key, fields in episodes:
            self._take(fields, **({"stem": key} if schema == SCHEMA else {"former": key}))

    def _read_new_changes(self) -> dict[str, Entry]:
        changed: dict[str, Entry] = {}
        try:
            with open_regular(self._changes) as file:
                file.seek(self._read_changes)
                lines = file.read().split(b"\n")
        except _NOT_THERE:
            return changed
        for line in lines[:-1]:  # after the last line end nothing, or a line that was not written to its end
            self._read_changes += len(line) + 1
            self._n_changes += 1
            try:
                fields = json.loads(line)
            except (ValueError, RecursionError):
                fields = None
            if entry := self._take(fields):
                changed[entry.stem] = entry
        return changed

    def _take(self, fields: Any, **more: str) -> Entry | None:
        """Take an entry as it is stored; a defect costs its own entry."""
        try:
            entry = _entry({**fields, **more})
        except (TypeError, ValueError):
            name = next(text for text in (*more.values(), "of a line in index.changes"))
            self._note_damage(f"the entry {name} is damaged; its episode counts as new, unless a file has its name")
            return None
        self.entries[entry.stem] = entry
        return entry

    def _note_damage(self, what: str) -> None:
        self.is_damaged = self._must_rewrite = True
        _warn_once(f"{self._path}: {what}; the next fetch writes it anew and keeps a copy of this one")

    def _is_appendable(self) -> bool:
        """Whether the file of changes is one, and has no other name: one that is elsewhere is not written to."""
        try:
            return is_own_file(self._changes)
        except _NOT_THERE:
            return True

    def _append(self, changed: Iterable[Entry]) -> None:
        lines = "".join(f"{json.dumps(_fields(entry))}\n" for entry in changed).encode()
        flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with FileIO(os.open(self._changes, flags, 0o666), "wb") as file:
            file.truncate(self._read_changes)  # without a line that was not written to its end
            file.seek(self._read_changes)
            write_all(file, lines)
            os.fsync(file.fileno())
        self._read_changes += len(lines)

    def _write(self) -> None:
        if self.is_damaged and self._must_rewrite and self._path.is_file():
            self._path.rename(free_backup_path(self._path))
        episodes = {stem: _fields(entry) for stem, entry in self.entries.items()}
        for fields in episodes.values():
            del fields["stem"]
        stored = {"schema": SCHEMA, **({"damaged": True} if self.is_damaged else {}), "episodes": episodes}
        write_atomically(self._path, json.dumps(stored, indent=0))
        self._changes.unlink(missing_ok=True)
        self._read_file, self._read_changes, self._n_changes = _identity_of(self._path), 0, 0
        self._must_rewrite = False


@cache
def _warn_once(message: str) -> None:
    _log.warning("%s", message)


def _identity_of(path: Path) -> tuple[int, ...]:
    """Which file is there; empty if none is."""
    with contextlib.suppress(*_NOT_THERE):
        return identity_of(path)
    return ()


def _fields(entry: Entry) -> dict[str, Any]:
    """The entry's fields that are set."""
    return {name: value for name in _NAMES if (value := getattr(entry, name)) or name == "stem"}


def _entry(fields: Mapping[str, Any]) -> Entry:
    """The entry with these stored fields; unknown ones are ignored. Raises `TypeError` and `ValueError`."""
    known = {name: value for name, value in fields.items() if name in _NAMES}
    if type(known.get("size", 0)) is not int:
        raise TypeError("a size that is no number")
    for name in _LISTS:
        values = known.get(name, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise TypeError("not a list of texts")
        known[name] = tuple(values)
    if not all(isinstance(value, str) for name, value in known.items() if name not in ("size", *_LISTS)):
        raise TypeError("a value that is no text")
    entry = Entry(**known)
    for name in (entry.stem, *([entry.file] if entry.file else [])):
        if Path(name).name != name or name.startswith(".") or "\0" in name or not name.encode():
            raise ValueError(f"{name!r} is no name of a file of ours")
    return dataclasses.replace(entry, url=without_credentials(entry.url))


_NAMES = tuple(field.name for field in dataclasses.fields(Entry))
