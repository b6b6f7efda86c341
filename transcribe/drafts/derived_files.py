"""The files beside a draft that are made from it: which they are, whether they are the machine's own, and what they
should be now. Reads and writes none of them.
"""

from __future__ import annotations

import hashlib
import html
import io
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args
from urllib.parse import quote

from output.formats import REGISTRY, file_name, write
from output.style import DocxTimes, Style
from transcribe.drafts.store import style_recorded
from transcribe.transcript import Transcript

EDITED_BY_HAND = "{}: was edited by hand and stays as it is; delete it to have it made again"


def derived_files(draft_path: Path) -> Iterator[tuple[Path, str]]:
    """The files that say what the draft says, and their formats."""
    for name in REGISTRY:
        path = draft_path.with_name(file_name(draft_path.stem, name))
        if name not in ("md", "json", "podcast") and path.is_file():  # podcast names files, whatever is in them
            yield path, name


def regenerated(
    path: Path, there: bytes, name: str, *, before: Transcript, after: Transcript, style: Style | None = None
) -> bytes | None:
    """The file as it should be now, in `style`, else in the one it has; None where somebody edited it.

    It is nobody's work where it says what one of the transcripts gives, or is what the machine wrote at first.
    """
    stem = path.name.removesuffix(REGISTRY[name].suffix)

    def made(transcript: Transcript, style: Style) -> bytes:
        return as_bytes(write(transcript, name, style=style, stem=stem))

    recorded = style_recorded(before)
    for known in (recorded, *_variants(recorded, there, name, stem=stem)):
        content = made(after, known)
        if comparable_content(there) in (comparable_content(content), comparable_content(made(before, known))):
            return content if style is None else made(after, style)
    is_first = hashlib.sha256(there).hexdigest() == before.made_with.outputs.get(path.name)
    return made(after, style or recorded) if is_first else None


def comparable_content(content: bytes) -> object:
    """What counts as a file's contents: of a docx (a zip) all but its dates."""
    if not content.startswith(b"PK"):
        return content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist() if name != "docProps/core.xml"}
    except (zipfile.BadZipFile, RuntimeError, zlib.error):
        return content


def as_bytes(content: str | bytes) -> bytes:
    """What is written to a file of these contents."""
    return content.encode() if isinstance(content, str) else content


def _variants(recorded: Style, there: bytes, name: str, *, stem: str) -> Iterator[Style]:
    """The other styles an export may have given this file."""
    if name == "docx":
        yield from (replace(recorded, docx_times=times) for times in get_args(DocxTimes))
    if name == "podcast" and (found := re.search(r'url="([^"]*)"', there.decode(errors="replace"))):
        folder = html.unescape(found[1]).rpartition(quote(os.fsencode(stem)))[0]
        try:
            yield replace(recorded, transcript_url=folder)
        except ValueError:  # no address: not one we wrote
            return
