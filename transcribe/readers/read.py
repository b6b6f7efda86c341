"""A transcript file in any of the formats we read, as one value; docs/formats.md lists them.

What is in the file says which family it belongs to; where that says nothing, as in texts and NIST's columns, its suffix
does. Does not score, and does not normalise: the text is that of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from audio.trust import read_regular
from output.kinds import Kind, stated_kind
from transcribe.errors import NotATranscriptError, TranscriptError
from transcribe.readers.captions import read_captions
from transcribe.readers.decoding import MOST_BYTES, text_of
from transcribe.readers.json_files import read_json
from transcribe.readers.nist import read_ctm, read_rttm, read_stm
from transcribe.readers.problems import OtherKindError, ReadingError
from transcribe.readers.texts import read_lines, read_markdown, read_whole_lines
from transcribe.readers.values import SpeakerTranscript
from transcribe.readers.word_documents import ZIP, word_notes

Reader = Callable[[str, str], SpeakerTranscript]
"""Reads a text; the second argument is the file's name without its suffix, which tells its recording from others."""


def read_transcript(path: Path) -> SpeakerTranscript:
    """What is spoken in a transcript file. Raises `TranscriptError`, which names the file and the place in it."""
    try:
        text = text_of(read_regular(path, max_bytes=MOST_BYTES))
    except OSError as exc:
        raise TranscriptError(f"{path}: cannot be read ({exc.strerror}); check its name and permissions") from exc
    except OtherKindError as exc:
        raise NotATranscriptError(f"{path}: {exc}") from exc
    except ReadingError as exc:
        raise TranscriptError(f"{path}: {exc}") from exc
    if stated_kind(text) is None and path.suffix.lower() not in _BY_SUFFIX:
        raise TranscriptError(f"{path}: cannot score this format; give one of {', '.join(sorted(_BY_SUFFIX))}")
    return _read(path, text, _BY_SUFFIX)


def read_foreign(path: Path, content: bytes) -> SpeakerTranscript:
    """All that another program's transcript says: remarks are words, and a text may name nobody.

    Raises `TranscriptError`, which names the file and the place in it.
    """
    try:
        text = text_of(content)
    except OtherKindError as exc:
        raise NotATranscriptError(f"{path}: {exc}") from exc
    except ReadingError as exc:
        raise TranscriptError(f"{path}: {exc}") from exc
    read = _read(path, text, {**_BY_SUFFIX, **_WHOLE})
    notes = word_notes(content) if content.startswith(ZIP) else ""
    return replace(read, unsaid=" ".join(filter(None, (read.unsaid, notes))))


def _read(path: Path, text: str, by_suffix: Mapping[str, Reader]) -> SpeakerTranscript:
    kind = stated_kind(text)
    reader = _BY_KIND[kind] if kind else by_suffix.get(path.suffix.lower(), _whole_lines)
    try:
        return reader(text, path.stem)
    except ReadingError as exc:
        raise TranscriptError(f"{path}: {exc}") from exc


def _markdown(text: str, _name: str) -> SpeakerTranscript:
    return read_markdown(text)


def _whole_markdown(text: str, _name: str) -> SpeakerTranscript:
    return read_markdown(text, whole=True)


def _lines(text: str, _name: str) -> SpeakerTranscript:
    return read_lines(text)


def _whole_lines(text: str, _name: str) -> SpeakerTranscript:
    return read_whole_lines(text)


def _json(text: str, _name: str) -> SpeakerTranscript:
    return read_json(text)


def _captions(text: str, _name: str) -> SpeakerTranscript:
    return read_captions(text)


_BY_KIND: Mapping[Kind, Reader] = {Kind.JSON: _json, Kind.CAPTIONS: _captions, Kind.SPEAKER_TIMES: read_rttm}
_BY_SUFFIX: Mapping[str, Reader] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": _lines,
    ".docx": _lines,
    ".json": _json,
    ".json3": _json,
    ".jsonl": _json,
    ".vtt": _captions,
    ".srt": _captions,
    ".rttm": read_rttm,
    ".stm": read_stm,
    ".ctm": read_ctm,
}
_WHOLE: Mapping[str, Reader] = {
    **dict.fromkeys((".txt", ".docx"), _whole_lines),
    **dict.fromkeys((".md", ".markdown"), _whole_markdown),
}
