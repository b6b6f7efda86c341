"""A fault in one item costs that item, in XML and in JSON: it is an episode or named, and all others are episodes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audio.episode import Episode
from audio.errors import FeedError
from audio.sources.feed import read_page
from audio.sources.left_out import LeftOut

COUNT = 5
URL = "https://pod.example/feed"
IN_XML = ("<", ">", "&", "&#xD800;", "&nosuch;", '"', "'", "<br>", "</p>", "<title>", "<script>", "\0", "<?", "</rss>")
SECTIONS = ("<![CDATA[", "]]>", "<!--", "-->", "<![CDATA[ x ]]", "<!-- x --", "<![CDATA")
IN_JSON = ('"', "\\ ", "}", "]", "[", ",", ":", "/* c */", "\0", "NaN", "'", "{}")


def as_xml(number: int) -> str:
    return (
        f"<item><title>Episode {number}</title><guid isPermaLink='false'>g{number}</guid><description><![CDATA[<p>Notes"
        f" {number}</p>]]></description><enclosure url='https://pod.example/{number}.mp3' type='audio/mpeg'/></item>"
    )


def as_json(number: int) -> str:
    offers = [{"url": f"https://pod.example/{number}.{end}", "mime_type": "audio/mpeg"} for end in ("mp3", "ogg")]
    notes = f"<p>Notes {{}} of {number}, [brackets]</p>"
    return json.dumps({"id": f"g{number}", "title": f"Episode {number}", "content_html": notes, "attachments": offers})


def xml_feed(items: list[str]) -> str:
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>Show</title>{''.join(items)}</channel></rss>"


def json_feed(items: list[str]) -> str:
    head = '"version": "https://jsonfeed.org/version/1.1", "title": "Show"'
    return f'{{{head}, "items": [{", ".join(items)}], "next_url": "/2"}}'


def found_in(text: str) -> tuple[tuple[Episode | LeftOut, ...], str]:
    page = read_page(text.encode("utf-8", "surrogatepass"), url=URL)
    return page.items, page.next_url


FORMS: dict[str, tuple[Callable[[int], str], Callable[[list[str]], str], tuple[str, ...]]] = {
    "xml": (as_xml, xml_feed, IN_XML),
    "json": (as_json, json_feed, IN_JSON),
}


@pytest.mark.parametrize("form", FORMS)
@given(number=st.integers(0, COUNT - 1), at=st.floats(0, 1), which=st.integers(0, 50))
def test_a_broken_item_costs_itself(form: str, number: int, at: float, which: int) -> None:
    item_of, feed_of, faults = FORMS[form]
    items = [item_of(each) for each in range(COUNT)]
    place = 1 + round(at * (len(items[number]) - 2))
    items[number] = items[number][:place] + faults[which % len(faults)] + items[number][place:]
    found, next_url = found_in(feed_of(items))
    addresses = {one.audio_url for one in found if isinstance(one, Episode)}
    assert {f"https://pod.example/{each}.mp3" for each in range(COUNT) if each != number} <= addresses
    assert len(found) >= COUNT
    assert form == "xml" or next_url == "https://pod.example/2"


@given(
    number=st.integers(0, COUNT - 1),
    at=st.floats(0, 1),
    fault=st.sampled_from(SECTIONS),
    between=st.sampled_from(["", "\n", "<!-- next -->", "<podcast:liveItem/>", "<![CDATA[ ]]>"]),
    has_sections=st.booleans(),
)
@example(number=0, at=0.98, fault="<![CDATA[", between="", has_sections=True)  # in the tag that ends an item
@example(number=0, at=0.7, fault="<![CDATA[", between="<!-- next -->", has_sections=True)
@example(number=1, at=0.01, fault="<!--", between="<!-- next -->", has_sections=False)  # in the tag that begins one
def test_a_section_that_is_not_closed_hides_no_other_item(
    number: int, at: float, fault: str, between: str, has_sections: bool
) -> None:
    """Its closing mark may be another's, items later, and the whole well-formed XML with fewer items."""
    items = [as_xml(each) for each in range(COUNT)]
    if not has_sections:
        items = [item.replace("<![CDATA[", "").replace("]]>", "") for item in items]
    place = 1 + round(at * (len(items[number]) - 2))
    items[number] = items[number][:place] + fault + items[number][place:]
    found, _ = found_in(xml_feed([between.join(items)]))
    addresses = {one.audio_url for one in found if isinstance(one, Episode)}
    assert {f"https://pod.example/{each}.mp3" for each in range(COUNT) if each != number} <= addresses
    assert len(found) >= COUNT


NOTES = (
    "plain",
    "<![CDATA[<p>Notes</p>]]>",
    "<![CDATA[a]]]]><![CDATA[>b]]>",
    "<![CDATA[a]]]]><![CDATA[>b]]]]><![CDATA[>c]]>",
    "<![CDATA[a]]><![CDATA[b]]>",
    "<!-- a --><!-- b -->",
    "<![CDATA[-->]]>",
)
SAMPLE = "<![CDATA[<pre><item><title><![CDATA[A]]]]><![CDATA[></title></item></pre>]]>"


def with_notes(number: int, notes: str) -> str:
    return re.sub("(?<=<description>).*(?=</description>)", lambda _: notes, as_xml(number))


@given(
    notes=st.lists(st.sampled_from(NOTES), min_size=COUNT, max_size=COUNT),
    number=st.integers(0, COUNT - 1),
    at=st.none() | st.floats(0, 1),
    opening=st.sampled_from(["<![CDATA[", "<![CDATA[open", "<!--", "<!-- <b>"]),
)
@example(notes=["plain", "plain", NOTES[2], "plain", "plain"], number=1, at=None, opening="<![CDATA[")
@example(notes=[NOTES[2], "plain", "plain", "plain", "plain"], number=0, at=None, opening="<![CDATA[")
@example(notes=["plain", "plain", NOTES[2], "plain", "plain"], number=1, at=0.98, opening="<![CDATA[")
@example(notes=["plain", NOTES[5], "plain", "plain", "plain"], number=0, at=0.5, opening="<!--")
@example(notes=["plain", NOTES[6], "plain", "plain", "plain"], number=1, at=None, opening="<!--")
def test_a_section_that_is_not_closed_hides_no_item_whatever_notes_the_others_have(
    notes: list[str], number: int, at: float | None, opening: str
) -> None:
    """It begins in front of the item `number`, or in it; its closing mark may be one that another has as text."""
    items = [with_notes(each, text) for each, text in enumerate(notes)]
    opening = f"<description>{opening}" if at is None else opening
    place = 0 if at is None else 1 + round(at * (len(items[number]) - 2))
    items[number] = items[number][:place] + opening + items[number][place:]
    found, _ = found_in(xml_feed(items))
    addresses = {one.audio_url for one in found if isinstance(one, Episode)}
    broken = None if at is None else number
    assert {f"https://pod.example/{each}.mp3" for each in range(COUNT) if each != broken} <= addresses
    assert len(found) >= COUNT


@given(
    notes=st.lists(st.sampled_from([*NOTES, SAMPLE, SAMPLE.replace("<pre>", "<pre>]]]]><![CDATA[>")]), min_size=1),
    of_show=st.sampled_from(["", "<description>plain</description>", f"<description>{SAMPLE}</description>"]),
    times=st.integers(1, 3),
)
def test_what_closed_sections_have_as_text_is_no_item(notes: list[str], of_show: str, times: int) -> None:
    """In a feed without a fault, and in one that is no XML for another reason."""
    sample = re.compile("<item><title><!.*?</item>")
    notes = [sample.sub(lambda found: found[0] * times, text) for text in notes]
    feed = xml_feed([of_show, *(with_notes(each, text) for each, text in enumerate(notes))])
    for text in (feed, feed.replace("Show", "A & B")):
        assert [one.title for one in found_in(text)[0]] == [f"Episode {each}" for each in range(len(notes))]


def test_what_a_section_has_as_text_is_no_item() -> None:
    """Also if the text has a section, whose end is written as XML wants it."""
    sample = "<item><title><![CDATA[A]]]]><![CDATA[></title></item>"
    item = as_xml(0).replace("<p>Notes", f"<pre>{sample}</pre>")
    for feed in (xml_feed([item, as_xml(1)]), xml_feed([item, as_xml(1)]).replace("Show", "A & B")):
        assert [one.title for one in found_in(feed)[0]] == ["Episode 0", "Episode 1"]


@given(st.floats(0.3, 1))
def test_a_feed_of_json_that_is_cut_has_all_items_before(share: float) -> None:
    items = [as_json(number) for number in range(COUNT)]
    text = json_feed(items)
    text = text[: round(share * len(text))]
    whole = sum(text.find(item) >= 0 for item in items)
    try:
        found, _ = found_in(text)
    except FeedError:
        assert whole == 0
        return
    assert [one.title for one in found[:whole]] == [f"Episode {number}" for number in range(whole)]
    is_cut = isinstance(found[-1], LeftOut) and "is cut off: the feed ends inside it" in found[-1].reason
    assert is_cut or len(found) == COUNT == whole


def test_faults_without_end_are_read_to_a_limit_and_told() -> None:
    found, _ = found_in(json_feed([as_json(0), *['{"id": 1 2}'] * 1000]))
    assert isinstance(found[0], Episode)
    assert isinstance(found[-1], LeftOut)
    assert "all after it" in found[-1].reason
    assert len(found) < 1000


@pytest.mark.parametrize("written", [{"url": "/a.mp3", "mime_type": "audio/mpeg"}, "/a.mp3", ["/a.mp3"]])
def test_an_attachment_is_read_however_it_is_written(written: object) -> None:
    (episode,), _ = found_in(json_feed([json.dumps({"id": "1", "title": "A", "attachments": written})]))
    assert isinstance(episode, Episode)
    assert (episode.title, episode.audio_url) == ("A", "https://pod.example/a.mp3")
