"""A feed that evolves as feeds do: every episode is downloaded once, and no file name changes."""

from __future__ import annotations

import contextlib
import random
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from audio.fetching.fetch import Fetched, fetch_all
from audio.net.http import Client
from audio.sources.resolve import episodes_from
from tests.support.fetch_helpers import client_for
from tests.support.hostile_server import HostileServer, Resource

HEAD = """<rss xmlns:podcast="https://podcastindex.org/namespace/1.0"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>{}</title>{}"""
GUIDS = ("http://x.example/{}", "https://x.example/{}/", "https://www.x.example/{}", "http://x.example/%65p{}")


@dataclass
class Item:
    """An episode as the publisher has it now."""

    number: int
    title: str
    guid: str | None
    file: str
    token: int = 0


class EvolvingFeed(RuleBasedStateMachine):
    """One change at a time, then the whole feed is fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.server = self.stack.enter_context(HostileServer())
        self.root = Path(tempfile.mkdtemp())
        self.items: list[Item] = []
        self.names: dict[int, str] = {}  # of the files, by number
        self.show, self.path, self.moves, self.count, self.podcast_guid = "Show", "/feed0", 0, 0, ""

    def teardown(self) -> None:
        self.stack.close()
        shutil.rmtree(self.root)

    @initialize(guids=st.lists(st.booleans(), min_size=1, max_size=4))
    def begin(self, guids: list[bool]) -> None:
        for has_guid in guids:
            self.publish(has_guid)

    @rule(has_guid=st.booleans())
    def publish(self, has_guid: bool) -> None:
        self.count += 1
        guid = GUIDS[0].format(f"ep{self.count}") if has_guid else None
        self.items.insert(0, Item(self.count, f"Episode {self.count % 3}", guid, f"m/{self.count}.mp3"))

    @rule(show=st.sampled_from(["Show", "Renamed", "The Show"]))
    def rename(self, show: str) -> None:
        self.show = show

    @rule(how=st.sampled_from(["301", "308", "new-feed-url", "unsaid"]))
    def move(self, how: str) -> None:
        old, self.moves = self.path, self.moves + 1
        new = f"/feed{self.moves}"
        if how == "new-feed-url":
            self.fetch(f"<itunes:new-feed-url>{self.server.url(new)}</itunes:new-feed-url>")
            self.path = new
        elif how == "unsaid":
            self.path = new
        else:
            self.path = new
            self.offer("")
            self.server.put(old, Resource(statuses=[int(how)] * 9, headers={"Location": new}))
            self.path = old
            self.fetch("", offered=True)
            self.path = new

    @rule()
    def state_podcast_guid(self) -> None:
        self.podcast_guid = "<podcast:guid>917393e3-1b1e-5cef-ace4-edaa54e1f810</podcast:guid>"

    @rule(data=st.data(), token=st.integers(1, 9))
    def change_token(self, data: st.DataObject, token: int) -> None:
        data.draw(st.sampled_from(self.items)).token = token

    @rule(data=st.data())
    def move_audio(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(self.items))
        item.file = f"new/{item.number}.mp3" if item.file.startswith("m/") else f"m/{item.number}.mp3"

    @precondition(lambda self: any(item.guid for item in self.items))
    @rule(data=st.data(), title=st.sampled_from(["Remastered", "🎙", "x" * 300]))
    def retitle(self, data: st.DataObject, title: str) -> None:
        data.draw(st.sampled_from([item for item in self.items if item.guid])).title = title

    @precondition(lambda self: any(item.guid for item in self.items))
    @rule(data=st.data(), spelling=st.sampled_from(GUIDS))
    def spell_guid(self, data: st.DataObject, spelling: str) -> None:
        item = data.draw(st.sampled_from([item for item in self.items if item.guid]))
        item.guid = spelling.format(item.number if "%65p" in spelling else f"ep{item.number}")

    @rule(seed=st.integers(0, 99))
    def reorder(self, seed: int) -> None:
        random.Random(seed).shuffle(self.items)

    @precondition(lambda self: self.names)
    @rule(data=st.data())
    def delete_audio(self, data: st.DataObject) -> None:
        """Deleted by the user: the one file that is downloaded again, under its name."""
        number = data.draw(st.sampled_from(sorted(self.names)))
        (self.root / "out" / self.names[number]).unlink()
        if number in {item.number for item in self.items}:
            self.fetch("", expected={number})

    def offer(self, stated: str) -> None:
        body = ""
        for item in self.items:
            url = f"{item.file}?token={item.token}" if item.token else item.file
            self.server.put(f"/{item.file}", Resource(b"ID3\x04\x00" + bytes([item.number]) * 999))
            guid = f"<guid>{item.guid}</guid>" if item.guid else ""
            date = f"<pubDate>Thu, {item.number % 28 + 1:02} Jan 2026 10:00:00 GMT</pubDate>"
            body += f"<item><title>{item.title}</title>{guid}{date}<enclosure url='/{url}' type='audio/mpeg'/></item>"
        head = HEAD.format(self.show, stated + self.podcast_guid)
        self.server.put(self.path, Resource(f"{head}{body}</channel></rss>".encode(), etag=None))

    def fetch(self, stated: str, *, offered: bool = False, expected: set[int] | None = None) -> None:
        if not offered:
            self.offer(stated)
        with client_for(self.server) as client:
            self.check(client, self.items, expected)

    def check(self, client: Client, items: list[Item], expected: set[int] | None) -> None:
        episodes = episodes_from(self.server.url(self.path), client=client)
        outcomes = list(fetch_all(episodes, self.root / "out", client=client))
        new = {item.number for item in items} - set(self.names) if expected is None else expected
        got: dict[int, str] = {}
        received: set[int] = set()
        for outcome in outcomes:
            assert isinstance(outcome, Fetched)
            assert outcome.episode.path is not None
            number = outcome.episode.path.read_bytes()[5]
            got[number] = outcome.episode.path.name
            received |= {number} if outcome.received else set()
        assert received == new
        assert sorted(got) == sorted(item.number for item in items)
        assert {number: got[number] for number in got if number in self.names} == {
            number: name for number, name in self.names.items() if number in got
        }
        self.names |= got

    @invariant()
    def every_episode_is_downloaded_once(self) -> None:
        if self.items:
            self.fetch("")


def test_every_episode_is_downloaded_once_and_keeps_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run_state_machine_as_test(EvolvingFeed, settings=settings(max_examples=25, stateful_step_count=12, deadline=None))
