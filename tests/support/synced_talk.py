"""A short talk whose draft is edited and synced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.support.transcripts import transcript
from transcribe.transcript import MadeWith, Transcript

TALK = (
    ("S1", "Hello and welcome to the show, Bob. It’s good to have you—really."),
    ("S2", "Thank you Ada, I am glad to be here after such a long ride through the rain."),
    ("S1", "How did the very first machine come about in the cellar?"),
    ("S2", "It was raining for weeks, so we soldered and soldered until it made a sound."),
)


def talk(**changes: object) -> Transcript:
    made_with = MadeWith("0.1.0", "ctranslate2", "base", "0" * 64, outputs={"talk.md": "1" * 64})
    return replace(transcript(*TALK), made_with=made_with, **changes)  # type: ignore[arg-type]


def edit(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"{old!r} is not in the draft"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
