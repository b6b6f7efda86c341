"""Transcripts for word processors and as plain text: docx and txt."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

from output.document_parts import parts_of
from output.docx_blocks import add_blocks, printable, run_to_the_left
from output.errors import OutputError
from output.labels import labels_of
from output.paragraphs import paragraphs
from output.text import clock
from output.text_blocks import text_of
from transcribe.scripts import is_right_to_left
from transcribe.style import Style
from transcribe.transcript import as_written

if TYPE_CHECKING:
    from audio.episode import Seconds
    from transcribe.style import DocxTimes
    from transcribe.transcript import Transcript, Turn

_LONGEST = 255  # characters of a property
_GREY, _SMALL = (0x80, 0x80, 0x80), 8  # red, green, blue; points


def txt(transcript: Transcript) -> str:
    """`Name: text`, one line per turn, blank lines between turns; references have the same form.

    Headings, lists and other blocks of an edited draft follow on lines of their own.
    """
    if transcript.draft:
        parts = ((f"{part.label}:" if part.label else "", text_of(part.blocks)) for part in parts_of(transcript))
        return "\n\n".join(filter(None, (" ".join(filter(None, pair)) for pair in parts))) + "\n"
    labels = labels_of(transcript.speakers, "name")
    return "\n\n".join(f"{labels[turn.speaker].first}: {_on_one_line(turn)}" for turn in transcript.turns) + "\n"


def docx(transcript: Transcript, style: Style = Style()) -> bytes:
    """A Word document: the title as heading, a bold label before each turn, long turns in paragraphs.

    `Style.docx_times` says where the start of a turn is given: before its label, small and grey; in a comment on the
    label; or nowhere. The same transcript gives the same parts of the document, but for the dates in its properties and
    its zip. Raises `OutputError` if `python-docx` is not installed.
    """
    try:
        library: Any = import_module("docx")
    except ImportError as error:
        raise OutputError(
            "docx: the package python-docx is missing; install it with `pip install python-docx`"
        ) from error
    document = library.Document()
    title = printable(transcript.episode.title)
    _describe(document.core_properties, transcript, title=title, author=style.author)
    heading = document.add_heading(title, level=1)
    if is_right_to_left(title):
        run_to_the_left(heading)
    if transcript.draft:
        _add_parts(document, transcript, style)
    labels, times = labels_of(transcript.speakers, "name"), style.docx_times
    for turn in () if transcript.draft else transcript.turns:
        for i, part in enumerate(paragraphs(turn.words, style)):
            paragraph = document.add_paragraph()
            if i == 0:
                label = labels[turn.speaker].first
                _open_turn(document, paragraph, label=label, start=turn.start, times=times)
            text = as_written(part)
            paragraph.add_run(printable(text))
            if is_right_to_left(text):
                run_to_the_left(paragraph)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _add_parts(document: Any, transcript: Transcript, style: Style) -> None:
    """Add the text of an edited draft, with its structure."""
    for part in parts_of(transcript):
        times = style.docx_times if part.turn else "none"
        start = part.turn.start if part.turn else 0.0
        open_turn = partial(_open_turn, document, label=part.label, start=start, times=times)
        add_blocks(document, part.blocks, open_turn if part.label else None)


def _describe(properties: Any, transcript: Transcript, *, title: str, author: str) -> None:
    """Say what the document is, instead of what the library's template says of itself."""
    properties.title, properties.author = title[:_LONGEST], printable(author)[:_LONGEST]
    properties.language = printable(transcript.language)[:_LONGEST]
    properties.comments = properties.last_modified_by = ""
    properties.created = properties.modified = datetime.now(UTC)


def _open_turn(document: Any, paragraph: Any, *, label: str, start: Seconds, times: DocxTimes) -> None:
    """Write the label of a turn, and its start time."""
    shared: Any = import_module("docx.shared")
    if times == "text":
        time = paragraph.add_run(f"{clock(start)} ")
        time.font.size, time.font.color.rgb = shared.Pt(_SMALL), shared.RGBColor(*_GREY)
    name = paragraph.add_run(printable(label))
    name.bold = True
    if times == "comments":
        comment = document.add_comment(name, text=clock(start), author="turnscript", initials="t")
        for element in list(comment.part.element)[-1:]:
            element.date = None  # so that the document is the same each time it is made
    paragraph.add_run(": ")


def _on_one_line(turn: Turn) -> str:
    return " ".join(turn.text.split())
