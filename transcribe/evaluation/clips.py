"""The clips that a place stands for: a folder, a `clips.toml`, or one recording.

A folder needs no file: every recording in it is a clip. Its `clips.toml`, if it has one, decides. One recording is
checked as it is in its folder: with the name, the settings, the limits and the terms that it has there. Does not run
anything.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from audio.media import MEDIA_SUFFIXES, has_controls
from audio.trust import is_there, real_path, step_after
from output.kinds import head_of, is_draft, stated_kind
from transcribe.config import ANY, Choices
from transcribe.errors import SettingsError
from transcribe.evaluation.clip import FILE_NAME, Clips, clips_of_folder, files_in, unused_references
from transcribe.evaluation.clips_file import INSTEAD, ClipsFile, same_recording
from transcribe.evaluation.limits import NO_LIMITS, OVERALL
from transcribe.settings import Settings


def find_clips(place: Path, settings: Settings, *, choices: Choices = ANY) -> Clips:
    """The clips of a folder (of its `clips.toml` if it has one), of a `clips.toml`, or of a single recording.

    `choices` are as in `load_settings`. Raises `SettingsError` if there are none, and for an invalid file, with the
    line and the key.
    """
    if place.is_dir():
        file = _file_in(place)
        return ClipsFile(file, settings, choices).clips() if file else _of_folder(place, settings)
    if not place.is_file():
        raise SettingsError(f"{place}: no such file or folder; {INSTEAD}")
    if place.suffix.lower() in MEDIA_SUFFIXES:
        return _alone(place, settings, choices)
    if place.suffix.lower() != ".toml" and (kind := _text_kind(place)):
        raise SettingsError(f"{place}: is {kind}, not a {FILE_NAME}; {INSTEAD}")
    return ClipsFile(place, settings, choices).clips()


def _text_kind(path: Path) -> str:
    """What a transcript is, with an article; empty for a file of another kind, or that cannot be read."""
    try:
        head = head_of(path)
    except OSError:
        return ""
    text = head.decode(errors="replace")
    kind = "" if has_controls(head) else stated_kind(text) or ("a draft" if is_draft(text, path.suffix) else "")
    return str(kind)


def _of_folder(folder: Path, settings: Settings) -> Clips:
    clips = clips_of_folder(folder, settings)
    return Clips(clips, OVERALL, unused=unused_references(folder, clips))


def _alone(audio: Path, settings: Settings, choices: Choices) -> Clips:
    """One recording as its folder has it. A recording that the folder's file does not name has its common limits.

    The limits of all clips together are not those of one.
    """
    file = _file_in(audio.parent) or _file_in(audio.resolve().parent)
    rows = ClipsFile(file, settings, choices) if file else None
    clips = rows.clips().clips if rows else clips_of_folder(audio.parent, settings)
    same = [clip for clip in clips if _place(clip.audio) == _place(audio)]
    same = same or [clip for clip in clips if same_recording(clip.audio) == same_recording(audio)]
    if same or rows is None:
        return Clips(tuple(replace(clip, is_typed=True) for clip in same), NO_LIMITS, partial=True)
    clip = rows.unnamed(audio)
    name = audio.name if any(other.name == clip.name for other in clips) else clip.name
    return Clips((replace(clip, name=name, is_typed=True),), NO_LIMITS, partial=True, unnamed=(audio,))


def _place(path: Path) -> Path:
    """Where a path lies, itself perhaps a link."""
    return path.parent.resolve() / path.name


def _file_in(folder: Path) -> Path | None:
    """The folder's `clips.toml`, whatever it is.

    Raises `SettingsError` for a link that leads out of the folder, and for a file whose name is almost that.
    """
    if is_there(file := folder / FILE_NAME):
        try:
            real_path(file, inside=folder)
        except OSError as exc:
            raise SettingsError(f"{file}: cannot be read ({exc.strerror}); {step_after(exc, 'remove it')}") from exc
        return file
    others = {
        path.name.lower(): path for path in files_in(folder) if path.name.lower().endswith((".toml", ".toml.txt"))
    }
    if close := get_close_matches(FILE_NAME, others, n=1, cutoff=0.8):
        raise SettingsError(f"{others[close[0]]}: is not read under this name; rename it to {FILE_NAME}, or move it")
    return None
