"""The folder of fetched episodes and its index: which episode is which file.

The index (`.turnscript/index.json`) is read and replaced as a whole under a lock, so it survives crashes and concurrent
processes; a name once given to an episode never changes. Does not read the contents of recordings.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from audio.disk import STATE_FOLDER, sha256_of, state_folder, write_atomically
from audio.episode import Episode
from audio.errors import FetchError
from audio.fetching.naming import MAX_STEM_BYTES, shorten, stem_of
from audio.net.addresses import web_address, without_credentials
from audio.trust import read_regular, real_path

SCHEMA = 1

_log = logging.getLogger(__name__)


class State(StrEnum):
    """Whether an episode is in a folder."""

    NEW = "new"
    FETCHED = "fetched"


@dataclass(frozen=True, slots=True)
class Entry:
    """One episode in the index. `stem` never changes; the other fields describe the complete file (`file`, `size` in
    bytes, `sha256`) or a partial download (`url` and strong `validator`, see `audio.fetching.fetch`). `gone` are
    addresses of publisher's files that no longer exist. No address contains credentials."""

    stem: str
    title: str
    url: str = ""
    validator: str = ""
    file: str = ""
    size: int = 0
    sha256: str = ""
    gone: tuple[str, ...] = ()


class Library:
    """A folder of fetched episodes, created on the first write. Safe between threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index = folder / STATE_FOLDER / "index.json"

    def entries(self) -> dict[str, Entry]:
        """The entries by `key_of` their episodes. Raises `FetchError` for an unreadable index."""
        try:
            stored = json.loads(read_regular(self._index))
            if stored["schema"] > SCHEMA:
                raise FetchError("written by a newer turnscript; update, or use another folder", about=self._index)
            return dict(self._readable(stored["episodes"]))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as exc:
            raise FetchError("cannot be read; move it away to fetch the episodes again", about=self._index) from exc

    def _readable(self, stored: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[str, Entry]]:
        """The entries that can be read; a defect costs its own entry."""
        for key, fields in stored.items():
            try:
                yield key, _entry(fields)
            except (TypeError, AttributeError):
                _log.warning("%s: the entry %s is damaged; its episode counts as new", self._index, key)

    def states(self, episodes: Iterable[Episode]) -> list[State]:
        """The state of each episode."""
        entries = self.entries()
        return [
            State.FETCHED if episode.path is not None or self.is_fetched(entries.get(key_of(episode))) else State.NEW
            for episode in without_reused_guids(episodes, entries)
        ]

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
        key = key_of(episode)
        with self._changing() as entries:
            if key not in entries:
                taken = {entry.stem.casefold() for entry in entries.values()}
                taken |= {stem.casefold() for file in self.folder.iterdir() for stem in _stems(file.name)}
                entries[key] = Entry(_unique_stem(stem_of(episode), key, taken), episode.title)
            return entries[key]

    def record(self, episode: Episode, entry: Entry) -> None:
        """Replace the entry of `episode`."""
        with self._changing() as entries:
            entries[key_of(episode)] = entry

    def exclusive(self, entry: Entry) -> AbstractContextManager[None]:
        """Lock the entry against other threads and processes during the block; waits for the lock."""
        return self._locked(hashlib.sha256(entry.stem.encode()).hexdigest()[:16])

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Entry]]:
        with self._locked("index"):
            entries = self.entries()
            before = dict(entries)
            yield entries
            if entries != before:
                episodes = {key: dataclasses.asdict(entry) for key, entry in entries.items()}
                with self._writing():
                    write_atomically(self._index, json.dumps({"schema": SCHEMA, "episodes": episodes}, indent=0))

    @contextlib.contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        from filelock import FileLock

        with self._writing():
            state_folder(self.folder).mkdir(parents=True, exist_ok=True)
            lock = FileLock(real_path(self._index.with_name(f"{name}.lock"), inside=self.folder))
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


def key_of(episode: Episode) -> str:
    """A digest that identifies the episode in every run: of its show and guid, else of its audio's address."""
    address = without_credentials(episode.audio_url) if episode.audio_url else str(episode.path)
    identity = [episode.show or "", episode.guid] if episode.guid else ["", address]
    return hashlib.sha256(json.dumps(identity).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def without_reused_guids(episodes: Iterable[Episode], entries: Mapping[str, Entry]) -> list[Episode]:
    """`episodes` in their order, without the guid of one whose guid belongs to another recording in `entries`, so that
    its address becomes its key.

    Publishers reuse guids, and they move recordings. It is another recording if the recorded address belongs to another
    of `episodes`, or if neither the title nor the file name match the record.
    """
    episodes = list(episodes)
    addresses = {_recorded_address(episode) for episode in episodes}

    def is_another(episode: Episode, entry: Entry | None) -> bool:
        own = _recorded_address(episode)
        if entry is None or not entry.url or entry.url == own:
            return False
        return entry.url in addresses or (episode.title != entry.title and _file_name(own) != _file_name(entry.url))

    return [
        dataclasses.replace(episode, guid=None)
        if episode.guid and is_another(episode, entries.get(key_of(episode)))
        else episode
        for episode in episodes
    ]


def _recorded_address(episode: Episode) -> str:
    return without_credentials(web_address(episode.audio_url) or "")


def _file_name(address: str) -> str:
    return PurePosixPath(urlsplit(address).path).name


def _entry(fields: Mapping[str, object]) -> Entry:
    names = {field.name for field in dataclasses.fields(Entry)}
    known = {name: value for name, value in fields.items() if name in names}
    gone = known.get("gone", [])
    texts = all(isinstance(value, str) for name, value in known.items() if name not in ("size", "gone"))
    if not texts or type(known.get("size", 0)) is not int or not isinstance(gone, list):
        raise TypeError("a value of another type")
    if not all(isinstance(address, str) for address in gone):
        raise TypeError("an address that is not text")
    entry = Entry(**known)  # type: ignore[arg-type]
    entry = dataclasses.replace(entry, url=without_credentials(entry.url), gone=tuple(entry.gone))
    if Path(entry.stem).name != entry.stem or (entry.file and Path(entry.file).name != entry.file):
        raise ValueError(f"{entry.file!r} is outside the folder")
    return entry


def _stems(name: str) -> Iterator[str]:
    """The stems a file name occupies: `a.b.mp3` occupies `a.b.mp3`, `a.b` and `a`."""
    parts = name.split(".")
    yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _unique_stem(stem: str, key: str, taken: set[str]) -> str:
    """`stem`, with as many characters of `key` appended as make it unique."""
    for digits in (0, *range(6, len(key) + 1, 6)):
        suffix = f"-{key[:digits]}" if digits else ""
        candidate = shorten(stem, MAX_STEM_BYTES - len(suffix)) + suffix
        if candidate.casefold() not in taken:
            return candidate
    raise FetchError("too many files have this name; use another folder", about=stem)
