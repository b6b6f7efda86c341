"""Addresses from feeds and pages in a form that is safe to publish."""

from __future__ import annotations

import re
from urllib.parse import quote

from audio.net.addresses import without_credentials


def safe_url(url: str | None) -> str | None:
    """The address in a form that can be published; None unless it is http(s).

    It has no user name and password, and every character that could end it early in Markdown or HTML is quoted.

    >>> safe_url("http://me:secret@a.b/x (1).mp3")
    'http://a.b/x%20%281%29.mp3'
    """
    public = "" if url is None else without_credentials(url.strip())
    if not re.match(r"https?://[^/?#\s]", public, re.IGNORECASE):
        return None
    return quote(public, safe="/:?#@!$&+,;=%~-._", errors="replace")
