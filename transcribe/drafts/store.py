"""A transcript's files in the folder of drafts: are they current, whose are they, and writing them over nobody's work.

`STEM.json` records the audio's hash, the settings, and the hash of each file the machine wrote; what differs from its
record is an editor's. How files are written is `output`'s business, which episodes there are
`transcribe.batch.runner`'s.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Container, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path

import transcribe
from audio.disk import sha256_of
from audio.episode import Episode
from output.errors import OutputError
from output.files import Written, write_draft
from output.formats import FORMATS, file_name, write
from output.parse import read_draft
from transcribe.alignment.realign import realign
from transcribe.drafts.style import style_of
from transcribe.errors import TranscriptError
from transcribe.pipeline.pipeline import record_of
from transcribe.settings import Settings
from transcribe.speakers.voiceprints import Voiceprint, digest_of
from transcribe.style import Style
from transcribe.transcript import Transcript


def current_transcript(
    stem: str, episode: Episode, *, settings: Settings, audio_sha256: str, voices: Sequence[Voiceprint] = ()
) -> Transcript | None:
    """The transcript of this stem, where its files hold what a run under `settings` would write, or an editor's
    correction of it; None where they do not.

    `voices` are those on file: where the draft was made with others, somebody may be named by now. A draft that an
    editor has corrected has the names it should have.
    """
    folder = settings.output_folder
    before = _transcript_at(folder / file_name(stem, "json"))
    holds = (
        before is not None
        and all((folder / file_name(stem, name)).exists() for name in settings.formats)
        and before.episode.path == _from_folder(folder, episode.path)
        and before.made_with.audio_sha256 == audio_sha256
        and before.made_with.turnscript == transcribe.__version__
        and _staged(before.made_with.settings) == _staged(record_of(settings))
        and (before.made_with.settings.get("voices_on_file", "") == digest_of(voices) or is_edited(stem, settings))
    )
    return before if holds else None


def has_transcript(stem: str, settings: Settings) -> bool:
    """Whether this stem has a timed transcript, whatever is in it."""
    return (settings.output_folder / file_name(stem, "json")).is_file()


def belongs_to_other_recording(stem: str, path: Path | None, *, settings: Settings) -> bool:
    """Whether the files of this stem hold the transcript of another recording than the file at `path`.

    The same file with other sound in it is no other recording, nor is the same sound under another path. Of a file that
    cannot be read nobody knows: what is there is taken for another's.
    """
    other = _transcript_at(settings.output_folder / file_name(stem, "json"))
    if other is None or other.episode.path == _from_folder(settings.output_folder, path):
        return False
    return path is None or _hash_at(path) != other.made_with.audio_sha256


def is_edited(stem: str, settings: Settings) -> bool:
    """Whether the draft of this stem is another one than the machine wrote last, or cannot be read."""
    draft = settings.output_folder / file_name(stem, "md")
    before = _transcript_at(settings.output_folder / file_name(stem, "json"))
    return draft.is_file() and (before is None or _hash_at(draft) != before.made_with.outputs.get(draft.name))


def write_transcript(
    transcript: Transcript, stem: str, *, settings: Settings, force: bool = False, taken: Container[str] = ()
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Write the formats the settings ask for; returns their paths and what the user should know.

    The JSON is always written, and what was written before in other formats is kept in step. Where an editor has
    changed the draft and the machine has something new to say, all of it goes to `STEM.new.*` beside (`STEM.new2.*`, …
    where that is another recording's, or `taken`, in lower case, by one of the same run); where it has nothing new to
    say, what is there stays, and what is missing is made of the JSON. So it is where the JSON of an edited draft is
    gone, and it is written anew. The JSON comes last: it records what the machine wrote, so that an edit can be told
    from it. Raises `OutputError`.
    """
    folder = settings.output_folder
    json_path, draft = folder / file_name(stem, "json"), folder / file_name(stem, "md")
    placed = replace(
        transcript, episode=replace(transcript.episode, path=_from_folder(folder, transcript.episode.path))
    )
    before = _transcript_at(json_path)
    recorded = dict(before.made_with.outputs) if before else {}
    asked = {folder / file_name(stem, name): name for name in settings.formats}
    kept = {folder / file_name(stem, name): name for name in FORMATS if file_name(stem, name) in recorded}
    due = asked | {path: name for path, name in kept.items() if path.exists()}
    style = style_of(settings)
    contents = {path: write(placed, name, style=style, stem=stem) for path, name in due.items() if path != json_path}
    machine = contents.get(draft) or write(placed, "md", style=style)
    if not force and _is_edited(draft, machine, recorded):
        if before and _sha256(machine) == recorded.get(draft.name):
            return tuple(asked), _write_missing(asked, before, style=style, draft=draft)
        if not before and _is_same_text(draft, placed):
            return tuple(asked), _write_record(contents, json_path, transcript=placed, machine=machine, draft=draft)
        wider = replace(settings, formats=tuple(dict.fromkeys(("md", *settings.formats))))
        beside = _stem_beside(stem, transcript.episode.path, settings=settings, taken=taken)
        paths, messages = write_transcript(transcript, beside, settings=wider, taken=taken)
        both = f"{shlex.quote(str(draft))} {shlex.quote(str(paths[0]))}"
        told = f"{draft} is not as turnscript wrote it and stays; compare: diff -u {both}"
        return paths, (f"{told}; put together: transcribe merge {both}", *messages)
    written = _write_all(contents, json_path, transcript=placed, recorded=recorded, force=force)
    return tuple(written[path].path for path in asked), tuple(new.message for new in written.values() if new.message)


def _stem_beside(stem: str, path: Path | None, *, settings: Settings, taken: Container[str]) -> str:
    """The stem for what the machine has to say of the recording at `path` beside an edited draft."""
    beside, number = f"{stem}.new", 1
    while beside.casefold() in taken or belongs_to_other_recording(beside, path, settings=settings):
        number += 1
        beside = f"{stem}.new{number}"
    return beside


def _write_all(
    contents: Mapping[Path, str | bytes],
    json_path: Path,
    *,
    transcript: Transcript,
    recorded: Mapping[str, str],
    force: bool,
) -> dict[Path, Written]:
    written = {
        path: write_draft(path, content, previous_sha256=recorded.get(path.name), force=force)
        for path, content in contents.items()
    }
    outputs = {**recorded, **{path.name: new.sha256 for path, new in written.items() if not new.kept_edit}}
    timed = replace(transcript, made_with=replace(transcript.made_with, outputs=outputs)).to_json()
    written[json_path] = write_draft(json_path, timed, previous_sha256=_hash_at(json_path))
    return written


def _write_missing(asked: Mapping[Path, str], there: Transcript, *, style: Style, draft: Path) -> tuple[str, ...]:
    """Write those of these files (and their formats) that are not there beside a draft that was edited.

    They are made of the timed transcript that is `there`, which `transcribe sync` may have brought in line with the
    draft: so it takes them for its own, and they follow the edits to come.
    """
    missing = [path for path in asked if not path.exists()]
    for path in missing:
        write_draft(path, write(there, asked[path], style=style, stem=draft.stem), previous_sha256=None)
    timed = file_name(draft.stem, "json")
    says = f"says what {timed} says; after an edit `transcribe sync {draft}` brings both up to date"
    return tuple(f"{path} {says}" for path in missing)


def _write_record(
    contents: Mapping[Path, str | bytes],
    json_path: Path,
    *,
    transcript: Transcript,
    machine: str | bytes,
    draft: Path,
) -> tuple[str, ...]:
    """Write the timed transcript that is gone from beside an edited draft, and what else is not there.

    It records what the machine would have written for the draft, so that the edits are known for edits from now on.
    One that is there and cannot be read is kept as a backup.
    """
    missing = {path: content for path, content in contents.items() if path != draft and not path.exists()}
    written = {path.name: write_draft(path, content, previous_sha256=None) for path, content in missing.items()}
    outputs = {draft.name: _sha256(machine), **{name: new.sha256 for name, new in written.items()}}
    timed = replace(transcript, made_with=replace(transcript.made_with, outputs=outputs)).to_json()
    record = write_draft(json_path, timed, previous_sha256=None, force=True)
    told = f"{draft} is not as turnscript wrote it and stays; `transcribe sync {draft}` gives it its times"
    return (told, record.message) if record.message else (told,)


def _is_same_text(draft: Path, transcript: Transcript) -> bool:
    """Whether the draft can be this transcript, edited, and not somebody's text about something else."""
    try:
        said = [turn.spoken for turn in read_draft(draft).turns]
    except OutputError:
        return False
    return realign(said, [turn.words for turn in transcript.turns]).is_same_text


def _is_edited(draft: Path, content: str | bytes, recorded: Mapping[str, str]) -> bool:
    """Whether somebody's work is at `draft`: neither what the machine wrote nor what it is about to write."""
    return draft.is_file() and _hash_at(draft) not in (recorded.get(draft.name), _sha256(content))


def _hash_at(path: Path) -> str | None:
    """The SHA-256 of a file; None where there is none, or none that can be read."""
    try:
        return sha256_of(path) if path.is_file() else None
    except OSError:
        return None


def _sha256(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def _from_folder(folder: Path, path: Path | None) -> Path | None:
    """The audio's path as seen from the drafts' folder, links followed, so that both can be moved together."""
    if path is None:
        return None
    there, here = path.resolve(), folder.resolve()
    return there if there.drive != here.drive else Path(os.path.relpath(there, here))


def _transcript_at(path: Path) -> Transcript | None:
    try:
        return Transcript.from_json(path.read_text(encoding="utf-8"), source=str(path))
    except (OSError, UnicodeDecodeError, TranscriptError):
        return None


def _staged(settings: Mapping[str, object]) -> dict[str, object]:
    """The settings some stage depends on; the others do not change what is written."""
    staged = {field.name for field in fields(Settings) if field.metadata["stages"]}
    return {name: value for name, value in settings.items() if name in staged}
