"""Pages and posts as people publish them; each expectation was written by hand from the page above it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.errors import PageError
from audio.sources.page import page_of
from tests.support.paths import SHARED

URL = "https://blog.example/2020/post.html"
SEEDS = SHARED / "seeds"


def addresses(page: str) -> list[str | None]:
    return [episode.audio_url for episode in page_of(page.encode(), url=URL).episodes]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<audio src='a.mp3'></audio>", ["https://blog.example/2020/a.mp3"]),
        ("<audio><source src='/a.ogg'><source src='/a.mp3'></audio>", ["https://blog.example/a.ogg"]),
        ("<audio controls><a href='https://x.example/a.mp3'>fallback</a></audio>", ["https://x.example/a.mp3"]),
        ("<video src=//v.example/film></video>", ["https://v.example/film"]),
        ("<audio src=1.mp3></audio><audio src=2.mp3></audio>", [f"https://blog.example/2020/{n}.mp3" for n in "12"]),
        ("<audio src=1.mp3></audio><a href=1.mp3>the same</a>", ["https://blog.example/2020/1.mp3"]),
        ("<meta property='og:audio' content='https://x.example/og'>", ["https://x.example/og"]),
        (
            "<meta property='og:audio' content='http://x.example/og'>"
            "<meta property='og:audio:secure_url' content='https://x.example/og'>",
            ["https://x.example/og"],
        ),
        ("<a href='https://x.example/a.MP3?dl=1'>get it</a>", ["https://x.example/a.MP3?dl=1"]),
        ("<a href='notes.pdf'>x</a><a href='a.flac'>y</a>", ["https://blog.example/2020/a.flac"]),
        ("Listen [here](https://x.example/a_(1).mp3), or not.", ["https://x.example/a_(1).mp3"]),
        ("It is at https://x.example/a.mp3.", ["https://x.example/a.mp3"]),
        (
            "<iframe src='https://play.example/?url=https%3A%2F%2Fx.example%2Fa.mp3&skin=1'></iframe>",
            ["https://x.example/a.mp3"],
        ),
        ("<iframe src='https://play.example/1'></iframe><a href='/e.mp3'>HERE</a>", ["https://blog.example/e.mp3"]),
        ("<base href='https://cdn.example/x/'><audio src=a.mp3>", ["https://cdn.example/x/a.mp3"]),
        ("<audio src='file:///etc/passwd'></audio>", []),
        ("<audio src='data:audio/mpeg;base64,AAAA'></audio><audio src='blob:x'></audio>", []),
        ("<a href='javascript:alert(1).mp3'>x</a>", []),
        ("<!-- <audio src=a.mp3></audio> --><p>x", []),
        ("<p>nothing to hear", []),
    ],
)
def test_where_the_audio_is(page: str, expected: list[str]) -> None:
    assert addresses(page) == expected


def test_json_ld() -> None:
    data = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebSite", "name": "A blog"},
            {
                "@type": ["PodcastEpisode"],
                "name": "Bolts &amp; nuts",
                "datePublished": "2020-02-03",
                "url": "/bolts",
                "partOfSeries": {"@type": "PodcastSeries", "name": "Hardware"},
                "associatedMedia": {"@type": "MediaObject", "contentUrl": "/b.mp3", "duration": "PT12M5S"},
            },
        ],
    }
    page = (
        f"<script type='application/ld+json'>{json.dumps(data)}</script><script type='application/ld+json'>{{</script>"
    )
    (episode,) = page_of(page.encode(), url=URL).episodes
    assert (episode.title, episode.show, episode.duration) == ("Bolts & nuts", "Hardware", 725.0)
    assert (episode.audio_url, episode.page_url) == ("https://blog.example/b.mp3", "https://blog.example/bolts")
    assert episode.published == datetime(2020, 2, 3, tzinfo=UTC)


def test_audio_object_alone() -> None:
    data = [{"@type": "AudioObject", "name": "N", "contentUrl": "https://x.example/n", "duration": "PT1H"}]
    (episode,) = page_of(f"<script type='application/ld+json'>{json.dumps(data)}</script>".encode(), url=URL).episodes
    assert (episode.title, episode.audio_url, episode.duration) == ("N", "https://x.example/n", 3600.0)


def test_title_show_and_date_of_the_page() -> None:
    page = """<head><title>T – Site</title><meta property="og:title" content="The talk">
        <meta property="og:site_name" content="Site">
        <meta property="article:published_time" content="2019-01-02T03:04:05Z">
        </head><audio src=a.mp3></audio>"""
    (episode,) = page_of(page.encode(), url=URL).episodes
    assert (episode.title, episode.show, episode.page_url) == ("The talk", "Site", URL)
    assert episode.published == datetime(2019, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_several_recordings_get_different_titles() -> None:
    page = "<h1>All</h1><a href=one.mp3>Listen</a><a href=b.mp3>How it all began</a>"
    assert [each.title for each in page_of(page.encode(), url=URL).episodes] == ["one", "How it all began"]


@pytest.mark.parametrize("label", ["Download this episode", "Listen to it here", "click here to hear"])
def test_a_call_to_action_is_no_title(label: str) -> None:
    page = f"<title>Ada on engines</title><a href='/e12.mp3'>{label}</a>".encode()
    (one,) = page_of(page, url="https://blog.example/").episodes
    assert one.title == "Ada on engines"


def test_front_matter_of_a_post() -> None:
    post = "---\ntitle: 'A: talk'\ndate: 2016-05-04 19:03:33 UTC\n---\n<audio src='https://x.example/a.mp3'></audio>\n"
    (episode,) = page_of(post.encode(), url="post.md").episodes
    assert (episode.title, episode.page_url) == ("A: talk", None)
    assert episode.published == datetime(2016, 5, 4, 19, 3, 33, tzinfo=UTC)
    broken = post.replace("'A: talk'", "A: [talk")
    assert page_of(broken.encode(), url="post.md").episodes[0].title == "a"


AUDIO = "<audio src='https://x.example/file.mp3'></audio>"


@pytest.mark.parametrize(
    "front",
    [
        "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\ntitle: [*b, *b, *b, *b]",
        "t: &t boom\ntitle: *t",
        "title: {a: b}",
        "title: &a [*a]",
        "title: null",
        "title: " + "[" * 1000,
        "title: !!binary 5",
        "title: !!timestamp x",
        "title: !!python/object/apply:os.system [ls]",
        "? [a]\n: b",
        "title: a\nb: " + "x" * 100_000,
    ],
)
def test_front_matter_without_a_plain_title_is_ignored(front: str) -> None:
    (episode,) = page_of(f"---\n{front}\n---\n{AUDIO}\n".encode(), url="post.md").episodes
    assert len(episode.title) < 10
    assert "boom" not in episode.title
    assert episode.title in ("file", "5", "x")


def test_front_matter_dates_in_every_format() -> None:
    for written in ("2016-05-04", "2016-05-04 00:00:00", "2016-05-04 02:00:00 +0200", "'2016-05-04T00:00:00Z'"):
        (episode,) = page_of(f"---\ntitle: 2016\ndate: {written}\n---\n{AUDIO}".encode(), url="post.md").episodes
        assert (episode.title, episode.published) == ("2016", datetime(2016, 5, 4, tzinfo=UTC))
    (episode,) = page_of(f"---\ndate: 9999-12-31T23:59:59-05:00\n---\n{AUDIO}".encode(), url="post.md").episodes
    assert episode.published is None


def test_lone_surrogates_in_json_are_replaced() -> None:
    data = (
        '{"@type": "AudioObject", "name": "a\\ud800b", "description": "\\udfff", "contentUrl": "https://x.example/n"}'
    )
    (episode,) = page_of(f"<script type='application/ld+json'>{data}</script>".encode(), url=URL).episodes
    assert (episode.title, episode.description) == ("a?b", "?")


def test_many_brackets_after_an_address_are_removed() -> None:
    assert addresses("(see https://x.example/a_(1).mp3" + ")" * 300_000) == ["https://x.example/a_(1).mp3"]


def test_page_addresses_contain_no_credentials() -> None:
    (episode,) = page_of(AUDIO.encode(), url="https://me:s3cret@x.example/page").episodes
    assert episode.page_url == "https://x.example/page"


def test_a_saved_page_declares_its_address() -> None:
    page = "<link rel=canonical href='https://blog.example/x/'><audio src=a.mp3></audio>"
    assert page_of(page.encode(), url="saved.html").episodes[0].audio_url == "https://blog.example/x/a.mp3"
    assert page_of(b"<audio src=a.mp3></audio>", url="saved.html").episodes == ()


def test_feeds_and_players_are_listed() -> None:
    page = """<link rel=alternate type=application/rss+xml href=/feed><link rel=alternate hreflang=de href=/de>
        <link rel="alternate home" type="application/atom+xml" href=/atom><iframe data-link=/player src=about:blank>"""
    parsed = page_of(page.encode(), url=URL)
    assert parsed.feeds == ("https://blog.example/feed", "https://blog.example/atom")
    assert parsed.players == ("https://blog.example/player",)


@pytest.mark.parametrize(
    ("head", "sent", "encoding"),
    [("", "", "utf-8"), ("<meta charset=koi8-r>", "", "koi8-r"), ("", "shift_jis", "shift_jis"), ("", "", "utf-16")],
)
def test_encodings(head: str, sent: str, encoding: str) -> None:
    title = {"koi8-r": "Привет", "shift_jis": "番組"}.get(encoding, "Füße")
    page = f"{head}<title>{title}</title><audio src=a.mp3></audio>".encode(encoding)
    assert page_of(page, url=URL, charset=sent).episodes[0].title == title


def test_an_unknown_encoding_is_handled() -> None:
    page = "<meta charset=x-none><title>F\xfc\xdfe</title><audio src=a.mp3></audio>".encode("latin-1")
    assert page_of(page, url=URL, charset="nonsense").episodes[0].title == "Füße"


def test_deep_nesting_is_handled() -> None:
    assert addresses("<div>" * 50_000 + "<p>x") == []
    deep = "[" * 100_000
    assert addresses(f"<script type='application/ld+json'>{deep}</script><a href=/a.mp3>x</a>") == [
        "https://blog.example/a.mp3"
    ]


@given(st.binary(max_size=300))
def test_any_bytes_give_a_page_or_a_page_error(content: bytes) -> None:
    for data in (content, b"---\n" + content + b"\n---\n<audio src=a.mp3>", b"<audio src='" + content):
        try:
            found = page_of(data, url=URL)
        except PageError:
            continue
        assert all((each.audio_url or "").startswith("http") and each.title for each in found.episodes)


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the folder ../shared is missing")
def test_posts_of_the_reference_site() -> None:
    names = {
        "000_haikel-guemar-rpm-packaging.md": ("drbacchus.com", "haikel_packaging.mp3"),
        "003_emilien-macchi-mitaka.md": ("rdocommunity.podbean.com", "emilien_macchi.mp3"),
    }
    for name, (host, file) in names.items():
        (episode,) = page_of((SEEDS / name).read_bytes(), url=name).episodes
        assert (episode.audio_url or "").split("/")[2::100] == [host]
        assert (episode.audio_url or "").endswith(file)
        assert episode.published is not None
