"""What a run says of an edited draft that it keeps: who speaks in it, or that it is not of this recording any more;
and what the run was asked for that changes no word, and so is not done."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from audio.program import program
from audio.trust import read_regular
from output.errors import OutputError
from output.formats import file_name
from transcribe.declaration import option_name
from transcribe.drafts.derived_files import comparable_content, regenerated
from transcribe.drafts.style import style_recorded
from transcribe.errors import SettingsError, TranscriptError
from transcribe.settings import Settings
from transcribe.transcript import Speaker, Transcript
from transcribe.units import share_of

FORMAT_OF = {"docx_times": "docx", "transcript_url": "podcast"}
"""The settings that change one format and no draft, which `export` can change, too; and that format."""


def as_synced(draft: Path, timed: Transcript) -> Transcript | None:
    """The transcript of an edited draft as `transcribe sync` would record it; None if it does not fit."""
    from output.parse import read_draft
    from transcribe.drafts.transcript_update import update_transcript

    try:
        return update_transcript(read_draft(draft), timed, name=str(draft)).transcript
    except (OutputError, TranscriptError):
        return None


def speakers_in(draft: Path, timed: Transcript) -> tuple[Speaker, ...]:
    """The speakers of an edited draft of this transcript, as `transcribe sync` would record them; none if it does not
    fit."""
    synced = as_synced(draft, timed)
    return () if synced is None else synced.speakers


def as_edited(draft: Path, timed: Transcript) -> Transcript:
    """The transcript with the speakers of its draft, as far as that fits."""
    return replace(timed, speakers=speakers_in(draft, timed) or timed.speakers)


def misfit_of(draft: Path, timed: Transcript) -> str:
    """Why the file `draft` is no draft of this transcript, and what to do, for the user; empty if it is one."""
    from output.parse import read_draft
    from transcribe.alignment.realign import realign

    try:
        texts = [turn.spoken for turn in read_draft(draft).turns]
    except OutputError as error:
        return str(error)
    realigned = realign(texts, [turn.words for turn in timed.turns])
    if not timed.words or realigned.is_same_text:
        return ""
    step = "move it away and run again, or put its text back"
    if not any(turn.has_speech for turn in realigned.turns):
        return f"{draft}: has no spoken words and is kept; {step}"
    return f"{draft}: does not fit the recording ({realigned.overlap_ratio:.0%} of the words agree) and is kept; {step}"


def not_done(draft: Path, timed: Transcript, asked: Mapping[str, Any]) -> tuple[str, ...]:
    """What these settings, as a transcript records them, ask for, and the files of a draft that is kept for its edits
    do not get: other doubts, documents of another style. A message each, with the command that does it."""
    return (*_other_doubts(draft, timed, asked), *_other_documents(draft, timed, asked))


def _other_doubts(draft: Path, timed: Transcript, asked: Mapping[str, Any]) -> Iterator[str]:
    old, new = (str(settings.get("doubts", Settings().doubts)) for settings in (timed.made_with.settings, asked))
    with contextlib.suppress(SettingsError):  # of a transcript that somebody wrote by hand
        if share_of(old) != share_of(new):
            merge = f"{program()} merge {shlex.quote(str(draft))} FOLDER/{shlex.quote(draft.name)}"
            yield (
                f"{draft}: edited, so its doubts stay those of --doubts {old}; for those of --doubts {new} run the "
                f"same command with -o FOLDER, another folder, and then: {merge}"
            )


def _other_documents(draft: Path, timed: Transcript, asked: Mapping[str, Any]) -> Iterator[str]:
    recorded = style_recorded(timed)
    for name, format_name in FORMAT_OF.items():
        value = asked.get(name, getattr(recorded, name))
        path = draft.with_name(file_name(draft.stem, format_name))
        if value == getattr(recorded, name) or not path.is_file():
            continue
        with contextlib.suppress(OSError):
            content = read_regular(path)
            style = replace(recorded, **{name: value})
            new = regenerated(path, content, format_name, before=timed, after=timed, style=style)
            if new is not None and comparable_content(new) != comparable_content(content):
                option = shlex.join([f"--{option_name(name)}", str(value)])
                export = f"{program()} export {shlex.quote(str(draft))} -f {format_name} {option}"
                yield f"{path}: stays as it is, as the draft is edited; to have it with that: {export}"
