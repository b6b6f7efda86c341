"""Items that offer several recordings: each is an episode or named as left out, in one form."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Episode
from audio.fetching.identity import Identity, Known
from audio.sources.feed import read_page
from audio.sources.left_out import LeftOut

URL = "https://feeds.example/show/feed.xml"
SPACES = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:podcast="https://podcastindex.org/namespace/1.0"'
MP3 = "audio/mpeg"
FORMS = {
    "{}.mp3": MP3,
    "{}_64kb.mp3": MP3,
    "{}-128k.mp3": MP3,
    "{}.ogg": "audio/ogg",
    "{}.m4a": "audio/x-m4a",
    "{}-hd.mp4": "video/mp4",
    "{}.mp3?token=7": MP3,
}
PARTS = ("talk", "talk-part2", "talk-part-3", "talk-bonus", "an-interview", "talk-teil4")
# The publisher's media server, a second one, and a measuring service in front.
HOSTS = ("https://a.example/ep/", "http://b.example/ep/", "https://count.example/redirect.mp3/a.example/ep/")


@dataclass(frozen=True)
class Offered:
    """A recording as an item of a test offers it."""

    name: str
    forms: tuple[tuple[str, str], ...]  # (host, form)

    @property
    def addresses(self) -> list[tuple[str, str]]:
        return [(host + form.format(self.name), FORMS[form]) for host, form in self.forms]


some_forms = st.lists(
    st.tuples(st.sampled_from(HOSTS), st.sampled_from(sorted(FORMS))), min_size=1, max_size=4, unique=True
).map(tuple)
offered_in_one_item = st.lists(st.sampled_from(PARTS), min_size=1, max_size=len(PARTS), unique=True).flatmap(
    lambda names: st.tuples(
        *(
            st.builds(
                Offered,
                st.just(name),
                st.lists(
                    st.tuples(st.sampled_from(HOSTS), st.sampled_from(sorted(FORMS))),
                    min_size=1,
                    max_size=4,
                    unique=True,
                ).map(tuple),
            )
            for name in names
        )
    )
)


def enclosures(offered: tuple[Offered, ...]) -> str:
    return "".join(f'<enclosure url="{url}" type="{kind}"/>' for each in offered for url, kind in each.addresses)


def interleaved(offered: tuple[Offered, ...]) -> str:
    pairs = sorted((at, url, kind) for each in offered for at, (url, kind) in enumerate(each.addresses))
    return "".join(f'<enclosure url="{url}" type="{kind}"/>' for _, url, kind in pairs)


def contents(offered: tuple[Offered, ...]) -> str:
    return "".join(f'<media:content url="{url}" type="{kind}"/>' for each in offered for url, kind in each.addresses)


def groups(offered: tuple[Offered, ...]) -> str:
    return "".join(f"<media:group>{contents((each,))}</media:group>" for each in offered)


def one_group(offered: tuple[Offered, ...]) -> str:
    return f"<media:group>{contents(offered)}</media:group>"


WRITTEN = {each.__name__: each for each in (enclosures, interleaved, contents, groups, one_group)}


def items_of_xml(bodies: list[str]) -> tuple[Episode | LeftOut, ...]:
    items = "".join(f"<item><title>Item {n}</title><guid>g{n}</guid>{body}</item>" for n, body in enumerate(bodies))
    return read_page(f"<rss {SPACES}><channel><title>S</title>{items}</channel></rss>".encode(), url=URL).items


def items_of_json(attachments: list[list[dict[str, object]]]) -> tuple[Episode | LeftOut, ...]:
    items = [{"id": f"g{n}", "title": f"Item {n}", "attachments": each} for n, each in enumerate(attachments)]
    return read_page(
        json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode(), url=URL
    ).items


def counted(items: tuple[Episode | LeftOut, ...]) -> tuple[list[Episode], list[LeftOut]]:
    return [each for each in items if isinstance(each, Episode)], [each for each in items if isinstance(each, LeftOut)]


def check(items: tuple[Episode | LeftOut, ...], offered: list[tuple[Offered, ...]]) -> None:
    """One line or one episode for each recording, and each is named by one of its own addresses."""
    episodes, left = counted(items)
    assert len(episodes) + sum(each.count for each in left) == sum(map(len, offered))
    named = [each.audio_url or "" for each in episodes] + [each.title for each in left]
    for recording in (each for item in offered for each in item):
        addresses = [url.partition("?")[0] for url, _ in recording.addresses]
        assert any(address in name for address in addresses for name in named), (recording, named)
    assert len({each.guid for each in episodes}) == len(episodes)
    assert len({each.title for each in episodes}) == len(episodes)
    for n in range(len(offered)):
        assert any(each.guid == f"g{n}" and each.title == f"Item {n}" for each in episodes)


@given(st.lists(offered_in_one_item, min_size=1, max_size=3), st.sampled_from(sorted(WRITTEN)))
def test_each_recording_of_an_item_is_an_episode_or_named(offered: list[tuple[Offered, ...]], written: str) -> None:
    check(items_of_xml([WRITTEN[written](item) for item in offered]), offered)


@given(st.lists(offered_in_one_item, min_size=1, max_size=3), st.booleans())
def test_each_attachment_is_an_episode_or_named(offered: list[tuple[Offered, ...]], titled: bool) -> None:
    attachments = [
        [
            {"url": url, "mime_type": kind, **({"title": f"All of {each.name}"} if titled else {})}
            for each in item
            for url, kind in each.addresses
        ]
        for item in offered
    ]
    check(items_of_json(attachments), offered)


@given(offered_in_one_item)
def test_the_episodes_are_known_again_with_other_tokens_and_hosts(offered: tuple[Offered, ...]) -> None:
    known = Known()
    body = enclosures(offered)
    for at, before in enumerate(counted(items_of_xml([body]))[0]):
        known.add(str(at), Identity.of(before))
    moved = body.replace("token=7", "token=8").replace("https://a.example", "https://cdn.example")
    after = counted(items_of_xml([moved]))[0]
    assert None not in known.names_of([Identity.of(each) for each in after])


def xml_of(*addresses: str) -> str:
    return "".join(f'<enclosure url="https://x.example/{each}"/>' for each in addresses)


# An item's body; the file names of its episodes; of what is left out.
CASES: dict[str, tuple[str, list[str], list[str]]] = {
    "one in two places": (xml_of("a.mp3", "a.mp3") + '<media:content url="http://x.example/a.mp3"/>', ["a.mp3"], []),
    "mirrors": (
        '<enclosure url="https://x.example/a.mp3"/><enclosure url="https://mirror.example/a.mp3"/>',
        ["a.mp3"],
        [],
    ),
    "formats": (xml_of("a.ogg", "a.mp3", "a.opus"), ["a.ogg"], []),
    "bit rates": (xml_of("show.mp3", "show-64k.mp3", "show_192kbps.mp3"), ["show.mp3"], []),
    "numbers that may be bit rates": (xml_of("show-64.mp3", "show-128.mp3"), ["show-64.mp3"], ["show-128.mp3"]),
    "folders of formats": (xml_of("mp3/a.mp3", "ogg/a.ogg"), ["a.mp3"], []),
    "two parts": (xml_of("a-1.mp3", "a-2.mp3"), ["a-1.mp3", "a-2.mp3"], []),
    "two parts in other formats": (xml_of("a-1.mp3", "a-2.m4a"), ["a-1.mp3", "a-2.m4a"], []),
    "two parts in one group": (
        '<media:group><media:content url="https://x.example/a-1.mp3" type="audio/mpeg"/>'
        '<media:content url="https://x.example/a-2.mp3" type="audio/mpeg"/></media:group>',
        ["a-1.mp3", "a-2.mp3"],
        [],
    ),
    "other lengths in one group": (
        '<media:group><media:content url="https://x.example/a.mp3" duration="3000"/>'
        '<media:content url="https://x.example/b.mp3" duration="600"/></media:group>',
        ["a.mp3", "b.mp3"],
        [],
    ),
    "other names in one group": (
        '<media:group><media:content url="https://x.example/a.mp3" duration="3000"/>'
        '<media:content url="https://x.example/b.mp3" duration="3010"/></media:group>',
        ["a.mp3"],
        [],
    ),
    "parts named by folder": (xml_of("1/audio.mp3", "2/audio.mp3"), ["audio.mp3"], ["audio.mp3"]),
    "a film with another name": (xml_of("a.mp3", "b.mp4"), ["a.mp3"], ["b.mp4"]),
    "a bonus film": (xml_of("a.mp3", "a-bonus.mp4"), ["a.mp3", "a-bonus.mp4"], []),
    "named in the query": (
        xml_of("get?id=1").replace("/>", ' type="audio/mpeg"/>')
        + xml_of("get?id=2").replace("/>", ' type="audio/mpeg"/>'),
        ["get?id=1"],
        ["get?…"],
    ),
    "a stream beside its file": (xml_of("a.mp3", "a.m3u8"), ["a.mp3"], []),
    "a stream of something else": (xml_of("a.mp3", "b.m3u8"), ["a.mp3"], ["b.m3u8"]),
    "an address of no web": (xml_of("a.mp3") + '<enclosure url="ftp://x.example/b.mp3"/>', ["a.mp3"], ["b.mp3"]),
    "pictures and documents": (xml_of("a.jpg", "a.mp3", "notes.pdf"), ["a.mp3"], []),
    "alternates are the same": (
        xml_of("a.mp4")
        + '<podcast:alternateEnclosure type="audio/mpeg"><podcast:source uri="https://y.example/z.mp3"/>'
        "</podcast:alternateEnclosure>",
        ["z.mp3"],
        [],
    ),
    "alternates of the first of two": (
        xml_of("a.mp4", "a-part2.mp4") + '<podcast:alternateEnclosure type="audio/mpeg">'
        '<podcast:source uri="https://y.example/z.mp3"/></podcast:alternateEnclosure>',
        ["z.mp3"],
        ["a-part2.mp4"],
    ),
    "only linked": (
        "<description>https://x.example/a.mp3 and https://x.example/b.mp3, a.mp3: https://x.example/a.mp3</description>",
        ["a.mp3"],
        ["b.mp3"],
    ),
    "linked beside an enclosure": (
        xml_of("a.mp3") + "<description>https://x.example/b.mp3</description>",
        ["a.mp3"],
        [],
    ),
    "a measuring service": (
        xml_of("a.mp3") + '<enclosure url="https://count.example/redirect.mp3/cdn.example/a.mp3"/>',
        ["a.mp3"],
        [],
    ),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_what_becomes_of_each(case: str) -> None:
    body, expected, expected_left = CASES[case]
    episodes, left = counted(items_of_xml([body]))
    assert [(each.audio_url or "").rpartition("/")[2] for each in episodes] == expected
    assert [each.title.rpartition("/")[2] for each in left] == expected_left
    assert all(each.reason and not each.is_failure for each in left)


def test_what_an_item_says_of_its_recording_is_of_the_first() -> None:
    body = (
        xml_of("a-part1.mp3", "a-part2.mp3")
        + '<podcast:transcript url="https://x.example/a.vtt" type="text/vtt"/><duration>60</duration>'
    )
    first, second = counted(items_of_xml([body]))[0]
    assert (len(first.transcripts), second.transcripts, second.duration) == (1, (), None)
    assert (first.guid, second.guid) == ("g0", "g0#a part 2")
    assert second.title == "Item 0 (a-part2)"


def test_titles_of_attachments_say_what_is_one_recording() -> None:
    """JSON Feed 1.1, attachments: those with one title are one, in several forms."""
    named = [("x/1.mp3", "Whole"), ("y/2.ogg", "Whole"), ("z/3.mp3", "Bonus"), ("z/4.mp3", "Ogg Vorbis, 128 kbps")]
    attachments: list[dict[str, object]] = [
        {"url": f"https://a.example/{path}", "title": title} for path, title in named
    ]
    episodes, left = counted(items_of_json([attachments]))
    assert [(each.title, (each.audio_url or "")[-5:]) for each in episodes] == [
        ("Item 0", "1.mp3"[-5:]),
        ("Item 0: Bonus", "3.mp3"),
        ("Item 0: Ogg Vorbis, 128 kbps", "4.mp3"),
    ]
    assert not left


def test_too_many_are_counted() -> None:
    n = 1000
    episodes, left = counted(items_of_xml([xml_of(*(f"chapter-{number}.mp3" for number in range(n)))]))
    assert len(episodes) + sum(each.count for each in left) == n
    assert left[-1].is_failure
