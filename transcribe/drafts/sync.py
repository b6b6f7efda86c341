"""Updates the files of an edited draft: reads it and its timed transcript, writes `STEM.json` and the captions.

Never writes the draft itself. The record of what the machine wrote (`made_with.outputs`) does not change, so that
`transcribe run` still treats the draft as edited.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from audio.disk import write_atomically
from audio.program import program
from audio.trust import read_regular, read_regular_text, step_after
from output.errors import OutputError
from output.files import check_names
from output.formats import file_name
from output.parse import read_draft
from transcribe.drafts.derived_update import update_derived
from transcribe.drafts.lost_words import lost_words, told
from transcribe.drafts.machine_originals import confirmed_of, original_of, save_original
from transcribe.drafts.moved_recording import with_recording
from transcribe.drafts.settled import Settled
from transcribe.drafts.transcript_update import update_transcript
from transcribe.errors import TranscriptError
from transcribe.transcript import Transcript

Retime = Callable[[Transcript, Transcript], tuple[Transcript, str]]  # (after, before) → retimed, what was done


@dataclass(frozen=True, slots=True)
class SyncResult:
    """The files that hold the result, written now or already up to date, and the report for the user.

    `skipped` are the files that are not updated, each with a warning for the user; `lost` tells of words that were
    heard and that the draft gives to nobody, or to somebody else.
    """

    paths: tuple[Path, ...]
    report: str
    skipped: Mapping[Path, str]
    lost: tuple[str, ...] = ()


def sync(draft_path: Path, *, retime: Retime | None = None, audio: Path | None = None) -> SyncResult:
    """Update `STEM.json` and the existing captions next to `STEM.md` from the draft. Idempotent.

    What was doubtful and is again as the machine wrote it, as an edit was undone, is doubtful again. `retime` may time
    long rewrites on the recording; `audio` is where the recording is now. Raises `OutputError` if the draft cannot be
    read or the folder cannot be written to, `TranscriptError` if the timed transcript is missing or belongs to another
    draft or recording, and what `retime` raises; then nothing is written.
    """
    draft, before = read_draft(draft_path), transcript_of(draft_path)
    update = update_transcript(draft, before, name=str(draft_path))
    heard, settled, report = original_of(before, draft_path), Settled(), update.report
    settled.resume(before, heard=heard, confirmed=confirmed_of(before, draft_path))
    after = settled.brought_back(update.transcript)
    if audio is not None:
        after = with_recording(draft_path, after, audio)
        report = f"{report}, the recording is now {audio}"
    if retime is not None:
        after, retimed = retime(after, before)
        report = f"{report}, {retimed}" if retimed else report
    lost = lost_words(draft, heard)
    paths, skipped = write_update(draft_path, after, before=before)
    return SyncResult(paths, report, skipped, told(lost, str(draft_path)))


def transcript_of(draft_path: Path) -> Transcript:
    """The timed transcript of a draft. Raises `TranscriptError` if it does not exist or cannot be read."""
    path = json_path(draft_path)
    try:
        return Transcript.from_json(read_regular_text(path), source=str(path))
    except FileNotFoundError as error:
        raise TranscriptError(
            f"{path}: no such file, so {draft_path.name} has no times; `{program()} run` on the audio writes it and "
            f"does not change the draft; for a text from elsewhere: {program()} align {draft_path.name} AUDIO"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "not UTF-8 text")
        step = f"run `{program()} run` on the audio again"
        step = step_after(error, step) if isinstance(error, OSError) else step
        raise TranscriptError(f"{path}: cannot be read ({reason}); {step}") from error


def json_path(draft_path: Path) -> Path:
    """The path of a draft's timed transcript."""
    return draft_path.with_name(file_name(draft_path.stem, "json"))


def write_update(
    draft_path: Path, after: Transcript, *, before: Transcript
) -> tuple[tuple[Path, ...], Mapping[Path, str]]:
    """Write `after` and the existing captions; returns their paths, and the files not updated with their warnings.

    The JSON is written last, so that a sync that was interrupted can be repeated. A caption file somebody edited by
    hand is not written. Raises `OutputError`.
    """
    target = json_path(draft_path)
    check_names(target)
    try:
        derived = update_derived(draft_path, after, before=before)
        json = after.to_json().encode()
        if read_regular(target) != json:
            save_original(before, draft_path)
            write_atomically(target, json)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise OutputError(
            f"{target.parent}: cannot be written to ({reason}); "
            + step_after(error, "free disk space or change its permissions")
        ) from error
    return (target, *derived.paths), derived.skipped
