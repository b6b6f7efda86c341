"""Transcripts in Word documents, as Teams, Rev and Otter write them: their paragraphs are lines of a text."""

from __future__ import annotations

import zlib
from importlib import import_module
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from transcribe.readers.problems import ReadingError

ZIP = b"PK\x03\x04"

_BODY = "word/document.xml"


def word_text(content: bytes, *, max_bytes: int) -> str:
    """The paragraphs of a document, those in tables too, each on lines of its own. Raises `ReadingError`."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            if _BODY not in archive.namelist():
                raise ReadingError("is a zip and no Word document; save it as text")
            if sum(entry.file_size for entry in archive.infolist()) > max_bytes:
                raise ReadingError(f"holds more than {max_bytes >> 20} MB; save it as text")
        return "\n".join(_paragraphs(content))
    except ImportError as exc:
        raise ReadingError("is a Word document; install python-docx to read it, or save it as text") from exc
    except (BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as exc:
        raise ReadingError(f"is a damaged Word document ({exc}); save it as text") from exc
    except (ValueError, KeyError, AttributeError, TypeError, SyntaxError) as exc:  # python-docx has no error of its own
        raise ReadingError("is no Word document that python-docx can read; save it as text") from exc


def _paragraphs(content: bytes) -> list[str]:
    library: Any = import_module("docx")
    paragraph: Any = import_module("docx.text.paragraph").Paragraph
    name: Any = import_module("docx.oxml.ns").qn
    document = library.Document(BytesIO(content))
    return [paragraph(element, document).text for element in document.element.body.iter(name("w:p"))]
