"""Hostile pages: four times the page is at most about four times the work, whatever it repeats. Nothing is timed."""

from __future__ import annotations

import contextlib

import pytest

from audio.errors import AudioError
from audio.sources.page import page_of
from audio.sources.pages.json_values import json_assigned, json_in
from audio.sources.pages.linked import episodes_of_page
from audio.sources.pages.tree import MAX_ATTRIBUTES, MAX_DEPTH, tree_of
from tests.audio.sources.pages.golden import Shelf, found
from tests.support.counting import counting

URL = "https://show.example/p"
SMALL = 5_000  # characters

REPEATED = {
    "attributes": ("<div ", "a{}='/x/{}.mp3' ", ">"),
    "json-attributes": ("", '<p data-x=\'{{"url":"/{}.mp3"}}\'></p>', ""),
    "nesting": ("", "<div class=related>", "<audio src=/a.mp3>"),
    "nested-players": ("", "<audio controls src=/{}.mp3>", ""),
    "unclosed": ("", "<p><b><i><a href=/{}.mp3>x", ""),
    "open-tags": ("", "<a href='", ""),
    "links": ("", "<a href='/{}.mp3'>Number {} of all</a>", ""),
    "one-path": ("", "<a href='/a.mp3?n={}'>x</a>", ""),
    "headings": ("", "<h2>{}</h2><audio controls src=/{}.mp3></audio>", ""),
    "titles": ("", "<title>A - b {}</title>", "<audio src=/a.mp3>"),
    "scripts": ("", "<script>var x{} = {{a: 'https:\\/\\/x.example\\/{}.mp3'}}</script>", ""),
    "openings": ("<script>", '={{"a":', ""),
    "escapes": ("<script>'", "\\u002F\\", ""),
    "keys": ("<script>", "audio: '/a ", ""),
    "json-ld": ("<script type=application/ld+json>[", '{{"@type":"PodcastEpisode","audio":"/{}.mp3"}},', "0]</script>"),
    "json-ld-nested": ("<script type=application/ld+json>", '{{"@type":"PodcastEpisode","audio":', ""),
    "json-ld-comments": ("<script type=application/ld+json>{", "/*", ""),
    "json-ld-commas": ("<script type=application/ld+json>", ",   ", ""),
    "feeds": ("", "<link rel=alternate type=application/rss+xml href=/{}>", ""),
    "frames": ("", "<iframe src=/player/{}></iframe>", ""),
    "metas": ("", "<meta property=og:audio content=/{}.mp3>", ""),
    "text": ("", "https://x.example/{}.mp3 ", ""),
}


def page_with(name: str, size: int) -> bytes:
    before, unit, after = REPEATED[name]
    count = size // len(unit.format(0, 0))
    return (before + "".join(unit.format(at, at) for at in range(count)) + after).encode()


def work_of(content: bytes) -> int:
    with counting() as calls, contextlib.suppress(AudioError):
        found(URL, {URL: content})
    return calls["python"] + calls["c"]


@pytest.mark.parametrize("name", REPEATED)
def test_work_grows_with_the_page(name: str) -> None:
    work_of(page_with(name, SMALL))
    base, small, large = (work_of(page_with(name, size)) for size in (0, SMALL, 4 * SMALL))
    assert large - base < 5 * (small - base) + 2_000


@pytest.mark.parametrize("broken", ["={", '={"a":', '={"a"', "=[", '="x",{'])
def test_a_script_is_read_once_however_often_it_breaks(broken: str) -> None:
    with counting() as calls:
        assert list(json_assigned(broken * 20_000)) == []
        assert json_in("/*" * 20_000) == []
    assert calls["python"] + calls["c"] < 30_000


def test_the_tree_is_bounded() -> None:
    deep = tree_of("<p>a<div>" * 2_000 + "<audio src=a.mp3></audio>b")
    assert max(sum(1 for _ in each.iterancestors()) for each in deep.iter()) <= MAX_DEPTH
    assert len(list(deep.iter("audio"))) == 1
    assert "".join(deep.itertext()) == "a" * 2_000 + "b"
    wide = tree_of("<p " + "".join(f"a{at}=1 " for at in range(3_000)) + ">x")
    assert max(len(each.attrib) for each in wide.iter()) == MAX_ATTRIBUTES


ENDS = ["</html>", "</body></html>", "</html></html><html>", "</body>\n</html>\n<body class=x>"]
DEEP = "<i>" * 300 + "</i>" * 300


@pytest.mark.parametrize("extra", ["", DEEP])
@pytest.mark.parametrize("end", ENDS)
def test_what_comes_after_the_end_is_on_the_page(end: str, extra: str) -> None:
    root = tree_of(f"<!doctype html><html><title>T</title>{extra}<h1>A</h1>{end}<p>B<a href=x>C</a>")
    assert [each.text for name in ("title", "h1", "p", "a") for each in root.iter(name)] == ["T", "A", "B", "C"]


@pytest.mark.parametrize("extra", ["", DEEP])
def test_names_and_characters_that_xml_does_not_have(extra: str) -> None:
    odd = "<o:p @click='x' :src=y 1a=z xmlns:x=u a\"b=c>A\x08&#1;</o:p><a-\U0001f600>B<a href='/a\x03.mp3'>C</a>"
    root = tree_of(extra + odd)
    assert "".join(each for each in "".join(root.itertext()) if each.isalpha()) == "ABC"
    assert len(list(root.iter("a"))) == 1


def test_of_many_frames_a_few_are_read() -> None:
    page = page_of(page_with("frames", 40_000), url=URL)
    assert len(page.frames) > 500
    shelf = Shelf({})
    with pytest.raises(AudioError, match="10 of"):
        episodes_of_page(page, name=URL, web=shelf, tell=lambda _: None)
    assert len(shelf.read) == 10
