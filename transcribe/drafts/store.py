"""Writes a transcript's files to the drafts' folder, never over an edit.

`STEM.json` records the audio's hash, the settings, and the hash of each file the machine wrote; a file that differs
from its record was edited, and is not overwritten (`transcribe.drafts.records`). `transcribe.drafts.currency` says what
need not be written, `output` writes the files, `transcribe.batch.runner` selects the episodes.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from audio.program import program
from audio.trust import is_readable, read_regular, step_after
from output.errors import OutputError
from output.files import WrittenFile, check_names, write_draft
from output.formats import FORMATS, file_name, write
from transcribe.drafts.changes import NO_CHANGES, Changes
from transcribe.drafts.currency import is_nothing_new, note_compared, settings_beside
from transcribe.drafts.derived_files import comparable_content, regenerated
from transcribe.drafts.derived_update import DerivedUpdate, update_derived
from transcribe.drafts.given_names import no_longer_given
from transcribe.drafts.kept_draft import as_edited, as_synced, misfit_of, not_done, speakers_in
from transcribe.drafts.records import episode_from_folder, hash_at, is_foreign, is_same_text, new_stem_of, transcript_at
from transcribe.drafts.style import style_of, style_recorded
from transcribe.settings import Settings
from transcribe.style import Style
from transcribe.transcript import Speaker, Transcript


@dataclass(frozen=True, slots=True)
class Written:
    """The files of a transcript that were asked for, messages for the user, and what was done to which file.

    What stays as it is for the sake of an edited draft is `kept`, and `speakers` are then those of the draft.
    """

    paths: tuple[Path, ...]
    messages: tuple[str, ...] = ()
    kept: tuple[Path, ...] = ()  # not written, as the first of them is a draft that an editor has changed
    speakers: tuple[Speaker, ...] = ()  # of the draft that is kept; none if it does not fit
    changes: Changes = NO_CHANGES


def write_transcript(
    transcript: Transcript, stem: str, *, settings: Settings, force: bool = False, taken: Container[str] = ()
) -> Written:
    """Write the formats of the settings.

    Always writes the JSON, and updates files of other formats that were written before. If an editor has changed the
    draft and the machine's text is new, or the JSON is another program's, everything goes to `STEM.new.*` instead (see
    `new_stem_of`; `taken` are stems of this run). If the machine's text is not new, existing files stay and missing
    ones are written from the JSON. If the JSON of an edited draft is missing, it is written again. The JSON is written
    last: it records what the machine wrote, and so tells edits apart. Raises `OutputError`.
    """
    folder = settings.output_folder
    json_path, draft = folder / file_name(stem, "json"), folder / file_name(stem, "md")
    placed = replace(transcript, episode=episode_from_folder(folder, transcript.episode))
    before = transcript_at(json_path)
    recorded = dict(before.made_with.outputs) if before else {}
    requested = {folder / file_name(stem, name): name for name in settings.formats}
    style = style_of(settings)
    contents = _contents(placed, requested, recorded=recorded, style=style, stem=stem)
    machine = contents.get(draft) or write(placed, "md", style=style)
    if not force and not before and is_foreign(json_path) and not is_same_text(draft, placed):
        return _write_beside(transcript, stem, json_path, settings=settings, taken=taken)
    if not force and _is_edited(draft, machine, recorded):
        if before and (_sha256(machine) == recorded.get(draft.name) or is_nothing_new(before, placed, draft=draft)):
            return _write_missing(requested, before, new=placed, style=style, draft=draft)
        if not before and is_same_text(draft, placed):
            return _write_record(
                contents, json_path, requested=tuple(requested), transcript=placed, machine=machine, draft=draft
            )
        return _write_beside(transcript, stem, draft, settings=settings, taken=taken)
    lost = _lost_names(draft, before, new=placed, machine=machine) if before else ()
    written, stale = _write_all(contents, draft, transcript=placed, before=before, force=force)
    messages = tuple(_message(path, file, before, stem=stem) for path, file in written.items() if file.message)
    messages = (*(f"{draft if draft in written else json_path}: {one}" for one in lost), *messages)
    paths = tuple(written[path].path for path in requested)
    changes = _changes(written.values(), stale=tuple(stale))
    return Written(paths, (*messages, *stale.values()), changes=changes)


def _changes(files: Iterable[WrittenFile], *, stale: tuple[Path, ...] = ()) -> Changes:
    files = tuple(files)
    new = tuple(file.path for file in files if file.is_new)
    return Changes(new, tuple(file.backup for file in files if file.backup is not None), stale)


def _lost_names(draft: Path, before: Transcript, *, new: Transcript, machine: str | bytes) -> tuple[str, ...]:
    """What `no_longer_given` says if the draft is written over by a new transcript, edited or not."""
    earlier = as_edited(draft, before) if _is_edited(draft, machine, before.made_with.outputs) else before
    return no_longer_given(earlier, new.made_with.settings, names=[speaker.name for speaker in new.speakers])


def _message(path: Path, file: WrittenFile, before: Transcript | None, *, stem: str) -> str:
    """What became of a file that `force` replaced: only one that nothing of ours gives was edited by hand."""
    name = next(name for name in FORMATS if path.name == file_name(stem, name))
    if file.backup is None or name == "md":
        return file.message
    if name == "json":
        return f"{path}: replaced; the one that could not be read is now {file.backup}"
    if before and regenerated(path, read_regular(file.backup), name, before=before, after=before) is not None:
        return f"{path}: replaced; the one written from the edited draft is now {file.backup}"
    return file.message


def _contents(
    transcript: Transcript, requested: Mapping[Path, str], *, recorded: Mapping[str, str], style: Style, stem: str
) -> dict[Path, str | bytes]:
    """The texts of the requested files and of those written before, but for the JSON."""
    folder = next(iter(requested)).parent
    earlier = {folder / file_name(stem, name): name for name in FORMATS if file_name(stem, name) in recorded}
    due = dict(requested) | {path: name for path, name in earlier.items() if path.exists()}
    return {path: write(transcript, name, style=style, stem=stem) for path, name in due.items() if name != "json"}


def _write_beside(
    transcript: Transcript, stem: str, kept: Path, *, settings: Settings, taken: Container[str]
) -> Written:
    """Write a transcript next to the file `kept`, which is not the machine's."""
    path, sha256 = transcript.episode.path, transcript.made_with.audio_sha256
    tracks = transcript.episode.tracks
    new_stem = new_stem_of(stem, path, settings=settings, audio_sha256=sha256, taken=taken, tracks=tracks)
    new = write_transcript(transcript, new_stem, settings=settings_beside(settings), taken=taken)
    if kept.suffix == ".json":
        message = f"{kept} was not written by turnscript and is not overwritten; the transcript is {new.paths[0]}"
    else:
        both = f"{shlex.quote(str(kept))} {shlex.quote(str(new.paths[0]))}"
        advice = f"to compare: diff -u {both}; to merge: {program()} merge {both}"
        before = transcript_at(settings.output_folder / file_name(stem, "json"))
        read_by = _other_reader(before, transcript) if before else ""
        message = f"{kept} differs from what turnscript wrote and is not overwritten; {read_by}{advice}"
    return replace(new, messages=(message, *new.messages))


def _other_reader(before: Transcript, new: Transcript) -> str:
    """That a new recognition is of another model or engine than the draft's, as part of a message; else empty."""
    old, now = before.made_with, new.made_with
    if (old.model, old.engine) == (now.model, now.engine):
        return ""
    readers = (now.model, old.model)
    if old.engine != now.engine:
        readers = (f"{now.model} with {now.engine}", f"{old.model} with {old.engine}")
    return f"beside it is a new recognition (read by {readers[0]}; the draft was by {readers[1]}); "


def _write_all(
    contents: Mapping[Path, str | bytes],
    draft: Path,
    *,
    transcript: Transcript,
    before: Transcript | None,
    force: bool,
) -> tuple[dict[Path, WrittenFile], dict[Path, str]]:
    """Write the texts, the files made of them since, and then the JSON; one that cannot be read is saved as a backup.

    Returns also the files made of the draft that are not written, with the reason for the user.
    """
    json_path = draft.with_name(file_name(draft.stem, "json"))
    check_names(*contents, json_path)
    recorded = dict(before.made_with.outputs) if before else {}
    written = {
        path: write_draft(path, content, previous_sha256=recorded.get(path.name), force=force)
        for path, content in contents.items()
    }
    outputs = {**recorded, **{path.name: new.sha256 for path, new in written.items() if not new.keeps_edit}}
    transcript = replace(transcript, made_with=replace(transcript.made_with, outputs=outputs))
    stale: dict[Path, str] = {}
    if before:
        derived = _update_derived(draft, transcript, before=before, written=contents)
        written |= {path: WrittenFile(path, hash_at(path) or "") for path in derived.changed}
        stale = derived.skipped
    previous = hash_at(json_path) if before else None
    written[json_path] = write_draft(json_path, transcript.to_json(), previous_sha256=previous, force=True)
    return written, stale


def _update_derived(
    draft: Path, transcript: Transcript, *, before: Transcript, written: Container[Path]
) -> DerivedUpdate:
    """Write what `transcribe export` has made of the draft again, in the style of the transcript if that is another."""
    style = style_recorded(transcript)
    restyled = None if style == style_recorded(before) else style
    try:
        return update_derived(draft, transcript, before=before, style=restyled, written=written)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        step = step_after(error, "free disk space or change its permissions")
        raise OutputError(f"{draft.parent}: cannot be written to ({reason}); {step}") from error


def _write_missing(
    requested: Mapping[Path, str], before: Transcript, *, new: Transcript, style: Style, draft: Path
) -> Written:
    """Write those of these files (mapped to their formats) that do not exist, for a draft that was edited and a new
    transcript that says nothing new about it.

    Their text is that of the timed transcript `before`, which `transcribe sync` may have updated from the draft; so
    sync takes them for unedited and updates them with later edits. Those that lack some now are named. Audio that was
    moved is recorded at its new path.
    """
    missing = [path for path in requested if not is_readable(path)]
    check_names(*missing)
    texts = {path: write(before, requested[path], style=style, stem=draft.stem) for path in missing}
    for path, text in texts.items():
        write_draft(path, text, previous_sha256=None)
    json_path = draft.with_name(file_name(draft.stem, "json"))
    moved = before.episode.path != new.episode.path
    if moved:
        at_its_path = replace(before, episode=replace(before.episode, path=new.episode.path))
        write_draft(json_path, at_its_path.to_json(), previous_sha256=hash_at(json_path))
    note_compared(draft.stem, before, new, folder=draft.parent)
    synced = as_synced(draft, before) or before
    note = f"has the text of {json_path.name}, which lacks your latest edits; to update both: {program()} sync"
    messages = tuple(
        f"{path} {note} {shlex.quote(str(draft))}"
        for path, text in texts.items()
        if not _is_same(text, write(synced, requested[path], style=style, stem=draft.stem))
    )
    misfit = misfit_of(draft, before)
    told = (misfit,) if misfit else not_done(draft, before, new.made_with.settings)
    written = (*missing, *([json_path] if moved else ()))
    kept, changes = _kept(draft, requested, written=written), Changes(tuple(dict.fromkeys(written)))
    return Written(tuple(requested), (*told, *messages), kept, speakers_in(draft, before), changes)


def _is_same(text: str | bytes, other: str | bytes) -> bool:
    """Whether two texts of a file say the same; a docx has the time of writing in it."""
    return text == other or (
        isinstance(text, bytes) and isinstance(other, bytes) and comparable_content(text) == comparable_content(other)
    )


def _write_record(
    contents: Mapping[Path, str | bytes],
    json_path: Path,
    *,
    requested: tuple[Path, ...],
    transcript: Transcript,
    machine: str | bytes,
    draft: Path,
) -> Written:
    """Write the missing timed transcript of an edited draft, and the other missing files.

    It records what the machine would have written for the draft, so that edits are recognised as such. A timed
    transcript that cannot be read is saved as a backup.
    """
    missing = {path: content for path, content in contents.items() if path != draft and not is_readable(path)}
    check_names(*missing, json_path)
    written = {path.name: write_draft(path, content, previous_sha256=None) for path, content in missing.items()}
    outputs = {draft.name: _sha256(machine), **{name: new.sha256 for name, new in written.items()}}
    timed = replace(transcript, made_with=replace(transcript.made_with, outputs=outputs)).to_json()
    record = write_draft(json_path, timed, previous_sha256=None, force=True)
    advice = f"to give it times: {program()} sync {shlex.quote(str(draft))}"
    warning = f"{draft} differs from what turnscript wrote and is not overwritten; {advice}"
    messages = (warning, _message(json_path, record, None, stem=draft.stem)) if record.message else (warning,)
    kept = _kept(draft, requested, written={*missing, json_path})
    speakers, changes = speakers_in(draft, transcript), _changes([*written.values(), record])
    return Written(requested, messages, kept, speakers, changes)


def _kept(draft: Path, requested: Iterable[Path], *, written: Container[Path]) -> tuple[Path, ...]:
    """The edited draft, whether it was asked for or not, and the requested files that were not written."""
    return (draft, *(path for path in requested if path != draft and path not in written))


def _is_edited(draft: Path, content: str | bytes, recorded: Mapping[str, str]) -> bool:
    """Whether the file `draft` is an editor's: neither what the machine wrote nor what it is about to write."""
    return draft.is_file() and hash_at(draft) not in (recorded.get(draft.name), _sha256(content))


def _sha256(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
