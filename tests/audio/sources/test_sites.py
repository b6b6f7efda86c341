"""Pages that need yt-dlp; it is an extra, so most of these tests run only if it is installed."""

from __future__ import annotations

import pytest

from audio.errors import PageError
from audio.sources import sites
from tests.support.hostile_server import HostileServer, Resource

PLAYER = """<!DOCTYPE html><html><head><title>Hidden sound</title></head><body>
<script>jwplayer("player").setup({"file": "%s", "title": "x"});</script></body></html>"""

needs_yt_dlp = pytest.mark.skipif(not sites.is_installed(), reason="the extra with yt-dlp is not installed")


@pytest.mark.skipif(sites.is_installed(), reason="yt-dlp is installed")
def test_without_yt_dlp_nothing_is_found() -> None:
    assert sites.episodes_on_site("https://x.example/page") == ()


@needs_yt_dlp
def test_an_address_in_a_script_is_found() -> None:
    with HostileServer() as server:
        audio = server.put("/sound.mp3", Resource(b"ID3\x04" + bytes(5000)))
        page = server.put("/page", Resource((PLAYER % audio).encode(), media_type="text/html"))
        (episode,) = sites.episodes_on_site(page)
    assert episode.audio_url == audio
    assert episode.title == "x" or "Hidden sound" in episode.title


@needs_yt_dlp
def test_a_page_without_audio_is_a_page_error() -> None:
    with HostileServer() as server:
        page = server.put("/page", Resource(b"<html><p>nothing</p></html>", media_type="text/html"))
        with pytest.raises(PageError, match="yt-dlp"):
            sites.episodes_on_site(page)
