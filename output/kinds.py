"""What a text is by its content, whatever its file's name says: captions, JSON, speaker times, or a draft.

The law: the content decides, and the ending only between texts whose content says nothing, prose and Markdown.
"""

from __future__ import annotations

import os.path
import re
import shlex
from enum import StrEnum
from itertools import chain, count
from pathlib import Path

from audio import media
from audio.encodings import named, wide_encoding
from audio.program import program
from audio.trust import open_regular
from output import frontmatter
from output.errors import NotADraftError
from output.markers import markers_in


class Kind(StrEnum):
    """A form of transcripts that a text's beginning states; the value is what people call it."""

    CAPTIONS = "captions"
    JSON = "JSON"
    SPEAKER_TIMES = "speaker times"


_MARKDOWN = frozenset((".md", ".markdown", ".mdown", ".mkd"))
_STATED = {
    Kind.JSON: re.compile(r'\s*+(?:\{\s*+["}]|\[\s*+\{)'),
    Kind.CAPTIONS: re.compile(
        r"\s*+(?:WEBVTT\b|(?:\d++[^\S\n]*+\n\s*+)?(?:\d{1,2}:)?\d{1,2}:\d{1,2}[.,]\d{1,3}\s*+-->)"
    ),
    Kind.SPEAKER_TIMES: re.compile(r"\s*+SPEAKER(?:[ \t]++\S++){2}(?:[ \t]++\d++(?:\.\d*+)?){2}[ \t]"),
}


def head_of(path: Path) -> bytes:
    """The beginning of a file, enough to tell its kind. Raises `OSError`."""
    with open_regular(path) as file:
        return file.read(media.HEAD_BYTES)


def check_is_text(path: Path, head: bytes) -> None:
    """Raise `NotADraftError` for a recording or another file that is no text, by its `head`.

    UTF-16 and UTF-32 are text, and what stands in a file that begins like a recording but has nothing of one, such as
    "caffeine".
    """
    if not media.has_controls(head):
        return
    kind, quoted = media.kind_of(head), shlex.quote(str(path))
    if kind is media.Kind.AUDIO:
        raise NotADraftError(f"{path}: is a recording, not a draft; `{program()} run {quoted}` transcribes it")
    if kind is media.Kind.UNKNOWN and path.suffix.lower() == ".docx":
        raise NotADraftError(f"{path}: is a Word document, not a draft; to make one of it: {command_for_draft(path)}")
    if head.startswith(media.PDF):
        raise NotADraftError(f"{path}: is a PDF; save it as text")
    if kind is media.Kind.UNKNOWN:
        what = media.other_kind(head) or "no text"
        raise NotADraftError(f"{path}: is {what}; give a draft or a transcript, which are text")


def check_is_utf8(path: Path, head: bytes) -> None:
    """Raise `NotADraftError` for text in UTF-16 or UTF-32: a draft is written as it was read, byte for byte."""
    if encoding := wide_encoding(head):
        raise NotADraftError(f"{path}: is {named(encoding)} text; save it as UTF-8")


def command_for_draft(path: Path) -> str:
    """The command that makes a draft of a transcript in another form, in a file that does not exist yet."""
    names = chain([f"{path.stem}.md"], (f"{path.stem}.draft{number or ''}.md" for number in count()))
    draft = next(place for name in names if not os.path.lexists(place := path.with_name(name)))
    return f"{program()} render {shlex.quote(str(path))} > {shlex.quote(str(draft))}"


def stated_kind(text: str) -> Kind | None:
    """The form that a text's beginning states; None if it can be prose or Markdown.

    >>> stated_kind("WEBVTT\\n"), stated_kind("Ann: Hello.")
    (<Kind.CAPTIONS: 'captions'>, None)
    """
    text = text.removeprefix("\ufeff")
    return next((kind for kind, pattern in _STATED.items() if pattern.match(text)), None)


def is_draft(text: str, suffix: str) -> bool:
    """Whether a text in a file with this suffix is a draft or a post: Markdown by name, front matter or a bold label.

    >>> is_draft("Ann: Hello.", ".md"), is_draft("**Ann**: Hello.", ".txt"), is_draft("\ufeffAnn: Hello.", ".txt")
    (True, True, False)
    """
    if stated_kind(text) is not None:
        return False
    block, body = frontmatter.split(text)
    if suffix.lower() in _MARKDOWN or block.strip("\ufeff"):
        return True
    markers, _ = markers_in(body, first_line=1)
    return any("**" in (label := body[one.start : one.end]) or "__" in label for one in markers)
