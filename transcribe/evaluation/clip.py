"""Sample clips as values; in a folder, every recording is a clip, with its references next to it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from audio.media import MEDIA_SUFFIXES
from audio.trust import is_there
from transcribe.errors import SettingsError
from transcribe.evaluation.limits import DEFAULTS, Limits
from transcribe.evaluation.references import REFERENCE_SUFFIXES
from transcribe.settings import Settings

FILE_NAME = "clips.toml"


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording with its references (empty if it has none), settings and limits.

    The references are the names that are there, whatever they stand for: one that cannot be read is an error of the
    clip, not a reference it lacks.
    """

    name: str
    audio: Path
    references: tuple[Path, ...]
    settings: Settings
    limits: Limits = DEFAULTS
    required: frozenset[str] = frozenset()  # measures limited in the file; the clip fails if one is not measured
    own: frozenset[str] = frozenset()  # measures whose limit the file states for this clip, and not for all
    terms: tuple[str, ...] = ()  # words to count like the speakers' names
    places: Mapping[str, str] = field(default_factory=dict)  # by key or setting: the file and line that state it
    folder: Path = Path()  # of the clips, out of which no link of theirs may lead
    is_typed: bool = False  # the user named the recording itself, and so where it leads

    @property
    def source(self) -> str:
        """The file an annotation points at: the first reference, or else the recording."""
        return str((self.references or (self.audio,))[0])

    def placed(self, key: str, message: object) -> str:
        """The message, after the file and line that state `key` for this clip, if a file does."""
        return f"{self.places[key]}: {message}" if key in self.places else str(message)

    def place_of(self, path: Path) -> Path:
        """The folder out of which no link may lead a file of the clip: that of the clips, or its own if the clips'
        file names another place."""
        is_below = Path(os.path.abspath(path)).is_relative_to(os.path.abspath(self.folder))  # noqa: PTH100 - no links
        return self.folder if is_below else path.parent

    @property
    def if_silent(self) -> Clip:
        """The clip if nobody speaks in it: no invented word is allowed, and the limits for all clips need no measure.

        Limits of its own apply as they are.
        """
        limits = self.limits if "invented_words" in self.own else replace(self.limits, invented_words=0)
        return replace(self, limits=limits, required=self.required & self.own)


@dataclass(frozen=True, slots=True)
class Clips:
    """The clips of a check, the limits for all of them together, and the files that are not checked."""

    clips: tuple[Clip, ...]
    overall: Limits
    required: frozenset[str] = frozenset()  # measures limited for all of them together
    partial: bool = False  # one recording of a folder; the others of a baseline are not missing
    unnamed: tuple[Path, ...] = ()  # recordings that the folder's file does not name
    unused: tuple[Path, ...] = ()  # references of a folder whose recording is not there


def references_of(audio: Path) -> tuple[Path, ...]:
    """The references named like a recording: its words (the draft rather than the text) and its speaker times."""
    draft, text, times = (audio.with_name(audio.stem + suffix) for suffix in REFERENCE_SUFFIXES)
    return tuple(path for path in (draft if is_there(draft) else text, times) if is_there(path))


def clips_of_folder(folder: Path, settings: Settings, limits: Limits = DEFAULTS) -> tuple[Clip, ...]:
    """A clip for each recording of the folder. Raises `SettingsError` if it has none."""
    audio = recordings_in(folder)
    if not audio:
        raise SettingsError(f"{folder}: no recordings to check in this folder; put clips and their references there")
    names = Counter(path.stem for path in audio)
    return tuple(
        Clip(name, path, references_of(path), settings, limits, folder=folder)
        for path in audio
        for name in [path.stem if names[path.stem] == 1 else path.name]
    )


def recordings_in(folder: Path) -> list[Path]:
    """What has the name of a recording in a folder, sorted. Raises `SettingsError` if it cannot be listed."""
    return [path for path in files_in(folder) if path.suffix.lower() in MEDIA_SUFFIXES]


def unused_references(folder: Path, clips: Sequence[Clip]) -> tuple[Path, ...]:
    """The references in a folder that are named like none of the recordings of `clips`."""
    stems = {clip.audio.stem for clip in clips}
    ends = {path: end for path in files_in(folder) for end in REFERENCE_SUFFIXES if path.name.endswith(end)}
    return tuple(path for path, end in ends.items() if path.name.removesuffix(end) not in stems)


def files_in(folder: Path) -> list[Path]:
    """What is in a folder, sorted. Raises `SettingsError` if it cannot be listed."""
    try:
        return sorted(folder.iterdir())
    except OSError as exc:
        raise SettingsError(f"{folder}: cannot be listed ({exc.strerror}); give a folder of clips") from exc
