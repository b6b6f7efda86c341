"""The folder fetched episodes lie in, and its index: which episode is which file.

The index (`.turnscript/index.json`) is read and replaced whole under a lock, so it survives a crash and any number of
processes; a name once given to an episode stays its own. What is in the files is none of its business.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from audio.disk import sha256_of, write_atomically
from audio.episode import Episode
from audio.errors import FetchError
from audio.fetching.naming import LONGEST_STEM_BYTES, cut, stem_of
from audio.net.addresses import web_address, without_account

HIDDEN = ".turnscript"
SCHEMA = 1


class State(StrEnum):
    """How far an episode has come in a folder."""

    NEW = "new"
    FETCHED = "fetched"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of an episode here. `stem` is its own for good; the rest tells of the file once it is whole
    (`file`, `size` in bytes, `sha256`), or of a part on its way (`url` and strong `validator`, see
    `audio.fetching.fetch`). `gone` are addresses of the publisher's transcripts at which there was nothing. No address
    has a user name or a password in it."""

    stem: str
    title: str
    url: str = ""
    validator: str = ""
    file: str = ""
    size: int = 0
    sha256: str = ""
    gone: tuple[str, ...] = ()


class Library:
    """A folder of fetched episodes; it is made when first written to. Safe between threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index = folder / HIDDEN / "index.json"

    def entries(self) -> dict[str, Entry]:
        """Every entry by `key_of` its episode. Raises `FetchError` for an index that cannot be read."""
        try:
            stored = json.loads(self._index.read_bytes())
            if stored["schema"] > SCHEMA:
                raise FetchError(f"{self._index}: written by a newer turnscript; update, or use another folder")
            return {key: _entry(fields) for key, fields in stored["episodes"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as exc:
            raise FetchError(f"{self._index}: cannot be read; move it away to have the episodes fetched anew") from exc

    def states(self, episodes: Iterable[Episode]) -> list[State]:
        """For each episode whether its file is here."""
        entries = self.entries()
        return [
            State.FETCHED if episode.path is not None or self.is_here(entries.get(key_of(episode))) else State.NEW
            for episode in told_apart(episodes, entries)
        ]

    def is_here(self, entry: Entry | None) -> bool:
        """Whether the entry's file was whole once and is there, be it that the user changed it. An empty one is not."""
        return entry is not None and bool(entry.sha256) and self._size(entry) > 0

    def is_changed(self, entry: Entry) -> bool:
        """Whether the entry's file is there with another size than was recorded."""
        return self._size(entry) not in (0, entry.size)

    def as_it_is(self, entry: Entry) -> Entry:
        """The entry with size and hash its file has now. Raises `OSError`."""
        file = self.folder / entry.file
        return dataclasses.replace(entry, size=file.stat().st_size, sha256=sha256_of(file))

    def _size(self, entry: Entry) -> int:
        """The bytes of the entry's file; 0 where there is none."""
        file = self.folder / entry.file
        with contextlib.suppress(OSError):
            return file.stat().st_size if file.is_file() else 0
        return 0

    def claim(self, episode: Episode) -> Entry:
        """The episode's entry; a new one gets a stem no other episode and no file in the folder has."""
        key = key_of(episode)
        with self._changing() as entries:
            if key not in entries:
                taken = {entry.stem.casefold() for entry in entries.values()}
                taken |= {stem.casefold() for file in self.folder.iterdir() for stem in _stems(file.name)}
                entries[key] = Entry(_untaken(stem_of(episode), key, taken), episode.title)
            return entries[key]

    def record(self, episode: Episode, entry: Entry) -> None:
        """Put `entry` in the place of what was known of `episode`."""
        with self._changing() as entries:
            entries[key_of(episode)] = entry

    @contextlib.contextmanager
    def alone_with(self, entry: Entry) -> Iterator[None]:
        """Nobody else, here or in another process, is within this block for the same entry; waits for its turn."""
        with self._locked(hashlib.sha256(entry.stem.encode()).hexdigest()[:16]):
            yield

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Entry]]:
        with self._locked("index"):
            entries = self.entries()
            before = dict(entries)
            yield entries
            if entries != before:
                episodes = {key: dataclasses.asdict(entry) for key, entry in entries.items()}
                with self._disk():
                    write_atomically(self._index, json.dumps({"schema": SCHEMA, "episodes": episodes}, indent=0))

    @contextlib.contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        from filelock import FileLock

        with self._disk():
            self._index.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._index.parent / f"{name}.lock")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise FetchError(f"{self.folder}: cannot be written to ({exc.strerror}); choose another folder") from exc


def key_of(episode: Episode) -> str:
    """What tells the episode from all others, the same in every run: its show and guid, else its audio's address."""
    address = without_account(episode.audio_url) if episode.audio_url else str(episode.path)
    identity = [episode.show or "", episode.guid] if episode.guid else ["", address]
    return hashlib.sha256(json.dumps(identity).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def told_apart(episodes: Iterable[Episode], entries: Mapping[str, Entry]) -> list[Episode]:
    """`episodes`, in their order; one whose guid stands for another recording in `entries` comes back without it, so
    that its own address is its key.

    Publishers reuse guids, and they move recordings. It is another one where the address on record is that of another
    of `episodes`, or where neither its title nor its file's name are those on record.
    """
    episodes = list(episodes)
    addresses = {_kept_address(episode) for episode in episodes}

    def is_another(episode: Episode, entry: Entry | None) -> bool:
        own = _kept_address(episode)
        if entry is None or not entry.url or entry.url == own:
            return False
        return entry.url in addresses or (episode.title != entry.title and _file_name(own) != _file_name(entry.url))

    return [
        dataclasses.replace(episode, guid=None)
        if episode.guid and is_another(episode, entries.get(key_of(episode)))
        else episode
        for episode in episodes
    ]


def _kept_address(episode: Episode) -> str:
    return without_account(web_address(episode.audio_url) or "")


def _file_name(address: str) -> str:
    return PurePosixPath(urlsplit(address).path).name


def _entry(fields: Mapping[str, object]) -> Entry:
    known = {field.name for field in dataclasses.fields(Entry)}
    entry = Entry(**{name: value for name, value in fields.items() if name in known})  # type: ignore[arg-type]
    entry = dataclasses.replace(entry, url=without_account(entry.url), gone=tuple(entry.gone))
    if Path(entry.stem).name != entry.stem or (entry.file and Path(entry.file).name != entry.file):
        raise ValueError(f"{entry.file!r} would lie outside the folder")
    return entry


def _stems(name: str) -> Iterator[str]:
    """Whole name, and what stands before each dot of it: `a.b.mp3` takes `a.b` and `a` away."""
    parts = name.split(".")
    yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _untaken(stem: str, key: str, taken: set[str]) -> str:
    """`stem`, or with as much of `key` behind it as makes it the only one."""
    for digits in (0, *range(6, len(key) + 1, 6)):
        tail = f"-{key[:digits]}" if digits else ""
        candidate = cut(stem, LONGEST_STEM_BYTES - len(tail)) + tail
        if candidate.casefold() not in taken:
            return candidate
    raise FetchError(f"{stem}: too many files of this name; use another folder")
