"""Which addresses belong to the public internet, and which to this machine or its network. Pure.

`audio.net.connections` resolves host names.
"""

from __future__ import annotations

import ipaddress
import socket

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
_PRIVATE_NAMES = (".localhost", ".local", ".localdomain", ".internal", ".home.arpa")


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
