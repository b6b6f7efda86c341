"""The publisher's files that accompany the audio: a transcript and chapters, stored next to it, requested once.

The transcript goes to `STEM.publisher.vtt` (or `.srt`, …), chapters that the feed only links to (`podcast:chapters`)
to `STEM.chapters.json`. If one cannot be fetched, a warning is logged and the episode is still complete.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from audio.disk import write_atomically
from audio.episode import Chapter, Episode, Seconds
from audio.errors import FetchError, GoneError
from audio.media import media_type
from audio.net.addresses import web_address, without_credentials
from audio.net.documents import get_document
from audio.net.http import Client
from audio.sources.values import plain_text
from audio.trust import read_regular

_TRANSCRIPT_SUFFIXES = {  # media types of the podcast namespace, the most useful first
    "text/vtt": ".vtt",
    "application/x-subrip": ".srt",
    "application/srt": ".srt",
    "text/srt": ".srt",
    "application/json": ".json",
    "text/plain": ".txt",
    "text/html": ".html",
}
_MAX_TITLE_LENGTH = 500  # characters
_MAX_CHAPTERS = 1000
_MAX_START: Seconds = 1e7  # four months: no recording is longer
_log = logging.getLogger(__name__)


class Companions:
    """The files of one episode, whose paths start with `stem`. `gone` are the addresses that no longer exist: they are
    not requested again, and new ones are added."""

    def __init__(self, episode: Episode, stem: Path, *, client: Client, gone: tuple[str, ...]) -> None:
        self.gone = gone
        self._episode = episode
        self._stem = stem
        self._client = client

    def transcript(self) -> Path | None:
        """The publisher's transcript as a file: the most useful format offered."""
        offered = [(media_type(each.media_type), each.url) for each in self._episode.transcripts]
        for wanted, suffix in _TRANSCRIPT_SUFFIXES.items():
            for url in (url for declared, url in offered if declared == wanted):
                file = self._file(f"publisher{suffix}")
                if file.exists() or self._fetch(url, file, "transcript"):
                    return file
        return None

    def chapters(self) -> tuple[Chapter, ...]:
        """The chapters in the feed, else those at the address it links to."""
        if self._episode.chapters or self._episode.chapters_url is None:
            return self._episode.chapters
        file = self._file("chapters.json")
        if not (file.exists() or self._fetch(self._episode.chapters_url, file, "chapters")):
            return ()
        try:
            return chapters_of(read_regular(file))
        except ValueError as exc:
            _log.warning("%s: the publisher's chapters are skipped: %s", self._episode.title, exc)
            return ()

    def _file(self, suffix: str) -> Path:
        return self._stem.with_name(f"{self._stem.name}.{suffix}")

    def _fetch(self, address: str, file: Path, what: str) -> bool:
        url = web_address(address)
        if url is None or without_credentials(url) in self.gone:
            return False
        try:
            write_atomically(file, get_document(url, self._client).body)
        except (FetchError, OSError) as exc:
            _log.warning("%s: no %s from the publisher: %s", self._episode.title, what, exc)
            self.gone += (without_credentials(url),) if isinstance(exc, GoneError) else ()
            return False
        return True


def chapters_of(content: bytes) -> tuple[Chapter, ...]:
    """The chapters in the podcast namespace's JSON (`application/json+chapters`, version 1.2), by time.

    Skips those hidden from the table of contents (`"toc": false`) and those without a usable time.
    Raises `ValueError` for other content.

    >>> chapters_of(b'{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Hello"}]}')
    (Chapter(start=0.0, title='Hello'),)
    """
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise ValueError("not JSON") from exc
    listed = parsed.get("chapters") if isinstance(parsed, dict) else None
    if not isinstance(listed, list):
        raise ValueError("JSON without chapters")
    chapters = []
    for each in listed[:_MAX_CHAPTERS]:
        start = each.get("startTime") if isinstance(each, dict) and each.get("toc") is not False else None
        if isinstance(start, int | float) and not isinstance(start, bool) and 0 <= start < _MAX_START:
            title = each.get("title")
            chapters.append(
                Chapter(float(start), plain_text(title)[:_MAX_TITLE_LENGTH] if isinstance(title, str) else "")
            )
    return tuple(sorted(chapters, key=lambda chapter: chapter.start))
