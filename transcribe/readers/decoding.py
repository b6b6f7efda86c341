"""A file's bytes as text: UTF-8, with or without its mark, or UTF-16."""

from __future__ import annotations

import codecs
import re

from audio.media import what_else
from transcribe.readers.problems import OtherKindError, ReadingError
from transcribe.readers.word_documents import ZIP, word_text

MOST_BYTES = 64 << 20
"""A larger file is no transcript: a day of speech with every word's times has a third of it."""

_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_BINARY = {b"%PDF": "a PDF", b"{\\rtf": "rich text"}


def text_of(content: bytes) -> str:
    """The text of a file's bytes, with `\\n` for every kind of line end. Raises `ReadingError`."""
    if content.startswith(ZIP):
        return word_text(content, max_bytes=MOST_BYTES)
    return re.sub(r"\r\n?", "\n", decoded(content))


def decoded(content: bytes) -> str:
    """Bytes as text. Without a mark, every second byte 0 tells UTF-16."""
    for mark, what in _BINARY.items():
        if content.startswith(mark):
            raise OtherKindError(f"is {what}; save it as text")
    if what := what_else(content):
        step = "`transcribe run` makes a text of it" if what == "a recording" else "give a transcript, which is text"
        raise OtherKindError(f"is {what}; {step}")
    encoding = _UTF_16.get(content[:2])
    if encoding is None and b"\0" in content[:2]:
        encoding = "utf-16-be" if content[:1] == b"\0" else "utf-16-le"
    try:
        return content.decode(encoding or "utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise ReadingError(f"line {line}: is not {'UTF-16' if encoding else 'UTF-8'} text; save it as UTF-8") from exc
