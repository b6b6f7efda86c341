"""What the publisher gives along with the audio: a transcript and chapters, put beside it and asked for once.

The transcript lies at `STEM.publisher.vtt` (or `.srt`, …), chapters that the feed only points at (`podcast:chapters`)
at `STEM.chapters.json`. One that cannot be had costs a line in the log, not the episode.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from audio.disk import write_atomically
from audio.episode import Chapter, Episode, PublishedTranscript, Seconds
from audio.errors import FetchError, GoneError
from audio.net.addresses import web_address, without_account
from audio.net.documents import get_document
from audio.net.http import Client
from audio.sources.feed import plain

_TRANSCRIPT_SUFFIXES = {  # media types of the podcast namespace, the most useful one first
    "text/vtt": ".vtt",
    "application/x-subrip": ".srt",
    "application/srt": ".srt",
    "text/srt": ".srt",
    "application/json": ".json",
    "text/plain": ".txt",
    "text/html": ".html",
}
_LONGEST_TITLE = 500  # letters
_MOST_CHAPTERS = 1000
_LATEST: Seconds = 1e7  # four months: no recording is longer
_log = logging.getLogger(__name__)


class Companions:
    """Of one episode, whose files begin with the path `stem`. `gone` are the addresses at which there was nothing: they
    are not asked again, and new ones are added to them."""

    def __init__(self, episode: Episode, stem: Path, *, client: Client, gone: tuple[str, ...]) -> None:
        self.gone = gone
        self._episode = episode
        self._stem = stem
        self._client = client

    def transcript(self) -> Path | None:
        """The publisher's transcript as a file: of several, the first kind in the order of their usefulness."""
        known = [each for each in self._episode.transcripts if _media_type(each) in _TRANSCRIPT_SUFFIXES]
        order = list(_TRANSCRIPT_SUFFIXES)
        for each in sorted(known, key=lambda one: order.index(_media_type(one))):
            file = self._file(f"publisher{_TRANSCRIPT_SUFFIXES[_media_type(each)]}")
            if file.exists() or self._brought(each.url, file, "transcript"):
                return file
        return None

    def chapters(self) -> tuple[Chapter, ...]:
        """Those the feed tells itself, else those of the address it names."""
        if self._episode.chapters or self._episode.chapters_url is None:
            return self._episode.chapters
        file = self._file("chapters.json")
        if not (file.exists() or self._brought(self._episode.chapters_url, file, "list of chapters")):
            return ()
        try:
            return chapters_of(file.read_bytes())
        except ValueError as exc:
            _log.warning("%s: the publisher's list of chapters is left out: %s", self._episode.title, exc)
            return ()

    def _file(self, ending: str) -> Path:
        return self._stem.with_name(f"{self._stem.name}.{ending}")

    def _brought(self, address: str, file: Path, what: str) -> bool:
        url = web_address(address)
        if url is None or without_account(url) in self.gone:
            return False
        try:
            write_atomically(file, get_document(url, self._client).body)
        except (FetchError, OSError) as exc:
            _log.warning("%s: the publisher's %s is left out: %s", self._episode.title, what, exc)
            self.gone += (without_account(url),) if isinstance(exc, GoneError) else ()
            return False
        return True


def chapters_of(content: bytes) -> tuple[Chapter, ...]:
    """The chapters in the podcast namespace's JSON (`application/json+chapters`, version 1.2), by time.

    Those kept out of the table of contents (`"toc": false`) and those without a usable time are left out.
    Raises `ValueError` for what is no such JSON.

    >>> chapters_of(b'{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Hello"}]}')
    (Chapter(start=0.0, title='Hello'),)
    """
    try:
        given = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise ValueError("it is no JSON") from exc
    listed = given.get("chapters") if isinstance(given, dict) else None
    if not isinstance(listed, list):
        raise ValueError("it is JSON without chapters")
    found = []
    for each in listed[:_MOST_CHAPTERS]:
        start = each.get("startTime") if isinstance(each, dict) and each.get("toc") is not False else None
        if isinstance(start, int | float) and not isinstance(start, bool) and 0 <= start < _LATEST:
            title = each.get("title")
            found.append(Chapter(float(start), plain(title)[:_LONGEST_TITLE] if isinstance(title, str) else ""))
    return tuple(sorted(found, key=lambda chapter: chapter.start))


def _media_type(transcript: PublishedTranscript) -> str:
    return transcript.media_type.partition(";")[0].strip().lower()
