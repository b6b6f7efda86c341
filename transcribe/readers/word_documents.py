"""Transcripts in Word documents, as Teams, Rev and Otter write them: their paragraphs are lines of a text."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from transcribe.readers.problems import ReadingError

ZIP = b"PK\x03\x04"

_BODY = "word/document.xml"
_NOTES = re.compile(r"word/(?:header\d*|footer\d*|footnotes|endnotes|comments)\.xml")
_COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_MATHS = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"


def word_text(content: bytes, *, max_bytes: int) -> str:
    """The paragraphs of a document, those in tables too, each on lines of its own. Raises `ReadingError`."""
    with _problems_told():
        with ZipFile(BytesIO(content)) as archive:
            if _BODY not in archive.namelist():
                raise ReadingError("is a zip and no Word document; save it as text")
            if sum(entry.file_size for entry in archive.infolist()) > max_bytes:
                raise ReadingError(f"holds more than {max_bytes >> 20} MB; save it as text")
        document: Any = import_module("docx").Document(BytesIO(content))
        return "\n".join(_texts(document.element.body))


def word_notes(content: bytes) -> str:
    """What is written around the body of a document that `word_text` reads: headers, footers, footnotes, comments."""
    with _problems_told():
        parse: Any = import_module("docx.oxml.parser").parse_xml
        with ZipFile(BytesIO(content)) as archive:
            names = sorted(name for name in archive.namelist() if _NOTES.fullmatch(name))
            texts = [text for name in names for text in _texts(parse(archive.read(name)))]
    return " ".join(word for text in dict.fromkeys(texts) if any(map(str.isalpha, text)) for word in text.split())


@contextmanager
def _problems_told() -> Iterator[None]:
    """Says in our words what python-docx and its libraries raise."""
    try:
        yield
    except ImportError as exc:
        raise ReadingError("is a Word document; install python-docx to read it, or save it as text") from exc
    except (BadZipFile, zlib.error, RuntimeError, EOFError, OSError) as exc:
        raise ReadingError(f"is a damaged Word document ({exc}); save it as text") from exc
    except (ValueError, KeyError, AttributeError, TypeError, SyntaxError) as exc:  # python-docx has no error of its own
        raise ReadingError("is no Word document that python-docx can read; save it as text") from exc


def _texts(root: Any) -> Iterator[str]:
    """The text of each paragraph as the reader of the document sees it, insertions not yet accepted included."""
    name: Any = import_module("docx.oxml.ns").qn
    paragraph, copies = name("w:p"), f"{{{_COMPATIBILITY}}}Fallback"
    hidden = {copies, name("w:moveFrom"), name("w:del")}
    signs = {name("w:tab"): "\t", name("w:br"): "\n", name("w:cr"): "\n", name("w:noBreakHyphen"): "-"}
    found: list[list[str]] = []

    inside: list[list[str]] = [[]]
    waiting: list[tuple[Any, bool]] = [(root, False)]
    while waiting:
        element, is_end = waiting.pop()
        if is_end:
            inside.pop()
            continue
        if element.tag in hidden:
            continue
        if element.tag == paragraph:
            found.append([])
            inside.append(found[-1])
            waiting.append((element, True))
        elif element.tag in (name("w:t"), _MATHS):
            inside[-1].append(element.text or "")
        else:
            inside[-1].append(signs.get(element.tag, ""))
        waiting.extend((child, False) for child in reversed(element))
    return map("".join, found)
