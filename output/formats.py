"""The formats a transcript can be written in: one entry each, the writers in modules of their own.

A new format is one module with a function `Transcript -> str | bytes` and one line here, which also says what else
the writer wants to know: `style`, how things look, or `stem`, what the files of this transcript are called. Writers
are imported when asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from output.errors import OutputError
from transcribe.style import Style

if TYPE_CHECKING:
    from transcribe.transcript import Transcript

Writer = Callable[..., "str | bytes"]


@dataclass(frozen=True, slots=True)
class Format:
    """What follows the stem in a file's name, and where its writer is found."""

    suffix: str
    module: str
    function: str
    wants: tuple[Literal["style", "stem"], ...] = ()

    @property
    def writer(self) -> Writer:
        """The function that makes the file's contents of a transcript."""
        writer: Writer = getattr(import_module(self.module), self.function)
        return writer


REGISTRY: Mapping[str, Format] = {
    "md": Format(".md", "output.markdown", "render", ("style",)),
    "json": Format(".json", "output.formats", "timed_json"),
    "vtt": Format(".vtt", "output.captions", "vtt"),
    "srt": Format(".srt", "output.captions", "srt"),
    "txt": Format(".txt", "output.documents", "txt"),
    "rttm": Format(".rttm", "output.exchange", "rttm"),
    "whisper-json": Format(".whisper.json", "output.exchange", "whisper_json"),
    "podcast": Format(".podcast.xml", "output.exchange", "podcast", ("style", "stem")),
    "html": Format(".html", "output.html_page", "page", ("style",)),
    "docx": Format(".docx", "output.documents", "docx", ("style",)),
}
FORMATS = tuple(REGISTRY)

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, of a file name that is no UTF-8


def write(transcript: Transcript, name: str, *, style: Style = Style(), stem: str = "") -> str | bytes:
    """The contents of the file for format `name`, one of `FORMATS`; `style` is how drafts and documents look.

    `stem` is the files' name where it is not the episode's own. Text can be written as UTF-8 whatever the transcript
    holds. Raises `OutputError` for an unknown format, and for one that needs a package that is not installed.
    """
    if name not in REGISTRY:
        raise OutputError(f"format: {name} cannot be written; choose from {', '.join(FORMATS)}")
    form, known = REGISTRY[name], {"style": style, "stem": stem}
    content = form.writer(transcript, **{key: known[key] for key in form.wants})
    return _LONE_SURROGATE.sub("\ufffd", content) if isinstance(content, str) else content


def file_name(stem: str, name: str) -> str:
    """The name of the file for format `name`.

    >>> file_name("talk", "whisper-json")
    'talk.whisper.json'
    """
    return stem + REGISTRY[name].suffix


def timed_json(transcript: Transcript) -> str:
    """The timed transcript itself, the file everything else can be made from again."""
    return transcript.to_json()
