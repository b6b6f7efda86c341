"""Web addresses: parse and normalise them, redact them, distinguish public from private ones.

Pure functions; `audio.net.connections` resolves host names.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_NEVER_PUBLIC = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "::/96",  # IPv4-compatible, deprecated (RFC 4291, 2.5.5.1)
        "::ffff:0:0:0/96",  # IPv4-translated (RFC 2765, 2.1)
        "64:ff9b:1::/48",  # a network's own NAT64 (RFC 8215)
        "fec0::/10",  # site-local, deprecated (RFC 3879)
    )
)
_NORMALISED = re.compile(  # addresses `web_address` returns unchanged
    r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,4})?/(?:[\w/:@!$&'()*+,;=~.-]|%[0-9A-Fa-f]{2})*"
    r"(?:\?(?:[\w/:@!$&'()*+,;=~?.-]|%[0-9A-Fa-f]{2})+)?",
    re.ASCII,
)
_LONGEST = 8_000  # characters of an address
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PRIVATE_NAMES = (".localhost", ".local", ".localdomain", ".internal", ".home.arpa")
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
        port_is_a_number = parts.port is None or parts.port >= 0
        host = parts.hostname or ""
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        return None
    if not typed or parts.scheme not in ("http", "https") or not host or not port_is_a_number:
        return None
    netloc = parts.netloc if parts.netloc.isascii() else parts.netloc.replace(parts.netloc.rpartition("@")[2], host)
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


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet: not loopback, private, link-local, shared, multicast or
    reserved, nor an IPv6 address that embeds such an IPv4 one (mapped, 6to4, NAT64) or has a form not used on the
    public internet. Raises `ValueError` for an invalid one.

    >>> is_public("93.184.215.14"), is_public("::ffff:127.0.0.1"), is_public("169.254.169.254")
    (True, False, False)
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in network for network in _NEVER_PUBLIC):
            return False
        embedded = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            embedded = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if embedded is not None:
            ip = embedded
    return ip.is_global and not ip.is_multicast


def is_private_host(host: str) -> bool:
    """Whether the host in an address is on this machine or its network, as far as its name shows: a number in any
    notation the C library accepts (`127.1`, `0x7f.1`, `2130706433`), a name without a dot, or one that is reserved for
    private networks (RFC 6761, 6762 and 8375; `internal` by ICANN in 2024).

    >>> is_private_host("127.1"), is_private_host("LOCALHOST."), is_private_host("x.example")
    (True, True, False)
    >>> is_private_host("router"), is_private_host("metadata.google.internal"), is_private_host("[::1]")
    (True, True, True)
    """
    name = host.lower().strip("[]").rstrip(".")
    try:
        return not is_public(name)
    except ValueError:
        pass
    try:
        return not is_public(socket.inet_ntoa(socket.inet_aton(name)))
    except (OSError, ValueError):
        return "." not in name or name.endswith(_PRIVATE_NAMES)
