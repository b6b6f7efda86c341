"""The registry of the formats a transcript can be written in.

A new format is one module with a function `Transcript -> str | bytes` and one entry of `REGISTRY`; the command line
takes its names from here. The entry also lists the other arguments the function takes: `style`, or `stem`, the name of
the transcript's files. A writer is imported when it is needed.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Mapping
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
    """The ending of the file name after the stem, and where the writer is."""

    suffix: str
    module: str
    function: str
    arguments: tuple[Literal["style", "stem"], ...] = ()
    needs_times: bool = True

    @property
    def writer(self) -> Writer:
        """The function from a transcript to the contents of the file."""
        writer: Writer = getattr(import_module(self.module), self.function)
        return writer


REGISTRY: Mapping[str, Format] = {
    "md": Format(".md", "output.markdown", "render", ("style",), needs_times=False),
    "json": Format(".json", "output.formats", "timed_json"),
    "vtt": Format(".vtt", "output.captions", "vtt"),
    "srt": Format(".srt", "output.captions", "srt"),
    "txt": Format(".txt", "output.documents", "txt", needs_times=False),
    "rttm": Format(".rttm", "output.exchange", "rttm"),
    "whisper-json": Format(".whisper.json", "output.exchange", "whisper_json"),
    "openai-json": Format(".openai.json", "output.exchange", "openai_json"),
    "podcast": Format(".podcast.xml", "output.exchange", "podcast", ("style", "stem")),
    "podcast-json": Format(".podcast.json", "output.podcast_transcripts", "podcast_json"),
    "podcast-html": Format(".podcast.html", "output.podcast_transcripts", "podcast_html", ("style",)),
    "html": Format(".html", "output.html_page", "page", ("style",)),
    "docx": Format(".docx", "output.documents", "docx", ("style",), needs_times=False),
}
FORMATS = tuple(REGISTRY)
WITHOUT_TIMES = tuple(name for name, form in REGISTRY.items() if not form.needs_times)
"""The formats that can be written of a transcript whose times are not known."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, from a file name that is not UTF-8


def write(transcript: Transcript, name: str, *, style: Style = Style(), stem: str = "") -> str | bytes:
    """The contents of the file for format `name`, one of `FORMATS`.

    `stem` is the name of the files if it differs from the episode's. Text can always be encoded as UTF-8. Raises
    `OutputError` for an unknown format, and for one that needs a package that is not installed.
    """
    form, values = _format(name), {"style": style, "stem": stem}
    content = form.writer(transcript, **{key: values[key] for key in form.arguments})
    return _LONE_SURROGATE.sub("\ufffd", content) if isinstance(content, str) else content


def load_writers(names: Iterable[str]) -> None:
    """Import the writers of these formats, so that `write` need not; one that cannot be imported is left to `write`.

    Raises `OutputError` for an unknown format.
    """
    for name in names:
        with contextlib.suppress(ImportError):
            import_module(_format(name).module)


def file_name(stem: str, name: str) -> str:
    """The name of the file for format `name`. Raises `OutputError` for an unknown format.

    >>> file_name("talk", "whisper-json")
    'talk.whisper.json'
    """
    return stem + _format(name).suffix


def timed_json(transcript: Transcript) -> str:
    """The timed transcript itself; every other file can be made from it."""
    return transcript.to_json()


def _format(name: str) -> Format:
    if name not in REGISTRY:
        raise OutputError(f"format: {name} cannot be written; choose from {', '.join(FORMATS)}")
    return REGISTRY[name]
