"""The files written from a draft's transcript: which exist, whether somebody edited them, and their new contents.

Writes no file.
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

from audio.trust import is_there
from output import captions
from output.formats import REGISTRY, file_name, write
from output.urls import safe_url
from transcribe.drafts.style import style_recorded
from transcribe.style import DocxTimes, Style
from transcribe.transcript import Transcript

_EARLIER = {  # formats as releases before 0.2.0 wrote them
    "vtt": lambda transcript: captions.vtt(transcript, shares=False).encode(),
    "srt": lambda transcript: captions.srt(transcript, shares=False).encode(),
}
EDITED_BY_HAND = "{}: was edited by hand and is not updated; to have it written again, delete it"
IS_SOURCE = "{}: is what the transcript was made of, and stays as it is; to have your corrections: export -o FOLDER"
KEPT = (EDITED_BY_HAND, IS_SOURCE)

IMPORT = "import"
"""The engine of `MadeWith` for another program's transcript, whose model is then the source's name and hash."""

ALIGNED = "aligned"
"""The key in `MadeWith.settings` of the SHA-256 of the text that a transcript has its words from; others have none."""


def reason_to_keep(path: Path, content: bytes, transcript: Transcript) -> str:
    """One of `KEPT` for the file: why it is not written, as nothing of ours gives its content."""
    return (IS_SOURCE if is_source(path, content, transcript) else EDITED_BY_HAND).format(path)


def is_source(path: Path, content: bytes, transcript: Transcript) -> bool:
    """Whether a file is the one that the transcript was made of: another program's, or a text that was aligned."""
    made_with = transcript.made_with
    if made_with.engine == IMPORT and made_with.model == path.name:
        return True
    return hashlib.sha256(content).hexdigest() in (made_with.model_sha256, made_with.settings.get(ALIGNED))


def derived_files(draft_path: Path) -> Iterator[tuple[Path, str]]:
    """The existing files with the draft's text, and their formats."""
    for name in REGISTRY:
        path = draft_path.with_name(file_name(draft_path.stem, name))
        if name not in ("md", "json", "podcast") and is_there(path):  # podcast: file names only, no text
            yield path, name


def regenerated(
    path: Path, content: bytes, name: str, *, before: Transcript, after: Transcript, style: Style | None = None
) -> bytes | None:
    """The new contents of a file, in `style` or else in its present style; None if somebody edited it.

    It is unedited if its `content` is what one of the transcripts gives, or what the machine wrote first.
    """
    stem = path.name.removesuffix(REGISTRY[name].suffix)

    def rendered(transcript: Transcript, style: Style) -> bytes:
        written = write(transcript, name, style=style, stem=stem)
        return written.encode() if isinstance(written, str) else written

    recorded = style_recorded(before)
    for candidate in (recorded, *_variants(recorded, content, name, stem=stem)):
        new = rendered(after, candidate)
        if comparable_content(content) in (comparable_content(new), comparable_content(rendered(before, candidate))):
            return new if style is None else rendered(after, style)
    if name in _EARLIER and content in (_EARLIER[name](before), _EARLIER[name](after)):
        return rendered(after, style or recorded)
    is_first = hashlib.sha256(content).hexdigest() == before.made_with.outputs.get(path.name)
    return rendered(after, style or recorded) if is_first else None


def comparable_content(content: bytes) -> object:
    """A file's contents for comparison: those of a docx (a zip) without its dates."""
    if not content.startswith(b"PK"):
        return content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist() if name != "docProps/core.xml"}
    except (zipfile.BadZipFile, RuntimeError, zlib.error):
        return content


def _variants(recorded: Style, content: bytes, name: str, *, stem: str) -> Iterator[Style]:
    """The other styles in which an export may have written this file."""
    if name == "docx":
        yield from (replace(recorded, docx_times=times) for times in get_args(DocxTimes))
    if name == "podcast" and (url := re.search(r'url="([^"]*)"', content.decode(errors="replace"))):
        folder = html.unescape(url[1]).rpartition(quote(os.fsencode(stem)))[0]
        if safe_url(folder):  # else turnscript did not write it
            yield replace(recorded, transcript_url=folder)
