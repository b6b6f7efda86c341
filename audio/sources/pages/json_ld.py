"""JSON-LD: episodes and recordings as schema.org describes them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from audio.episode import Episode
from audio.net.addresses import page_key, web_address, without_credentials
from audio.sources.dates import parse_date, parse_duration
from audio.sources.pages.data import MAX_MENTIONS, in_json, in_script
from audio.sources.pages.decoys import place_of_key
from audio.sources.pages.json_values import json_in, without_references
from audio.sources.pages.mention import Mention, Way, is_media
from audio.sources.pages.ranking import About
from audio.sources.values import json_text, plain_text

_RECORDINGS = frozenset({"AudioObject", "VideoObject", "MediaObject", "Audiobook", "MusicRecording"})
_EPISODES = frozenset({"PodcastEpisode", "RadioEpisode", "Episode"})
_MEDIA = ("audio", "associatedMedia", "encoding", "video")
_CONTENT = ("contentUrl", "contentURL", "url")
_SERIES = ("partOfSeries", "isPartOf", "partOfSeason")


@dataclass(frozen=True, slots=True)
class Stated:
    """What JSON-LD says: its recordings, and the addresses of players (`embedUrl`)."""

    mentions: tuple[Mention, ...] = ()
    players: tuple[str, ...] = ()
    is_episode: bool = False  # the page is one episode's


def stated_in(blocks: list[str], base: str, about: About) -> Stated:
    """What the JSON-LD `blocks` of a page say. An episode is this page's if it names this page or its title; else if it
    names no other page and is the only one, or the only one outside lists of others."""
    nodes = [node for block in blocks for value in json_in(block) for node in _nodes(value)]
    inside = {id(node.media) for node in nodes if node.media is not node.fields}  # told by the episode around it
    outer = islice((node for node in nodes if id(node.fields) not in inside), MAX_MENTIONS)
    found = [(node, each) for node in outer if (each := _mention(node, base, about))]
    open_ones = {each.address for _, each in found if not each.decoy}

    def way_of(node: _Node, mention: Mention) -> Way:
        is_meant = _is_own(node.fields, about, base) or len(open_ones) == 1
        return Way.STATED if is_meant and not mention.decoy and not node.is_film else Way.PLAYER

    mentions = tuple(replace(each, way=way_of(node, each)) for node, each in found)
    players = dict.fromkeys(
        address for node in nodes if (address := web_address(json_text(node.fields, "embedUrl"), base=base))
    )
    is_episode = any(node.is_episode and not node.decoy and _is_own(node.fields, about, base) for node in nodes)
    return Stated(
        mentions or tuple(islice(_of_any_shape(blocks, base, about), MAX_MENTIONS)), tuple(players), is_episode
    )


@dataclass(frozen=True, slots=True)
class _Node:
    """An object with a type of ours, and why it is hardly this page's."""

    fields: Mapping[str, Any]
    is_episode: bool
    is_film: bool
    decoy: str

    @property
    def media(self) -> Mapping[str, Any]:
        """The object with the address: of an episode the first of its media, else itself."""
        values = [self.fields.get(key) for key in _MEDIA] if self.is_episode else []
        flat = [each for one in values for each in (one if isinstance(one, list) else [one])]
        own = {"contentUrl": flat[0]} if flat and isinstance(flat[0], str) else self.fields
        return next((each for each in flat if isinstance(each, dict) and each.get("contentUrl")), own)


def _nodes(value: Any) -> Iterator[_Node]:
    stack: list[tuple[Any, str]] = [(value, "")]
    while stack:
        node, decoy = stack.pop()
        if isinstance(node, list):
            stack += [(each, decoy) for each in reversed(node)]
        elif isinstance(node, dict):
            kinds = _kinds(node)
            if kinds & (_RECORDINGS | _EPISODES):
                is_film = "VideoObject" in kinds and not kinds & (_RECORDINGS | _EPISODES) - {"VideoObject"}
                yield _Node(node, bool(kinds & _EPISODES), is_film, decoy)
            stack += [
                (child, decoy or (place_of_key(key) if isinstance(child, dict | list) else ""))
                for key, child in reversed(node.items())
            ]


def _kinds(node: Mapping[str, Any]) -> set[str]:
    types = node.get("@type")
    flat = types if isinstance(types, list) else [types]
    return {each.rpartition("/")[2].rpartition(":")[2] for each in flat if isinstance(each, str)}


def _mention(node: _Node, base: str, about: About) -> Mention | None:
    fields, media = node.fields, node.media
    kind, is_sound = fields.get("@type"), json_text(fields, "encodingFormat").startswith(("audio/", "video/"))
    names = _CONTENT if media is fields and not node.is_episode else _CONTENT[:2]
    address = next((at for key in names if (at := web_address(_address(media, key), base=base))), None)
    if address is None or (kind == "MediaObject" and not (is_media(address) or is_sound)):
        return None
    own_page = web_address(_page(fields), base=base) if fields is not media or node.is_episode else None
    title = _title(fields)
    is_elsewhere = bool(own_page and about.keys and page_key(own_page) not in about.keys and not about.is_named(title))
    duration = parse_duration(
        json_text(media, "duration") or json_text(fields, "duration") or json_text(fields, "timeRequired")
    )
    series = next((name for key in _SERIES if (name := json_text(fields.get(key), "name"))), "")
    episode = Episode(
        title=title,
        audio_url=address,
        show=plain_text(series) or None,
        published=parse_date(json_text(fields, "datePublished") or json_text(media, "uploadDate")),
        duration=duration,
        page_url=without_credentials(own_page or "") or None,
        description=json_text(fields, "description") or None,
    )
    decoy = node.decoy or ("another page's" if is_elsewhere else "")
    return Mention(address, Way.STATED, label=title, decoy=decoy, duration=duration, about=episode)


def _is_own(fields: Mapping[str, Any], about: About, base: str) -> bool:
    page = web_address(_page(fields), base=base)
    return bool(page and page_key(page) in about.keys) or about.is_named(_title(fields))


def _of_any_shape(blocks: list[str], base: str, about: About) -> Iterator[Mention]:
    """The recordings in JSON-LD whose types are not ours."""
    for block in blocks:
        for value in (values := json_in(block)):
            yield from in_json(value, base, way=Way.DATA, keys=about.keys)
        if not values:  # broken beyond repair
            yield from in_script(block, base, is_json=False, keys=about.keys)


def _title(fields: Mapping[str, Any]) -> str:
    return plain_text(json_text(fields, "name") or json_text(fields, "headline"))


def _page(fields: Mapping[str, Any]) -> str:
    main = fields.get("mainEntityOfPage")
    own = main if isinstance(main, str) else json_text(main, "@id") or json_text(main, "url")
    return json_text(fields, "url") or own


def _address(node: Mapping[str, Any], key: str) -> str:
    return without_references(json_text(node, key))
