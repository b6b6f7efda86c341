"""A value other than the default for every setting, and its spelling in TOML."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from transcribe.settings import Settings

# A value other than the default for every field. A new field without one fails here, which is the point.
OTHER: dict[str, Any] = {
    "output": "elsewhere",
    "formats": ("json",),
    "speakers": "Ada,Grace",
    "channels": "mix",
    "host": "Ada",
    "guest": "Visitor",
    "voices": ("Ada", "Grace"),
    "model": "tiny.en",
    "engine": "openai",
    "device": "cpu",
    "language": "nl",
    "glossary": "names.txt",
    "beam_size": 1,
    "verbatim": True,
    "written_forms": False,
    "doubts": "100%",
    "latest": 4,
    "since": "2026-01-31",
    "match": "storage",
    "episode": "guid-7",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
    "cookies": False,
    "allow_http": True,
    "threads": 3,
    "cache_limit": "500MB",
    "jobs": 2,
    "scheduler": "tcp://127.0.0.1:8786",
    "progress": "plain",
    "labels": "name",
    "colon": "inside",
    "wrap": 0,
    "doubtful_below": 0.5,
    "clock_minutes": 5,
    "author": "ada",
    "tags": ("podcast", "storage"),
    "comments": "true",
    "published": "false",
    "front_matter": '{"layout": "post", "title": "{title}"}',
    "docx_times": "comments",
    "transcript_url": "https://example.org/texts/",
}
FIELDS = [field.name for field in dataclasses.fields(Settings)]


def toml(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{item}"' for item in value) + "]"
    return json.dumps(value)  # a text of JSON is one of TOML
