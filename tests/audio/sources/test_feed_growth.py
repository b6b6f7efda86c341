"""The work on a feed grows with its size, whatever is in it; what one feed can make of memory is bounded by it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Episode
from audio.errors import FeedError
from audio.sources.feed import episodes_of, feeds_of
from audio.sources.feeds.item_spans import item_spans
from tests.support.counting import counting

URL = "https://x.example/feed"
SPACES = (
    'xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)
SOUND = "<enclosure url='/{}.mp3' type='audio/mpeg'/>"
WORDS = "words " * 20
ITEM = f"<item>{SOUND.format(1)}</item>"

FEEDS: dict[str, Callable[[int], str]] = {
    "items": lambda n: "".join(f"<item>{SOUND.format(i)}</item>" for i in range(n)),
    "items with a fault": lambda n: "".join(f"<item><title>&</title>{SOUND.format(i)}</item>" for i in range(n)),
    "items without an end": lambda n: "".join(f"<item>{SOUND.format(i)}" for i in range(n)),
    "one guid": lambda n: "".join(f"<item><guid>1</guid>{SOUND.format(i)}</item>" for i in range(n)),
    "nested items": lambda n: (
        "".join(f"<item>{SOUND.format(i)}<description>{WORDS}" for i in range(n)) + "</description></item>" * n
    ),
    "people and items": lambda n: (
        "".join(f"<podcast:person>P{i}</podcast:person>" for i in range(n))
        + "".join(f"<item>{SOUND.format(i)}</item>" for i in range(n))
    ),
    "authors and items": lambda n: (
        "".join(f"<itunes:author>P{i}</itunes:author>" for i in range(n))
        + "".join(f"<item>{SOUND.format(i)}</item>" for i in range(n))
    ),
    "links": lambda n: (
        "".join(f"<link rel='next' href='x:{i}'/>" for i in range(n)) + f"<item>{SOUND.format(1)}</item>"
    ),
    "sections": lambda n: f"<item>{SOUND.format(1)}<description>" + "<![CDATA[ & " * n + "</description></item>",
    "sections with items": lambda n: "<![CDATA[</item> <item>" * n + f"{SOUND.format(1)}</item>",
    "comments": lambda n: "<item>" + "<!-- & " * n + SOUND.format(1) + "</item>",
    "enclosures": lambda n: f"<item>{''.join(SOUND.format(i) for i in range(n))}</item>",
    "attributes": lambda n: (
        f"<item><enclosure {' '.join(f'a{i}={chr(39)}1{chr(39)}' for i in range(n))} URL='/1.mp3'/></item>"
    ),
    "links in notes": lambda n: "<item><description>" + "&lt;a href=x " * n + f"</description>{SOUND.format(1)}</item>",
    "entities": lambda n: f"<item><title>{'&hellip;&nosuch;&' * n}</title>{SOUND.format(1)}</item>",
    "marks on letters": lambda n: f"<item><title>a{chr(0x301)}{chr(0x316) * n}</title>{SOUND.format(1)}</item>",
}


def read(kind: str, n: int) -> tuple[Episode, ...]:
    with contextlib.suppress(FeedError):
        return episodes_of(f"<rss {SPACES}><channel>{FEEDS[kind](n)}</channel></rss>".encode(), url=URL)
    return ()


@pytest.mark.parametrize("kind", sorted(FEEDS))
def test_the_work_grows_with_the_size(kind: str) -> None:
    read(kind, 10)  # modules are imported
    work = []
    for n in (150, 600):
        with counting() as calls:
            read(kind, n)
        work.append(calls["python"] + calls["c"])
    assert work[1] < 5 * work[0]


@pytest.mark.parametrize("kind", sorted(FEEDS))
def test_what_is_kept_is_bounded_by_the_size(kind: str) -> None:
    n = 100  # below the depth at which lxml gives up
    size = len(FEEDS[kind](n))
    found = read(kind, n)
    assert sum(len(each.description or "") + len(each.title) for each in found) <= 2 * size
    people = {id(person): person for each in found for person in each.people}
    assert len(people) <= n
    assert all(len(each.title) <= 1000 and len(each.people) <= 100 for each in found)


@pytest.mark.parametrize(
    "piece",
    [
        "<item>",
        "</item>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "<![CDATA[</item><item>",
        "<!--<item>",
        "<item",
        "<",
        "<![CDATA[]]>",
        "<![CDATA[<item>]]>",
        "<item><![CDATA[]]>",
    ],
)
@pytest.mark.parametrize("end", ["", "]]>", "<item>]]>", "<item>" + "]]><![CDATA[" * 400 + "]]></item>"])
def test_items_are_found_in_one_pass(piece: str, end: str) -> None:
    """Each mark is passed once, and what is before and after it is known by then."""
    work = []
    for n in (200, 800):
        with counting() as calls:
            item_spans(piece * n + end)
        work.append(calls["python"] + calls["c"])
    assert work[1] <= 4 * work[0] + 8


PIECES = ("<item>", "</item>", "<item ", "</item ", "<title>", ">", "<", "text", "<![CDATA[", "]]>", "<!--", "-->")


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_no_item_overlaps_another(pieces: list[str]) -> None:
    """Each is parsed by itself: of those that reach to the end of the text, each would be the whole text again."""
    text = "".join(pieces)
    spans = item_spans(text).spans
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_an_entity_that_unfolds_stays_as_it_is_written() -> None:
    bomb = "".join(f'<!ENTITY b{i} "{f"&b{i - 1};" * 10}">' for i in range(1, 30))
    opml = (
        f'<!DOCTYPE opml [<!ENTITY b0 "x">{bomb}]><opml><outline text="&b29;" xmlUrl="https://x.example/&b29;"/></opml>'
    )
    assert feeds_of(opml.encode(), url=URL) == ("https://x.example/&b29;",)


def test_a_long_base_is_not_joined_with_every_address() -> None:
    """Joining takes the time of the base, so that a feed would take that of items times base."""
    items = "".join(f"<item xml:base='c/'><enclosure url='{i}.mp3' type='audio/mpeg'/></item>" for i in range(50))
    found = episodes_of(
        f"<rss><channel xml:base='{'b/' * 50_000}'>{items}<item>{SOUND.format(1)}</item></channel></rss>".encode(),
        url=URL,
    )
    assert all(len(each.audio_url or "") < 10_000 for each in found)
