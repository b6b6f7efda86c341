"""Sites whose pages name no audio to the naked eye: what `yt-dlp` makes of them, where it is installed.

It is asked about pages the user typed only, and for addresses only; the recording is fetched by `audio.fetching.fetch`
like any other, so one that comes in hundreds of pieces (HLS, DASH) cannot be had this way. yt-dlp does its own
networking, which `audio.net.http`'s guard does not cover.
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
    """Whether `yt-dlp` is here."""
    return importlib.util.find_spec("yt_dlp") is not None


def episodes_on_site(url: str) -> tuple[Episode, ...]:
    """What yt-dlp finds at `url`: one recording, or those of a list; empty where it is not installed.

    Raises `PageError` where it finds nothing it can name a plain address of.
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
        raise PageError(f"{redacted(url)}: no audio is named on this page, and yt-dlp finds none either") from exc
    found = tuple(episode for entry in _entries(info) if (episode := _episode(entry)))
    if not found:
        raise PageError(f"{redacted(url)}: yt-dlp finds no recording that comes as one file; fetch it by hand")
    return found


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
