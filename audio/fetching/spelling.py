"""Guids and addresses in one spelling, to compare them: never to request or to show them. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from urllib.parse import urlsplit

from audio.media import MEDIA_SUFFIXES, suffix_of
from audio.net.addresses import origin_of, web_address, without_credentials

_PLAIN = re.compile(
    r"https?://(?:www\.)?((?!www\.)[a-z0-9-]+(?:\.[a-z0-9-]+)+)(/[\w/@!$&'()*+,;=~.-]*)(\?[\w/@:!$&'()*+,;=~?.-]+)?",
    re.ASCII,
)
_LONGEST_GUID = 300  # characters that are kept as they are
_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")


def digest(text: str) -> str:
    """A short name for a text that may be long or secret."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def guid_in_one_spelling(guid: str) -> str:
    """A guid without blanks around it; if it is an address, spelled in one way.

    >>> guid_in_one_spelling(" https://www.X.example/%7Eme/?p=1 "), guid_in_one_spelling("http://x.example/~me?p=1")
    ('x.example/~me?p=1', 'x.example/~me?p=1')
    """
    text = unicodedata.normalize("NFC", guid.strip())
    before, number_sign, fragment = text.partition("#")
    address = f"{in_one_spelling(before)}{number_sign}{fragment}"
    return address if len(address) <= _LONGEST_GUID else digest(address)


def in_one_spelling(text: str) -> str:
    """An address as host, path and query, for comparison only; other text unchanged."""
    if plain := _PLAIN.fullmatch(text):  # like nearly all addresses
        return plain[1] + plain[2].rstrip("/") + (plain[3] or "")
    if "://" not in text and text[:4].lower() != "www.":
        return text
    url = web_address(f"http://{text}" if text[:4].lower() == "www." else without_credentials(text))
    if url is None or url.partition("://")[0] not in ("http", "https"):
        return text
    parts = urlsplit(url)
    host, port = origin_of(url)
    path, query = (re.sub(r"%[0-9A-Fa-f]{2}", _escape, part) for part in (parts.path.rstrip("/"), parts.query))
    name = host.rstrip(".").removeprefix("www.") + ("" if port in (80, 443) else f":{port}")
    return f"{name}{path}?{query}" if query else f"{name}{path}"


def place_of(address: str) -> str:
    """Where an address leads, whatever the token in it: without its query if its path names a recording.

    >>> place_of("https://x.example/1.mp3?token=2"), place_of("https://x.example/play?id=2")
    ('x.example/1.mp3', 'x.example/play?id=2')
    """
    return without_token(in_one_spelling(address))


def without_token(spelled: str) -> str:
    """An address in one spelling, without its query if its path names a recording."""
    bare = spelled.partition("?")[0]
    return bare if suffix_of(bare) in MEDIA_SUFFIXES else spelled


def _escape(match: re.Match[str]) -> str:
    """An escape that need not be one as its character, any other in upper case (RFC 3986, 6.2.2)."""
    character = chr(int(match[0][1:], 16))
    return character if character in _UNRESERVED else match[0].upper()
