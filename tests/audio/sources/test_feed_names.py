"""What a feed is known by: its `podcast:guid`, the address asked for, where it has moved to."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio.sources.resolve import episodes_from
from tests.support.fetch_helpers import client_for
from tests.support.hostile_server import HostileServer, Resource

HEAD = """<rss xmlns:podcast="https://podcastindex.org/namespace/1.0"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>S</title>"""
ITEM = "<item><title>T</title><enclosure url='https://x.example/1.mp3' type='audio/mpeg'/></item>"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def names(server: HostileServer, path: str) -> tuple[str, ...]:
    with client_for(server) as client:
        (episode,) = episodes_from(server.url(path), client=client)
    return tuple(name.replace(server.url("/"), "/") for name in episode.feeds)


def test_a_feed_states_its_guid_and_where_it_moves(server: HostileServer) -> None:
    stated = "<podcast:guid> AB-1 </podcast:guid><itunes:new-feed-url>https://new.example/f</itunes:new-feed-url>"
    server.put("/f", Resource(f"{HEAD}{stated}{ITEM}</channel></rss>".encode(), etag='"1"'))
    for _ in ("sent", "cached"):
        assert names(server, "/f") == ("urn:podcast:ab-1", "/f", "https://new.example/f")


@pytest.mark.parametrize(
    ("statuses", "known"),
    [
        ((301,), ("/0", "/feed")),
        ((308, 301), ("/0", "/feed")),
        ((302,), ("/0",)),
        ((301, 307), ("/0", "/1")),
        ((303, 301), ("/0",)),
    ],
)
def test_only_permanent_redirects_give_a_name(
    server: HostileServer, statuses: tuple[int, ...], known: tuple[str, ...]
) -> None:
    server.put("/feed", Resource(f"{HEAD}{ITEM}</channel></rss>".encode()))
    for number, status in enumerate(statuses):
        target = f"/{number + 1}" if number + 1 < len(statuses) else "/feed"
        server.put(f"/{number}", Resource(statuses=[status], headers={"Location": target}))
    assert names(server, "/0") == known
