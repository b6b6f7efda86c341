"""The publisher's files that accompany the audio: a transcript and chapters, stored next to it, requested once.

The transcript goes to `STEM.publisher.vtt` (or `.srt`, …), chapters that the feed only links to (`podcast:chapters`)
to `STEM.chapters.json`. Each is looked at before it is kept: servers send pages to log in instead. Whatever goes wrong
with one costs that one: a warning is logged, and the episode is still complete.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from audio.disk import write_atomically
from audio.encodings import decoded
from audio.episode import Chapter, Episode, Seconds
from audio.errors import AudioError, GoneError
from audio.fetching.transcript_content import SUFFIXES, by_usefulness, transcript_suffix
from audio.net.addresses import redacted, web_address, without_credentials
from audio.net.documents import get_document
from audio.net.http import Client
from audio.sources.values import plain_text
from audio.trust import read_regular

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
        """The publisher's transcript as a file: the most useful format offered, by its content."""
        kept = (self._file(f"publisher{suffix}") for suffix in SUFFIXES)
        if found := next((file for file in kept if _is_kept(file)), None):
            return found
        for offered in by_usefulness(self._episode.transcripts):
            content = self._get(offered.url, "transcript")
            if content is None:
                continue
            suffix = transcript_suffix(content, offered.media_type)
            file = self._file(f"publisher{suffix}")
            if not suffix:
                _log.warning(
                    "%s: the publisher's transcript is skipped: %s is a page or something else; open it in a browser",
                    self._episode.title,
                    redacted(offered.url),
                )
            elif self._write(file, content, "transcript"):
                return file
        return None

    def chapters(self) -> tuple[Chapter, ...]:
        """The chapters in the feed, else those at the address it links to."""
        if self._episode.chapters or self._episode.chapters_url is None:
            return self._episode.chapters
        file = self._file("chapters.json")
        try:
            if file.exists():
                return chapters_of(read_regular(file))
            content = self._get(self._episode.chapters_url, "chapters")
            chapters = () if content is None else chapters_of(content)
            if content is not None:
                self._write(file, content, "chapters")
            return chapters
        except Exception as exc:  # noqa: BLE001 - whatever is wrong with the chapters costs them alone
            _log.warning("%s: the publisher's chapters are skipped: %s", self._episode.title, exc)
            return ()

    def _file(self, suffix: str) -> Path:
        return self._stem.with_name(f"{self._stem.name}.{suffix}")

    def _get(self, address: str, what: str) -> bytes | None:
        """The content of an address; None if there is none, whatever the reason."""
        url = web_address(address)
        if url is None or without_credentials(url) in self.gone:
            return None
        try:
            return get_document(url, self._client).body
        except Exception as exc:  # noqa: BLE001 - whatever goes wrong costs this file alone
            _log.warning("%s: no %s from the publisher: %s", self._episode.title, what, exc)
            self.gone += (without_credentials(url),) if isinstance(exc, GoneError) else ()
            return None

    def _write(self, file: Path, content: bytes, what: str) -> bool:
        try:
            write_atomically(file, content)
        except (AudioError, OSError) as exc:
            _log.warning("%s: no %s from the publisher: %s", self._episode.title, what, exc)
            return False
        return True


def _is_kept(file: Path) -> bool:
    """Whether the file is a transcript: earlier versions kept whatever a server sent."""
    try:
        return file.exists() and bool(transcript_suffix(read_regular(file), "text/html"))
    except OSError:
        return False


def chapters_of(content: bytes) -> tuple[Chapter, ...]:
    """The chapters in the podcast namespace's JSON (`application/json+chapters`, version 1.2), by time.

    Skips those hidden from the table of contents (`"toc": false`) and those without a usable time.
    Raises `ValueError` for other content.

    >>> chapters_of(b'{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Hello"}]}')
    (Chapter(start=0.0, title='Hello'),)
    """
    try:
        parsed = json.loads(decoded(content), strict=False)
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
