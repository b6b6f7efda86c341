"""Captions and documents of a draft as it is now, its corrections included, beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from output.errors import OutputError
from output.files import write_draft
from output.formats import file_name, write
from output.style import Style
from transcribe.drafts.derived_files import EDITED_BY_HAND, comparable_content, regenerated
from transcribe.drafts.sync import sync, transcript_of
from transcribe.transcript import Transcript


@dataclass(frozen=True, slots=True)
class ExportResult:
    """The files of the formats asked for, written or right already, and what the user should know."""

    paths: tuple[Path, ...]
    messages: tuple[str, ...]


def export(draft_path: Path, formats: Sequence[str], *, style: Style, restyled: Collection[str] = ()) -> ExportResult:
    """Bring what lies beside the draft in line with it, and write those of `formats` that are not there in `style`.

    Those of `restyled` that are there are made anew in `style`; one that somebody edited by hand stays, with a message.
    Raises as `sync` does.
    """
    messages = list(sync(draft_path).messages)
    transcript = transcript_of(draft_path)
    paths = [draft_path.with_name(file_name(draft_path.stem, name)) for name in formats]
    for path, name in zip(paths, formats, strict=True):
        if not path.exists():
            write_draft(path, write(transcript, name, style=style, stem=draft_path.stem), previous_sha256=None)
        elif name in restyled and not _restyled(path, name, transcript=transcript, style=style):
            messages.append(EDITED_BY_HAND.format(path))
    return ExportResult(tuple(paths), tuple(dict.fromkeys(messages)))


def _restyled(path: Path, name: str, *, transcript: Transcript, style: Style) -> bool:
    """Whether the file is in this style now; False where it is somebody's work."""
    try:
        there = path.read_bytes()
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror}); change its rights or delete it") from error
    content = regenerated(path, there, name, before=transcript, after=transcript, style=style)
    if content is not None and comparable_content(content) != comparable_content(there):
        return not write_draft(path, content, previous_sha256=hashlib.sha256(there).hexdigest()).kept_edit
    return content is not None
