"""A page with its episode and any decoys around it gives its episode; the decoys are named as left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.audio.sources.pages.golden import found

URL = "https://show.example/2026/otters"
OWN = "https://cdn.example/otters.mp3"

EPISODES = st.sampled_from(
    [
        f'<audio controls src="{OWN}"></audio>',
        f'<audio controls><source data-src="{OWN}"></audio>',
        f'<div class="player" data-audio="{OWN}"></div>',
        f'<p><a href="{OWN}">Download the episode</a></p>',
        f'<p><a href="{OWN}">Otters of the north</a></p>',
        f'<object type="audio/mpeg" data="{OWN}"></object>',
        '<script type="application/ld+json">{"@type": "PodcastEpisode", "name": "Otters of the north",'
        f' "audio": {{"contentUrl": "{OWN}"}}}}</script>',
    ]
)
"""The page's own episode, in the ways that a page is sure of."""

PLACES = st.sampled_from(
    [
        "<aside>{}</aside>",
        "<footer>{}</footer>",
        "<nav>{}</nav>",
        '<div class="sidebar">{}</div>',
        '<section class="related-posts"><ul><li>{}</li></ul></section>',
        '<div id="upNext"><div>{}</div></div>',
        '<div class="ad-slot">{}</div>',
        '<div role="complementary"><article>{}</article></div>',
        '<ol class="comment-list"><li>{}</li></ol>',
    ]
)
SOUNDS = st.sampled_from(
    [
        '<audio controls src="/other/{}.mp3"></audio>',
        '<h3>Newts at dawn</h3><audio controls src="/other/{}.mp3"></audio>',
        '<a href="/other/{}.mp3">Newts at dawn</a>',
        '<button data-mp3="/other/{}.mp3">Play</button>',
    ]
)
ELSEWHERE = st.builds(lambda place, sound: place.format(sound), PLACES, SOUNDS)
ANYWHERE = st.sampled_from(
    [
        '<video autoplay muted loop playsinline src="/film/{}.mp4"></video>',
        '<video muted loop><source src="/film/{}.webm"></video>',
        '<audio loop src="/music/{}.mp3"></audio>',
        '<audio autoplay src="/hello/{}.mp3"></audio>',
        '<audio src="/sfx/{}.wav"></audio>',
        '<audio controls src="/{}/show-jingle.mp3"></audio>',
        '<audio controls src="/{}/season-trailer.mp3"></audio>',
        '<audio controls src="https://x.example/ads/{}.mp3"></audio>',
        '<script type="application/ld+json">{{"@type": "PodcastEpisode", "name": "Newts", "url": "/2026/newts{}",'
        ' "audio": {{"contentUrl": "/other/{}.mp3"}}}}</script>',
    ]
)
DECOYS = st.lists(st.one_of(ELSEWHERE, ANYWHERE), max_size=6)


def numbered(decoys: list[str], *, start: int) -> str:
    return "".join(
        each.replace("{{", "{").replace("}}", "}").replace("{}", str(start + at)) for at, each in enumerate(decoys)
    )


@given(EPISODES, DECOYS, DECOYS)
def test_decoys_never_change_the_episode(episode: str, before: list[str], after: list[str]) -> None:
    decoys = numbered(before, start=0), numbered(after, start=len(before))
    body = f"{decoys[0]}<main><h1>Otters of the north</h1>{episode}</main>{decoys[1]}"
    episodes, left_out = found(URL, {URL: f"<!doctype html><title>Otters of the north</title>{body}".encode()})
    assert [(each.title, each.audio_url) for each in episodes] == [("Otters of the north", OWN)]
    assert len(left_out) == len(before) + len(after)


@given(EPISODES, DECOYS, DECOYS)
def test_decoys_within_the_main_part_never_change_it_either(episode: str, before: list[str], after: list[str]) -> None:
    decoys = numbered(before, start=0), numbered(after, start=len(before))
    body = f"<article><h1>Otters of the north</h1>{decoys[0]}{episode}{decoys[1]}</article>"
    episodes, left_out = found(URL, {URL: f"<title>Otters of the north - Wild Talk</title>{body}".encode()})
    assert [each.audio_url for each in episodes] == [OWN]
    assert len(left_out) == len(before) + len(after)
