"""Transcripts for word processors and as plain text: docx and txt."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

from output.errors import OutputError
from output.labels import labels_of
from output.paragraphs import paragraphs
from output.text import clock
from transcribe.scripts import is_right_to_left
from transcribe.style import Style
from transcribe.transcript import as_written

if TYPE_CHECKING:
    from audio.episode import Seconds
    from transcribe.style import DocxTimes
    from transcribe.transcript import Transcript, Turn

_LONGEST = 255  # characters of a property
_GREY, _SMALL = (0x80, 0x80, 0x80), 8  # red, green, blue; points

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def txt(transcript: Transcript) -> str:
    """`Name: text`, one line per turn, blank lines between turns; references have the same form."""
    labels = labels_of(transcript.speakers, "name")
    return "\n\n".join(f"{labels[turn.speaker].first}: {_on_one_line(turn)}" for turn in transcript.turns) + "\n"


def docx(transcript: Transcript, style: Style = Style()) -> bytes:
    """A Word document: the title as heading, a bold label before each turn, long turns in paragraphs.

    `Style.docx_times` says where the start of a turn is given: before its label, small and grey; in a comment on the
    label; or nowhere. The same transcript gives the same parts of the document (the zip around them has dates). Raises
    `OutputError` if `python-docx` is not installed.
    """
    try:
        library: Any = import_module("docx")
    except ImportError as error:
        raise OutputError(
            "docx: the package python-docx is missing; install it with `pip install python-docx`"
        ) from error
    document = library.Document()
    title = _NO_XML.sub("", transcript.episode.title)
    _describe(document.core_properties, transcript, title=title, author=style.author)
    heading = document.add_heading(title, level=1)
    if is_right_to_left(title):
        _run_to_the_left(heading)
    labels, times = labels_of(transcript.speakers, "name"), style.docx_times
    for turn in transcript.turns:
        for i, part in enumerate(paragraphs(turn.words, style)):
            paragraph = document.add_paragraph()
            if i == 0:
                label = labels[turn.speaker].first
                _open_turn(document, paragraph, label=label, start=turn.start, times=times)
            text = as_written(part)
            paragraph.add_run(_NO_XML.sub("", text))
            if is_right_to_left(text):
                _run_to_the_left(paragraph)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _describe(properties: Any, transcript: Transcript, *, title: str, author: str) -> None:
    """Say what the document is, instead of what the library's template says of itself."""
    properties.title, properties.author = title[:_LONGEST], _NO_XML.sub("", author)[:_LONGEST]
    properties.language = _NO_XML.sub("", transcript.language)[:_LONGEST]
    properties.comments = properties.last_modified_by = ""
    properties.created = properties.modified = datetime.now(UTC)


def _run_to_the_left(paragraph: Any) -> None:
    """Make it a paragraph of a script written from right to left; numbers and Latin words in it stay as they are."""
    oxml: Any = import_module("docx.oxml")
    paragraph.paragraph_format.element.get_or_add_pPr().append(oxml.OxmlElement("w:bidi"))
    for run in paragraph.runs:
        run.font.rtl, run.font.cs_bold = True, run.bold


def _open_turn(document: Any, paragraph: Any, *, label: str, start: Seconds, times: DocxTimes) -> None:
    """Write the label of a turn, and its start time."""
    shared: Any = import_module("docx.shared")
    if times == "text":
        time = paragraph.add_run(f"{clock(start)} ")
        time.font.size, time.font.color.rgb = shared.Pt(_SMALL), shared.RGBColor(*_GREY)
    name = paragraph.add_run(_NO_XML.sub("", label))
    name.bold = True
    if times == "comments":
        comment = document.add_comment(name, text=clock(start), author="turnscript", initials="t")
        for element in list(comment.part.element)[-1:]:
            element.date = None  # so that the document is the same each time it is made
    paragraph.add_run(": ")


def _on_one_line(turn: Turn) -> str:
    return " ".join(turn.text.split())
