"""An HTML page, or a Markdown post with HTML in it → episodes. No network.

lxml parses, as leniently as a browser. A page offers one recording in many ways, and others beside it: `pages.markup`,
`pages.json_ld` and `pages.data` find all of them, `pages.ranking` says which are meant. Feeds, frames and other pages
that a page names are followed by `pages.linked`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from audio.encodings import decoded
from audio.episode import Episode
from audio.errors import PageError
from audio.net.addresses import redacted, web_address, without_credentials
from audio.sources.dates import parse_date
from audio.sources.left_out import LeftOut
from audio.sources.pages.json_ld import stated_in
from audio.sources.pages.links import is_feed_link
from audio.sources.pages.markup import Frame, Markup, markup_of
from audio.sources.pages.mention import Mention, Recording, Way, is_media, merged
from audio.sources.pages.ranking import About, choice_of
from audio.sources.pages.tree import text_of, tree_of
from audio.sources.pages.wording import asks_to_listen, folded
from audio.sources.values import plain_text

_GRAPH = ("og:audio:secure_url", "og:audio:url", "og:audio", "twitter:player:stream")
_GRAPH_FILM = ("og:video:secure_url", "og:video:url", "og:video", "twitter:player")
_MAX_HEADINGS = 10
_MAX_NAME = 80  # characters of a name in a message
_MAX_FRONT_MATTER = 1 << 16  # characters


@dataclass(frozen=True, slots=True)
class Page:
    """The content of a page.

    Its `episodes`, and what else on it was seen and is `left_out`; its own `addresses` and `titles`; its `feeds`,
    the `frames` in it, and where it sends a browser on (`refresh`).
    """

    episodes: tuple[Episode, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    titles: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    refresh: str = ""
    show: str | None = None
    published: datetime | None = None
    is_episode: bool = False  # it says that it is about one
    is_sure: bool = False  # its episodes are stated, played or linked, not only named in a script or in the text

    @property
    def players(self) -> tuple[str, ...]:
        """The addresses of its frames."""
        return tuple(dict.fromkeys(frame.address for frame in self.frames if frame.address))


def page_of(content: bytes, *, url: str, charset: str = "", titles: Iterable[str] = ()) -> Page:
    """The page in `content`; `url` is its address (a file's path for a saved page), `charset` the encoding the server
    states. Without one, the encoding declared in the page applies, then UTF-8. `titles` are those of the page around a
    frame.

    Raises `PageError` for content that cannot be parsed as a page.
    """
    front, text = _front_matter(decoded(content, charset=charset))
    root = _parse(text, url)
    base = _base(root, url)
    head = _Head(root, front, base=base, url=url, titles=titles)
    markup = markup_of(root, base, head.about.keys)
    stated = stated_in(markup.json_ld, base, head.about)
    mentions = (*stated.mentions, *_microdata(markup), *head.graph(), *markup.mentions)
    recordings = merged(mentions)
    choice = choice_of(recordings, head.about)
    frames = (*(Frame(address, is_player=True) for address in (*stated.players, *head.players())), *markup.frames)
    return Page(
        tuple(head.episodes(choice.taken)),
        tuple(_left_out(choice.others, markup, head.about)),
        head.about.titles,
        head.about.addresses,
        head.feeds(markup.feeds),
        tuple(dict.fromkeys(frames)),
        head.refresh(),
        head.show,
        head.published,
        stated.is_episode,
        any(each.way <= Way.LINK and not each.decoy for each in choice.taken),
    )


class _Head:
    """What the page says about itself: titles, show, date, addresses, feeds."""

    def __init__(self, root: Any, front: dict[str, str], *, base: str, url: str, titles: Iterable[str]) -> None:
        self._root, self._base = root, base
        self._meta = [
            ((tag.get("property") or tag.get("name") or "").lower(), tag.get("content") or "")
            for tag in root.iter("meta")
        ]
        meta = dict(reversed(self._meta))
        headings = (text_of(element) for name in ("h1", "title") for element in islice(root.iter(name), _MAX_HEADINGS))
        own = (front.get("title", ""), meta.get("og:title", ""), *headings)
        named = tuple(dict.fromkeys(title for title in map(plain_text, own) if title))
        self._title = next(iter(named), "")
        self.show = plain_text(meta.get("og:site_name", "")) or None
        times = (tag.get("datetime") for tag in islice(root.iter("time"), _MAX_HEADINGS))
        stamps = chain((front.get("date"), meta.get("article:published_time")), times)
        self.published = next((moment for stamp in stamps if stamp and (moment := parse_date(stamp))), None)
        self._page_url = without_credentials(web_address(url) or base) or None
        heading = next((each for each in root.iter("h1") if text_of(each)), None)
        has_main_heading = heading is None or any(each.tag in ("main", "article") for each in heading.iterancestors())
        self.about = About(
            (*titles, *named), self.show or "", _own_addresses(root, url), has_main_heading=has_main_heading
        )

    def episodes(self, recordings: Sequence[Recording]) -> Iterator[Episode]:
        """The recordings as episodes. A heading names one only if it is over no other; the page's title, a lone one."""
        shared = Counter(heading for each in recordings for heading in each.headings)
        for recording in recordings:
            about = next((each.about for each in recording.mentions if each.about), None)
            labels = [label for label in recording.labels if folded(label)]
            headings = [each for each in recording.headings if shared[each] == 1]
            name = plain_text(PurePosixPath(unquote(urlsplit(recording.address).path)).stem)
            first = [label for label in labels if _is_title(label, recording)]
            alone = [self._title] if len(recordings) == 1 else []
            candidates = (
                about.title if about else "",
                *first,
                *alone,
                *labels,
                *headings,
                name,
                self._title,
                "episode",
            )
            episode = about or Episode(title="", audio_url=recording.address)
            yield replace(
                episode,
                title=next(filter(None, candidates)),
                audio_url=recording.address,
                show=episode.show or self.show,
                published=episode.published or self.published,
                page_url=episode.page_url or self._page_url,
            )

    def graph(self) -> Iterator[Mention]:
        """`og:audio`, or the stream of Twitter's player; `og:video` if it is a recording's address."""
        for names, way in ((_GRAPH, Way.GRAPH), (_GRAPH_FILM, Way.PLAYER)):
            named = (text for wanted in names for name, text in self._meta if name == wanted)
            for address in islice(filter(None, (web_address(text, base=self._base) for text in named)), 1):
                if way == Way.GRAPH or is_media(address):
                    yield Mention(address, way, is_in_main=True)

    def players(self) -> Iterator[str]:
        """The players that the head names: `og:video`, `twitter:player`."""
        for name, text in self._meta:
            address = web_address(text, base=self._base) if name in _GRAPH_FILM else None
            if address and not is_media(address):
                yield address

    def feeds(self, linked: Iterable[str]) -> tuple[str, ...]:
        """The feeds that the head names, those of comments last, then those that the page links to."""
        links = [link for link in self._root.iter("link") if is_feed_link(dict(link.attrib))]
        links.sort(key=lambda link: "comment" in f"{link.get('title')} {link.get('href')}".lower())
        named = (web_address(link.get("href"), base=self._base) for link in links)
        return tuple(dict.fromkeys(address for address in (*named, *linked) if address))

    def refresh(self) -> str:
        """Where the page sends a browser on; empty for nowhere, or for itself."""
        for tag in self._root.iter("meta"):
            if (tag.get("http-equiv") or "").lower() == "refresh":
                _, _, target = (tag.get("content") or "").partition(";")
                name = re.sub(r"^\s*url\s*=\s*", "", target[:4000], flags=re.IGNORECASE).strip(" '\"")
                address = web_address(name, base=self._base) if name else None
                return address if address and address not in self.about.addresses else ""
        return ""


def _microdata(markup: Markup) -> Iterator[Mention]:
    """What microdata states: the page's recording if it is the only one."""
    is_one = len({each.address for each in markup.microdata if not each.decoy}) == 1
    for each in markup.microdata:
        yield each if is_one and not each.decoy else replace(each, way=Way.PLAYER)


def _left_out(others: Iterable[tuple[Recording, str]], markup: Markup, about: About) -> Iterator[LeftOut]:
    for recording, reason in others:
        headings = (each for each in recording.headings if not about.is_named(each))
        name = next(chain(recording.labels, headings), "")[:_MAX_NAME]
        yield LeftOut(redacted(recording.address), f"not the page's episode: {reason}", title=name)
    for address in dict.fromkeys(filter(None, markup.streams)):
        yield LeftOut(redacted(address), "a stream in parts (HLS, DASH) or a list, which is not supported")


def _is_title(label: str, recording: Recording) -> bool:
    """Whether a label is surely a title: one in data, or a link of three words or more that does not ask to listen."""
    if recording.way == Way.LINK:
        return len(label.split()) > 2 and not asks_to_listen(label)
    return recording.way == Way.DATA


def _own_addresses(root: Any, url: str) -> tuple[str, ...]:
    """The page's own addresses: the one it was read from, and those it declares."""
    links = [link for link in root.iter("link") if (link.get("rel") or "").lower() in ("canonical", "shortlink")]
    declared = [link.get("href") for link in links]
    declared += [tag.get("content") for tag in root.iter("meta") if (tag.get("property") or "").lower() == "og:url"]
    own = (web_address(url), *(web_address(each, base=web_address(url) or "") for each in declared[:4]))
    return tuple(dict.fromkeys(without_credentials(each) for each in own if each))


def _parse(text: str, url: str) -> Any:
    from lxml import etree

    try:
        root = tree_of(text)
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
    start = web_address(url) or next(iter(_own_addresses(root, url)), "")
    return (web_address(declared, base=start) or start) if declared else start


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
