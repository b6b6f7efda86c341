"""Whether the files of an episode are what a run would leave: then there is nothing to do, whatever state they are in.

The law: a run that follows the same run writes nothing. So what a run found out is kept: in `STEM.json`, which records
what it was made of; in `STEM.new.json`, if the new text was written next to an edited draft; and if a new reading of
the audio said nothing new about an edited draft, in a note in the state folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Container, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import transcribe
from audio.disk import STATE_FOLDER, write_atomically
from audio.episode import Track
from audio.trust import is_readable, read_regular
from output.formats import file_name
from transcribe.drafts.machine_originals import original_of
from transcribe.drafts.records import (
    from_folder,
    has_transcript,
    is_edited,
    is_foreign,
    is_same_text,
    new_stem_of,
    transcript_at,
)
from transcribe.pipeline.settings_record import record_of
from transcribe.recognition.engines import engine_name
from transcribe.recognition.models import folder_sha256
from transcribe.settings import Settings
from transcribe.speakers.voiceprints import Voiceprint, digest_of
from transcribe.transcript import MadeWith, Transcript

_VOICES = "voices_on_file"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a run makes a transcript of. `voices` are the enrolled ones: others may name other speakers. `tracks` are
    those of an episode that has several."""

    audio_sha256: str
    settings: Settings
    voices: tuple[Voiceprint, ...] = ()
    tracks: tuple[Track, ...] = ()

    @property
    def record(self) -> dict[str, object]:
        """The settings as `MadeWith` records them."""
        return record_of(self.settings) | {_VOICES: digest_of(self.voices)}


@dataclass(frozen=True, slots=True)
class Settled:
    """The files of an episode with nothing left to do, and the transcript among them."""

    stem: str
    paths: tuple[Path, ...]
    transcript: Transcript


def settled(stem: str, path: Path | None, *, inputs: Inputs, taken: Container[str] = ()) -> Settled | None:
    """The files of this stem, if a run would write none of them; else None.

    They hold what it would write, or an editor's correction of that; or they were edited, and hold the words heard in
    the audio now; or the new transcript is next to the edited draft already. The names in a draft that an editor has
    corrected count as correct.
    """
    settings, folder = inputs.settings, inputs.settings.output_folder
    json_path = folder / file_name(stem, "json")
    before = transcript_at(json_path)
    paths = tuple(folder / file_name(stem, name) for name in settings.formats)
    if before is not None and all(map(is_readable, paths)) and before.episode.path == from_folder(folder, path):
        edited = is_edited(stem, settings)
        if is_made_of(before, inputs, edited=edited) or (edited and _is_noted(stem, before, inputs)):
            return Settled(stem, paths, before)
    return _settled_beside(stem, path, inputs=inputs, before=before, taken=taken)


def _settled_beside(
    stem: str, path: Path | None, *, inputs: Inputs, before: Transcript | None, taken: Container[str]
) -> Settled | None:
    settings = inputs.settings
    foreign = before is None and is_foreign(settings.output_folder / file_name(stem, "json"))
    if not foreign and not is_edited(stem, settings):
        return None
    sha256 = inputs.audio_sha256
    new_stem = new_stem_of(stem, path, settings=settings, audio_sha256=sha256, taken=taken, tracks=inputs.tracks)
    if not has_transcript(new_stem, settings):
        return None
    found = settled(new_stem, path, inputs=replace(inputs, settings=settings_beside(settings)), taken=taken)
    if found is None or before is not None:
        return found
    is_ours = is_same_text(settings.output_folder / file_name(stem, "md"), found.transcript)
    return None if is_ours else found  # its timed transcript is missing, and is to be written again


def settings_beside(settings: Settings) -> Settings:
    """The settings for a transcript next to an edited draft: always with a draft, to compare."""
    return replace(settings, formats=tuple(dict.fromkeys(("md", *settings.formats))))


def is_nothing_new(before: Transcript, new: Transcript, *, draft: Path) -> bool:
    """Whether a new transcript has the settings and the words of the machine's original of an edited draft.

    The version, the bytes of the audio, times and names from enrolled voices may differ: an editor has seen to those.
    """
    heard, defaults = original_of(before, draft), recorded_defaults()
    recorded = defaults | stage_settings(heard.made_with.settings)
    return recorded == defaults | stage_settings(new.made_with.settings) and _said(heard) == _said(new)


def note_compared(stem: str, before: Transcript, new: Transcript, *, folder: Path) -> None:
    """Note that what this transcript was made of says nothing new about the edited draft. A failure is ignored: then
    the next run compares again."""
    made_with = new.made_with
    if _digest(before, before.made_with) == (digest := _digest(before, made_with)):
        return
    note = _note_path(folder, stem)
    with contextlib.suppress(OSError):
        if not note.is_file() or read_regular(note) != digest:
            write_atomically(note, digest)


def stage_settings(settings: Mapping[str, object]) -> dict[str, object]:
    """The settings that a stage depends on; the others do not change the output."""
    names = {field.name for field in fields(Settings) if field.metadata["stages"]}
    return {name: value for name, value in settings.items() if name in names}


def recorded_defaults() -> dict[str, object]:
    """The values of settings which an older release did not record."""
    return stage_settings(record_of(Settings()))


def is_made_of(before: Transcript, inputs: Inputs, *, edited: bool) -> bool:
    """Whether a transcript is what a run with these inputs would make; in an edited draft, names count as correct."""
    made_with, settings = before.made_with, inputs.settings
    return (
        settings.language in ("auto", before.language)
        and made_with.engine == engine_name(settings)
        and made_with.model_sha256 == (folder_sha256(settings.model) or made_with.model_sha256)
        and made_with.audio_sha256 == inputs.audio_sha256
        and made_with.turnscript == transcribe.__version__
        and stage_settings(made_with.settings) == stage_settings(inputs.record)
        and (edited or made_with.settings.get(_VOICES, "") == inputs.record[_VOICES])
    )


def _is_noted(stem: str, before: Transcript, inputs: Inputs) -> bool:
    new = replace(
        before.made_with,
        turnscript=transcribe.__version__,
        audio_sha256=inputs.audio_sha256,
        settings=inputs.record,
        model_sha256=folder_sha256(inputs.settings.model) or before.made_with.model_sha256,
    )
    try:
        return read_regular(_note_path(inputs.settings.output_folder, stem)) == _digest(before, new)
    except OSError:
        return False


def _note_path(folder: Path, stem: str) -> Path:
    return folder / STATE_FOLDER / "compared" / hashlib.sha256(stem.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _digest(before: Transcript, made_with: MadeWith) -> bytes:
    """Of the original of a draft, and of what the transcript compared with it was made of.

    The weights are in it if they are not the original's, so that the notes of earlier versions hold.
    """
    outputs = sorted(before.made_with.outputs.items())
    data = [outputs, made_with.audio_sha256, made_with.turnscript, stage_settings(made_with.settings)]
    if made_with.model_sha256 != before.made_with.model_sha256:
        data.append(made_with.model_sha256)
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=list).encode()).hexdigest().encode()


def _said(transcript: Transcript) -> tuple[str, list[tuple[int, list[str]]]]:
    """Who says what: the speakers as numbers, in the order in which they speak."""
    numbers: dict[str, int] = {}
    turns = [
        (numbers.setdefault(turn.speaker, len(numbers)), [word.text for word in turn.words])
        for turn in transcript.turns
    ]
    return transcript.language, turns
