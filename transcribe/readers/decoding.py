"""A file's bytes as text: UTF-8, UTF-16 or UTF-32, each with or without its mark."""

from __future__ import annotations

import re

from audio.encodings import named, wide_encoding
from audio.media import what_else
from audio.program import program
from transcribe.readers.problems import OtherKindError, ReadingError
from transcribe.readers.word_documents import ZIP, word_text

MOST_BYTES = 64 << 20
"""A larger file is no transcript: a day of speech with every word's times has a third of it."""

_BINARY = {b"%PDF": "a PDF", b"{\\rtf": "rich text"}


def text_of(content: bytes) -> str:
    """The text of a file's bytes, with `\\n` for every kind of line end. Raises `ReadingError`."""
    if content.startswith(ZIP):
        return word_text(content, max_bytes=MOST_BYTES)
    return re.sub(r"\r\n?", "\n", decoded(content))


def decoded(content: bytes) -> str:
    """Bytes as text, by their mark or their zeros. Raises `ReadingError`, which names the encoding."""
    for mark, what in _BINARY.items():
        if content.startswith(mark):
            raise OtherKindError(f"is {what}; save it as text")
    if what := what_else(content):
        step = f"`{program()} run` makes a text of it" if what == "a recording" else "give a transcript, which is text"
        raise OtherKindError(f"is {what}; {step}")
    encoding = wide_encoding(content)
    try:
        return content.decode(encoding or "utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as exc:
        line = content[: exc.start].decode(encoding or "utf-8", "replace").count("\n") + 1
        raise ReadingError(f"line {line}: is not {named(encoding)} text; save it as UTF-8") from exc
