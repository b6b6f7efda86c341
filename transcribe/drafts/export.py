"""Writes captions and documents of a draft in its present state, corrections included, next to it or elsewhere."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audio.disk import state_folder, write_atomically
from audio.trust import is_readable, is_there, read_regular
from output.errors import OutputError
from output.files import check_folder, check_names, write_draft
from output.formats import file_name, write
from output.left_out import left_out, told
from output.parse import read_draft
from transcribe.drafts.derived_files import (
    IS_SOURCE,
    KEPT,
    comparable_content,
    derived_files,
    is_source,
    reason_to_keep,
    regenerated,
)
from transcribe.drafts.records import hash_at
from transcribe.drafts.sync import json_path, sync, transcript_of
from transcribe.style import Style
from transcribe.transcript import Transcript


@dataclass(frozen=True, slots=True)
class ExportResult:
    """The files of the requested formats, written now or already up to date, and warnings for the user.

    `kept` are those of them that stay as somebody else left them, and are not in `paths`. `also` are the other files
    that were written: the timed transcript and the documents that hold the draft's text.
    """

    paths: tuple[Path, ...]
    messages: tuple[str, ...]
    also: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()
    left_out: tuple[str, ...] = ()  # what of the draft is not in each file, in a line


def export(draft_path: Path, formats: Sequence[str], *, style: Style, restyled: Collection[str] = ()) -> ExportResult:
    """Update the files next to the draft, as `sync` does, and write the missing ones of `formats` in `style`.

    Existing files of the formats in `restyled` are written again in `style`. Files of `formats` that somebody edited by
    hand are kept, and each adds a message; edited files of other formats add none. Raises as `sync` does, and
    `OutputError` for an unknown format.
    """
    paths = [draft_path.with_name(file_name(draft_path.stem, name)) for name in formats]
    others = [path for path in (json_path(draft_path), *dict(derived_files(draft_path))) if path not in paths]
    before = {path: hash_at(path) for path in others}
    synced = sync(draft_path)
    skipped = dict(synced.skipped)
    also = tuple(path for path in others if hash_at(path) != before[path])
    transcript = transcript_of(draft_path)
    for path, name in zip(paths, formats, strict=True):
        if not is_readable(path):
            write_draft(path, write(transcript, name, style=style, stem=draft_path.stem), previous_sha256=None)
        elif name in restyled and (problem := _restyle(path, name, transcript=transcript, style=style)):
            skipped[path] = problem
    written = {path: name for path, name in zip(paths, formats, strict=True) if path not in skipped}
    kept = tuple(path for path in skipped if path in paths)
    told = (text for path, text in skipped.items() if path in kept or text not in _usual(path))
    left_out = _left_out(draft_path, written, transcript)
    return ExportResult(tuple(written), (*synced.lost, *told), also, kept, left_out)


def export_to(folder: Path, draft_path: Path, formats: Sequence[str], *, style: Style) -> ExportResult:
    """Update the files next to the draft, as `sync` does, and write `formats` in `style` into another folder.

    A file there that is not as `export_to` left it was edited, or is another program's: it stays, and adds a message.
    Raises as `export` does.
    """
    beside = export(draft_path, (), style=style)
    transcript, stem = transcript_of(draft_path), draft_path.stem
    contents = {folder / file_name(stem, name): write(transcript, name, style=style, stem=stem) for name in formats}
    draft = folder / draft_path.name
    if draft in contents:  # the editor's own text
        contents[draft] = read_draft(draft_path).encoded()
    check_folder(folder)
    check_names(*contents)
    messages = list(beside.messages)
    written = {folder / file_name(stem, name): name for name in formats}
    for path, content in contents.items():
        data = content.encode() if isinstance(content, str) else content
        if is_there(path) and not _is_as_left(path, data):
            messages.append(_reason_to_keep(path, transcript))
            del written[path]
            continue
        write_draft(path, data, previous_sha256=hash_at(path))
        with contextlib.suppress(OSError):  # without the note, the next export finds that it was edited
            write_atomically(_note(path), hashlib.sha256(data).hexdigest())
    left_out = _left_out(draft_path, written, transcript)
    kept = tuple(path for path in contents if path not in written)
    return ExportResult(tuple(written), tuple(messages), beside.also, kept, left_out)


def _usual(path: Path) -> tuple[str, ...]:
    return tuple(reason.format(path) for reason in KEPT)


def _left_out(draft_path: Path, written: Mapping[Path, str], transcript: Transcript) -> tuple[str, ...]:
    """A line for each written file, by its format, that has not all of the draft."""
    draft = read_draft(draft_path)
    counts = ((path, left_out(draft, name, kept=transcript.draft)) for path, name in written.items())
    return tuple(f"left out of {path}: {told(count)}" for path, count in counts if count)


def _is_as_left(path: Path, new: bytes) -> bool:
    """Whether nobody has changed a file since it was exported, or it says the same as the `new` one."""
    try:
        return comparable_content(read_regular(path)) == comparable_content(new) or (
            read_regular(_note(path)).decode() == hash_at(path)
        )
    except (OSError, UnicodeDecodeError):
        return False


def _reason_to_keep(path: Path, transcript: Transcript) -> str:
    with contextlib.suppress(OSError):
        if is_source(path, read_regular(path), transcript):
            return IS_SOURCE.format(path)
    return f"{path}: is not as an export left it and is kept; to have it written again, delete it"


def _note(path: Path) -> Path:
    """Where the hash of an exported file is kept. Raises `OSError` if that is not in the file's folder."""
    name = hashlib.sha256(path.name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return state_folder(path.parent) / "exported" / name


def _restyle(path: Path, name: str, *, transcript: Transcript, style: Style) -> str:
    """Write the file in this style; returns why it is not, if somebody edited it."""
    try:
        content = read_regular(path)
    except OSError as error:
        reason = error.strerror
        raise OutputError(f"{path}: cannot be read ({reason}); change its permissions or delete it") from error
    new = regenerated(path, content, name, before=transcript, after=transcript, style=style)
    if new is None:
        return reason_to_keep(path, content, transcript)
    if comparable_content(new) != comparable_content(content):
        return write_draft(path, new, previous_sha256=hashlib.sha256(content).hexdigest()).message
    return ""
