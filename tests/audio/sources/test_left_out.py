"""The law: each item of a feed, each entry of a list is an episode, or is left out with its reason."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Episode
from audio.errors import AudioError, FeedError, SourceError
from audio.sources.feed import _Reader, _Show, episodes_of, feeds_of, read_page
from audio.sources.feeds import json_feed
from audio.sources.feeds.names import Names
from audio.sources.feeds.parsing import parse_feed
from audio.sources.left_out import LeftOut, counted
from audio.sources.resolve import episodes_from
from tests.support.fetch_helpers import client_for
from tests.support.hostile_server import HostileServer, Resource

URL = "https://feeds.example/show/feed.xml"
SPACES = (
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:podcast="https://podcastindex.org/namespace/1.0"'
)
AUDIO = '<enclosure url="https://x.example/{}.mp3" type="audio/mpeg"/>'
# Each makes of a sound item one with a fault, which may cost it something or all, but no other one.
FAULTS: dict[str, Callable[[str], str]] = {
    "none": lambda item: item,
    "no audio": lambda item: item.replace("<enclosure", "<closure"),
    "a picture": lambda item: item.replace(".mp3", ".jpg"),
    "another scheme": lambda item: item.replace("https://x.example", "file:///etc"),
    "a surrogate": lambda item: item.replace("</title>", " &#55356;</title>"),
    "a pair of surrogates": lambda item: item.replace("</title>", " &#xD83C;&#xDF89;</title>"),
    "control characters": lambda item: item.replace("</title>", "\x00\x03\x0b\x1f</title>"),
    "references to none": lambda item: item.replace("</title>", "&#0;&#3;&#x110000;&#99999999999999999999;</title>"),
    "an entity of HTML": lambda item: item.replace("</title>", "&nbsp;&hellip;&nosuch;</title>"),
    "a bare ampersand": lambda item: item.replace("</title>", " AT&T & Q&A;</title>"),
    "a bare bracket": lambda item: item.replace("</title>", " 1 < 2</title>"),
    "an open element": lambda item: item.replace("</title>", "</title><description><b>bold <i>and more"),
    "a crossed element": lambda item: item.replace("</title>", "</title><description><b><i>x</b></i></description>"),
    "an open section": lambda item: item.replace("</title>", "</title><description><![CDATA[ no end <p>"),
    "a stray end of a section": lambda item: item.replace("</title>", " ]]></title>"),
    "a prefix that is not declared": lambda item: item.replace("</title>", "</title><odd:thing a='1'/>"),
    "an attribute twice": lambda item: item.replace("type=", "type='audio/mpeg' type="),
    "an attribute without quotes": lambda item: item.replace('type="audio/mpeg"', "type=audio/mpeg"),
    "no end of the title": lambda item: item.replace("</title>", ""),
    "no end": lambda item: item.removesuffix("</item>"),
    "an impossible date": lambda item: item.replace("</title>", f"</title><pubDate>{'9' * 5000}</pubDate>"),
    "an impossible length": lambda item: item.replace(
        "</title>", f"</title><itunes:duration>{'9' * 5000}:61</itunes:duration>"
    ),
    "an impossible address": lambda item: item.replace("https://x.example/", "https://[x.example:99999999/"),
    "bytes of no encoding": lambda item: item.replace("</title>", "\udc92\udcff</title>"),
    "depth": lambda item: item.replace("</title>", f"</title>{'<d>' * 2000}{'</d>' * 2000}"),
}


def feed_with(faults: list[str]) -> bytes:
    items = [
        FAULTS[fault](f"<item><title>Item {n}</title><guid>g{n}</guid>{AUDIO.format(n)}</item>")
        for n, fault in enumerate(faults)
    ]
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {SPACES}><channel><title>S</title>{"".join(items)}'
    )
    return f"{text}</channel></rss>".encode("utf-8", "surrogateescape")


@given(st.lists(st.sampled_from(sorted(FAULTS)), min_size=1, max_size=12))
def test_every_item_is_an_episode_or_left_out(faults: list[str]) -> None:
    left: list[LeftOut] = []
    try:
        episodes = episodes_of(feed_with(faults), url=URL, on_left_out=left.append)
    except FeedError:
        episodes = ()
    assert len(episodes) + sum(each.count for each in left) == len(faults)
    assert all(each.reason and each.title for each in left)
    sound = {n for n, fault in enumerate(faults) if fault == "none"}
    assert {f"https://x.example/{n}.mp3" for n in sound} <= {each.audio_url for each in episodes}
    assert {f"Item {n}" for n in sound} <= {each.title for each in episodes}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_costs_its_item_alone(fault: str) -> None:
    left: list[LeftOut] = []
    episodes = episodes_of(feed_with(["none", fault, "none", fault, "none"]), url=URL, on_left_out=left.append)
    assert [each.title for each in episodes if each.title in ("Item 0", "Item 2", "Item 4")] == [
        f"Item {n}" for n in (0, 2, 4)
    ]
    assert len(episodes) + len(left) == 5
    for episode in episodes:
        episode.title.encode()
        (episode.description or "").encode()


@given(st.lists(st.sampled_from(sorted(FAULTS)), min_size=2, max_size=6), st.data())
def test_a_feed_that_is_cut_keeps_what_precedes(faults: list[str], data: st.DataObject) -> None:
    whole = feed_with(faults)
    cut = data.draw(st.integers(whole.find(b"<item"), len(whole)))
    left: list[LeftOut] = []
    try:
        episodes = episodes_of(whole[:cut], url=URL, on_left_out=left.append)
    except FeedError:
        episodes = ()
    begun = whole[:cut].count(b"<item>") + whole[:cut].endswith(b"<item")
    assert begun - 1 <= len(episodes) + len(left) <= begun
    for each in episodes:
        assert each.audio_url in {f"https://x.example/{n}.mp3" for n in range(len(faults))}


class Broken(dict[str, object]):
    """An element, or an object of JSON, that raises whatever is asked of it."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def __iter__(self) -> Iterator[str]:
        raise self._error

    def get(self, *_: object) -> object:
        raise self._error


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), RecursionError(), MemoryError(), UnicodeDecodeError("utf-8", b"x", 0, 1, "x"), KeyError(1)],
)
def test_whatever_an_item_raises_costs_that_item(error: Exception) -> None:
    root = parse_feed("<rss><channel/></rss>", url=URL).root
    items = (
        *_Reader(_Show(root, Names(["rss"]), URL, ()), URL).item(Broken(error), 3),
        *json_feed._Reader({}, URL, ()).item(Broken(error), 3),
    )
    assert len(items) == 2
    for left in items:
        assert isinstance(left, LeftOut)
        assert (left.source, left.title, left.is_failure) == (URL, "item 3", True)
        assert type(error).__name__ in left.reason


JSON_FAULTS: dict[str, Callable[[dict[str, object]], object]] = {
    "none": lambda item: item,
    "no attachment": lambda item: {**item, "attachments": []},
    "attachments that are none": lambda item: {**item, "attachments": 3},
    "an attachment that is none": lambda item: {**item, "attachments": [None, "x", 1, *item["attachments"]]},  # type: ignore[misc]
    "not an object": lambda item: ["x"],
    "nothing": lambda item: None,
    "a title that is a number": lambda item: {**item, "title": 12},
    "a title that is a list": lambda item: {**item, "title": [1]},
    "a lone surrogate": lambda item: {**item, "title": "\ud83c"},
    "a date that is a number": lambda item: {**item, "date_published": 10**400},
    "authors that are none": lambda item: {**item, "authors": [None, {"name": None}, {"name": 3}]},
}


@given(st.lists(st.sampled_from(sorted(JSON_FAULTS)), min_size=1, max_size=8))
def test_every_item_of_a_json_feed_is_an_episode_or_left_out(faults: list[str]) -> None:
    items = []
    for n, fault in enumerate(faults):
        attachment = {"url": f"https://x.example/{n}.mp3", "mime_type": "audio/mpeg"}
        items.append(JSON_FAULTS[fault]({"id": str(n), "title": f"Item {n}", "attachments": [attachment]}))
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "S", "items": items}
    page = read_page(json.dumps(feed).encode(), url=URL)
    assert len(page.items) == len(faults)
    sound = {f"https://x.example/{n}.mp3" for n, fault in enumerate(faults) if fault == "none"}
    assert sound <= {each.audio_url for each in page.items if isinstance(each, Episode)}


@given(st.lists(st.sampled_from(["feed", "again", "no address", "file", "folder", "broken"]), min_size=1, max_size=8))
def test_every_entry_of_a_list_is_a_feed_or_left_out(kinds: list[str]) -> None:
    outlines = {
        "feed": '<outline text="F{n}" xmlUrl="https://x.example/{n}"/>',
        "again": '<outline text="A" xmlUrl="https://x.example/again"/>',
        "no address": '<outline text="N{n}"/>',
        "file": '<outline text="X{n}" xmlUrl="file:///etc/passwd"/>',
        "folder": '<outline text="Folder"><outline text="In" xmlUrl="https://x.example/in{n}"/></outline>',
        "broken": '<outline text="AT&T {n}" xmlUrl="https://x.example/b{n}?a=1&b=2"/>',
    }
    body = "".join(outlines[kind].format(n=n) for n, kind in enumerate(kinds))
    left: list[LeftOut] = []
    try:
        feeds = feeds_of(f"<opml><body>{body}</body></opml>".encode(), url="a.opml", on_left_out=left.append)
    except FeedError:
        feeds = ()
    assert len(feeds) + len(left) == len(kinds)


# --- over the network ------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def read(server: HostileServer, path: str) -> tuple[list[str], list[LeftOut]]:
    left: list[LeftOut] = []
    with client_for(server, max_attempts=2) as client:
        try:
            episodes = episodes_from(server.url(path), client=client, on_left_out=left.append)
        except AudioError:
            return [], left
    return [each.title for each in episodes], left


BAD_FEEDS = {
    "gone": None,
    "no feed": Resource(b"<html><body>Not here</body></html>"),
    "no audio": Resource(b"<rss><channel><item><title>Post</title></item></channel></rss>"),
    "empty": Resource(b""),
    "cut off": Resource(feed_with(["none"] * 50), drop_after=400),
    "cut off in chunks": Resource(feed_with(["none"] * 50), drop_after=400, chunked=True),
    "depth of JSON": Resource(b'{"version": "https://jsonfeed.org/version/1", "items": ' + b"[" * 100_000),
    "an image": Resource(b"\x89PNG\r\n\x1a\n" + bytes(9000), media_type="image/png"),
    "numbers in headers": Resource(b"x", headers={"Retry-After": "9" * 5000}, statuses=[503] * 9),
}


@pytest.mark.parametrize("kind", sorted(BAD_FEEDS))
def test_a_bad_feed_costs_itself_in_a_list(kind: str) -> None:
    with HostileServer() as server:
        if resource := BAD_FEEDS[kind]:
            server.put("/bad", resource)
        server.put("/good", Resource(feed_with(["none", "a pair of surrogates"])))
        urls = [server.url("/good"), server.url("/bad")]
        opml = "".join(f'<outline xmlUrl="{url}"/>' for url in reversed(urls))
        server.put("/opml", Resource(f"<opml><body>{opml}</body></opml>".encode()))
        server.put("/text", Resource("\n".join(["# mine", *reversed(urls), "", urls[0], "not one"]).encode()))
        for path in ("/opml", "/text"):
            titles, left = read(server, path)
            assert titles == ["Item 0", "Item 1 🎉"]
            failures = [each for each in left if each.is_failure]
            assert [each.source for each in failures] == [server.url("/bad")]
        assert {each.reason for each in left if not each.is_failure} == {
            "repeats another entry",
            "is no web address",
        } | ({"no audio"} if kind == "no audio" else set())


@pytest.mark.parametrize("kind", ["cut off", "cut off in chunks"])
def test_a_body_that_is_cut_off_is_neither_kept_nor_cached(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    resource = BAD_FEEDS[kind]
    assert resource
    with HostileServer() as server:
        server.put("/feed", resource)
        assert read(server, "/feed") == ([], [])
        assert len(server.asked("/feed")) == 2
        assert not list(tmp_path.rglob("*.document"))


def paged(server: HostileServer, number: int, following: str, *, json_feed: bool = False) -> None:
    if json_feed:
        attachment = [{"url": f"https://x.example/{number}.mp3", "mime_type": "audio/mpeg"}]
        item = {"id": str(number), "title": f"Ep {number}", "attachments": attachment}
        feed = {"version": "https://jsonfeed.org/version/1.1", "items": [item], "next_url": following}
        server.put(f"/{number}", Resource(json.dumps(feed).encode(), media_type="application/feed+json"))
        return
    link = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="next" href="{following}"/>' if following else ""
    day = f"<pubDate>{28 - number:02} Jan 2026 10:00:00 GMT</pubDate>"
    item = f"<item><title>Ep {number}</title>{day}{AUDIO.format(number)}</item>"
    server.put(f"/{number}", Resource(f"<rss><channel>{link}{item}</channel></rss>".encode()))


@pytest.mark.parametrize("json_feed", [False, True])
def test_a_feed_in_several_documents(json_feed: bool) -> None:
    with HostileServer() as server:
        for number in range(5):
            paged(server, number, f"/{number + 1}" if number < 4 else "", json_feed=json_feed)
        assert read(server, "/0") == ([f"Ep {number}" for number in range(5)], [])
        paged(server, 4, "/2", json_feed=json_feed)  # a circle
        server.resources["/4"].etag = '"other"'
        assert len(read(server, "/0")[0]) == 5
        del server.resources["/3"]
        titles, left = read(server, "/0")
        assert titles == ["Ep 0", "Ep 1", "Ep 2"]
        assert [(each.source, each.is_failure) for each in left] == [(server.url("/3"), True)]


def test_pages_that_bring_nothing_new_end_a_feed() -> None:
    """Servers that ignore the number of the page would be asked for ever."""
    with HostileServer() as server:
        paged(server, 0, "/0?page=2")
        body = server.resources["/0"].body
        assert isinstance(body, bytes)
        server.resources["/0"].before = lambda resource, n: setattr(
            resource, "body", body.replace(b"page=2", f"page={n + 1}".encode())
        )
        assert read(server, "/0") == (["Ep 0"], [])
        assert len(server.asked("/0")) == 2


def test_no_more_documents_are_read_than_are_needed() -> None:
    with HostileServer() as server, client_for(server) as client:
        for number in range(9):
            paged(server, number, f"/{number + 1}" if number < 8 else "")
        found = episodes_from(server.url("/0"), client=client, is_enough=lambda episodes: len(episodes) >= 3)
        assert len(found) == 3
        assert not server.asked("/3")


def test_the_parts_of_a_stream_are_no_list() -> None:
    with HostileServer() as server, client_for(server) as client:
        playlist = b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:9.0,\nhttps://x.example/seg0.ts\n#EXT-X-ENDLIST\n"
        with pytest.raises(SourceError, match="many parts"):
            episodes_from(server.put("/x.m3u8", Resource(playlist)), client=client)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("start", ["#EXTM3U\n#EXTINF:60,Ö\n", "[playlist]\nNumberOfEntries=2\nFile1=", ""])
def test_a_list_of_recordings(tmp_path: Path, start: str, encoding: str, mark: str) -> None:
    text = f"{start}https://x.example/a%20b.mp3\n"
    text += "File2=https://x.example/c.ogg\n" if start.startswith("[") else "- <https://x.example/c.ogg>\n"
    (tmp_path / "list.txt").write_bytes(f"{mark}{text}".encode(encoding))
    assert [each.title for each in episodes_from(str(tmp_path / "list.txt"))] == ["a b", "c"]


def test_a_list_in_a_list_is_a_failure() -> None:
    with HostileServer() as server:
        server.put("/good", Resource(feed_with(["none"])))
        server.put("/list", Resource(f"{server.url('/good')}\n{server.url('/list')}\n".encode()))
        titles, left = read(server, "/list")
        assert (titles, [(each.source, each.is_failure) for each in left]) == (
            ["Item 0"],
            [(server.url("/list"), True)],
        )


def test_counting_keeps_every_count() -> None:
    generator = random.Random(1)
    some = [LeftOut(generator.choice("ab"), generator.choice("xy"), title=generator.choice("tu")) for _ in range(99)]
    for named in (0, 1, 5, 1000):
        assert sum(each.count for each in counted(some, named=named)) == 99
    assert sorted(map(repr, counted(some, named=1000))) == sorted(map(repr, some))
