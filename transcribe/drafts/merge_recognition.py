"""Merges a new recognition into an edited draft: its improvements are taken, every edit is kept.

The words are merged by `merge_words`. A place where both changed the same words becomes a doubt of the timed
transcript, with the machine's new words, so that the editor's list of doubts shows it. A name that somebody gave or
typed stays, unless the new recognition was given another one. The labels are those of a new draft, see `merged_labels`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from audio.disk import free_backup_path, replace_if_unchanged, write_atomically
from output.errors import OutputError
from output.files import check_names
from output.markdown import render
from output.parse import Draft, parse, read_draft
from transcribe.drafts.kept_names import keep_names, lost_names
from transcribe.drafts.machine_originals import original_of, save_original
from transcribe.drafts.merge_conflicts import Conflict, conflicts, doubts
from transcribe.drafts.merge_words import Merged, merge_words
from transcribe.drafts.merged_labels import merged_labels
from transcribe.drafts.style import style_recorded
from transcribe.drafts.sync import transcript_of, write_update
from transcribe.drafts.transcript_update import update_transcript
from transcribe.drafts.turn_edits import EditError, PageTurn, apply_turns, page_turns, wrap_of
from transcribe.errors import TranscriptError
from transcribe.style import LabelStyle
from transcribe.transcript import Transcript


@dataclass(frozen=True, slots=True)
class MergeResult:
    """The files that hold the result, the places to check, the counts of all places, the backup of the draft, the
    files not updated with the reasons, and the names that were given or typed and are nobody's now, each with the
    speaker of most of its words."""

    paths: tuple[Path, ...]
    conflicts: tuple[Conflict, ...]
    report: str
    backup: Path | None = None
    skipped: Mapping[Path, str] = field(default_factory=dict)
    names_lost: tuple[tuple[str, str], ...] = ()


def merge_recognition(draft_path: Path, new_path: Path) -> MergeResult:
    """Merge the draft of a new recognition (`STEM.new.md`, with its JSON next to it) into the edited one.

    The edited draft is saved as `STEM.md.bak` (with a number if that exists). Raises `OutputError` and
    `TranscriptError` as `sync` does, the latter also if the two are of different recordings, and `EditError` if no
    draft can hold the result.
    """
    mine, new_draft = read_draft(draft_path), read_draft(new_path).encoded()
    old, new = transcript_of(draft_path), transcript_of(new_path)
    edited = update_transcript(mine, old, name=str(draft_path)).transcript
    update_transcript(mine, new, name=f"{draft_path} with {new_path.name}")
    kept = keep_names(new, edited)
    new = kept.transcript
    wrap = wrap_of(mine, style_recorded(new).wrap)
    machine, labels = original_of(old, draft_path), style_recorded(old).labels
    merged = merge_words(_machine_turns(machine, labels), page_turns(mine), _machine_turns(new, labels))
    merged = replace(merged, names_kept=kept.names)
    names = dict.fromkeys(turn.speaker for turn in merged.turns)
    in_style = merged_labels(mine, names, edited=edited, new=new, renamed=merged.new_names, style=labels)
    draft = apply_turns(mine, merged.turns, wrap=wrap, labels_of=in_style)
    heard, heard_draft = _heard(new, new_draft, merged, labels=labels)
    made_with = replace(new.made_with, outputs={draft_path.name: hashlib.sha256(heard_draft).hexdigest()})
    new, heard = (
        replace(each, episode=replace(new.episode, path=old.episode.path), made_with=made_with) for each in (new, heard)
    )
    after = update_transcript(draft, new, name=str(draft_path)).transcript
    after = replace(after, doubts=(*after.doubts, *doubts(merged.differences, draft, after=after)))
    backup = _write(draft_path, draft.encoded(), over=mine.encoded())
    save_original(heard, draft_path)
    paths, skipped = write_update(draft_path, after, before=old)
    lost = lost_names(edited, after, renamed=[label for label, _ in merged.renamed])
    places = tuple(conflicts(merged.differences, draft, after=after))
    return MergeResult((draft_path, *paths), places, merged.report, backup, skipped, lost)


def _machine_turns(transcript: Transcript, labels: LabelStyle) -> tuple[PageTurn, ...]:
    """The turns as the machine printed them, marks included, with labels of the draft's style."""
    return page_turns(_machine_draft(transcript, labels))


def _machine_draft(transcript: Transcript, labels: LabelStyle) -> Draft:
    return parse(render(transcript, replace(style_recorded(transcript), labels=labels)))


def _heard(new: Transcript, new_draft: bytes, merged: Merged, *, labels: LabelStyle) -> tuple[Transcript, bytes]:
    """What edits of the merged draft are told from, as a timed transcript and as a draft: see `Merged.base`."""
    printed = _machine_draft(new, labels)
    if merged.base == page_turns(printed):
        return new, new_draft
    try:
        draft = apply_turns(printed, merged.base, wrap=0)
        return update_transcript(draft, new).transcript, draft.encoded()
    except (EditError, TranscriptError):  # little of the new recognition is left
        return new, new_draft


def _write(path: Path, source: bytes, *, over: bytes) -> Path | None:
    """Replace the contents `over` by `source` and save `over` as a backup, whose path is returned."""
    if source == over:
        return None
    backup = free_backup_path(path)
    check_names(path)
    try:
        write_atomically(backup, over)
        if not replace_if_unchanged(path, source, over=hashlib.sha256(over).hexdigest()):
            backup.unlink()
            raise OutputError(f"{path}: was changed during the merge; nothing was written. Run the command again")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise OutputError(f"{path}: cannot be written ({reason}); free disk space or change its permissions") from error
    return backup
