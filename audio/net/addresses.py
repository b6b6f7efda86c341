"""Addresses in one spelling: to request them, to show them, and to compare them. Pure; the only such module.

The law:

- To request (`web_address`): an address that is spelled again stays as it is. It asks the server for what is written:
  what the path and the query say is the same, byte for byte, and escapes stay as they are. Only what no address may
  contain is escaped, as browsers do, and the fragment removed.
- To show (`redacted`) and to store (`without_credentials`): without secrets, and the same if done again.
- To compare, never to request or to show: each of these is the same for all spellings of an address, and makes at least
  the same equal as the one before it: `in_one_spelling` (http or https, `www.`, case of the host, port of the scheme,
  escapes that need not be, a slash at the end), `without_token`, then `recording_key` and `page_key`, which do not see
  formats, measuring services and tracking parameters either.

`audio.net.reach` says which addresses are public.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

from audio.media import MEDIA_SUFFIXES, suffix_of

_NORMALISED = re.compile(  # addresses `web_address` returns unchanged
    r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,4})?/(?:[\w/:@!$&'()*+,;=~.-]|%[0-9A-Fa-f]{2})*"
    r"(?:\?(?:[\w/:@!$&'()*+,;=~?.-]|%[0-9A-Fa-f]{2})+)?",
    re.ASCII,
)
_LONGEST = 8_000  # characters of an address
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_QUALITY = re.compile(
    r"[ _.-](?:\d{2,4}k(?:bps?)?|\d{2,4}kb|vbr|cbr|hq|lq|hd|sd|low|high|mobile|small)$", re.IGNORECASE
)
_TRACKING = re.compile(
    r"utm_|mc_|pk_|mtm_|matomo_|piwik_|at_(?:medium|campaign)|_hs(?:enc|mi)$|hsctatracking$|mkt_tok$|(?:fb|g|d|y)clid$"
    r"|msclkid$|[gw]braid$|igshid?$|_ga$|_gl$|cmpid$|ref$|ref_src$|referrer$|source$|src$|from$|via$|_$|ver$"
)
_INDEX = re.compile(r"/(?:index\.(?:html?|php))?$")
_HOST = re.compile(r"(?:[\w-]+\.)+[a-z]{2,24}", re.IGNORECASE)
_PLAIN = re.compile(  # addresses that `in_one_spelling` only cuts
    r"https?://(?:www\.)?((?!www\.)[a-z0-9-]+(?:\.[a-z0-9-]+)+)(/[\w/@!$&'()*+,;=~.-]*)(\?[\w/@:!$&'()*+,;=~?.-]+)?",
    re.ASCII,
)
_LONGEST_GUID = 300  # characters that are kept as they are
_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_SUBSCRIBE = {"feed": "http", "itpc": "http", "pcast": "http", "podcast": "http"}


def is_web_address(text: str) -> bool:
    """Whether the user typed an address (`http`, `https`, `feed:` and similar), not a file."""
    scheme, colon, rest = text.partition(":")
    return bool(colon) and scheme.lower() in {"http", "https", *_SUBSCRIBE} and rest.startswith(("//", "http"))


def web_address(text: str | None, *, base: str = "") -> str | None:
    """`text` as an absolute http(s) address, resolved against `base`; None for anything else.

    Blanks and other characters not allowed in an address are percent-encoded, also a `%` that encodes nothing; the
    fragment is removed. What is longer than servers accept is no address, and no base of one.

    >>> web_address("a b.mp3", base="https://x.example/feed/"), web_address("file:///etc/passwd")
    ('https://x.example/feed/a%20b.mp3', None)
    """
    if text and len(text) > _LONGEST:
        return None
    base = base if len(base) <= _LONGEST else ""
    if text and _NORMALISED.fullmatch(text):  # like nearly all addresses
        return text
    try:
        typed = "".join((text or "").split("\n")).strip()
        scheme, colon, rest = typed.partition(":")
        if colon and scheme.lower() in _SUBSCRIBE:
            typed = rest if rest.startswith("http") else f"{_SUBSCRIBE[scheme.lower()]}:{rest}"
        parts = urlsplit(typed if typed.startswith(("http://", "https://")) else urljoin(base, typed))
        host = parts.hostname or ""
        port = "" if parts.port is None else f":{parts.port}"
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        return None
    if not typed or parts.scheme not in ("http", "https") or not host:
        return None
    user, at, written = parts.netloc.rpartition("@")
    netloc = parts.netloc if written.isascii() else f"{user}{at}{host}{port}"
    if not netloc.isprintable() or " " in netloc or "%" in host:  # `127.0.0.%31` is another host to each reader
        return None
    path, query = (_BARE_PERCENT.sub("%25", part) for part in (parts.path, parts.query))
    path, query = quote(path, safe="/%:@!$&'()*+,;=~"), quote(query, safe="/%:@!$&'()*+,;=~?")
    return urlunsplit((parts.scheme, netloc, path or "/", query, ""))


def redacted(url: str) -> str:
    """`url` for a message or a log: without user name, password, query and fragment.

    A file's path is returned unchanged.

    >>> redacted("https://me:secret@x.example/a.mp3?token=1")
    'https://x.example/a.mp3?…'
    """
    if "://" not in url:
        return url
    try:
        parts = urlsplit(url)
        query = "…" if parts.query else ""
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))
    except ValueError:
        return "(an unreadable address)"


def without_credentials(url: str) -> str:
    """`url` for storage and publication: without user name and password.

    >>> without_credentials("https://me:secret@x.example/a.mp3?id=1")
    'https://x.example/a.mp3?id=1'
    """
    credentials = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*@", url)
    return f"{url[: url.index('//') + 2]}{url[credentials.end() :]}" if credentials else url


def origin_of(url: str) -> tuple[str, int]:
    """Host (lower case) and port of an http(s) address. Raises `ValueError` for an invalid one."""
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


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
    name = (re.sub(r"^(?:www\.)+", "", host.rstrip(".")) or host) + ("" if port in (80, 443) else f":{port}")
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


def recording_key(address: str) -> tuple[str, str]:
    """What two addresses of one recording share: the path behind any measuring service, without suffix and quality, and
    the query, as far as it means something.

    >>> recording_key("https://count.example/1/cdn.example/a_64kb.mp3?utm_source=x"), recording_key("//x/a")
    (('cdn.example/a', ''), ('//x/a', ''))
    """
    path, _, query = in_one_spelling(address).partition("?")
    segments = unquote(path).split("/")
    inner = (at for at in range(len(segments) - 2, 0, -1) if _is_host(segments[at]))
    segments = segments[next(inner, 0) :]
    if suffix_of(segments[-1]) in MEDIA_SUFFIXES:
        segments[-1] = _QUALITY.sub("", segments[-1].rpartition(".")[0])
    return "/".join(segments), _meaningful(query)


def page_key(address: str) -> str:
    """What two addresses of one page share: all but `index.html`, a slash at the end and tracking parameters.

    >>> page_key("http://www.x.example/a/?utm_source=feed#t") == page_key("https://X.example/a/index.html")
    True
    """
    path, _, query = in_one_spelling(address).partition("?")
    return f"{_INDEX.sub('', unquote(path))}?{_meaningful(query)}"


def names_quality(address: str) -> bool:
    """Whether an address names a quality of a recording, as those do that are not the full one."""
    return _QUALITY.search(unquote(urlsplit(address).path).rpartition("/")[2].rpartition(".")[0]) is not None


def query_pairs(query: str) -> list[tuple[str, str]]:
    """The names and values in a query; of one with too many to be meant, the whole as a name."""
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return [(query, "")]


def _meaningful(query: str) -> str:
    return urlencode(sorted((name, value) for name, value in query_pairs(query) if not _TRACKING.match(name.lower())))


def _is_host(segment: str) -> bool:
    return len(segment) < 100 and suffix_of(segment) not in MEDIA_SUFFIXES and _HOST.fullmatch(segment) is not None
