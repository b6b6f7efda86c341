"""Odd feeds as served (`odd_feeds/NAME.feed`), each with what it should be, written by hand, in NAME.json: the
episodes, and what is left out as [title, reason, is a failure]. Its headers are there too; `@` is the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audio.episode import Episode
from audio.media import Kind, kind_of
from audio.net.codings import decompressed
from audio.sources.left_out import LeftOut
from audio.sources.resolve import episodes_from
from tests.support.fetch_helpers import client_for
from tests.support.hostile_server import HostileServer, Resource
from tests.support.paths import ODD_FEEDS

CASES = sorted(ODD_FEEDS.glob("*.feed"))


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def as_expected(episode: Episode, fields: dict[str, Any], server: HostileServer) -> dict[str, Any]:
    """The fields of an episode that are stated for it, and those of a date, a length and a guid that are not."""
    found = {
        "title": episode.title,
        "audio_url": (episode.audio_url or "").replace(server.url("/"), "@/"),
        "published": episode.published and episode.published.isoformat(),
        "duration": episode.duration,
        "guid": episode.guid,
    }
    if fields["audio_url"].startswith("@//"):
        found["audio_url"] = found["audio_url"].replace("http:", "@")
    return {name: value for name, value in found.items() if value is not None or name in fields}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_each_item_is_what_it_should_be(case: Path, server: HostileServer) -> None:
    expected = json.loads(case.with_suffix(".json").read_text(encoding="utf-8"))
    headers = {"Content-Encoding": coding} if (coding := expected.get("content_encoding")) else {}
    media_type = expected.get("content_type", "application/rss+xml")
    url = server.put(f"/{case.stem}", Resource(case.read_bytes(), media_type=media_type, headers=headers))
    left: list[LeftOut] = []
    with client_for(server, max_attempts=2) as client:
        found = episodes_from(url, client=client, on_left_out=left.append)
    stated = expected["episodes"]
    assert len(found) == len(stated)
    assert [as_expected(one, fields, server) for one, fields in zip(found, stated, strict=True)] == stated
    assert [[each.title, each.reason, each.is_failure] for each in left] == expected["left_out"]
    assert {each.show for each in found} == {expected.get("show", "The Lathe Hour")}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_each_is_recognised_as_a_feed(case: Path) -> None:
    expected = json.loads(case.with_suffix(".json").read_text(encoding="utf-8"))
    codings = f"{expected.get('content_encoding', '')}, gzip"
    assert kind_of(b"".join(decompressed([case.read_bytes()], codings, name="x"))[:4096]) is Kind.FEED


def test_there_are_enough() -> None:
    assert len(CASES) >= 60
