"""A transcript's files in the drafts' folder: whether they are current, whose they are, and writing them.

`STEM.json` records the audio's hash, the settings, and the hash of each file the machine wrote; a file that differs
from its record was edited, and is not overwritten. `output` writes the files, `transcribe.batch.runner` selects the
episodes.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path

import transcribe
from audio.disk import sha256_of
from audio.episode import Episode
from output.errors import OutputError
from output.files import WrittenFile, write_draft
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
    """The transcript of this stem, if its files hold what a run with `settings` would write, or an editor's correction
    of that; else None.

    `voices` are the enrolled voices: if the draft was written with others, a run may name more speakers now. The names
    in a draft that an editor has corrected count as correct.
    """
    folder = settings.output_folder
    before = _transcript_at(folder / file_name(stem, "json"))
    is_current = (
        before is not None
        and all((folder / file_name(stem, name)).exists() for name in settings.formats)
        and before.episode.path == _from_folder(folder, episode.path)
        and before.made_with.audio_sha256 == audio_sha256
        and before.made_with.turnscript == transcribe.__version__
        and _stage_settings(before.made_with.settings) == _stage_settings(record_of(settings))
        and (before.made_with.settings.get("voices_on_file", "") == digest_of(voices) or is_edited(stem, settings))
    )
    return before if is_current else None


def has_transcript(stem: str, settings: Settings) -> bool:
    """Whether this stem has a timed transcript, of whatever recording."""
    return (settings.output_folder / file_name(stem, "json")).is_file()


def belongs_to_other_recording(
    stem: str, path: Path | None, *, settings: Settings, audio_sha256: Callable[[], str]
) -> bool:
    """Whether the files of this stem hold the transcript of another recording than the file at `path`.

    The same path with other audio is the same recording, and so is the same audio at another path. `audio_sha256`
    returns the hash of the audio, empty if it cannot be read: then the files count as another recording's.
    """
    other = _transcript_at(settings.output_folder / file_name(stem, "json"))
    if other is None or other.episode.path == _from_folder(settings.output_folder, path):
        return False
    return path is None or audio_sha256() != other.made_with.audio_sha256


def is_edited(stem: str, settings: Settings) -> bool:
    """Whether the draft of this stem differs from what the machine wrote last, or cannot be read."""
    draft = settings.output_folder / file_name(stem, "md")
    before = _transcript_at(settings.output_folder / file_name(stem, "json"))
    return draft.is_file() and (before is None or _hash_at(draft) != before.made_with.outputs.get(draft.name))


def write_transcript(
    transcript: Transcript, stem: str, *, settings: Settings, force: bool = False, taken: Container[str] = ()
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Write the formats of the settings; returns their paths and warnings for the user.

    Always writes the JSON, and updates files of other formats that were written before. If an editor has changed the
    draft and the machine's text is new, everything goes to `STEM.new.*` instead (`STEM.new2.*`, … if that belongs to
    another recording or is `taken`, in lower case, in this run). If the machine's text is not new, existing files stay
    and missing ones are written from the JSON. If the JSON of an edited draft is missing, it is written again. The JSON
    is written last: it records what the machine wrote, and so tells edits apart. Raises `OutputError`.
    """
    folder = settings.output_folder
    json_path, draft = folder / file_name(stem, "json"), folder / file_name(stem, "md")
    placed = replace(
        transcript, episode=replace(transcript.episode, path=_from_folder(folder, transcript.episode.path))
    )
    before = _transcript_at(json_path)
    recorded = dict(before.made_with.outputs) if before else {}
    requested = {folder / file_name(stem, name): name for name in settings.formats}
    earlier = {folder / file_name(stem, name): name for name in FORMATS if file_name(stem, name) in recorded}
    due = requested | {path: name for path, name in earlier.items() if path.exists()}
    style = style_of(settings)
    contents = {path: write(placed, name, style=style, stem=stem) for path, name in due.items() if path != json_path}
    machine = contents.get(draft) or write(placed, "md", style=style)
    if not force and _is_edited(draft, machine, recorded):
        if before and _sha256(machine) == recorded.get(draft.name):
            return tuple(requested), _write_missing(requested, before, style=style, draft=draft)
        if not before and _is_same_text(draft, placed):
            return tuple(requested), _write_record(contents, json_path, transcript=placed, machine=machine, draft=draft)
        wider = replace(settings, formats=tuple(dict.fromkeys(("md", *settings.formats))))
        new_stem = _free_new_stem(stem, transcript, settings=settings, taken=taken)
        paths, messages = write_transcript(transcript, new_stem, settings=wider, taken=taken)
        both = f"{shlex.quote(str(draft))} {shlex.quote(str(paths[0]))}"
        advice = f"to compare: diff -u {both}; to merge: transcribe merge {both}"
        return paths, (f"{draft} differs from what turnscript wrote and is not overwritten; {advice}", *messages)
    written = _write_all(contents, json_path, transcript=placed, recorded=recorded, force=force)
    warnings = tuple(file.message for file in written.values() if file.message)
    return tuple(written[path].path for path in requested), warnings


def _free_new_stem(stem: str, transcript: Transcript, *, settings: Settings, taken: Container[str]) -> str:
    """The stem for this new transcript of a recording whose draft was edited."""
    path, sha256 = transcript.episode.path, transcript.made_with.audio_sha256
    new_stem, number = f"{stem}.new", 1
    while new_stem.casefold() in taken or belongs_to_other_recording(
        new_stem, path, settings=settings, audio_sha256=lambda: sha256
    ):
        number += 1
        new_stem = f"{stem}.new{number}"
    return new_stem


def _write_all(
    contents: Mapping[Path, str | bytes],
    json_path: Path,
    *,
    transcript: Transcript,
    recorded: Mapping[str, str],
    force: bool,
) -> dict[Path, WrittenFile]:
    written = {
        path: write_draft(path, content, previous_sha256=recorded.get(path.name), force=force)
        for path, content in contents.items()
    }
    outputs = {**recorded, **{path.name: new.sha256 for path, new in written.items() if not new.keeps_edit}}
    timed = replace(transcript, made_with=replace(transcript.made_with, outputs=outputs)).to_json()
    written[json_path] = write_draft(json_path, timed, previous_sha256=_hash_at(json_path))
    return written


def _write_missing(requested: Mapping[Path, str], current: Transcript, *, style: Style, draft: Path) -> tuple[str, ...]:
    """Write those of these files (mapped to their formats) that do not exist, for a draft that was edited.

    Their text is that of the `current` timed transcript, which `transcribe sync` may have updated from the draft; so
    sync takes them for unedited and updates them with later edits.
    """
    missing = [path for path in requested if not path.exists()]
    for path in missing:
        write_draft(path, write(current, requested[path], style=style, stem=draft.stem), previous_sha256=None)
    text = f"has the text of {file_name(draft.stem, 'json')}"
    note = f"{text}; to update both after an edit: transcribe sync {shlex.quote(str(draft))}"
    return tuple(f"{path} {note}" for path in missing)


def _write_record(
    contents: Mapping[Path, str | bytes],
    json_path: Path,
    *,
    transcript: Transcript,
    machine: str | bytes,
    draft: Path,
) -> tuple[str, ...]:
    """Write the missing timed transcript of an edited draft, and the other missing files.

    It records what the machine would have written for the draft, so that edits are recognised as such. A timed
    transcript that cannot be read is saved as a backup.
    """
    missing = {path: content for path, content in contents.items() if path != draft and not path.exists()}
    written = {path.name: write_draft(path, content, previous_sha256=None) for path, content in missing.items()}
    outputs = {draft.name: _sha256(machine), **{name: new.sha256 for name, new in written.items()}}
    timed = replace(transcript, made_with=replace(transcript.made_with, outputs=outputs)).to_json()
    record = write_draft(json_path, timed, previous_sha256=None, force=True)
    advice = f"to give it times: transcribe sync {shlex.quote(str(draft))}"
    warning = f"{draft} differs from what turnscript wrote and is not overwritten; {advice}"
    return (warning, record.message) if record.message else (warning,)


def _is_same_text(draft: Path, transcript: Transcript) -> bool:
    """Whether the draft can be an edit of this transcript, and not an unrelated text."""
    try:
        texts = [turn.spoken for turn in read_draft(draft).turns]
    except OutputError:
        return False
    return realign(texts, [turn.words for turn in transcript.turns]).is_same_text


def _is_edited(draft: Path, content: str | bytes, recorded: Mapping[str, str]) -> bool:
    """Whether the file `draft` is an editor's: neither what the machine wrote nor what it is about to write."""
    return draft.is_file() and _hash_at(draft) not in (recorded.get(draft.name), _sha256(content))


def _hash_at(path: Path) -> str | None:
    """The SHA-256 of a file; None if it does not exist or cannot be read."""
    try:
        return sha256_of(path) if path.is_file() else None
    except OSError:
        return None


def _sha256(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def _from_folder(folder: Path, path: Path | None) -> Path | None:
    """The audio's path relative to the drafts' folder, links resolved, so that both can be moved together."""
    if path is None:
        return None
    audio, folder = path.resolve(), folder.resolve()
    return audio if audio.drive != folder.drive else Path(os.path.relpath(audio, folder))


def _transcript_at(path: Path) -> Transcript | None:
    try:
        return Transcript.from_json(path.read_text(encoding="utf-8"), source=str(path))
    except (OSError, UnicodeDecodeError, TranscriptError):
        return None


def _stage_settings(settings: Mapping[str, object]) -> dict[str, object]:
    """The settings that a stage depends on; the others do not change the output."""
    names = {field.name for field in fields(Settings) if field.metadata["stages"]}
    return {name: value for name, value in settings.items() if name in names}
