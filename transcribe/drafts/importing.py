"""Writes what is made of another program's transcript: exports, and a draft to edit, beside it and over nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from audio.trust import is_there
from output.files import check_folder, check_names, write_draft
from output.formats import file_name, write
from transcribe.drafts.export import ExportResult
from transcribe.drafts.foreign import Foreign, check_times, fitting, has_times
from transcribe.drafts.records import is_same_text, stems_beside, transcript_at
from transcribe.style import Style
from transcribe.transcript import Transcript


def export_foreign(
    source: Foreign, formats: Sequence[str], *, style: Style, folder: Path | None = None
) -> ExportResult:
    """Write the formats next to the source, or into a folder; a file that is there with other content stays, and a
    message says so.

    Raises `OutputError` for a format that the source has no times for, `TranscriptError` if it cannot be read.
    """
    transcript = source.transcript()
    check_times(transcript, formats, path=source.path)
    messages = [f"{source.path}: {warning.message}" for warning in transcript.warnings]
    stem, folder = source.path.stem, folder or source.path.parent
    check_folder(folder)
    contents = {
        folder / file_name(stem, name): write(transcript, name, style=fitting(style, transcript), stem=stem)
        for name in formats
    }
    check_names(*contents)
    paths = []
    for path, content in contents.items():
        written = write_draft(path, content, previous_sha256=None)
        paths.append(written.path)
        if written.keeps_edit:
            messages.append(f"{path}: is there already and is kept; the export is {written.path}")
    return ExportResult(tuple(paths), tuple(messages))


@dataclass(frozen=True, slots=True)
class DraftBeside:
    """The draft of another program's transcript, and the files written now: none if it was there."""

    path: Path
    transcript: Transcript
    written: tuple[Path, ...] = ()


def draft_beside(source: Foreign, *, style: Style) -> DraftBeside:
    """The draft of a transcript of another program: one that has its text, edited or not, else a new one.

    A new one has a name of which neither draft nor timed transcript exists (`STEM`, `STEM.new`, `STEM.new2`, …). It
    has a timed transcript if the source has times. Raises `OutputError`, and `TranscriptError` for the source.
    """
    transcript = source.transcript()
    for stem in chain((source.path.stem,), stems_beside(source.path.stem)):
        draft, timed = (source.path.with_name(file_name(stem, name)) for name in ("md", "json"))
        if is_there(draft) and (not is_there(timed) or transcript_at(timed)) and is_same_text(draft, transcript):
            return DraftBeside(draft, transcript)
        if not is_there(draft) and not is_there(timed):
            break
    check_names(draft, timed)
    content = write(transcript, "md", style=fitting(style, transcript), stem=stem)
    written = [write_draft(draft, content, previous_sha256=None).path]
    if has_times(transcript):
        outputs = {draft.name: hashlib.sha256(str(content).encode()).hexdigest()}
        recorded = replace(transcript, made_with=replace(transcript.made_with, outputs=outputs))
        written.append(write_draft(timed, recorded.to_json(), previous_sha256=None).path)
    return DraftBeside(written[0], transcript, tuple(written))
