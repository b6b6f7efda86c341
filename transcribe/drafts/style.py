"""The style of drafts: under some settings, and as a transcript records it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from output import frontmatter
from output.urls import safe_url
from transcribe.errors import SettingsError
from transcribe.settings import Settings
from transcribe.style import Style
from transcribe.transcript import Transcript


def style_of(settings: Settings) -> Style:
    """The style of drafts and documents under these settings.

    Raises `SettingsError` for a template that cannot be filled in and for a `transcript_url` that is not http(s).
    """
    style = Style(**{field.name: getattr(settings, field.name) for field in fields(Style)})
    try:
        frontmatter.check_template(style.template or {})
    except ValueError as error:
        raise SettingsError(str(error)) from error
    if style.transcript_url and safe_url(style.transcript_url) is None:
        raise SettingsError(f"transcript-url: {style.transcript_url!r} is not an http(s) address")
    return style


def style_recorded(transcript: Transcript) -> Style:
    """The style of the machine's files of a transcript, from the settings it records; else the default."""
    names = {field.name for field in fields(Settings)}
    record = transcript.made_with.settings
    known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in record.items() if k in names}
    try:
        return style_of(Settings(**known))
    except SettingsError:
        return Style()
