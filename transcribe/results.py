"""A transcript's files in the folder of drafts: are they current, whose are they, and writing them over nobody's work.

`STEM.json` records the audio's hash, the settings, and the hash of each file the machine wrote; what differs from its
record is an editor's. How files are written is `output`'s business, which episodes there are `transcribe.batch`'s.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Literal, cast

import transcribe
from audio.disk import sha256_of
from output.files import write_draft
from output.formats import file_name, write
from output.labels import LabelStyle
from output.markdown import Style
from transcribe.errors import TranscriptError
from transcribe.settings import Settings
from transcribe.transcript import Transcript


def is_current(stem: str, settings: Settings, audio_sha256: str) -> bool:
    """Whether the files of this stem hold what a run under `settings` would write, or an editor's correction of it."""
    before = _transcript_at(settings.output_folder / file_name(stem, "json"))
    return (
        before is not None
        and all((settings.output_folder / file_name(stem, name)).exists() for name in settings.formats)
        and before.made_with.audio_sha256 == audio_sha256
        and before.made_with.turnscript == transcribe.__version__
        and _staged(before.made_with.settings) == _staged(settings.as_dict())
    )


def is_anothers(stem: str, path: Path, *, settings: Settings) -> bool:
    """Whether the files of this stem hold the transcript of another recording than `path`, which is still there."""
    other = _transcript_at(settings.output_folder / file_name(stem, "json"))
    if other is None or other.episode.path is None:
        return False
    there = (settings.output_folder / other.episode.path).resolve()
    return there != path and there.exists()


def write_transcript(
    transcript: Transcript, stem: str, *, settings: Settings, force: bool = False
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Write the formats the settings ask for; returns their paths and what the user should know.

    Where an editor has changed the draft and the machine has something new to say, all of it goes to `STEM.new.*`
    beside; where it has nothing new to say, what is there stays. The JSON comes last: it records what the machine
    wrote, so that an edit can be told from it. Raises `OutputError`.
    """
    folder = settings.output_folder
    json_path, draft = folder / file_name(stem, "json"), folder / file_name(stem, "md")
    transcript = replace(transcript, episode=replace(transcript.episode, path=_from_folder(folder, transcript)))
    files = {folder / file_name(stem, n): write(transcript, n, style=style_of(settings)) for n in settings.formats}
    before = _transcript_at(json_path)
    recorded = dict(before.made_with.outputs) if before else {}
    if draft in files and not force and _is_edited(draft, files[draft], recorded):
        if _sha256(files[draft]) == recorded.get(draft.name):
            return tuple(files), _write_missing(files)
        paths, messages = write_transcript(transcript, f"{stem}.new", settings=settings)
        return paths, (f"{draft} was edited and stays as it is; compare: diff -u {draft} {paths[0]}", *messages)
    return _write_all(files, json_path, transcript=transcript, recorded=recorded, force=force)


def _write_all(
    files: dict[Path, str | bytes], json_path: Path, *, transcript: Transcript, recorded: dict[str, str], force: bool
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    written = {
        path: write_draft(path, content, previous_sha256=recorded.get(path.name), force=force)
        for path, content in files.items()
        if path != json_path
    }
    if json_path in files:
        outputs = recorded | {path.name: new.sha256 for path, new in written.items() if not new.kept_edit}
        made_with = replace(transcript.made_with, outputs=outputs)
        content = replace(transcript, made_with=made_with).to_json()
        there = sha256_of(json_path) if json_path.is_file() else None
        written[json_path] = write_draft(json_path, content, previous_sha256=there)
    return tuple(written[path].path for path in files), tuple(new.message for new in written.values() if new.message)


def _write_missing(files: dict[Path, str | bytes]) -> tuple[str, ...]:
    """Write the files that are not there beside a draft that was edited; what they lack is said."""
    missing = [path for path in files if not path.exists()]
    for path in missing:
        write_draft(path, files[path], previous_sha256=None)
    return tuple(f"{path} holds what the machine heard, without the edits of the draft beside it" for path in missing)


def _is_edited(draft: Path, content: str | bytes, recorded: Mapping[str, str]) -> bool:
    """Whether somebody's work is at `draft`: neither what the machine wrote nor what it is about to write."""
    return draft.is_file() and sha256_of(draft) not in (recorded.get(draft.name), _sha256(content))


def _sha256(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def _from_folder(folder: Path, transcript: Transcript) -> Path | None:
    """The audio's path as seen from the drafts' folder, so that both can be moved together."""
    path = transcript.episode.path
    if path is None or folder.drive != path.drive:
        return path
    return Path(os.path.relpath(path, folder))


def style_of(settings: Settings) -> Style:
    """How a draft looks under these settings."""
    switch = {"": None, "true": True, "false": False}
    return Style(
        wrap=settings.wrap,
        labels=cast(LabelStyle, settings.labels),
        colon=cast(Literal["outside", "inside"], settings.colon),
        author=settings.author,
        tags=settings.tags,
        comments=switch[settings.comments],
        published=switch[settings.published],
        doubtful_below=settings.doubtful_below,
        clock_minutes=None if settings.clock_minutes < 0 else settings.clock_minutes,
    )


def _transcript_at(path: Path) -> Transcript | None:
    try:
        return Transcript.from_json(path.read_text(encoding="utf-8"), source=str(path))
    except (OSError, UnicodeDecodeError, TranscriptError):
        return None


def _staged(settings: Mapping[str, object]) -> dict[str, object]:
    """The settings some stage depends on; the others do not change what is written."""
    staged = {field.name for field in fields(Settings) if field.metadata["stages"]}
    return {name: value for name, value in settings.items() if name in staged}
