"""An HTML page, or a Markdown post with HTML in it → episodes. No network.

lxml parses, as leniently as a browser. A page offers one recording in many ways, so only the first of these that
contains audio is used: audio and video elements, JSON-LD, `og:audio`, links to audio files (also addresses in plain
text, as in Markdown), an address passed to a player's frame.
Feeds and players that a page links to are followed by `audio.sources.resolve`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from audio.episode import Episode
from audio.errors import PageError
from audio.media import MEDIA_SUFFIXES, media_type
from audio.net.addresses import redacted, web_address, without_credentials
from audio.sources.values import decode_text, parse_date, parse_duration, plain_text

_IN_TEXT = re.compile(r"https?://[^\s<>\"'\\^`{|}\[\]]+", re.IGNORECASE)
# "Download this episode" is no title
_CALL_TO_ACTION = re.compile(r"(?:click|download|hear|listen|play)\b", re.IGNORECASE)
_FEED_TYPES = ("application/rss+xml", "application/atom+xml")
_MAX_HEADINGS = 10
_MAX_FRONT_MATTER = 1 << 16  # characters
_RECORDINGS = frozenset({"AudioObject", "VideoObject"})
_EPISODES = frozenset({"PodcastEpisode", "RadioEpisode", "Episode"})


@dataclass(frozen=True, slots=True)
class Page:
    """The content of a page: its `episodes`, and the addresses of its `feeds` and of the `players` in its frames."""

    episodes: tuple[Episode, ...] = ()
    feeds: tuple[str, ...] = ()
    players: tuple[str, ...] = ()


def page_of(content: bytes, *, url: str, charset: str = "") -> Page:
    """The page in `content`; `url` is its address (a file's path for a saved page), `charset` the encoding the server
    states. Without one, the encoding declared in the page applies, then UTF-8.

    Raises `PageError` for content that cannot be parsed as a page.
    """
    front, text = _front_matter(_decode(content, charset))
    root = _parse(text, url)
    base = _base(root, url)
    metadata = _Metadata(root, front, page_url=without_credentials(web_address(url) or base) or None)
    finders = (_media_elements, _json_ld, _open_graph, _links, _player_frames)
    episodes: tuple[Episode, ...] = next((result for find in finders if (result := tuple(find(root, base)))), ())
    return Page(
        tuple(metadata.fill(episode, alone=len(episodes) == 1) for episode in _distinct(episodes)),
        _addresses((link.get("href") for link in root.iter("link") if _is_feed(link)), base),
        _addresses((frame.get("data-link") or frame.get("src") for frame in root.iter("iframe", "embed")), base),
    )


class _Metadata:
    """The page's own title, show and date, for episodes without them."""

    def __init__(self, root: Any, front: dict[str, str], *, page_url: str | None) -> None:
        meta = {
            (tag.get("property") or tag.get("name") or "").lower(): tag.get("content") or ""
            for tag in root.iter("meta")
        }
        headings = (_text(element) for name in ("h1", "title") for element in islice(root.iter(name), _MAX_HEADINGS))
        titles = (front.get("title", ""), meta.get("og:title", ""))
        self._title = next((title for title in map(plain_text, chain(titles, headings)) if title), "")
        self._show = plain_text(meta.get("og:site_name", "")) or None
        times = (tag.get("datetime") for tag in islice(root.iter("time"), _MAX_HEADINGS))
        stamps = chain((front.get("date"), meta.get("article:published_time")), times)
        self._published = next((moment for stamp in stamps if stamp and (moment := parse_date(stamp))), None)
        self._page_url = page_url

    def fill(self, episode: Episode, *, alone: bool) -> Episode:
        """The episode with missing fields filled in; the page's title only if it is the only episode."""
        name = plain_text(PurePosixPath(unquote(urlsplit(episode.audio_url or "").path)).stem)
        return replace(
            episode,
            title=episode.title or (alone and self._title) or name or self._title or "episode",
            show=episode.show or self._show,
            published=episode.published or self._published,
            page_url=episode.page_url or self._page_url,
        )


def _media_elements(root: Any, base: str) -> Iterator[Episode]:
    """One recording per element: its own address, else the first of its sources."""
    for element in root.iter("audio", "video"):
        names = [element.get("src"), *(source.get("src") for source in element.iter("source"))]
        links = [link.get("href") for link in element.iter("a") if _is_media(web_address(link.get("href"), base=base))]
        audio = next((address for name in (*names, *links) if (address := web_address(name, base=base))), None)
        if audio:
            yield Episode(title=plain_text(element.get("title") or element.get("aria-label") or ""), audio_url=audio)


def _json_ld(root: Any, base: str) -> Iterator[Episode]:
    """JSON-LD: `PodcastEpisode` with its media, and a separate `AudioObject` (schema.org)."""
    for script in root.iter("script"):
        if media_type(script.get("type") or "") == "application/ld+json":
            try:
                yield from _json_ld_episodes(json.loads(script.text or ""), base)
            except (ValueError, RecursionError):
                continue


def _json_ld_episodes(node: Any, base: str) -> Iterator[Episode]:
    if isinstance(node, list):
        for each in node:
            yield from _json_ld_episodes(each, base)
    if not isinstance(node, dict):
        return
    types = node.get("@type")
    kinds = {types} if isinstance(types, str) else {each for each in types or () if isinstance(each, str)}
    media = node if kinds & _RECORDINGS else None
    if kinds & _EPISODES:
        media_values = [node.get(key) for key in ("audio", "associatedMedia", "encoding", "video")]
        flat = [each for one in media_values for each in (one if isinstance(one, list) else [one])]
        media = next((each for each in flat if isinstance(each, dict) and each.get("contentUrl")), None)
    address = web_address(_string(media, "contentUrl") or (_string(media, "url") if media is node else ""), base=base)
    if media is None or not address:
        for value in node.values():
            yield from _json_ld_episodes(value, base)
        return
    series = node.get("partOfSeries")
    own_page = _string(node, "url") if node is not media else ""
    yield Episode(
        title=plain_text(_string(node, "name") or _string(node, "headline")),
        audio_url=address,
        show=plain_text(_string(series, "name")) or None,
        published=parse_date(_string(node, "datePublished") or _string(media, "uploadDate")),
        duration=parse_duration(
            _string(media, "duration") or _string(node, "duration") or _string(node, "timeRequired")
        ),
        page_url=without_credentials(web_address(own_page, base=base) or "") or None,
        description=_string(node, "description") or None,
    )


def _open_graph(root: Any, base: str) -> Iterator[Episode]:
    for name in ("og:audio:secure_url", "og:audio:url", "og:audio", "twitter:player:stream"):
        for tag in root.iter("meta"):
            address = web_address(tag.get("content"), base=base)
            if (tag.get("property") or tag.get("name") or "").lower() == name and address:
                yield Episode(title="", audio_url=address)
                return


def _links(root: Any, base: str) -> Iterator[Episode]:
    for element in root.iter("a", "param", "source"):
        address = web_address(element.get("href") or element.get("value") or element.get("src"), base=base)
        if address and _is_media(address):
            label = plain_text(_text(element))
            is_title = len(label.split()) > 2 and not _CALL_TO_ACTION.match(label)
            yield Episode(title=label if is_title else "", audio_url=address)
    for text in root.itertext(with_tail=True):
        for match in _IN_TEXT.finditer(text if isinstance(text, str) else ""):
            address = web_address(_without_punctuation(match[0]))
            if address and _is_media(address):
                yield Episode(title="", audio_url=address)


def _player_frames(root: Any, base: str) -> Iterator[Episode]:
    """An audio address in the address of a player: `…/player?url=https%3A%2F%2F….mp3`."""
    for element in root.iter("iframe", "embed"):
        for attribute in ("src", "data-src", "data-link"):
            for _, value in parse_qsl(urlsplit(web_address(element.get(attribute), base=base) or "").query):
                address = web_address(value) if "://" in value else None
                if address and _is_media(address):
                    yield Episode(title=plain_text(element.get("title") or ""), audio_url=address)


def _distinct(episodes: Iterable[Episode]) -> list[Episode]:
    return list({episode.audio_url: episode for episode in reversed(tuple(episodes))}.values())[::-1]


def _is_media(address: str | None) -> bool:
    return PurePosixPath(urlsplit(address or "").path).suffix.lower() in MEDIA_SUFFIXES


def _is_feed(link: Any) -> bool:
    return "alternate" in (link.get("rel") or "").lower().split() and (link.get("type") or "").lower() in _FEED_TYPES


def _addresses(names: Iterable[str | None], base: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for name in names if (address := web_address(name, base=base))))


def _without_punctuation(address: str) -> str:
    """`address` without trailing characters that belong to Markdown's `(address)` or to the sentence."""
    address = address.rstrip(".,;:!?*_")
    closing = len(address) - len(address.rstrip(")"))
    unopened = min(closing, max(address.count(")") - address.count("("), 0))
    return address[: len(address) - unopened]


def _string(node: Any, key: str) -> str:
    value = node.get(key) if isinstance(node, dict) else None
    # JSON can contain lone surrogates
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _parse(text: str, url: str) -> Any:
    from lxml import etree

    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), etree.HTMLParser(encoding="utf-8", no_network=True))
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise PageError(
            f"not readable as a page ({exc}); open it in a browser to see what it is", about=redacted(url)
        ) from exc
    if root is None:
        raise PageError("the page is empty; check the address", about=redacted(url))
    return root


def _base(root: Any, url: str) -> str:
    """The base of relative addresses: `<base>`, the page's address, or the one a saved page declares as its own."""
    declared = next((tag.get("href") for tag in root.iter("base") if tag.get("href")), "")
    own = [link.get("href") for link in root.iter("link") if (link.get("rel") or "").lower() == "canonical"]
    own += [tag.get("content") for tag in root.iter("meta") if (tag.get("property") or "").lower() == "og:url"]
    start = web_address(url) or next((address for each in own if (address := web_address(each))), "")
    return (web_address(declared, base=start) or start) if declared else start


def _decode(content: bytes, charset: str) -> str:
    declared = re.search(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w.:-]{1,40})""", content[:4096], re.IGNORECASE)
    return decode_text(content, charset, declared[1].decode("ascii", "replace") if declared else "")


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """The YAML between `---` lines at the start of a Markdown post (empty if missing or broken), and the rest."""
    match = re.match(r"\ufeff?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)", text, re.DOTALL)
    if match is None:
        return {}, text
    import yaml

    try:
        front = _plain_yaml(match[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        front = {}
    return front, text[match.end() :]


def _plain_yaml(text: str) -> dict[str, str]:
    """The keys with a scalar value, as written: tags are not applied, and aliases, by which a few characters expand to
    megabytes, are errors. Raises `YAMLError`, `RecursionError`."""
    import yaml

    if len(text) > _MAX_FRONT_MATTER:
        raise yaml.YAMLError("longer than any post's front matter")
    if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.BaseLoader)):
        raise yaml.YAMLError("aliases")
    front = yaml.load(text, Loader=yaml.BaseLoader)  # creates only strings, lists and dicts
    pairs = front.items() if isinstance(front, dict) else ()
    return {key: value for key, value in pairs if isinstance(value, str) and value not in ("null", "~")}
