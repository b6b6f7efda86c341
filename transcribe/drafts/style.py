"""The style of drafts: under some settings, and as a transcript records it."""

from __future__ import annotations

import contextlib
from dataclasses import fields, replace
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
    return _checked(Style(**{field.name: getattr(settings, field.name) for field in fields(Style)}))


def style_recorded(transcript: Transcript) -> Style:
    """The style of the machine's files of a transcript, from the settings it records.

    What it does not record, or what is no valid value, is the default's.
    """
    style, record = Style(), transcript.made_with.settings
    for name in (field.name for field in fields(Style) if field.name in record):
        value: Any = tuple(record[name]) if isinstance(record[name], list) else record[name]
        with contextlib.suppress(SettingsError):
            style = _checked(replace(style, **{name: value}))
    return style


def _checked(style: Style) -> Style:
    try:
        frontmatter.check_template(style.template or {})
    except ValueError as error:
        raise SettingsError(str(error)) from error
    if style.transcript_url and safe_url(style.transcript_url) is None:
        raise SettingsError(f"transcript-url: {style.transcript_url!r} is not an http(s) address")
    return style
