"""Where an answer leads, as browsers follow it. Pure."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping

from audio.errors import FetchError
from audio.net.addresses import redacted, web_address

_REDIRECTS = frozenset({300, 301, 302, 303, 307, 308})
_REFRESH = re.compile(r"""\s*(\d{1,3})(?:\.\d*)?\s*[;,]\s*url\s*=\s*["']?([^"']+)""", re.IGNORECASE | re.ASCII)
_MAX_REFRESH = 5  # seconds: a page that is to be read first is not left


def target_in(status: int, headers: Mapping[str, str]) -> str:
    """Where a response leads: by its `Location`, or by a `Refresh` at once, as browsers do; empty for a last one."""
    if status in _REDIRECTS:
        return headers.get("location", "")
    refresh = _REFRESH.match(headers.get("refresh", ""))
    is_soon = refresh is not None and status == 200 and int(refresh[1]) <= _MAX_REFRESH
    return refresh[2].strip() if refresh and is_soon else ""


def address_after(url: str, location: str, *, allow_http: bool) -> str:
    """The address a redirect from `url` leads to. Raises `FetchError` for one that is not followed: one from https to
    http is, with `allow_http`."""
    target = web_address(_as_sent(location), base=url)
    if target is None:
        raise FetchError(
            f"redirects to {redacted(location)}, not a web address; check the address in a browser", about=redacted(url)
        )
    if url.startswith("https:") and target.startswith("http:") and not allow_http:
        raise FetchError(
            f"redirects to the unencrypted {redacted(target)}; to follow it, pass --allow-http", about=redacted(url)
        )
    return target


def _as_sent(location: str) -> str:
    """The address in a header, as browsers read it: raw UTF-8, which http.client takes for Latin-1, and backslashes."""
    with contextlib.suppress(UnicodeError):
        location = location.encode("latin-1").decode()
    before, question, query = location.partition("?")
    return f"{before.replace(chr(92), '/')}{question}{query}"
