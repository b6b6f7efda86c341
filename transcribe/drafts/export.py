"""Writes captions and documents of a draft in its present state, corrections included, next to it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from audio.trust import is_readable, read_regular
from output.errors import OutputError
from output.files import write_draft
from output.formats import file_name, write
from transcribe.drafts.derived_files import EDITED_BY_HAND, comparable_content, derived_files, regenerated
from transcribe.drafts.records import hash_at
from transcribe.drafts.sync import json_path, sync, transcript_of
from transcribe.style import Style
from transcribe.transcript import Transcript


@dataclass(frozen=True, slots=True)
class ExportResult:
    """The files of the requested formats, written now or already up to date, and warnings for the user.

    `also` are the other files that were written: the timed transcript and the documents that hold the draft's text.
    """

    paths: tuple[Path, ...]
    messages: tuple[str, ...]
    also: tuple[Path, ...] = ()


def export(draft_path: Path, formats: Sequence[str], *, style: Style, restyled: Collection[str] = ()) -> ExportResult:
    """Update the files next to the draft, as `sync` does, and write the missing ones of `formats` in `style`.

    Existing files of the formats in `restyled` are written again in `style`, except those somebody edited by hand,
    each of which adds a message. Raises as `sync` does, and `OutputError` for an unknown format.
    """
    paths = [draft_path.with_name(file_name(draft_path.stem, name)) for name in formats]
    others = [path for path in (json_path(draft_path), *dict(derived_files(draft_path))) if path not in paths]
    before = {path: hash_at(path) for path in others}
    skipped = dict(sync(draft_path).skipped)
    also = tuple(path for path in others if hash_at(path) != before[path])
    transcript = transcript_of(draft_path)
    for path, name in zip(paths, formats, strict=True):
        if not is_readable(path):
            write_draft(path, write(transcript, name, style=style, stem=draft_path.stem), previous_sha256=None)
        elif name in restyled and not _restyle(path, name, transcript=transcript, style=style):
            skipped[path] = EDITED_BY_HAND.format(path)
    return ExportResult(tuple(paths), tuple(skipped.values()), also)


def _restyle(path: Path, name: str, *, transcript: Transcript, style: Style) -> bool:
    """Write the file in this style; False if somebody edited it."""
    try:
        content = read_regular(path)
    except OSError as error:
        reason = error.strerror
        raise OutputError(f"{path}: cannot be read ({reason}); change its permissions or delete it") from error
    new = regenerated(path, content, name, before=transcript, after=transcript, style=style)
    if new is not None and comparable_content(new) != comparable_content(content):
        return not write_draft(path, new, previous_sha256=hashlib.sha256(content).hexdigest()).keeps_edit
    return new is not None
