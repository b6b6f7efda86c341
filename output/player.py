"""The player above a transcript: an audio element, or the frame of the site that has the recording.

Blank lines surround the block, because Markdown directly after an HTML block is not rendered (HOUSE_STYLE R7).
Addresses come from feeds: only http and https are used, without user name and password, and they are quoted for their
context.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from output.urls import safe_url

if TYPE_CHECKING:
    from audio.episode import Episode

_YOUTUBE = re.compile(r"https?://(?:www\.|m\.)?(?:youtube\.com/(?:watch\?(?:.*&)?v=|embed/)|youtu\.be/)([\w-]{11})")
_PODBEAN = re.compile(r"https?://www\.podbean\.com/media/player/[\w-]+(?:\?[\w=&-]*)?")
_MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "mp4": "audio/mp4",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "flac": "audio/flac",
}


def player_of(episode: Episode) -> tuple[str, ...]:
    """The Markdown blocks for an episode: HTML and a line that links the recording; empty without an address."""
    page, audio = safe_url(episode.page_url), safe_url(episode.audio_url)
    for url in filter(None, (page, audio)):
        if video := _YOUTUBE.match(url):
            return (_frame(f"https://www.youtube.com/embed/{video[1]}", height=315),)
    if audio is None:
        return ()
    link = f"[HERE]({audio})"
    if page and _PODBEAN.fullmatch(page):
        return _frame(page, height=100), f"(No player to be seen? The recording can be downloaded {link}.)"
    media_type = _MEDIA_TYPES.get(urlsplit(audio).path.rsplit(".", 1)[-1].lower())
    kind = f' type="{media_type}"' if media_type else ""
    return (
        f"The recording can be played below, or downloaded {link}.",
        f'<audio controls>\n  <source src="{html.escape(audio)}"{kind}>\n</audio>',
    )


def _frame(url: str, *, height: int) -> str:
    return (
        f'<iframe src="{html.escape(url)}" width="100%" height="{height}" frameborder="0" '
        'scrolling="no" allowfullscreen></iframe>'
    )
