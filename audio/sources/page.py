"""An HTML page, or a Markdown post with HTML in it → episodes. No network.

lxml parses, as leniently as a browser. The first of these that names any audio is believed, and the others are left
alone, because a page offers one recording in many ways: audio and video elements, JSON-LD, `og:audio`, links to audio
files (also as an address in plain text, as Markdown has them), an address handed to a player's frame.
Following what a page only points at (feeds, players) is up to `audio.sources.resolve`.
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
from audio.media import MEDIA_SUFFIXES
from audio.net.addresses import redacted, web_address, without_credentials
from audio.sources.values import parse_date, parse_duration, plain_text

_IN_TEXT = re.compile(r"https?://[^\s<>\"'\\^`{|}\[\]]+", re.IGNORECASE)
_CALLS = re.compile(r"(?:click|download|hear|listen|play)\b", re.IGNORECASE)  # "Download this episode" is no title
_FEED_TYPES = ("application/rss+xml", "application/atom+xml")
_HEADINGS_TRIED = 10
_LONGEST_FRONT_MATTER = 1 << 16  # letters
_RECORDINGS = frozenset({"AudioObject", "VideoObject"})
_EPISODES = frozenset({"PodcastEpisode", "RadioEpisode", "Episode"})


@dataclass(frozen=True, slots=True)
class Page:
    """What a page offers: `episodes` found on it, addresses of its `feeds` and of the `players` framed in it."""

    episodes: tuple[Episode, ...] = ()
    feeds: tuple[str, ...] = ()
    players: tuple[str, ...] = ()


def page_of(content: bytes, *, url: str, charset: str = "") -> Page:
    """The page in `content`; `url` is where it came from (a file's path for a saved page), `charset` what its sender
    said of its encoding. Without one, the page's own word counts, then UTF-8.

    Raises `PageError` for what cannot be read as a page at all.
    """
    front, text = _front_matter(_decoded(content, charset))
    root = _parsed(text, url)
    base = _base(root, url)
    about = _About(root, front, page_url=without_credentials(web_address(url) or base) or None)
    layers = (_media_elements, _structured, _open_graph, _links, _framed)
    found: tuple[Episode, ...] = next((some for layer in layers if (some := tuple(layer(root, base)))), ())
    return Page(
        tuple(about.fill(episode, alone=len(found) == 1) for episode in _distinct(found)),
        _addresses((link.get("href") for link in root.iter("link") if _is_feed(link)), base),
        _addresses((frame.get("data-link") or frame.get("src") for frame in root.iter("iframe", "embed")), base),
    )


class _About:
    """What the page says of itself, for the episodes that say less."""

    def __init__(self, root: Any, front: dict[str, str], *, page_url: str | None) -> None:
        meta = {
            (tag.get("property") or tag.get("name") or "").lower(): tag.get("content") or ""
            for tag in root.iter("meta")
        }
        headings = (_text(element) for name in ("h1", "title") for element in islice(root.iter(name), _HEADINGS_TRIED))
        titles = (front.get("title", ""), meta.get("og:title", ""))
        self._title = next((title for title in map(plain_text, chain(titles, headings)) if title), "")
        self._show = plain_text(meta.get("og:site_name", "")) or None
        times = (tag.get("datetime") for tag in islice(root.iter("time"), _HEADINGS_TRIED))
        stamps = chain((front.get("date"), meta.get("article:published_time")), times)
        self._published = next((moment for stamp in stamps if stamp and (moment := parse_date(stamp))), None)
        self._page_url = page_url

    def fill(self, episode: Episode, *, alone: bool) -> Episode:
        """The episode with what it lacks; the page's title is its own only where it is the only one."""
        name = plain_text(PurePosixPath(unquote(urlsplit(episode.audio_url or "").path)).stem)
        return replace(
            episode,
            title=episode.title or (alone and self._title) or name or self._title or "episode",
            show=episode.show or self._show,
            published=episode.published or self._published,
            page_url=episode.page_url or self._page_url,
        )


def _media_elements(root: Any, base: str) -> Iterator[Episode]:
    """One recording an element: its own address, else the first of its sources."""
    for element in root.iter("audio", "video"):
        named = [element.get("src"), *(source.get("src") for source in element.iter("source"))]
        links = [link.get("href") for link in element.iter("a") if _is_media(web_address(link.get("href"), base=base))]
        found = next((address for name in (*named, *links) if (address := web_address(name, base=base))), None)
        if found:
            yield Episode(title=plain_text(element.get("title") or element.get("aria-label") or ""), audio_url=found)


def _structured(root: Any, base: str) -> Iterator[Episode]:
    """JSON-LD: `PodcastEpisode` with its media, and `AudioObject` on its own (schema.org)."""
    for script in root.iter("script"):
        if (script.get("type") or "").partition(";")[0].strip().lower() == "application/ld+json":
            try:
                yield from _objects(json.loads(script.text or ""), base)
            except (ValueError, RecursionError):
                continue


def _objects(node: Any, base: str) -> Iterator[Episode]:
    if isinstance(node, list):
        for each in node:
            yield from _objects(each, base)
    if not isinstance(node, dict):
        return
    types = node.get("@type")
    kinds = {types} if isinstance(types, str) else {each for each in types or () if isinstance(each, str)}
    media = node if kinds & _RECORDINGS else None
    if kinds & _EPISODES:
        offered = [node.get(key) for key in ("audio", "associatedMedia", "encoding", "video")]
        flat = [each for one in offered for each in (one if isinstance(one, list) else [one])]
        media = next((each for each in flat if isinstance(each, dict) and each.get("contentUrl")), None)
    address = web_address(_string(media, "contentUrl") or (_string(media, "url") if media is node else ""), base=base)
    if media is None or not address:
        for value in node.values():
            yield from _objects(value, base)
        return
    series = node.get("partOfSeries")
    yield Episode(
        title=plain_text(_string(node, "name") or _string(node, "headline")),
        audio_url=address,
        show=plain_text(_string(series, "name")) or None,
        published=parse_date(_string(node, "datePublished") or _string(media, "uploadDate")),
        duration=parse_duration(
            _string(media, "duration") or _string(node, "duration") or _string(node, "timeRequired")
        ),
        page_url=without_credentials(web_address(_string(node, "url"), base=base) or "") or None
        if node is not media
        else None,
        description=_string(node, "description") or None,
    )


def _open_graph(root: Any, base: str) -> Iterator[Episode]:
    wanted = ("og:audio:secure_url", "og:audio:url", "og:audio", "twitter:player:stream")
    for name in wanted:
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
            says_something = len(label.split()) > 2 and not _CALLS.match(label)
            yield Episode(title=label if says_something else "", audio_url=address)
    for text in root.itertext(with_tail=True):
        for match in _IN_TEXT.finditer(text if isinstance(text, str) else ""):
            address = web_address(_without_bracket(match[0]))
            if address and _is_media(address):
                yield Episode(title="", audio_url=address)


def _framed(root: Any, base: str) -> Iterator[Episode]:
    """An audio address handed to a player in its own address: `…/player?url=https%3A%2F%2F….mp3`."""
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


def _without_bracket(address: str) -> str:
    """Markdown's `(address)` and a sentence's end leave signs behind the address that are not part of it."""
    address = address.rstrip(".,;:!?*_")
    closing = len(address) - len(address.rstrip(")"))
    unopened = min(closing, max(address.count(")") - address.count("("), 0))
    return address[: len(address) - unopened]


def _string(node: Any, key: str) -> str:
    value = node.get(key) if isinstance(node, dict) else None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""  # JSON can spell half characters


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _parsed(text: str, url: str) -> Any:
    from lxml import etree

    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), etree.HTMLParser(encoding="utf-8", no_network=True))
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise PageError(
            f"{redacted(url)}: cannot be read as a page ({exc}); open it in a browser to see what it is"
        ) from exc
    if root is None:
        raise PageError(f"{redacted(url)}: there is nothing on this page; check the address")
    return root


def _base(root: Any, url: str) -> str:
    """What relative addresses hang on: `<base>`, the page's address, or the one a saved page calls its own."""
    named = next((tag.get("href") for tag in root.iter("base") if tag.get("href")), "")
    own = [link.get("href") for link in root.iter("link") if (link.get("rel") or "").lower() == "canonical"]
    own += [tag.get("content") for tag in root.iter("meta") if (tag.get("property") or "").lower() == "og:url"]
    start = web_address(url) or next((address for each in own if (address := web_address(each))), "")
    return (web_address(named, base=start) or start) if named else start


def _decoded(content: bytes, charset: str) -> str:
    declared = re.search(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w.:-]{1,40})""", content[:4096], re.IGNORECASE)
    utf16 = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
    for name in filter(None, (utf16, charset, declared[1].decode("ascii", "replace") if declared else "", "utf-8-sig")):
        try:
            return content.decode(name)
        except (LookupError, UnicodeDecodeError):
            continue
    return content.decode("cp1252", "replace")


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """The YAML between `---` lines a Markdown post begins with (empty where it is none or broken); the rest."""
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
    """The keys that have a scalar value, all of it text as written: tags make nothing of it, and what has aliases, by
    which a few letters become megabytes, counts as broken. Raises `YAMLError`, `RecursionError`."""
    import yaml

    if len(text) > _LONGEST_FRONT_MATTER:
        raise yaml.YAMLError("more than any post's front matter")
    if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.BaseLoader)):
        raise yaml.YAMLError("aliases")
    front = yaml.load(text, Loader=yaml.BaseLoader)  # makes text, lists and dicts, and no objects
    pairs = front.items() if isinstance(front, dict) else ()
    return {key: value for key, value in pairs if isinstance(value, str) and value not in ("null", "~")}
