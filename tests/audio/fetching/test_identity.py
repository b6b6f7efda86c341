"""The law of identity: which changes an episode survives, and what makes another one."""

from __future__ import annotations

import dataclasses
import sys
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Episode
from audio.fetching.identity import Identity, Known
from audio.fetching.library import Library
from audio.fetching.naming import MAX_STEM_BYTES
from audio.net.addresses import guid_in_one_spelling, in_one_spelling

DAY = datetime(2026, 1, 2, 10, tzinfo=UTC)
FEED = ("https://feeds.example/show.xml",)
OTHER_FEED = ("https://other.example/feed",)
BY_GUID = Episode("One", audio_url="https://x.example/m/1.mp3?t=1", feeds=FEED, show="S", guid="g1", published=DAY)
NO_GUID = dataclasses.replace(BY_GUID, guid=None)
UNDATED = dataclasses.replace(NO_GUID, published=None)
NEW_AUDIO = {"audio_url": "https://y.example/other.mp3"}
LATER = {"published": DAY + timedelta(days=7)}


def are_same(one: Episode, other: Episode) -> bool:
    known = Known()
    known.add("it", dataclasses.replace(Identity.of(one), former=()))
    return known.names_of([Identity.of(other)]) == ["it"]


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        (BY_GUID, {"show": "Renamed"}),
        (BY_GUID, {"title": "Renamed"}),
        (BY_GUID, {"title": "Renamed", **LATER}),
        (BY_GUID, {"title": "Renamed", **NEW_AUDIO}),
        (BY_GUID, {"audio_url": "https://y.example/other.mp3", **LATER}),
        (BY_GUID, {"audio_url": "http://www.x.example/m/1.mp3?t=2", "title": "Renamed", **LATER}),
        (BY_GUID, {"feeds": ("urn:podcast:1", *FEED)}),
        (BY_GUID, {"feeds": ("https://new.example/f", "http://www.feeds.example/show.xml/")}),
        (BY_GUID, {"feeds": OTHER_FEED, "show": "Renamed"}),  # the address is the same
        (BY_GUID, {"guid": None}),
        (BY_GUID, {"guid": None, "audio_url": "https://x.example/m/1.mp3?t=2"}),
        (BY_GUID, {"guid": "renumbered"}),
        (NO_GUID, {"guid": "g1"}),
        (NO_GUID, {"title": "Renamed"}),
        (NO_GUID, {"audio_url": "https://x.example/m/1.mp3?t=2"}),
        (NO_GUID, {"audio_url": "https://x.example/m/1.mp3?t=2", "title": "Renamed"}),
        (NO_GUID, {"audio_url": "http://x.example/m/%31.mp3#t=1", "feeds": OTHER_FEED, "show": "Renamed"}),
        (NO_GUID, NEW_AUDIO),
        (NO_GUID, {**NEW_AUDIO, "show": "Renamed"}),
        (UNDATED, {"title": "Renamed"}),
        (UNDATED, {"audio_url": "https://x.example/m/1.mp3?t=2"}),
        (UNDATED, {"published": DAY}),
        (dataclasses.replace(UNDATED, audio_url="https://x.example/play?t=1"), {"audio_url": "https://x.example/play"}),
        (Episode("1", audio_url="https://x.example/1.mp3"), {"title": "One", "guid": "g1", "feeds": FEED}),
    ],
)
def test_an_episode_survives(before: Episode, changes: dict[str, Any]) -> None:
    after = dataclasses.replace(before, **changes)
    assert are_same(before, after)
    assert are_same(after, before)


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        (BY_GUID, {"guid": "g2", "title": "Two", **LATER}),  # one address for all
        (BY_GUID, {"guid": "g2", "audio_url": "https://x.example/m/1.mp3?t=2", **LATER}),
        (BY_GUID, {"guid": "g2", **LATER}),  # a file that is replaced every week
        (BY_GUID, {"guid": "g2", **NEW_AUDIO}),
        (BY_GUID, {"title": "Two", **NEW_AUDIO, **LATER}),  # a guid used again
        (BY_GUID, {"feeds": OTHER_FEED, "title": "Two", **NEW_AUDIO}),  # feeds count from 1
        (BY_GUID, {"feeds": OTHER_FEED, **NEW_AUDIO, **LATER}),
        (BY_GUID, {"feeds": OTHER_FEED, **NEW_AUDIO}),  # feeds count from 1 on the same day, under the same title
        (NO_GUID, {"title": "Two", **LATER}),
        (NO_GUID, {"audio_url": "https://x.example/m/2.mp3?t=1", "title": "Two"}),
        (NO_GUID, {"feeds": OTHER_FEED, **NEW_AUDIO}),
        (NO_GUID, {"audio_url": "https://x.example/m/1.mp3?t=2", "title": "Two", **LATER}),
        (UNDATED, {"audio_url": "https://x.example/m/1.mp3?t=2", "title": "Two"}),
        (UNDATED, NEW_AUDIO),
        (Episode("play", audio_url="https://x.example/play?id=1"), {"audio_url": "https://x.example/play?id=2"}),
    ],
)
def test_another_episode_is_new(before: Episode, changes: dict[str, Any]) -> None:
    after = dataclasses.replace(before, **changes)
    assert not are_same(before, after)
    assert not are_same(after, before)


@pytest.mark.parametrize(
    ("guid", "is_evidence"),
    [
        *((guid, False) for guid in ("1", "g1", "20260102100000", "12345678901234567890", "2026-01-02T10:00:00Z")),
        *((guid, False) for guid in ("episode-12", "S1:E2", "1.5/2", "a")),
        *((guid, True) for guid in ("https://x.example/?p=1", "http://www.x.example/a", "tag:x.example,2026:1")),
        *((guid, True) for guid in ("6BA7B810-9dad-11d1-80b4-00c04fd430c8", "p_6ba7b810-9dad-11d1-80b4-00c04fd430c8")),
        *((guid, True) for guid in ("5f3a0c1e9b7d4a2f8c6e", f"https://x.example/{'a' * 3000}")),
    ],
)
def test_of_another_feed_a_guid_counts_if_nobody_else_gives_it(guid: str, is_evidence: bool) -> None:
    """With the same title and time; where the address is the same too, any guid does."""
    before = dataclasses.replace(BY_GUID, guid=guid)
    for after in (before, dataclasses.replace(before, **NEW_AUDIO)):
        other = dataclasses.replace(after, feeds=OTHER_FEED, show="Renamed")
        assert are_same(before, other) == are_same(other, before) == (is_evidence or after is before)


@pytest.mark.parametrize(
    "spelling",
    [
        *("http://x.example/a/~b?p=1", "https://x.example/a/~b?p=1", "https://www.X.example/a/~b?p=1"),
        *("https://x.example/a/~b/?p=1", " https://x.example:443/a/%7eb?p=1\n", "http://me:pw@x.example./a/%7Eb?p=1"),
        *("www.x.example/a/~b?p=1", "HTTP://x.example/a/~b?p=1"),
    ],
)
def test_spellings_of_one_guid(spelling: str) -> None:
    assert guid_in_one_spelling(spelling) == "x.example/a/~b?p=1"


@pytest.mark.parametrize("guid", ["1", "tag:x.example,2026:1", "urn:uuid:1", "x.example/a", "http://[", "http://x y/"])
def test_other_guids_are_compared_as_they_are(guid: str) -> None:
    assert guid_in_one_spelling(guid).replace("%20", " ").endswith(guid.removeprefix("http://"))


@given(st.from_regex(r"https?://(www\.)?[a-z0-9.-]{1,12}/[a-zA-Z0-9/%?&=;.:~_-]{0,20}", fullmatch=True))
def test_the_fast_way_spells_like_the_slow_one(address: str) -> None:
    """A clean address is spelled at once; capitals in its scheme force the slow way."""
    assert in_one_spelling(address) == in_one_spelling(address.replace("http", "HTTP", 1))


@given(st.text(max_size=400), st.text(max_size=400))
def test_two_guids_that_are_no_addresses_stay_two(one: str, other: str) -> None:
    def plain(text: str) -> str:
        return unicodedata.normalize("NFC", text.strip())

    if not any(text.lower().startswith(("http", "www.")) for text in (plain(one), plain(other))):
        assert (guid_in_one_spelling(one) == guid_in_one_spelling(other)) == (plain(one) == plain(other))


def stems(folder: Path, *listings: Iterable[Episode]) -> list[list[str]]:
    return [[entry.stem for entry in Library(folder).claim_all(list(listing))] for listing in listings]


def test_two_items_of_a_listing_are_two_whatever_they_share(tmp_path: Path) -> None:
    one = BY_GUID
    twin = dataclasses.replace(one, audio_url="https://x.example/m/1.mp3?t=2")
    later = dataclasses.replace(one, title="One, again", **LATER)
    first, second, third = stems(tmp_path, [one], [twin, one, later], [later, twin, one])
    assert len(set(second)) == 3
    assert second[1] == first[0], "the one at the known address"
    assert third == [second[2], second[0], second[1]]


def test_items_without_guid_at_one_address_are_told_apart_by_title_and_date(tmp_path: Path) -> None:
    listing = [
        dataclasses.replace(
            NO_GUID, audio_url="https://x.example/play.mp3", title=f"T{n}", published=DAY + timedelta(n)
        )
        for n in range(3)
    ]
    first, second, third = stems(tmp_path, listing, listing[::-1], [listing[1]])
    assert len(set(first)) == 3
    assert second == first[::-1]
    assert third == [first[1]]


def test_a_feed_that_moves_again_and_again_is_followed(tmp_path: Path) -> None:
    """Each time something else changes; the first feed's address is back at the end."""
    steps: list[dict[str, Any]] = [
        {},
        {"feeds": (*FEED, "https://second.example/f")},
        {"feeds": ("https://second.example/f",), "show": "Renamed"},
        {"feeds": ("urn:podcast:1", "https://second.example/f"), "title": "New title"},
        {"feeds": ("urn:podcast:1", "https://third.example/f"), **NEW_AUDIO},
        {"feeds": FEED, "guid": " g1 "},
    ]
    episode, found = BY_GUID, []
    for step in steps:
        episode = dataclasses.replace(episode, **step)
        found += stems(tmp_path, [episode])
    assert found == [["2026-01-02-one"]] * len(steps)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "ä", "a\u0308", "A", "", "🎙", "con", "x" * 300, "x" * 299, "\ud800"]), st.text()
        ),
        max_size=8,
    )
)
def test_no_two_episodes_have_one_file(tmp_path_factory: pytest.TempPathFactory, titles: list[tuple[str, str]]) -> None:
    folder = tmp_path_factory.mktemp("names")
    episodes = [
        Episode(title + more * (len(title) < 9), audio_url=f"https://x.example/{n}.mp3", feeds=FEED, guid=str(n))
        for n, (title, more) in enumerate(titles)
    ]
    (given,) = stems(folder, episodes)
    assert len({unicodedata.normalize("NFD", stem.casefold()) for stem in given}) == len(given)
    assert all(len(stem.encode()) <= MAX_STEM_BYTES for stem in given)
    assert stems(folder, episodes[::-1]) == [given[::-1]]


def calls_for(count: int, make: Any) -> int:
    calls = 0

    def count_call(*_: object) -> None:
        nonlocal calls
        calls += 1

    identities = [Identity.of(make(n)) for n in range(count)]
    known = Known()
    sys.setprofile(count_call)
    try:
        known.names_of_all(identities, str)
        assert known.names_of_all(identities[::-1], str) == [str(n) for n in reversed(range(count))]
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize(
    "make",
    [
        lambda n: dataclasses.replace(BY_GUID, audio_url=f"https://x.example/{n}"),
        lambda n: dataclasses.replace(BY_GUID, title=f"T{n}", **LATER),
        lambda n: dataclasses.replace(NO_GUID, audio_url=f"https://x.example/1.mp3?{n}"),
        lambda n: dataclasses.replace(UNDATED, audio_url=f"https://x.example/play?{n}"),
        lambda n: dataclasses.replace(BY_GUID, guid=str(n)),
    ],
)
def test_episodes_that_share_all_but_one_value_cost_linear_time(make: Any) -> None:
    small, large = (calls_for(count, make) for count in (200, 800))
    assert large < 5 * small
