"""The sources a user may type, and the episodes they give."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Episode
from audio.errors import FeedError, FetchError, PageError, SourceError
from audio.media import Kind, kind_of
from audio.net.http import Client, Limits
from audio.sources.left_out import LeftOut
from audio.sources.resolve import episodes_from
from audio.sources.selection import Selection
from tests.support.hostile_server import LONG_AGO, HostileServer, Resource

MP3 = b"ID3\x04" + bytes(100_000)
FEED = b"""<rss version="2.0"><channel><title>Show</title>
<item><title>One</title><guid>1</guid><enclosure url="/1.mp3" type="audio/mpeg"/></item>
<item><title>Two</title><guid>2</guid><enclosure url="https://x.example/2.mp3" type="audio/mpeg"/></item>
</channel></rss>"""
PAGE = b"<!DOCTYPE html><html><title>A page</title><audio src=/a.mp3></audio></html>"


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


def titles(source: str | Path, client: Client | None = None) -> list[str]:
    return [episode.title for episode in episodes_from(str(source), client=client)]


# --- local sources ---------------------------------------------------------------------------------------------------


def test_a_file_is_one_episode(tmp_path: Path) -> None:
    for name in ("a.mp3", "b.MP3", "no suffix", "odd.xyz"):
        file = tmp_path / name
        file.write_bytes(MP3)
        assert episodes_from(str(file)) == (Episode.of_file(file),)


def test_empty_and_mislabelled_files_are_left_to_the_decoder(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "text.mp3").write_text("no sound")
    assert titles(tmp_path / "empty") == ["empty"]
    assert titles(tmp_path / "text.mp3") == ["text"]


def test_a_folder_gives_its_recordings_by_name(tmp_path: Path) -> None:
    for name in ("b.mp3", "a.WAV", "notes.txt", ".hidden.mp3", "c.mp4"):
        (tmp_path / name).touch()
    (tmp_path / "below.mp3").mkdir()
    (tmp_path / "below.mp3" / "d.mp3").touch()
    assert titles(tmp_path) == ["a", "b", "c"]


def test_a_pattern_the_shell_did_not_expand(tmp_path: Path) -> None:
    for name in ("b1.mp3", "a1.mp3", "a2.mp3", "deep/a3.mp3"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert titles(tmp_path / "a*.mp3") == ["a1", "a2"]
    assert titles(tmp_path / "**" / "a?.mp3") == ["a1", "a2", "a3"]
    (tmp_path / "x[1].mp3").touch()
    assert titles(tmp_path / "x[1].mp3") == ["x[1]"]


def test_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "a.mp3").touch()
    assert episodes_from("~/a.mp3")[0].path == tmp_path / "a.mp3"
    assert titles("~") == ["a"]


@pytest.mark.parametrize("name", ["missing.mp3", "none*.mp3", "folder", "", "  ", "www.example.org/feed"])
def test_a_source_that_does_not_exist_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError) as caught:
        episodes_from(name)
    assert name.strip() in str(caught.value)


@pytest.mark.parametrize("source", ["ftp://me:secret@x.example/a.mp3", "s3://x/*.mp3", "file:///a.mp3"])
def test_addresses_other_than_http_are_refused(source: str) -> None:
    with pytest.raises(SourceError, match=r"^[a-z0-9]+://[^@]+3: only http and https addresses are supported;"):
        episodes_from(source)


@pytest.mark.parametrize(
    "name", ["~nosuchuser/a.mp3", "a" * 300 + ".mp3", "a" * 300 + "*.mp3", "a\0b.mp3", "x/" * 5000, "a\0*.mp3"]
)
def test_invalid_file_names_are_errors(name: str) -> None:
    with pytest.raises(SourceError) as caught:
        episodes_from(name)
    assert name[:10] in str(caught.value)


def test_a_name_that_is_not_utf8_gives_a_valid_title(tmp_path: Path) -> None:
    episode = Episode.of_file(tmp_path / os.fsdecode(b"Fu\xdfe.mp3"))
    assert episode.title == "Fu\ufffde"
    assert episode.path is not None
    assert os.fsencode(episode.path.name) == b"Fu\xdfe.mp3"
    assert Episode.of_file(tmp_path / "Füße.mp3").title == "Füße"


def test_a_saved_feed_page_and_post(tmp_path: Path) -> None:
    (tmp_path / "feed.txt").write_bytes(FEED)
    (tmp_path / "page").write_bytes(PAGE.replace(b"/a.mp3", b"https://x.example/a.mp3"))
    (tmp_path / "post.md").write_text("---\ntitle: A post\n---\n[sound](https://x.example/a.mp3)\n")
    assert titles(tmp_path / "feed.txt") == ["Two"]  # the other address is relative to an unknown base
    assert titles(tmp_path / "page") == ["A page"]
    assert titles(tmp_path / "post.md") == ["A post"]


def test_text_without_audio_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to hear")
    with pytest.raises(PageError, match=r"notes\.txt: this is a text, not a recording, and names none"):
        episodes_from(str(tmp_path / "notes.txt"))
    (tmp_path / "page.txt").write_bytes(b"<!DOCTYPE html><html><p>nothing to hear</html>")
    with pytest.raises(PageError, match="no audio on this page"):
        episodes_from(str(tmp_path / "page.txt"))


# --- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/x", "/x.mp3", "/x.html", "/x.xml"])
def test_the_content_decides_not_the_name(server: HostileServer, path: str) -> None:
    url = server.put(path, Resource(FEED, media_type="text/html"))
    assert titles(url) == ["One", "Two"]
    server.put(path, Resource(PAGE, media_type="audio/mpeg", etag='"two"'))
    assert titles(url) == ["A page"]
    server.put(path, Resource(MP3, media_type="text/xml", etag='"three"'))
    assert titles(url) == ["x"]


def test_a_recording_is_recognised_and_not_downloaded(server: HostileServer) -> None:
    url = server.put("/a.mp3", Resource(MP3 + bytes(50_000_000)))
    (episode,) = episodes_from(url)
    assert (episode.title, episode.audio_url) == ("a", url)
    assert server.sent_bytes["/a.mp3"] < 20_000_000  # at most what the sockets' buffers hold


def test_items_addresses_are_relative_to_the_feeds(server: HostileServer) -> None:
    server.put("/old", Resource(location="/shows/feed"))
    server.put("/shows/feed", Resource(FEED.replace(b"/1.mp3", b"1.mp3")))
    assert episodes_from(server.url("/old"))[0].audio_url == server.url("/shows/1.mp3")


def test_an_unchanged_feed_is_not_sent_again(server: HostileServer) -> None:
    for number, resource in enumerate((Resource(FEED), Resource(FEED, etag=None, last_modified=LONG_AGO))):
        path = f"/feed{number}"
        url = server.put(path, resource)
        first, second = titles(url), titles(url)
        assert first == second == ["One", "Two"]
        assert server.sent_bytes[path] == len(FEED)
        assert {"if-none-match", "if-modified-since"} & set(server.asked(path)[1].headers)


def test_credentials_are_used_and_not_cached(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    server.put("/feed", Resource(FEED))
    url = server.url("/feed").replace("//", "//me:s3cret@")
    for _ in range(2):  # the second time from the cache
        first, _second = episodes_from(url)
        assert first.audio_url == url.replace("/feed", "/1.mp3")
    (cached,) = tmp_path.rglob("*.document")
    assert b"s3cret" not in cached.read_bytes()
    assert server.sent_bytes["/feed"] == len(FEED)


def test_a_changed_feed_is_sent_again(server: HostileServer) -> None:
    url = server.put("/feed", Resource(FEED))
    assert titles(url) == ["One", "Two"]
    server.put("/feed", Resource(FEED.replace(b"One", b"Won"), etag='"two"'))
    assert titles(url) == ["Won", "Two"]


def test_a_compressed_feed_and_a_busy_server(server: HostileServer) -> None:
    url = server.put("/feed", Resource(FEED, packed=True, statuses=[503]))
    with Client([url], sleep=lambda _: None) as client:
        assert titles(url, client) == ["One", "Two"]


def test_a_decompression_bomb_is_limited(server: HostileServer) -> None:
    url = server.put("/feed", Resource(b"<rss>" + b" " * 50_000_000, packed=True))
    with Client([url], limits=Limits(max_document_bytes=1 << 20)) as client, pytest.raises(FetchError, match="1 MiB"):
        episodes_from(url, client=client)


def test_a_page_leads_to_its_feed_or_its_player(server: HostileServer) -> None:
    server.put("/feed", Resource(FEED))
    server.put("/player", Resource(PAGE))
    link, frame = b"<link rel=alternate type=application/rss+xml href=%s>", b"<html><iframe src=/player></iframe>"
    one = server.put("/one", Resource(b"<html>" + link % b"/none" + link % b"/feed"))
    two = server.put("/two", Resource(frame))
    assert titles(one) == ["One", "Two"]
    assert titles(two) == ["A page"]


def test_a_page_sends_on_to_another(server: HostileServer) -> None:
    server.put("/page", Resource(PAGE))
    refresh = b"<html><meta http-equiv=refresh content=\"0; URL='%s'\">"
    url = server.put("/old", Resource(refresh % b"page"))
    server.put("/a", Resource(refresh % b"/b"))
    server.put("/b", Resource(refresh % b"/a"))
    assert titles(url) == ["A page"]
    with pytest.raises(PageError, match="no audio"):
        episodes_from(server.url("/a"))


def test_frames_and_feeds_of_a_saved_page_are_not_fetched_from_this_machine(
    server: HostileServer, tmp_path: Path
) -> None:
    server.put("/player", Resource(PAGE))
    frame = f"<html><iframe src='{server.url('/player')}'></iframe>"
    (tmp_path / "saved.html").write_text(
        frame + f"<link rel=alternate type=application/rss+xml href='{server.url('/f')}'>"
    )
    with pytest.raises(PageError, match="no audio"):  # the user did not type these private addresses
        episodes_from(str(tmp_path / "saved.html"))
    assert server.requests == []


def test_what_is_seen_on_a_page_and_not_taken_is_told(server: HostileServer) -> None:
    url = server.put("/page", Resource(PAGE + b"<aside><a href=/b.mp3>Another one</a></aside>"))
    told: list[LeftOut] = []
    (episode,) = episodes_from(url, on_left_out=told.append)
    assert episode.audio_url == server.url("/a.mp3")
    assert [(each.source, each.title) for each in told] == [(server.url("/b.mp3"), "Another one")]


def test_a_page_without_audio_is_an_error(server: HostileServer) -> None:
    url = server.put("/page", Resource(b"<html><p>nothing</p></html>"))
    with pytest.raises(PageError, match="/page: no audio"):
        episodes_from(url)


def test_opml_gives_all_feeds_and_skips_broken_ones(
    server: HostileServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.put("/feed", Resource(FEED))
    opml = (
        f'<opml><body><outline xmlUrl="{server.url("/none")}"/><outline xmlUrl="{server.url("/feed")}"/></body></opml>'
    )
    url = server.put("/list", Resource(opml.encode()))
    caplog.set_level(logging.WARNING)
    assert titles(url) == ["One", "Two"]
    assert "/none: the server returns 404" in caplog.text
    left: list[LeftOut] = []
    assert len(episodes_from(url, on_left_out=left.append)) == 2
    assert [(each.source, each.is_failure) for each in left] == [(server.url("/none"), True)]
    (tmp_path / "mine.opml").write_text(opml)
    with pytest.raises(SourceError, match=r"mine\.opml"):  # the user did not type these private addresses
        episodes_from(str(tmp_path / "mine.opml"))


def test_an_image_is_not_a_source(server: HostileServer) -> None:
    url = server.put("/p", Resource(b"\x89PNG\r\n\x1a\n" + bytes(9000), media_type="image/png"))
    with pytest.raises(SourceError, match="image/png"):
        episodes_from(url)


def test_a_feed_without_episodes_and_a_missing_page_are_errors(server: HostileServer) -> None:
    with pytest.raises(FeedError):
        episodes_from(server.put("/feed", Resource(b"<rss><channel/></rss>")))
    with pytest.raises(FetchError, match="404"):
        episodes_from(server.url("/none"))
    with pytest.raises(SourceError, match="not valid"):
        episodes_from("http://[x")


def test_a_broken_cache_is_ignored(server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    url = server.put("/feed", Resource(FEED))
    assert titles(url) == ["One", "Two"]
    (cached,) = tmp_path.rglob("*.document")
    cached.write_bytes(cached.read_bytes()[:-10])
    assert titles(url) == ["One", "Two"]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xfb\x90\x00", Kind.AUDIO),
        (b"\x00\x00\x00\x00\xff\xfb\x90\x00", Kind.AUDIO),
        (b"\xff\xf1\x50\x80", Kind.AUDIO),
        (b"\x00\x00\x00\x20ftypM4A ", Kind.AUDIO),
        ("<rss>".encode("utf-16"), Kind.FEED),
        (b"\xef\xbb\xbf\n<!-- hello > --><feed xmlns='x'>", Kind.FEED),
        (b"<?xml version='1.0'?><rdf:RDF>", Kind.FEED),
        (b"<!DOCTYPE opml [<!ENTITY a 'b>'> ] ><opml>", Kind.OPML),
        (b"<!doctype html><title>", Kind.PAGE),
        (b"<div>", Kind.PAGE),
        (b"just words", Kind.TEXT),
        (b"", Kind.TEXT),
        (b"\x89PNG\r\n\x1a\n\x00\x00", Kind.UNKNOWN),
    ],
)
def test_kinds_of_content(head: bytes, kind: Kind) -> None:
    assert kind_of(head) is kind


def test_the_kind_of_a_hostile_doctype_is_found_quickly() -> None:
    assert kind_of(b"<!DOCTYPE " + b"[]]" * 1300) in (Kind.TEXT, Kind.PAGE)


# --- selection -------------------------------------------------------------------------------------------------------


def dated(title: str, day: int | None, guid: str | None = None) -> Episode:
    published = None if day is None else datetime(2020, 1, day, 12, tzinfo=UTC)
    return Episode(title, audio_url=f"https://x.example/{title}", published=published, guid=guid, show="Grüß")


SHOW = (dated("c", 3, "g3"), dated("É", 1), dated("b", 2), dated("x", None))


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), "cÉbx"),
        (Selection(latest=2), "cb"),
        (Selection(latest=9), "cÉbx"),
        (Selection(since=date(2020, 1, 2)), "cb"),
        (Selection(match="e\u0301"), "É"),
        (Selection(match="GRUSS", latest=1), "c"),
        (Selection(episode="g3"), "c"),
        (Selection(episode="https://x.example/b"), "b"),
        (Selection(episode="g3", match="b"), ""),
    ],
)
def test_selection(selection: Selection, expected: str) -> None:
    assert "".join(episode.title for episode in selection.select(SHOW)) == expected


def test_selecting_no_episodes_is_an_error() -> None:
    with pytest.raises(ValueError, match="latest"):
        Selection(latest=0)


@given(st.lists(st.integers(1, 28), max_size=20), st.integers(1, 25), st.integers(1, 28))
def test_latest_selects_the_newest_in_their_order(days: list[int], latest: int, since: int) -> None:
    episodes = [dated(str(place), day) for place, day in enumerate(days)]
    selected = Selection(latest=latest, since=date(2020, 1, since)).select(episodes)
    left = [day for day in days if day >= since]
    assert sorted(each.published.day for each in selected if each.published) == sorted(left)[-latest:][: len(left)]
    assert [int(each.title) for each in selected] == sorted(int(each.title) for each in selected)
