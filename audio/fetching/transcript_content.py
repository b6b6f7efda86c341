"""What a publisher's transcript is, by its content: types are often wrong, and servers send pages instead. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from audio.encodings import decoded
from audio.episode import PublishedTranscript
from audio.media import HEAD_BYTES, Kind, kind_of, media_type

SUFFIXES = (".vtt", ".srt", ".json", ".txt", ".html")
"""Of transcripts, the most useful first."""

_TYPES = {  # of the podcast namespace, and what is written instead
    "text/vtt": ".vtt",
    "application/x-subrip": ".srt",
    "application/srt": ".srt",
    "application/x-srt": ".srt",
    "text/srt": ".srt",
    "application/json": ".json",
    "text/plain": ".txt",
    "text/html": ".html",
}
_CUE = re.compile(r"^\s*(?:\d{1,3}:)?\d{1,2}:\d{2}([.,])\d{1,3}\s*-->", re.MULTILINE)
_LOGIN = re.compile(r"""<input[^>]{0,300}\btype\s*=\s*["']?password|<form\b|\b(?:log|sign)[ -]?in\b""", re.IGNORECASE)
_MIN_PAGE_TEXT = 200  # characters of a page that is a transcript …
_SURE_PAGE_TEXT = 5000  # … and of one that is, whatever words are in it


def by_usefulness(offered: Iterable[PublishedTranscript]) -> list[PublishedTranscript]:
    """The transcripts in a known format, the most useful declared type first; those without a type last."""
    known = [each for each in offered if not each.media_type.strip() or media_type(each.media_type) in _TYPES]
    places = {kind: SUFFIXES.index(suffix) for kind, suffix in _TYPES.items()}
    return sorted(known, key=lambda each: places.get(media_type(each.media_type), len(SUFFIXES)))


def transcript_suffix(content: bytes, declared: str) -> str:
    """The suffix for a transcript of this content and declared type; empty if it is none.

    >>> transcript_suffix(b"WEBVTT\\n\\n00:00.000 --> 00:04.000\\nHello\\n", "text/plain")
    '.vtt'
    >>> transcript_suffix(b"<!doctype html><p>Please log in</p>", "text/vtt")
    ''
    """
    kind = kind_of(content[:HEAD_BYTES])
    if kind in (Kind.AUDIO, Kind.UNKNOWN) or not content.strip():
        return ""
    text = decoded(content).lstrip("\ufeff \t\r\n")
    if text.startswith("WEBVTT"):
        return ".vtt"
    if text[:1] in ("{", "["):
        return ".json" if _has_a_list(text) else ".txt" if text.startswith("[") and kind is Kind.TEXT else ""
    if kind is not Kind.TEXT:
        is_wanted = media_type(declared) in ("text/html", "")
        return ".html" if kind is Kind.PAGE and is_wanted and _is_transcript_page(text) else ""
    if cue := _CUE.search(text[:HEAD_BYTES]):
        return ".srt" if cue[1] == "," else ".vtt"
    return ".txt"


def _has_a_list(text: str) -> bool:
    """Whether the text is JSON with a list in it, as every transcript has, and no message of a server."""
    try:
        parsed = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return False
    return (
        bool(parsed) if isinstance(parsed, list) else any(each and isinstance(each, list) for each in parsed.values())
    )


def _is_transcript_page(text: str) -> bool:
    """Whether a page has the text of a transcript, not a form: marks of the podcast namespace's, or enough of it."""
    if re.search(r"<cite\b|<time\b", text, re.IGNORECASE):
        return True
    length = len(" ".join(re.sub(r"<[^<>]*>", " ", text).split()))
    return length >= _SURE_PAGE_TEXT or (length >= _MIN_PAGE_TEXT and not _LOGIN.search(text))
