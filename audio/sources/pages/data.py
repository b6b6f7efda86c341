"""Recordings in the data of scripts and attributes: JSON of any shape, addresses in code and in plain text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from audio.episode import Seconds
from audio.media import NO_RECORDING, suffix_of
from audio.net.addresses import page_key, web_address
from audio.sources.dates import parse_duration
from audio.sources.pages.decoys import place_of_key, words_of
from audio.sources.pages.json_values import json_assigned, json_in, unescaped, without_references
from audio.sources.pages.mention import Mention, Way, is_media
from audio.sources.values import plain_text

_IN_TEXT = re.compile(r"https?://[^\s<>\"'\\^`{|}\[\]]+", re.IGNORECASE)
_QUOTED = re.compile(r"""["']((?:\.{0,2}/)[^\s<>"'\\^`{|}\[\]]{1,2000})["']""")
_KEYED = re.compile(r"""["']?([A-Za-z_$][\w$-]{0,60})["']?\s{0,9}[:=]\s{0,9}["']([^\s"'<>\\]{5,2000})["']""")
_IN_FRAME = re.compile(r"""<iframe[^<>]{0,500}?\ssrc=["']([^\s"'<>]{5,2000})["']""", re.IGNORECASE)
_FRAME_WORDS = frozenset(("iframe", "frame", "embed", "player"))
_AUDIO_WORDS = frozenset("audio mp3 m4a ogg enclosure podcast episode sound track stream media recording".split())
_ADDRESS_WORDS = frozenset("url src source file href link uri path download stream content".split())
_CERTAIN_WORDS = frozenset(("audio", "enclosure", "enclosures", "sound", "recording"))
_OTHER_WORDS = frozenset("embed iframe player page image img poster thumbnail cover logo artwork icon".split())
_CERTAIN_KEYS = frozenset(
    "audio mp3 m4a ogg enclosure audiourl audiosrc audiofile mediaurl streamurl mp3url contenturl".split()
)
_TYPE_KEYS = ("type", "mimeType", "contentType", "mime_type", "encodingFormat")
_PAGE_KEYS = ("link", "permalink", "url", "pageUrl", "webUrl", "canonicalUrl", "shareUrl")
_TITLE_KEYS = ("title", "name", "headline", "episodeTitle", "trackTitle", "label")
_DURATION_KEYS = ("duration", "durationInSeconds", "duration_seconds", "durationSeconds", "length")
_MAX_LABEL = 300  # characters
MAX_MENTIONS = 3_000  # on one page


def in_json(value: Any, base: str, *, way: Way, keys: frozenset[str] = frozenset()) -> Iterator[Mention]:
    """The recordings in a JSON value, in its order: an address with a recording's suffix anywhere, any other address
    under a key that says audio. The object around it names it; one with another page's address (`keys` are this page's)
    or under a key such as `related` is hardly this page's."""
    stack: list[tuple[Any, str, str, str, Seconds | None]] = [(value, "", "", "", None)]
    while stack:
        node, key, title, decoy, duration = stack.pop()
        if isinstance(node, dict):
            title = next(filter(None, (_text_of(node.get(name)) for name in _TITLE_KEYS)), title)
            duration = next(filter(None, (_duration(node.get(name)) for name in _DURATION_KEYS)), duration)
            pages = [web_address(each, base=base) for name in _PAGE_KEYS if isinstance(each := node.get(name), str)]
            others = [page for page in pages if page and not is_media(page) and keys]
            if others and not any(page_key(page) in keys for page in others) and _is_episode(node):
                decoy = decoy or "another page's"
            stack += [
                (
                    child,
                    _key_of(key, name, node),
                    title,
                    decoy or (place_of_key(name) if isinstance(child, dict | list) else ""),
                    duration,
                )
                for name, child in reversed(node.items())
            ]
        elif isinstance(node, list):
            stack += [(child, key, title, decoy, duration) for child in reversed(node)]
        elif isinstance(node, str) and (address := _address(key, node, base)):
            yield Mention(address, way, label=title, decoy=decoy, duration=duration)
        elif isinstance(node, str) and "://" in node:
            yield from (Mention(each, max(way, Way.DATA), decoy=decoy) for each in addresses_in(unescaped(node)))


def in_script(script: str, base: str, *, is_json: bool, keys: frozenset[str]) -> Iterator[Mention]:
    """The recordings in a script: its data (the whole block, or what is assigned), then addresses in what is left."""
    values = json_in(script) if is_json else list(json_assigned(script)) if _may_have(script) else []
    found = set()
    for value in values:
        for mention in in_json(value, base, way=Way.DATA, keys=keys):
            found.add(mention.address)
            yield mention
    if (is_json and values) or not _may_have(script):
        return
    text = unescaped(script)
    code = (*addresses_in(text), *keyed_addresses(text, base), *_quoted_addresses(text, base))
    yield from (Mention(each, Way.DATA) for each in dict.fromkeys(code) if each not in found)


def recordings_in_code(script: str, base: str) -> Iterator[str]:
    """The addresses of recordings in a script of its own."""
    yield from dict.fromkeys(each.address for each in in_script(script, base, is_json=False, keys=frozenset()))


def player_addresses(script: str, base: str) -> Iterator[str]:
    """The addresses of the frames that a script makes: `iframe_url: '…'`, `'<iframe src="…">'`."""
    text = unescaped(script)
    named = (match[2] for match in _KEYED.finditer(text) if _FRAME_WORDS.intersection(words_of(match[1])))
    for name in (*named, *(match[1] for match in _IN_FRAME.finditer(text))):
        if address := web_address(name, base=base):
            yield address


def in_attribute(name: str, value: str, base: str, *, keys: frozenset[str]) -> Iterator[Mention]:
    """The recordings in an attribute: JSON, an address with a recording's suffix, any other address if the name says
    audio, or code (`onclick`)."""
    stripped = value.strip()
    if stripped.startswith("%7B"):
        stripped = unquote(stripped)
    if stripped.startswith(("{", "[")):
        for each in json_in(stripped):
            yield from in_json(each, base, way=Way.PLAYER, keys=keys)
        return
    if " " not in stripped and (address := _address(name.removeprefix("data-"), stripped, base)):
        yield Mention(address, Way.PLAYER)
    elif _may_have(value):
        text = unescaped(value)
        code = (*addresses_in(text), *_quoted_addresses(text, base))
        yield from (Mention(each, Way.PLAYER) for each in dict.fromkeys(code))


def addresses_in(text: str) -> Iterator[str]:
    """The full addresses of recordings in plain text or code."""
    for match in _IN_TEXT.finditer(text):
        found = _without_punctuation(match[0])
        address = web_address(found if "?" in found else found.partition("&")[0])
        if address and is_media(address):
            yield address


def keyed_addresses(text: str, base: str) -> Iterator[str]:
    """Addresses in code under a name that says audio: `audioUrl: "/stream/1"`."""
    for match in _KEYED.finditer(text):
        if address := _address(match[1], match[2], base):
            yield address


def label_of(attributes: Mapping[str, str]) -> str:
    """What an element calls its recording."""
    names = ("data-title", "data-episode-title", "data-name", "data-track-title", "title", "aria-label")
    given = (attributes[name] for name in names if name in attributes)
    return next((label for text in given if (label := plain_text(text[:_MAX_LABEL]))), "")


def _address(key: str, value: str, base: str) -> str | None:
    """The address of a recording in a value, if its suffix or its key says that it is one."""
    value = without_references(value.strip())
    if not (2 < len(value) < 4000) or value.startswith(("{", "[", "#", "<", "data:", "blob:", "javascript:")):
        return None
    is_named = "." in value and is_media(value)
    looks_like_one = value.startswith(("http://", "https://", "/", "./", "../"))
    if not is_named and not (looks_like_one and says_audio(key)):
        return None
    if is_named and any(each.isspace() for each in value) and not looks_like_one:
        return None  # a sentence that ends in a file's name
    address = web_address(value, base=base)
    if address is None or suffix_of(urlsplit(address).path) in NO_RECORDING | {".aspx"}:
        return None
    return address


def says_audio(key: str) -> bool:
    """Whether a key or an attribute's name says that its value is the address of sound.

    >>> [says_audio(key) for key in ("audioUrl", "data-mp3", "episode_url", "imageUrl", "audioLabel")]
    [True, True, False, False, False]
    """
    words = [word for word in words_of(key) if word != "data"]
    joined = "".join(words)
    if joined in _CERTAIN_KEYS or any(form in key.lower() for form in ("mp3", "m4a")):
        return True
    sounds = _AUDIO_WORDS.intersection(words) - {"episode", "podcast", "track"}
    return bool(sounds) and words[-1] in _ADDRESS_WORDS and _OTHER_WORDS.isdisjoint(words)


def _key_of(outer: str, name: str, node: Mapping[str, Any]) -> str:
    """What the key of a value says: with the key of its object (`"enclosure": {"url": …}`) and its type."""
    kind = next((each for key in _TYPE_KEYS if isinstance(each := node.get(key), str)), "")
    if not _ADDRESS_WORDS.issuperset(words_of(name)[-1:]):
        return name
    is_sound = kind.startswith("audio/") or not _CERTAIN_WORDS.isdisjoint(words_of(outer))
    return f"audio {name}" if is_sound else name


def _is_episode(node: Mapping[str, Any]) -> bool:
    return any(says_audio(name) or name in ("audio", "enclosure", "enclosures") for name in node)


def _quoted_addresses(text: str, base: str) -> Iterator[str]:
    for match in _QUOTED.finditer(text):
        if is_media(match[1]) and (address := web_address(match[1], base=base)):
            yield address


def _may_have(text: str) -> bool:
    return any(hint in text for hint in (".", "udio", "stream", "%2F"))


def _text_of(value: Any) -> str:
    if isinstance(value, dict):  # WordPress: {"rendered": "…"}
        value = value.get("rendered")
    return plain_text(value[:1000]) if isinstance(value, str) else ""


def _duration(value: Any) -> Seconds | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1_000_000:
        return float(value)
    return parse_duration(value) if isinstance(value, str) else None


def _without_punctuation(address: str) -> str:
    """`address` without trailing characters that belong to Markdown's `(address)` or to the sentence."""
    address = address.rstrip(".,;:!?*_")
    closing = len(address) - len(address.rstrip(")"))
    unopened = min(closing, max(address.count(")") - address.count("("), 0))
    return address[: len(address) - unopened]
