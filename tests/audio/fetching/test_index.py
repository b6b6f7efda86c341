"""The index: taken over from older releases, sound or damaged; linear in the number of episodes."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from audio.episode import Episode
from audio.errors import FetchError
from audio.fetching.fetch import Fetched, fetch_all
from audio.fetching.library import Library
from tests.support.fetch_helpers import AUDIO, client_for, episode
from tests.support.hostile_server import HostileServer, Resource

DAY = datetime(2026, 1, 2, 10, tzinfo=UTC)


def index_of(folder: Path) -> Path:
    return folder / ".turnscript" / "index.json"


def former_key(show: str, identifier: str) -> str:
    return hashlib.sha256(json.dumps([show, identifier]).encode()).hexdigest()[:24]


def write_former(folder: Path, **entries: dict[str, Any]) -> None:
    """An index as 0.1 and 0.2 wrote it."""
    index_of(folder).parent.mkdir(parents=True, exist_ok=True)
    blank = {"title": "", "url": "", "validator": "", "file": "", "size": 0, "sha256": "", "gone": []}
    index_of(folder).write_text(
        json.dumps({"schema": 1, "episodes": {key: blank | one for key, one in entries.items()}})
    )


FORMER = {"stem": "2026-01-02-old-title", "title": "Old title", "url": "https://x.example/m/1.mp3?token=1"}
FEEDS = ("https://x.example/feed",)
URL = FORMER["url"]
NOW = Episode("Old title", audio_url=URL, feeds=FEEDS, show="Old", guid="1", published=DAY)


BY_GUID, BY_ADDRESS = former_key("Old", "1"), former_key("", FORMER["url"])
CHANGES: list[dict[str, Any]] = [
    {},
    {"title": "New title"},
    {"show": "New"},
    {"show": "New", "audio_url": "http://www.x.example/m/1.mp3?token=2"},
    {"show": "New", "title": "New title"},
    {"guid": "another", "published": None},
]
MOVES: list[dict[str, Any]] = [
    {"audio_url": "https://x.example/new/1.mp3"},
    {"audio_url": "https://x.example/2.mp3", "title": "New title"},  # the day is in the file's name
]


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        *((key, each) for each in [*CHANGES, MOVES[0]] for key in (BY_GUID, BY_ADDRESS)),
        *((BY_GUID, each) for each in MOVES),
    ],
)
def test_an_entry_of_an_older_release_is_taken_over(key: str, changes: dict[str, Any], tmp_path: Path) -> None:
    write_former(tmp_path, **{key: FORMER})
    one = dataclasses.replace(NOW, **changes)
    before = index_of(tmp_path).read_bytes()
    (found,) = Library(tmp_path).entries_of([one])
    assert found is not None
    assert index_of(tmp_path).read_bytes() == before, "reading writes nothing"
    assert Library(tmp_path).claim(one).stem == FORMER["stem"]
    stored = json.loads(index_of(tmp_path).read_text())
    assert (stored["schema"], list(stored["episodes"])) == (2, [FORMER["stem"]])
    moved = dataclasses.replace(
        one, show="Any", title="Any", audio_url=f"https://y.example/any/{Path(one.audio_url or URL).name}"
    )
    assert Library(tmp_path).claim(dataclasses.replace(moved, published=DAY)).stem == FORMER["stem"], "feed and guid"


def test_another_recording_under_the_guid_of_an_older_entry_is_new(tmp_path: Path) -> None:
    write_former(tmp_path, **{former_key("Old", "1"): FORMER})
    other = Episode("B", audio_url="https://x.example/b.mp3", show="Old", guid="1", published=DAY.replace(day=9))
    assert Library(tmp_path).claim(other).stem == "2026-01-09-b"


def test_an_index_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    index_of(tmp_path).parent.mkdir()
    index_of(tmp_path).write_text('{"schema": 99}')
    with pytest.raises(FetchError, match=r"index\.json: written by a newer turnscript"):
        Library(tmp_path).entries()


def feed_of(server: HostileServer, count: int) -> list[Episode]:
    return [
        episode(
            server.put(f"/{n}.mp3", Resource(AUDIO[: 20_000 + n])), f"Same title {n % 2}", guid=str(n), published=DAY
        )
        for n in range(count)
    ]


def fetched(server: HostileServer, folder: Path, episodes: list[Episode]) -> dict[str | None, tuple[Path | None, int]]:
    with client_for(server) as client:
        outcomes = list(fetch_all(episodes, folder, client=client))
    assert all(isinstance(one, Fetched) for one in outcomes)
    return {one.episode.guid: (one.episode.path, one.received) for one in outcomes if isinstance(one, Fetched)}


DAMAGE = {
    "nothing": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "no JSON": lambda content: b"<<<<<<< HEAD\n" + content,
    "a list": lambda content: b"[]",
    "no schema": lambda content: b"{}",
    "bytes": lambda content: bytes(range(256)),
    "deep": lambda content: b"[" * 100_000,
    "entries of another type": lambda content: b'{"schema": 2, "episodes": [1]}',
    "all entries damaged": lambda content: content.replace(b'"title": "', b'"title": 5, "x": "'),
    "names of others": lambda content: content.replace(b'"2026-', b'"../2026-'),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_index_costs_nothing_and_is_told(
    damage: Any, server: HostileServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    episodes = feed_of(server, 5)
    before = fetched(server, tmp_path, episodes)
    damaged = damage(index_of(tmp_path).read_bytes())
    index_of(tmp_path).write_bytes(damaged)
    server.requests.clear()
    again = fetched(server, tmp_path, episodes)
    assert {guid: (path, 0) for guid, (path, _) in before.items()} == again
    assert not server.requests
    assert f"{index_of(tmp_path)}: " in caplog.text
    assert "damaged" in caplog.text
    assert index_of(tmp_path).with_name("index.json.bak").read_bytes() == damaged
    caplog.clear()
    assert fetched(server, tmp_path, episodes) == again
    assert not caplog.records


def test_a_change_that_was_not_written_to_its_end_costs_nothing(server: HostileServer, tmp_path: Path) -> None:
    episodes = [Episode(f"T{n}", audio_url=f"https://x.example/{n}.mp3", guid=str(n), show="S") for n in range(40)]
    library = Library(tmp_path)
    stems = [library.claim(each).stem for each in episodes]
    changes = index_of(tmp_path).with_name("index.changes")
    assert changes.stat().st_size
    with changes.open("ab") as file:
        file.write(b'{"stem": "half')
    assert [Library(tmp_path).claim(each).stem for each in episodes] == stems
    more = Episode("More", audio_url="https://x.example/more.mp3")
    assert Library(tmp_path).claim(more).stem == "more"
    entries = Library(tmp_path).entries()
    assert sorted(entries) == sorted([*stems, "more"])


def test_two_libraries_on_one_folder_know_of_each_other(tmp_path: Path) -> None:
    one, other = Library(tmp_path), Library(tmp_path)
    episodes = [Episode("T", audio_url=f"https://x.example/{n}.mp3", guid=str(n), show="S") for n in range(60)]
    for place, each in enumerate(episodes):
        (one if place % 2 else other).claim(each)
    assert one.entries() == other.entries() == Library(tmp_path).entries()
    assert len(one.entries()) == 60


def claims_cost(folder: Path, count: int) -> int:
    """Python's calls while `count` episodes are claimed, one after the other."""
    folder.mkdir()
    for n in range(count):
        (folder / f"file {n}.txt").touch()
    library, calls = Library(folder), 0

    def count_call(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count_call)
    try:
        for n in range(count):
            library.claim(Episode("T", audio_url=f"https://x.example/{n}.mp3", guid=str(n), show="S"))
    finally:
        sys.setprofile(None)
    return calls


def test_claims_are_linear(tmp_path: Path) -> None:
    small, large = (claims_cost(tmp_path / str(count), count) for count in (100, 400))
    assert large < 5 * small


def test_what_is_written_grows_with_the_number_of_claims(tmp_path: Path) -> None:
    """Counted by the files' generations: how often the whole index was written."""
    library, written, seen = Library(tmp_path), 0, set()
    for n in range(1000):
        library.claim(Episode(f"T{n}", audio_url=f"https://x.example/{n}.mp3", guid=str(n), show="S"))
        status = index_of(tmp_path).stat()
        if (generation := (status.st_ino, status.st_mtime_ns)) not in seen:
            seen.add(generation)
            written += status.st_size
    assert written < 15 * index_of(tmp_path).stat().st_size


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such links")
@pytest.mark.parametrize("name", ["index.json", "index.changes"])
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_the_index_is_not_written_through_a_link(name: str, link: Any, tmp_path: Path) -> None:
    folder, precious = tmp_path / "out", tmp_path / "precious"
    precious.write_text("precious\n")
    episodes = [Episode(f"T{n}", audio_url=f"https://x.example/{n}.mp3", guid=str(n), show="S") for n in range(40)]
    Library(folder).claim_all(episodes[:30])
    (folder / ".turnscript" / name).unlink(missing_ok=True)
    link(precious, folder / ".turnscript" / name)
    for each in episodes:
        with contextlib.suppress(FetchError):
            Library(folder).claim(each)
    assert precious.read_text() == "precious\n"
