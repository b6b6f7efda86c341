"""A transcript file in any of the formats we read, as one value; docs/formats.md lists them.

The suffix names the family; what is in the file decides where the two differ (captions saved as `.txt`). Does not
score, and does not normalise: the text is that of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from transcribe.errors import TranscriptError
from transcribe.readers.captions import read_captions
from transcribe.readers.decoding import read_text
from transcribe.readers.json_files import read_json
from transcribe.readers.nist import read_ctm, read_rttm, read_stm
from transcribe.readers.problems import ReadingError
from transcribe.readers.texts import read_lines, read_markdown
from transcribe.readers.values import SpeakerTranscript

Reader = Callable[[str, str], SpeakerTranscript]
"""Reads a text; the second argument is the file's name without its suffix, which tells its recording from others."""

_JSON = re.compile(r'\s*(?:\{\s*["}]|\[\s*\{)')
_CAPTIONS = re.compile(r"\s*+(?:WEBVTT\b|(?:\d++[^\S\n]*+\n\s*+)?(?:\d{1,2}:)?\d{1,2}:\d{1,2}[.,]\d{1,3}\s*+-->)")


def read_transcript(path: Path) -> SpeakerTranscript:
    """Read a transcript file. Raises `TranscriptError`, which names the file and the place in it."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise TranscriptError(f"{path}: cannot score this format; give one of {', '.join(sorted(_READERS))}")
    try:
        text = read_text(path)
        return _by_content(reader, text)(text, path.stem)
    except OSError as exc:
        raise TranscriptError(f"{path}: cannot be read ({exc.strerror}); check its name and permissions") from exc
    except ReadingError as exc:
        raise TranscriptError(f"{path}: {exc}") from exc


def _by_content(reader: Reader, text: str) -> Reader:
    if reader in (_lines, _captions):
        if _JSON.match(text):
            return _json
        if _CAPTIONS.match(text):
            return _captions
    return reader


def _markdown(text: str, _name: str) -> SpeakerTranscript:
    return read_markdown(text)


def _lines(text: str, _name: str) -> SpeakerTranscript:
    return read_lines(text)


def _json(text: str, _name: str) -> SpeakerTranscript:
    return read_json(text)


def _captions(text: str, _name: str) -> SpeakerTranscript:
    return read_captions(text)


_READERS: Mapping[str, Reader] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": _lines,
    ".json": _json,
    ".json3": _json,
    ".jsonl": _json,
    ".vtt": _captions,
    ".srt": _captions,
    ".rttm": read_rttm,
    ".stm": read_stm,
    ".ctm": read_ctm,
}
