"""Feeds as publishers write them: golden ones found by glob (NAME.rss, .atom, .rdf with NAME.json), and hostile ones.

The JSON files were written by hand from the feeds: every field that is not its default, in order.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Episode
from audio.errors import FeedError
from audio.sources.dates import parse_date, parse_duration
from audio.sources.feed import episodes_of, feeds_of
from audio.sources.left_out import LeftOut
from audio.sources.values import plain_text
from tests.support.paths import FEEDS

FEED_URL = "https://feeds.example/show/feed.xml"
GOLDEN = sorted(file for file in FEEDS.iterdir() if file.suffix in (".rss", ".atom", ".rdf"))


def as_json(episode: Episode) -> dict[str, Any]:
    """The fields of an episode that are set, as JSON values."""
    fields = {name: value for name, value in dataclasses.asdict(episode).items() if value not in (None, ())}
    if episode.published:
        fields["published"] = episode.published.isoformat()
    return json.loads(json.dumps(fields))


@pytest.mark.parametrize("feed", GOLDEN, ids=lambda feed: feed.stem)
def test_golden_feeds(feed: Path) -> None:
    expected = json.loads(feed.with_suffix(".json").read_text(encoding="utf-8"))
    assert [as_json(each) for each in episodes_of(feed.read_bytes(), url=FEED_URL)] == expected


def rss(items: str, *, before: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}<rss version="2.0"><channel><title>S</title>{items}</channel></rss>'.encode()


ITEM = '<item><title>{}</title><enclosure url="https://x.example/1.mp3" type="audio/mpeg"/></item>'


def test_entities_are_neither_expanded_nor_loaded(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    bomb = "".join(f'<!ENTITY b{i} "{f"&b{i - 1};" * 10}">' for i in range(1, 30))
    doctype = f'<!DOCTYPE rss [<!ENTITY b0 "boom">{bomb}<!ENTITY file SYSTEM "{secret.as_uri()}">]>'
    for entity in ("&b29;", "&file;", "&b1;"):
        (episode,) = episodes_of(rss(ITEM.format(f"a {entity} b"), before=doctype), url=FEED_URL)
        assert "boom" not in episode.title
        assert "secret" not in episode.title
        assert episode.title.startswith("a")


def test_an_external_dtd_is_not_requested() -> None:
    doctype = '<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/no.dtd">'
    assert len(episodes_of(rss(ITEM.format("t"), before=doctype), url=FEED_URL)) == 1


@pytest.mark.parametrize(
    "content", [b"", b"   ", b"\x00\x01", b"just words", b"<html><body>404</body></html>", b"<rss"]
)
def test_content_that_is_no_feed_is_an_error(content: bytes) -> None:
    with pytest.raises(FeedError, match=r"feeds\.example"):
        episodes_of(content, url=FEED_URL)


def test_a_feed_without_audio_is_an_error() -> None:
    with pytest.raises(FeedError, match="none of its 2 items has audio"):
        episodes_of(rss("<item><title>a</title></item><item><title>b</title></item>"), url=FEED_URL)


def test_errors_contain_no_secret() -> None:
    with pytest.raises(FeedError) as caught:
        episodes_of(b"", url="https://me:pw@feeds.example/f?auth=t0ken")
    assert "t0ken" not in str(caught.value)
    assert "pw" not in str(caught.value)


def test_ten_thousand_items() -> None:
    items = "".join(
        f'<item><title>T{i}</title><guid>g{i}</guid><enclosure url="https://x.example/{i}.mp3"/></item>'
        for i in range(10_000)
    )
    found = episodes_of(rss(items), url=FEED_URL)
    assert [each.guid for each in found] == [f"g{i}" for i in range(10_000)]


SHARED = (
    "<item><title>{0}</title><guid>same</guid>{1}<enclosure url='https://x.example/{0}.mp3' type='audio/mpeg'/></item>"
)


def test_items_that_share_a_guid_are_named(caplog: pytest.LogCaptureFixture) -> None:
    items = "".join(SHARED.format(title, "") for title in "ABCDE")
    assert [each.title for each in episodes_of(rss(items), url=FEED_URL)] == list("ABCDE")
    (record,) = caplog.records
    named = "all are known by their addresses: 'A', 'B', 'C', …"
    assert record.getMessage() == f"S: 5 items have the guid 'same'; {named}"


def test_items_without_guid_at_one_address_are_episodes_if_title_or_date_differ() -> None:
    dated = ITEM.replace("<enclosure", "<pubDate>{:02} Jan 2026 10:00 GMT</pubDate><enclosure")
    items = "".join(dated.format(title, day) for title, day in (("A", 1), ("B", 1), ("B", 2), ("A", 1)))
    left: list[LeftOut] = []
    found = episodes_of(rss(items), url=FEED_URL, on_left_out=left.append)
    assert [(each.title, each.published and each.published.day) for each in found] == [("A", 1), ("B", 1), ("B", 2)]
    assert [(each.title, each.reason) for each in left] == [("A", "repeats another item")]


@pytest.mark.parametrize(
    ("dates", "owner"),
    [
        (("06 Jan 2026", "05 Jan 2026", "07 Jan 2026"), "b"),  # the oldest had it first
        (("05 Jan 2026", "05 Jan 2026", "07 Jan 2026"), None),
        (("06 Jan 2026", "", "07 Jan 2026"), None),
        (("", "", ""), None),
    ],
)
def test_a_shared_guid_stays_with_the_oldest_or_with_none(dates: tuple[str, ...], owner: str | None) -> None:
    days = [f"<pubDate>{day} 10:00:00 GMT</pubDate>" if day else "" for day in dates]
    found = episodes_of(rss("".join(map(SHARED.format, "abc", days))), url=FEED_URL)
    assert [each.title for each in found] == ["a", "b", "c"]
    assert {each.title for each in found if each.guid == "same"} == ({owner} if owner else set())


def test_authors_are_not_hosts() -> None:
    """A show's author is mostly a broadcaster, not a speaker; only `podcast:person` names speakers."""
    spaces = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:podcast="https://podcastindex.org/namespace/1.0"'
    item = "<item>{}<enclosure url='https://x.example/a.mp3'/></item>"
    show = "<itunes:author>National Public Radio</itunes:author>"
    for inside, expected in (
        ("", [("National Public Radio", "author")]),
        ("<itunes:author>The Bolt Hour</itunes:author>", [("The Bolt Hour", "author")]),
        ("<author>a@x.example (Ada Ampere)</author>", [("Ada Ampere", "author")]),
        ("<podcast:person>Ada Ampere</podcast:person>", [("Ada Ampere", "host")]),
    ):
        feed = f"<rss {spaces}><channel>{show}{item.format(inside)}</channel></rss>".encode()
        (episode,) = episodes_of(feed, url=FEED_URL)
        assert [(person.name, person.role) for person in episode.people] == expected


@pytest.mark.parametrize(
    "piece", ["<![CDATA[", "<![CDATA[ & ", "&amp", "&", "<item>", "<author>@@@@@@@@</author>", "<title><a", "]]>"]
)
def test_large_broken_markup_is_parsed_quickly(piece: str) -> None:
    """Quadratic work would not finish here."""
    data = b"<rss><channel><item><author>" + b"@" * 300_000 + b"</author>" + (piece * 300_000).encode()
    with contextlib.suppress(FeedError):
        assert all(each.audio_url for each in episodes_of(data, url=FEED_URL))


def test_page_addresses_contain_no_credentials() -> None:
    feed = rss("<item><link>page</link><enclosure url='a.mp3' type='audio/mpeg'/></item>")
    (episode,) = episodes_of(feed, url="https://me:s3cret@x.example/feed")
    assert episode.page_url == "https://x.example/page"
    assert episode.audio_url == "https://me:s3cret@x.example/a.mp3"  # needed to fetch it


@given(st.binary(max_size=400))
def test_any_bytes_give_episodes_or_a_feed_error(content: bytes) -> None:
    for data in (content, b"<rss><channel><item>" + content, rss("")[:-20] + content):
        with contextlib.suppress(FeedError):
            assert all(each.audio_url for each in episodes_of(data, url=FEED_URL))


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs")), max_size=300))
def test_titles_are_unchanged(title: str) -> None:
    escaped = title.replace("&", "&amp;").replace("<", "&lt;")
    if "<" in title or "&" in title or any(mark in title for mark in "\ufffe\uffff") or not title.strip():
        return  # a second layer of markup is removed, as are characters XML forbids
    (episode,) = episodes_of(rss(ITEM.format(escaped)), url=FEED_URL)
    assert episode.title == " ".join(title.split())


@given(st.integers(1, 359_999))
def test_durations_in_every_format(seconds: int) -> None:
    minutes, hours = seconds // 60, seconds // 3600
    spellings = (
        str(seconds),
        f"{hours}:{minutes % 60:02}:{seconds % 60:02}",
        f"PT{hours}H{minutes % 60}M{seconds % 60}S",
        f" {seconds}.0 ",
    )
    assert {parse_duration(spelling) for spelling in spellings} == {float(seconds)}


@pytest.mark.parametrize("text", ["", "0", "abc", "1:2:3:4", "-5", "٣", "1e9", "PT", "P", "12 moons", "m", "1:2h"])
def test_invalid_durations(text: str) -> None:
    assert parse_duration(text) is None


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), st.integers(-12, 14))
def test_dates_of_mail_and_atom_agree(moment: datetime, offset: int) -> None:
    zoned = moment.replace(microsecond=0, tzinfo=timezone(timedelta(hours=offset)))
    assert parse_date(format_datetime(zoned)) == zoned
    assert parse_date(zoned.isoformat()) == zoned
    assert parse_date(zoned.astimezone(UTC).isoformat().replace("+00:00", "Z")) == zoned


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-01-02 03:04:05 +02:00", datetime(2020, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("2020-01-02 03:04:05 -0530", datetime(2020, 1, 2, 8, 34, 5, tzinfo=UTC)),
        ("2020-01-02 03:04:05 UTC", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2020-01-02", datetime(2020, 1, 2, tzinfo=UTC)),
        ("Wed, 01 Jan 2020 23:30:00 -0500", datetime(2020, 1, 2, 4, 30, tzinfo=UTC)),
        ("9999-12-31T23:59:59-05:00", None),
        ("Fri, 31 Dec 9999 23:59:59 -0500", None),
        ("0001-01-01T00:00:00+05:00", None),
    ],
)
def test_dates_are_in_utc_or_none(text: str, expected: datetime | None) -> None:
    moment = parse_date(text)
    assert moment == expected
    assert moment is None or moment.utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["", "yesterday", "2020-13-45", "Mon, 99 Foo 2020", "9" * 500])
def test_invalid_dates(text: str) -> None:
    assert parse_date(text) is None


def test_plain_text_removes_one_layer_of_markup() -> None:
    assert plain_text("<b>A</b> &amp; B  <i>c</i> 1 < 2") == "A & B c 1 < 2"


def test_opml_gives_each_feed_once() -> None:
    opml = b"""<opml version="2.0"><head><title>Mine</title></head><body><outline text="Group">
        <outline text="A" type="rss" xmlUrl="https://a.example/feed"/>
        <outline text="B" type="rss" xmlurl="feed://b.example/feed"/>
        <outline text="A again" xmlUrl="https://a.example/feed"/>
        <outline text="File" xmlUrl="file:///etc/passwd"/></outline></body></opml>"""
    assert feeds_of(opml, url="mine.opml") == ("https://a.example/feed", "http://b.example/feed")
    with pytest.raises(FeedError, match=r"mine\.opml"):
        feeds_of(b"<opml><body/></opml>", url="mine.opml")
