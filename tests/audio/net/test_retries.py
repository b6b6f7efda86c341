"""Slow, busy and missing servers: how long the client waits, how often it retries."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio.errors import FetchError, TransientError
from audio.fetching.fetch import fetch
from audio.net.documents import get_document
from audio.net.http import Client, Limits
from tests.support.fetch_helpers import AUDIO, Sleeps, client_for, episode, fetched_bytes
from tests.support.hostile_server import HostileServer, Resource


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_server_is_retried(server: HostileServer, tmp_path: Path, status: int) -> None:
    fetched_bytes(server, tmp_path, Resource(AUDIO, statuses=[status, status]))
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_permanent_errors_are_not_retried(server: HostileServer, tmp_path: Path, status: int) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, statuses=[status]))
    with client_for(server) as client, pytest.raises(FetchError, match=str(status)):
        fetch(episode(url), tmp_path, client=client)
    assert len(server.requests) == 1
    assert not [file for file in tmp_path.iterdir() if file.is_file()]  # not even an empty part


@pytest.mark.parametrize("status", [404, 410])
def test_a_missing_file_leaves_no_part(server: HostileServer, tmp_path: Path, status: int) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, drop_after=100_000))
    server.resources["/a.mp3"].before = lambda self, number: setattr(self, "statuses", [status] if number > 1 else [])
    with client_for(server) as client, pytest.raises(FetchError, match=str(status)):
        fetch(episode(url), tmp_path, client=client)
    assert not [file for file in tmp_path.iterdir() if file.is_file()]
    assert fetched_bytes(server, tmp_path, Resource(AUDIO)).received == len(AUDIO)


def test_retry_after_is_respected(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, statuses=[429], headers={"Retry-After": "7"}))
    with client_for(server, sleeps := Sleeps()) as client:
        fetch(episode(url), tmp_path, client=client)
    assert sleeps == [7.0]


def test_a_retry_after_beyond_the_limit_is_reported(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, statuses=[503], headers={"Retry-After": "3600"}))
    with client_for(server, sleeps := Sleeps()) as client, pytest.raises(TransientError, match="3600 seconds"):
        fetch(episode(url), tmp_path, client=client)
    assert sleeps == []


def test_pauses_grow(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, statuses=[500] * 9))
    with client_for(server, sleeps := Sleeps(), max_attempts=6) as client, pytest.raises(TransientError, match="500"):
        fetch(episode(url), tmp_path, client=client)
    assert len(server.requests) == 6
    assert sleeps[1:] == sorted(sleeps[1:])
    assert sleeps[-1] > 4


def test_a_very_slow_download_is_given_up(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, pause=0.02))
    limits = {"slow_timeout": 0.2, "min_bytes_per_second": 1000, "max_attempts": 2}
    with client_for(server, **limits) as client, pytest.raises(TransientError, match="bytes a second"):
        fetch(episode(url), tmp_path, client=client)


def test_a_head_that_never_ends_is_given_up(server: HostileServer, tmp_path: Path) -> None:
    """Each byte arrives within the read timeout; all of them would take a quarter of an hour."""
    url = server.put("/a.mp3", Resource(AUDIO, head_pause=1.0))
    limits = {"head_timeout": 0.5, "read_timeout": 30, "max_attempts": 2}
    message = "the server does not respond in time"
    with client_for(server, **limits) as client, pytest.raises(TransientError, match=message):
        fetch(episode(url), tmp_path, client=client)
    assert len(server.requests) == 2


def test_after_the_head_only_the_read_timeout_applies(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO[:60], pause=0.02))
    with client_for(server, head_timeout=0.5, max_attempts=1) as client:
        assert fetch(episode(url), tmp_path, client=client).received == 60


def test_a_silent_server_is_given_up(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, pause=30))
    message = "the server does not respond in time"
    with client_for(server, read_timeout=0.2, max_attempts=2) as client, pytest.raises(TransientError, match=message):
        fetch(episode(url), tmp_path, client=client)


def test_a_refused_connection_is_a_transient_error(tmp_path: Path) -> None:
    client = Client(["http://127.0.0.1:1/"], limits=Limits(max_attempts=2), sleep=Sleeps())
    message = r"127\.0\.0\.1:1/a\.mp3: the connection is refused, no server is listening; check the address"
    with client, pytest.raises(TransientError, match=message):
        fetch(episode("http://127.0.0.1:1/a.mp3"), tmp_path, client=client)


def test_a_lost_connection_is_described(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, drop_after=0))
    with client_for(server, max_attempts=2) as client, pytest.raises(TransientError, match="the connection was lost"):
        fetch(episode(url), tmp_path, client=client)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_cut_document_is_retried_and_never_accepted(server: HostileServer, chunked: bool) -> None:
    feed = b"<rss>" + b" " * 50_000 + b"</rss>"
    url = server.put("/feed", Resource(feed, drop_after=30_000, drops=1, chunked=chunked))
    with client_for(server) as client:
        assert get_document(url, client).body == feed
    assert len(server.requests) == 2
    server.resources["/feed"].drops = 9
    with client_for(server, max_attempts=2) as client, pytest.raises(TransientError, match="run again"):
        get_document(url, client)
