"""What a server sends as the publisher's transcript is looked at before it is kept."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import PublishedTranscript
from audio.fetching.fetch import fetch
from audio.fetching.transcript_content import SUFFIXES, transcript_suffix
from tests.support.fetch_helpers import AUDIO, client_for, episode
from tests.support.hostile_server import HostileServer, Resource

VTT = b"WEBVTT\n\n00:00.000 --> 00:04.000\nHello\n"
SRT = b"1\n00:00:00,000 --> 00:00:04,000\nGood morning.\n"
LOGIN = b"<!doctype html><html><body>Please log in<form><input type=password></form></body></html>"
SPOKEN = b"<p>Ann: " + b"words " * 100 + b"</p>"


@pytest.mark.parametrize(
    ("content", "declared", "suffix"),
    [
        (VTT, "text/vtt", ".vtt"),
        (b"\xef\xbb\xbf" + VTT, "", ".vtt"),
        (VTT.decode().encode("utf-16"), "text/vtt", ".vtt"),
        (VTT, "text/plain", ".vtt"),
        (VTT.replace(b"Hello", b"Hello \x0b\x1a there"), "text/vtt", ".vtt"),
        (VTT.removeprefix(b"WEBVTT\n\n"), "text/vtt", ".vtt"),
        (SRT, "text/vtt", ".srt"),
        (SRT, "application/srt", ".srt"),
        (json.dumps({"version": "1.0.0", "segments": [{"body": "Hi"}]}).encode(), "text/plain", ".json"),
        (b"[Music] Hello and welcome", "text/plain", ".txt"),
        (b"Ann: Hello and welcome.", "text/plain", ".txt"),
        (b"<html><body><cite>Ann:</cite><time>0:01</time><p>Hi</p></body></html>", "text/html", ".html"),
        (b"<html><body>" + SPOKEN + b"</body></html>", "text/html", ".html"),
        (b"<html><body>" + SPOKEN + b"</body></html>", "text/vtt", ""),
        (LOGIN, "text/vtt", ""),
        (LOGIN, "text/html", ""),
        (b"<html><body>" + SPOKEN + LOGIN, "text/html", ""),
        (b'{"error": "log in first"}', "application/json", ""),
        (b"{not json", "application/json", ""),
        (b"ID3\x04" + bytes(100), "text/vtt", ""),
        (b"", "text/vtt", ""),
        (b"<rss><channel/></rss>", "text/plain", ""),
    ],
)
def test_content_decides(content: bytes, declared: str, suffix: str) -> None:
    assert transcript_suffix(content, declared) == suffix


@given(st.binary(max_size=300), st.sampled_from(["text/vtt", "text/html", "", "application/json"]))
def test_any_bytes_have_a_suffix_or_none(content: bytes, declared: str) -> None:
    assert transcript_suffix(content, declared) in ("", *SUFFIXES)


@pytest.mark.parametrize("first", ["/login", "/broken", "/none"])
def test_a_page_to_log_in_does_not_block_the_good_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, first: str
) -> None:
    caplog.set_level(logging.WARNING)
    with HostileServer() as server, client_for(server, max_attempts=2) as client:
        server.put("/login", Resource(LOGIN, media_type="text/html"))
        server.put("/broken", Resource(VTT * 500, drop_after=100))
        good = PublishedTranscript(server.put("/t.srt", Resource(SRT)), "application/x-subrip")
        offered = (PublishedTranscript(server.url(first), "text/vtt"), good)
        one = episode(server.put("/a.mp3", Resource(AUDIO)), transcripts=offered)
        for _ in range(2):
            found = fetch(one, tmp_path, client=client).transcript
            assert found is not None
            assert (found.suffix, found.read_bytes()) == (".srt", SRT)
        assert len(server.asked("/t.srt")) == 1
        assert [file.suffix for file in tmp_path.glob("*.publisher.*")] == [".srt"]
    assert len(caplog.records) == 1


def test_what_an_earlier_version_kept_of_a_login_page_blocks_nothing(tmp_path: Path) -> None:
    with HostileServer() as server, client_for(server) as client:
        offered = (PublishedTranscript(server.put("/t", Resource(VTT)), "text/vtt"),)
        one = episode(server.put("/a.mp3", Resource(AUDIO)), "t", transcripts=offered)
        (tmp_path / "t.publisher.vtt").write_bytes(LOGIN)
        found = fetch(one, tmp_path, client=client).transcript
    assert found is not None
    assert found.read_bytes() == VTT
