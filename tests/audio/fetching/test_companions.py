"""The publisher's other files: fetched once; a failure never costs the episode."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Chapter, PublishedTranscript
from audio.fetching.companions import chapters_of
from audio.fetching.fetch import Fetched, fetch, fetch_all
from audio.sources.feed import episodes_of
from tests.support.fetch_helpers import AUDIO, client_for, episode
from tests.support.hostile_server import HostileServer, Resource
from tests.support.paths import ROOT


def test_the_publishers_transcript_is_stored_next_to_the_audio_and_may_fail(
    server: HostileServer, tmp_path: Path
) -> None:
    url = server.put("/a.mp3", Resource(AUDIO))
    vtt = server.put("/a.vtt", Resource(b"WEBVTT\n", media_type="text/vtt"))
    transcripts = (
        PublishedTranscript(server.url("/none.json"), "application/json"),
        PublishedTranscript(vtt, "text/vtt"),
    )
    with client_for(server) as client:
        result = fetch(episode(url, transcripts=transcripts), tmp_path, client=client)
        assert result.transcript == tmp_path / "an-episode.publisher.vtt"
        assert result.transcript.read_bytes() == b"WEBVTT\n"
        other = server.put("/b.mp3", Resource(AUDIO))
        assert fetch(episode(other, "B", transcripts=transcripts[:1]), tmp_path, client=client).transcript is None


def test_a_missing_transcript_is_requested_once(
    server: HostileServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.put("/a.mp3", Resource(AUDIO))
    busy = server.put("/busy.vtt", Resource(b"WEBVTT\n", statuses=[503] * 3))
    transcripts = tuple(PublishedTranscript(one, "text/vtt") for one in (server.url("/none.vtt"), busy))
    with client_for(server, max_attempts=2) as client:
        assert fetch(episode(url, transcripts=transcripts), tmp_path, client=client).transcript is None
        assert len(caplog.records) == 2
        caplog.clear()
        again = fetch(episode(url, transcripts=transcripts), tmp_path, client=client)
        assert again.transcript is not None  # the one behind a busy server is requested again
        again.transcript.unlink()
        (other,) = fetch_all([episode(url, transcripts=transcripts[:1])], tmp_path, client=client)
    assert isinstance(other, Fetched)
    assert other.transcript is None
    assert len(server.asked("/none.vtt")) == 1
    assert not caplog.records


SMALL_DISK = """
import resource, sys
from pathlib import Path
from audio.episode import Episode, PublishedTranscript
from audio.fetching.fetch import Fetched, fetch_all
from audio.net.http import Client
folder, audio, transcript = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # a longer write fails as on a full disk
transcripts = (PublishedTranscript(transcript, "text/vtt"),)
episodes = [Episode("a", audio_url=audio, transcripts=transcripts), Episode("b", audio_url=audio + "?b")]
with Client([audio]) as client:
    for one in fetch_all(episodes, Path(folder), client=client):
        print(type(one).__name__, one.episode.title, getattr(one, "transcript", ""))
"""


@pytest.mark.processes
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_a_full_disk_costs_only_the_transcript(server: HostileServer, tmp_path: Path) -> None:
    audio = server.put("/a.mp3", Resource(AUDIO[:50_000]))
    vtt = server.put("/a.vtt", Resource(b"WEBVTT\n" + b"x" * 200_000, media_type="text/vtt"))
    command = [sys.executable, "-c", SMALL_DISK, str(tmp_path), audio, vtt]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert sorted(done.stdout.splitlines()) == ["Fetched a None", "Fetched b None"]
    assert "no transcript from the publisher" in done.stderr


# --- chapters -------------------------------------------------------------------------------------------------------

CHAPTERS = {
    "version": "1.2.0",
    "chapters": [
        {"startTime": 61.5, "title": "<b>Later</b> &amp; last", "img": "file:///etc/passwd"},
        {"startTime": 0, "title": "Hello"},
        {"startTime": 30, "title": "an advertisement", "toc": False},
        {"startTime": "12", "title": "a start as text"},
        {"startTime": -1, "title": "before the beginning"},
        {"startTime": True},
        {"startTime": 70, "title": 7},
        "no chapter",
    ],
}


def test_linked_chapters_are_fetched_once_and_stored(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO))
    listed = server.put("/c.json", Resource(json.dumps(CHAPTERS).encode(), media_type="application/json+chapters"))
    feed = (
        '<rss xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>S</title><item><title>T</title>'
        f'<enclosure url="{url}" type="audio/mpeg"/><podcast:chapters url="/c.json" type="application/json+chapters"/>'
        "</item></channel></rss>"
    )
    (one,) = episodes_of(feed.encode(), url=server.url("/feed"))
    assert one.chapters_url == listed
    for _ in range(2):
        with client_for(server) as client:
            fetched = fetch(one, tmp_path, client=client).episode
        assert fetched.chapters == (Chapter(0.0, "Hello"), Chapter(61.5, "Later & last"), Chapter(70.0, ""))
    assert len(server.asked("/c.json")) == 1
    assert (tmp_path / "t.chapters.json").is_file()


def test_chapters_in_the_feed_come_before_linked_ones(server: HostileServer, tmp_path: Path) -> None:
    own = (Chapter(1.0, "Own"),)
    one = episode(server.put("/a.mp3", Resource(AUDIO)), chapters=own, chapters_url=server.url("/c.json"))
    with client_for(server) as client:
        assert fetch(one, tmp_path, client=client).episode.chapters == own
    assert not server.asked("/c.json")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"chapters": 3}', b"[" * 200_000, b'{"chapters": [{"a": 1e999}'])
def test_unreadable_chapters_are_skipped(
    server: HostileServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    one = episode(server.put("/a.mp3", Resource(AUDIO)), chapters_url=server.put("/c.json", Resource(body)))
    with client_for(server) as client:
        fetched = fetch(one, tmp_path, client=client)
    assert (fetched.received, fetched.episode.chapters) == (len(AUDIO), ())
    assert "chapters are skipped" in caplog.text


def test_chapters_reach_no_private_address(server: HostileServer, tmp_path: Path) -> None:
    with HostileServer() as inner:
        secret = inner.put("/c.json", Resource(json.dumps(CHAPTERS).encode()))
        one = episode(server.put("/a.mp3", Resource(AUDIO)), chapters_url=secret)
        with client_for(server) as client:
            assert fetch(one, tmp_path, client=client).episode.chapters == ()
        assert not inner.requests


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.floats() | st.text(max_size=5) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["chapters", "startTime", "title"]), inner)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_bytes_give_chapters_in_order_or_a_value_error(content: bytes) -> None:
    try:
        chapters = chapters_of(content)
    except ValueError:
        return
    assert [one.start for one in chapters] == sorted(one.start for one in chapters)


def test_an_infinite_start_is_skipped() -> None:
    assert chapters_of(b'{"chapters": [{"startTime": 1' + b"0" * 400 + b'}, {"startTime": 1e999}]}') == ()
