"""Sites whose pages do not link their audio: `yt-dlp` extracts the address, if it is installed.

Used only for pages the user typed, and only to get addresses; `audio.fetching.fetch` downloads the recording like any
other, so streams in many parts (HLS, DASH) are not supported. yt-dlp uses its own network code, without the address
checks of `audio.net.http`.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
from datetime import UTC, datetime
from typing import Any

from audio.episode import Episode
from audio.errors import PageError
from audio.net.addresses import redacted, web_address
from audio.sources.values import plain_text

_log = logging.getLogger(__name__)


def is_installed() -> bool:
    """Whether `yt-dlp` is installed."""
    return importlib.util.find_spec("yt_dlp") is not None


def episodes_on_site(url: str) -> tuple[Episode, ...]:
    """The recordings yt-dlp finds at `url`, one or a list; empty if it is not installed.

    Raises `PageError` if it finds none with a plain address.
    """
    if not is_installed():
        return ()
    yt_dlp: Any = importlib.import_module("yt_dlp")
    options = {
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "logger": _log,
        "skip_download": True,
        "format": "bestaudio[protocol^=http]/best[protocol^=http]",
        "ignoreerrors": "only_download",
    }
    try:
        with yt_dlp.YoutubeDL(options) as program:
            info = program.extract_info(url, download=False)
    except yt_dlp.utils.YoutubeDLError as exc:
        raise PageError(
            "no audio is linked on this page and yt-dlp finds none; give the recording's own address",
            about=redacted(url),
        ) from exc
    episodes = tuple(episode for entry in _entries(info) if (episode := _episode(entry)))
    if not episodes:
        raise PageError("yt-dlp finds no recording in a single file; download it by other means", about=redacted(url))
    return episodes


def _entries(info: Any) -> list[dict[str, Any]]:
    if not isinstance(info, dict):
        return []
    return [each for each in info["entries"] if each] if "entries" in info else [info]


def _episode(info: dict[str, Any]) -> Episode | None:
    address = web_address(info.get("url"))
    if address is None:
        return None
    stamp = info.get("timestamp")
    return Episode(
        title=plain_text(str(info.get("title") or info.get("id") or "")) or "episode",
        audio_url=address,
        show=plain_text(str(info.get("channel") or info.get("series") or info.get("uploader") or "")) or None,
        guid=f"{info.get('extractor_key')}:{info.get('id')}",
        published=datetime.fromtimestamp(stamp, UTC) if isinstance(stamp, int | float) else None,
        page_url=web_address(info.get("webpage_url")),
        description=info.get("description"),
        duration=float(info["duration"]) if info.get("duration") else None,
    )
