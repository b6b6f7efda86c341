"""The folder of fetched episodes: which episode is which file.

Which episodes are the same is the law of `audio.fetching.identity`; `audio.fetching.index` stores what is known.
The index is read and changed under a lock, so it survives crashes and concurrent processes; a name once given to an
episode never changes. Does not read the contents of recordings.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

from audio.disk import folded, sha256_of, state_folder
from audio.episode import Episode
from audio.errors import FetchError
from audio.fetching.identity import Identity, Known
from audio.fetching.index import Entry, Index
from audio.fetching.naming import MAX_STEM_BYTES, shorten, stem_of
from audio.net.addresses import digest, without_credentials
from audio.trust import real_path

_DIGITS = (6, 12, 18, 24)  # of a digest, to tell episodes with one name apart
_OF_THE_FILE = ("url", "validator", "file", "size", "sha256", "gone")

_log = logging.getLogger(__name__)


class State(StrEnum):
    """Whether an episode is in a folder."""

    NEW = "new"
    FETCHED = "fetched"


class Library:
    """A folder of fetched episodes, created on the first write. Safe between threads and processes.

    `reserved` are stems that no new episode gets: those of other files that will be written here.
    """

    def __init__(self, folder: Path, *, reserved: Iterable[str] = ()) -> None:
        self.folder = folder
        self._reserved = {folded(stem) for stem in reserved}
        self._lock = threading.RLock()
        self._forget()

    def _forget(self) -> None:
        self._index, self._known = Index(self.folder), Known()
        self._given: set[str] = set()  # folded stems of the entries
        self._occupied: set[str] | None = None  # and of the files in the folder, as at the first claim

    def entries(self) -> Mapping[str, Entry]:
        """The entries by stem. Raises `FetchError` for an unreadable index."""
        with self._lock:
            self._load()
            return dict(self._index.entries)

    def entry(self, stem: str) -> Entry:
        """The entry with this stem, as it is now."""
        with self._lock:
            self._load()
            return self._index.entries[stem]

    def entries_of(self, episodes: Iterable[Episode]) -> list[Entry | None]:
        """The entry of each episode of a source; None for a new one. Writes nothing. Raises `FetchError`."""
        with self._lock:
            self._load()
            names = self._known.names_of_all([Identity.of(episode) for episode in episodes])
            return [None if name is None else self._index.entries[name] for name in names]

    def states(self, episodes: Sequence[Episode]) -> list[State]:
        """The state of each episode."""
        return [self.state_of(each, entry) for each, entry in zip(episodes, self.entries_of(episodes), strict=True)]

    def state_of(self, episode: Episode, entry: Entry | None) -> State:
        """The state of an episode with this entry."""
        return State.FETCHED if episode.path is not None or self.is_fetched(entry) else State.NEW

    def is_fetched(self, entry: Entry | None) -> bool:
        """Whether the entry's file was completed and exists, even if the user changed it; not an empty one."""
        return entry is not None and bool(entry.sha256) and self._size(entry) > 0

    def is_changed(self, entry: Entry) -> bool:
        """Whether the entry's file exists with another size than recorded."""
        return self._size(entry) not in (0, entry.size)

    def remeasured(self, entry: Entry) -> Entry:
        """The entry with the present size and hash of its file. Raises `OSError`."""
        file = self.folder / entry.file
        return dataclasses.replace(entry, size=file.stat().st_size, sha256=sha256_of(file))

    def _size(self, entry: Entry) -> int:
        """The size of the entry's file in bytes; 0 if it does not exist."""
        file = self.folder / entry.file
        with contextlib.suppress(OSError):
            return file.stat().st_size if file.is_file() else 0
        return 0

    def claim(self, episode: Episode) -> Entry:
        """The episode's entry; a new one gets a stem that no other episode and no file in the folder has."""
        return self.claim_all([episode])[0]

    def claim_all(self, episodes: Sequence[Episode]) -> list[Entry]:
        """`claim` for each episode of a source; in time linear in their number and that of the entries."""
        identities = [Identity.of(episode) for episode in episodes]
        known = self.entries_of(episodes)
        if all(entry and entry == entry.seen_as(each) for entry, each in zip(known, identities, strict=True)):
            return [entry for entry in known if entry is not None]
        with self._changing() as changed:

            def new_name(at: int) -> str:
                entry = self._new_entry(episodes[at], identities[at])
                changed[entry.stem] = entry
                self._given.add(folded(entry.stem))
                return entry.stem

            names = [name or "" for name in self._known.names_of_all(identities, new_name)]
            for name, identity in zip(names, identities, strict=True):
                entry = changed.get(name) or self._index.entries[name]
                changed[name] = entry.seen_as(identity)
                self._known.add(name, changed[name].identity)
        return [self._index.entries[name] for name in names]

    def _new_entry(self, episode: Episode, identity: Identity) -> Entry:
        """An entry with a stem of its own. If the index was damaged, files with the episode's name count as its own."""
        if self._occupied is None:
            self._occupied = {folded(stem) for file in self.folder.iterdir() for stem in _stems(file.name)}
        if (other := self._known.with_guid_of(identity)) is not None:
            _log.warning("%s: %s has its guid, and is another recording; this one is new", episode.title, other)
        name, key = stem_of(episode), digest("\n".join((*identity.feeds[:1], identity.guid, identity.address)))
        for stem in reversed([*_stems_for(name, key)] if self._index.is_damaged else []):
            is_left = folded(stem) in self._occupied and folded(stem) not in self._reserved
            if is_left and folded(stem) not in self._given:
                _log.warning("%s: the files %s.* count as its own, as the index was damaged", episode.title, stem)
                return Entry(stem, "", without_credentials(episode.audio_url or ""))
        for stem in _stems_for(name, key):
            if not any(folded(stem) in others for others in (self._given, self._reserved, self._occupied)):
                return Entry(stem, "")
        return Entry(f"{shorten(name, MAX_STEM_BYTES - 33)}-{uuid4().hex}", "")

    def record(self, entry: Entry) -> None:
        """Record what `entry` says of its file."""
        with self._changing() as changed:
            fields = {name: getattr(entry, name) for name in _OF_THE_FILE}
            changed[entry.stem] = dataclasses.replace(self._index.entries.get(entry.stem, entry), **fields)

    def exclusive(self, entry: Entry) -> AbstractContextManager[None]:
        """Lock the entry against other threads and processes during the block; waits for the lock."""
        return self._locked(hashlib.sha256(entry.stem.encode()).hexdigest()[:16])

    def _load(self) -> None:
        for entry in self._index.load():
            self._known.add(entry.stem, entry.identity)
            self._given.add(folded(entry.stem))

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Entry]]:
        """Entries to change, written at the end of the block."""
        with self._lock, self._locked("index"):
            self._load()
            changed: dict[str, Entry] = {}
            try:
                yield changed
                with self._writing():
                    self._index.put(changed.values())
            except BaseException:
                self._forget()
                raise

    @contextlib.contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        from filelock import FileLock

        with self._writing():
            state_folder(self.folder).mkdir(parents=True, exist_ok=True)
            lock = FileLock(real_path(state_folder(self.folder) / f"{name}.lock", inside=self.folder))
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise FetchError(
                f"cannot be written to ({exc.strerror}); choose another folder", about=self.folder
            ) from exc


class EpisodeNames:
    """The episodes of all sources of a run: one that several of them have, or that is fetched already, has one name."""

    def __init__(self, folder: Path) -> None:
        self._library = Library(folder)
        self._known: Known | None = None
        self._new = 0

    def names_of(self, episodes: Sequence[Episode]) -> list[str | Path]:
        """The names of the episodes of one source; of a local file its path. Raises `FetchError`."""
        names: list[str | Path] = [each.path.resolve() if each.path else "" for each in episodes]
        remote = [at for at, each in enumerate(episodes) if each.path is None]
        if remote and self._known is None:
            self._known = Known()
            for stem, entry in self._library.entries().items():
                self._known.add(stem, entry.identity)
        if self._known is not None:
            identities = [Identity.of(episodes[at]) for at in remote]
            for at, name in zip(remote, self._known.names_of_all(identities, self._new_name), strict=True):
                names[at] = name or ""
        return names

    def _new_name(self, _at: int) -> str:
        self._new += 1
        return f"/{self._new}"  # no stem


def _stems(name: str) -> Iterator[str]:
    """The stems a file name occupies: `a.b.mp3` occupies `a.b.mp3`, `a.b` and `a`."""
    parts = name.split(".")
    yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _stems_for(stem: str, key: str) -> Iterator[str]:
    """The stem, and the stem with more and more digits of `key`."""
    for digits in (0, *_DIGITS):
        suffix = f"-{key[:digits]}" if digits else ""
        yield shorten(stem, MAX_STEM_BYTES - len(suffix)) + suffix
