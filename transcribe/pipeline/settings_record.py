"""The settings as a transcript records them. Apart from the pipeline, so that comparing records imports no stage."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from transcribe.pipeline.stages import glossary_of
from transcribe.settings import Settings


def record_of(settings: Settings) -> dict[str, Any]:
    """The settings a transcript depends on; the glossary by its contents, not its path. Raises `SettingsError`."""
    staged = {field.name for field in fields(Settings) if field.metadata["stages"]}
    recorded = {name: value for name, value in settings.as_dict().items() if name in staged}
    return recorded | {"glossary": glossary_of(settings).digest}
