"""The elements of a page: what plays, names or frames a recording, and where it is. One pass, no network.

What an element is in decides where its recording is (`decoys.place_of`); the nearest heading above it names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from audio.media import NO_RECORDING, STREAM_SUFFIXES, media_type, suffix_of
from audio.sources.pages.data import (
    MAX_MENTIONS,
    addresses_in,
    in_attribute,
    in_script,
    label_of,
    player_addresses,
)
from audio.sources.pages.decoys import (
    against_link,
    against_medium,
    is_background,
    name_of_attribute,
    place_of,
    words_of,
)
from audio.sources.pages.lengths import length_in
from audio.sources.pages.links import (
    address_of,
    first_address,
    inner_addresses,
    is_player,
    is_player_script,
    link_way,
    may_be_feed,
)
from audio.sources.pages.mention import Mention, Way, is_media
from audio.sources.pages.tree import is_bold_line, text_of

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "figcaption", "legend", "summary"))
_MEDIA = frozenset(("audio", "video", "amp-audio", "amp-video", "bgsound"))
_FRAMES = frozenset(("iframe", "frame", "amp-iframe", "embed", "object"))
_NO_PLACE = frozenset(("html", "body", "head", "audio", "video", "source", "script", "a", "button"))
_STREAMS = ("mpegurl", "dash+xml", "youtube", "vimeo", "scpls", "f4m")
_SCRIPTS = frozenset(("", "text/javascript", "application/javascript", "module", "text/ecmascript"))
_FRAME_NAMES = frozenset(("iframe", "embed"))
_NO_ADDRESS = frozenset(
    "class id style srcset poster cite ping action content href xmlns title alt name aria-label placeholder download"
    " datetime type rel width height lang dir for charset srcdoc".split()
)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame or a player's script: its address or its own content (`srcdoc`), and where it is."""

    address: str = ""
    content: str = ""
    decoy: str = ""
    is_player: bool = False  # its address or name says so


@dataclass(slots=True)
class _Open:
    """A media element that has not ended."""

    tag: str
    attributes: Mapping[str, str]
    names: list[str]
    links: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Around:
    """What is around an element. A heading inside it holds for what follows, unless it is that of a recording."""

    decoy: str = ""
    is_in_main: bool = False
    heading: str = ""
    outer_heading: str = ""
    media: _Open | None = None
    has_mention: bool = False
    is_current: bool = False


@dataclass(slots=True)
class Markup:
    """What the elements of a page show."""

    mentions: list[Mention] = field(default_factory=list)
    microdata: list[Mention] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    streams: list[str] = field(default_factory=list)
    json_ld: list[str] = field(default_factory=list)


def markup_of(root: Any, base: str, keys: frozenset[str]) -> Markup:
    """What the elements of a page show; `keys` are the page's own addresses (`mention.page_key`)."""
    from lxml import etree

    walk = _Walk(root, base, keys)
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if isinstance(element.tag, str):
            (walk.start if event == "start" else walk.end)(element, element.tag.lower())
    return walk.markup


class _Walk:
    """One pass over the elements; the stack holds what is around the current one."""

    def __init__(self, root: Any, base: str, keys: frozenset[str]) -> None:
        self.markup = Markup()
        self._base, self._keys = base, keys
        heading = next((each for each in root.iter("h1") if text_of(each)), None)
        self._around_heading = frozenset(heading.iterancestors()) if heading is not None else frozenset()
        self._stack = [_Around()]

    def start(self, element: Any, tag: str) -> None:
        """Enter an element."""
        attributes = {str(name).lower(): str(value) for name, value in element.attrib.items()}
        outer = self._stack[-1]
        around = _Around(outer.decoy, outer.is_in_main, outer.heading, outer.heading, outer.media)
        if tag == "main" or attributes.get("role") == "main":
            around.decoy, around.is_in_main = "", True
        elif tag not in _NO_PLACE and element not in self._around_heading:
            around.decoy = outer.decoy or place_of(tag, attributes)
        around.is_in_main |= tag == "article"
        around.is_current = outer.is_current or attributes.get("aria-current", "false").lower() not in ("", "false")
        self._stack.append(around)
        if tag in _MEDIA:
            names = [attributes.get("src", ""), *_data_sources(attributes)]
            around.media = _Open(tag, attributes, names)
        elif tag == "source" and outer.media:
            self._source(attributes, outer.media)
        elif tag == "script":
            self._script(element, attributes)
        elif tag in _FRAMES:
            self._frame(tag, attributes)
        elif tag != "style":
            self._other(element, tag, attributes)
        if tag not in ("script", "style"):
            self._text(element.text)

    def end(self, element: Any, tag: str) -> None:
        """Leave an element."""
        around = self._stack.pop()
        outer = self._stack[-1]
        if tag in _MEDIA and around.media:
            self._media(around.media, around)
        outer.has_mention |= around.has_mention
        if tag in _HEADINGS or is_bold_line(element):
            outer.heading = text_of(element)
        elif around.heading != around.outer_heading and not around.has_mention and around.decoy == outer.decoy:
            outer.heading = around.heading
        self._text(element.tail)

    def _add(self, mentions: Iterable[Mention], label: str = "", around: _Around | None = None) -> None:
        here = around or self._stack[-1]
        for each in islice(mentions, max(MAX_MENTIONS - len(self.markup.mentions), 0)):
            here.has_mention = here.has_mention or each.way <= Way.LINK
            self.markup.mentions.append(
                replace(
                    each,
                    label=each.label or label,
                    heading=here.heading,
                    decoy=each.decoy or here.decoy,
                    is_in_main=here.is_in_main,
                    is_current=here.is_current,
                    duration=each.duration or length_in({}, label),
                )
            )

    def _text(self, text: str | None) -> None:
        if text and "://" in text:
            self._add(Mention(address, Way.DATA) for address in addresses_in(text))

    def _source(self, attributes: Mapping[str, str], media: _Open) -> None:
        if any(word in attributes.get("type", "").lower() for word in _STREAMS):
            self.markup.streams.append(address_of(attributes.get("src"), base=self._base) or "")
        else:
            media.names += [attributes.get("src", ""), *_data_sources(attributes)]

    def _media(self, media: _Open, around: _Around) -> None:
        """One recording per element: its own address, else the first of its sources, else the first link in it."""
        found = [address for name in media.names if (address := address_of(name, base=self._base))]
        self.markup.streams += [address for address in found if suffix_of(urlsplit(address).path) in STREAM_SUFFIXES]
        found = [address for address in found if suffix_of(urlsplit(address).path) not in NO_RECORDING]
        found = found or media.links[:1]
        if found:
            plays_itself = "autoplay" in media.attributes and "controls" not in media.attributes
            mention = Mention(
                found[0],
                Way.PLAYER,
                decoy="plays by itself" if plays_itself else against_medium(media.tag, media.attributes),
                is_background=is_background(media.tag, media.attributes),
                duration=length_in(media.attributes, ""),
                aliases=tuple(found[1:]),
            )
            around.heading = around.outer_heading
            self._add([mention], label_of(media.attributes), around)

    def _script(self, element: Any, attributes: Mapping[str, str]) -> None:
        kind = media_type(attributes.get("type", ""))
        source = address_of(attributes.get("src"), base=self._base)
        if source and is_player_script(source):
            self.markup.frames.append(Frame(source, decoy=self._stack[-1].decoy, is_player=True))
        text = element.text or ""
        if kind == "application/ld+json":
            self.markup.json_ld.append(text)
        elif text:
            is_json = kind not in _SCRIPTS and "json" in kind
            self._add(in_script(text, self._base, is_json=is_json, keys=self._keys))

    def _frame(self, tag: str, attributes: Mapping[str, str]) -> None:
        here = self._stack[-1]
        names = [attributes.get("src"), attributes.get("data"), *_data_sources(attributes), attributes.get("data-link")]
        address = first_address([name for name in names if name and not name.startswith("about:")], self._base)
        label = label_of(attributes)
        if attributes.get("srcdoc"):
            self.markup.frames.append(Frame(content=attributes["srcdoc"], decoy=here.decoy, is_player=True))
        self._attributes(tag, {name: attributes[name] for name in attributes if name not in ("src", "data")}, label)
        if address is None:
            return
        inner = tuple(dict.fromkeys(inner_addresses(address)))
        if is_media(address) or media_type(attributes.get("type", "")).startswith(("audio/", "video/")):
            self._add([Mention(address, Way.PLAYER)], label)
        elif inner:
            self._add((Mention(each, Way.PLAYER) for each in inner), label)
        elif not {attributes.get("width", ""), attributes.get("height", "")} & {"0", "1"}:
            named = is_player(address, attributes.get("id", ""), attributes.get("class", ""), label)
            self.markup.frames.append(Frame(address, decoy=here.decoy, is_player=named))

    def _other(self, element: Any, tag: str, attributes: dict[str, str]) -> None:
        href = attributes.get("href") if tag in ("a", "area", "link") else None
        label = ""
        if href and (address := address_of(href, base=self._base)):
            text = text_of(element)
            label = label_of(attributes) if "://" in text or not text else text
            self._link(tag, attributes, address, label)
        property_ = attributes.get("itemprop", "").lower().split()
        if "contenturl" in property_ or ("audio" in property_ and "itemscope" not in attributes):
            stated = first_address([attributes.get(name) for name in ("content", "href", "src")], self._base)
            self.markup.microdata += [Mention(stated, Way.STATED, decoy=self._stack[-1].decoy)] if stated else []
        if tag not in ("meta", "link", "img", "html"):
            self._attributes(tag, attributes, label_of(attributes) or label)

    def _link(self, tag: str, attributes: Mapping[str, str], address: str, label: str) -> None:
        media = self._stack[-1].media
        way = link_way(attributes, address, label)
        if media and is_media(address):
            media.links.append(address)
            if not any(media.names):
                return
        if way:
            decoy = against_link(attributes)
            self._add([Mention(address, way, decoy=decoy, duration=length_in(attributes, label))], label)
        elif tag != "link" and may_be_feed(attributes, address, label):
            self.markup.feeds.append(address)
        elif tag == "a":
            self._add(Mention(each, Way.DATA) for each in inner_addresses(address))

    def _attributes(self, tag: str, attributes: Mapping[str, str], label: str) -> None:
        for name, value in attributes.items():
            if len(value) < 3 or name in _NO_ADDRESS or words_of(name)[-1:] in (["title"], ["name"], ["filename"]):
                continue
            self._framed(name, value)
            decoy = name_of_attribute(name)
            found = in_attribute(name, value, self._base, keys=self._keys)
            if tag in ("input", "textarea", "option"):
                found = (replace(each, way=Way.DATA) for each in found)
            length = length_in(attributes, "")
            said = ((each, each.duration or length, each.decoy or decoy) for each in found)
            self._add((replace(each, duration=length, decoy=decoy) for each, length, decoy in said), label)

    def _framed(self, name: str, value: str) -> None:
        """A frame that a script will make: its address (`data-iframe-src`), or its markup in an attribute."""
        here = self._stack[-1]
        found = player_addresses(value, self._base) if "<iframe" in value else ()
        if not _FRAME_NAMES.isdisjoint(words_of(name)) and value.startswith(("http", "/")):
            found = filter(None, [address_of(value, base=self._base)])
        self.markup.frames += [Frame(each, decoy=here.decoy, is_player=is_player(each, name)) for each in found]


def _data_sources(attributes: Mapping[str, str]) -> Iterator[str]:
    """Addresses that a script will put in place: `data-src`, `data-lazy-src`, `data-url`, …"""
    for name, value in attributes.items():
        if name.startswith(("data-", "ng-", "v-", ":")) and {"src", "source", "url", "audio", "file"} & set(
            words_of(name)
        ):
            yield value
