"""One `clips.toml`: which recordings are checked, with which settings and limits.

Without a `[[clip]]` it applies to all recordings in its folder. Nothing in it is ignored: what would have no effect, or
would switch a limit off without saying so, is an error with the line and the key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from transcribe.config import Choices, layer_of, values_of
from transcribe.config.toml_files import read_toml, shown
from transcribe.declaration import CONTROL
from transcribe.evaluation.clip import (
    FILE_NAME,
    Clip,
    Clips,
    clips_of_folder,
    recordings_in,
    references_of,
    unused_references,
)
from transcribe.evaluation.limits import DEFAULTS, MEASURES, OVERALL, OVERALL_MEASURES, Limits, limit_of
from transcribe.settings import Settings

INSTEAD = f"give a folder of clips, a {FILE_NAME} or a recording"
"""What to give for a `clips.toml` that is none."""

_CLIP_KEYS = ("audio", "limits", "name", "reference", "settings", "speakers", "terms")


def same_recording(path: Path) -> object:
    """What two paths of one recording have in common: its place on the disk; the whole path of a missing one."""
    try:
        status = path.stat()
    except OSError:
        return str(path.absolute())
    return status.st_dev, status.st_ino


class ClipsFile:
    """A `clips.toml`, read with the settings in force. Raises `SettingsError` for everything that is wrong in it."""

    def __init__(self, path: Path, settings: Settings, choices: Choices) -> None:
        self._file, self._choices = read_toml(path, instead=INSTEAD), choices
        if not self._file.table:
            raise self._file.error("limits", "the file is empty, so nothing in it applies; complete or remove it")
        self._reject_other_keys(self._file.table, ("clip", "limits", "overall", "settings"), at=0)
        at = {key: self._file.line_of_table(key) for key in ("limits", "overall", "settings")}
        tables = {key: self._table(self._file.table, key, at=line) for key, line in at.items()}
        self._reject_other_keys(tables["overall"], OVERALL_MEASURES, at=at["overall"])
        self._limits, self._required = self._read_limits(tables["limits"], DEFAULTS, at=at["limits"])
        self._overall = self._read_limits(tables["overall"], OVERALL, at=at["overall"])
        self._settings, self._places = self._read_settings(tables["settings"], settings, at=at["settings"])

    def clips(self) -> Clips:
        """The clips it names, or those of its folder."""
        overall, required = self._overall
        folder = self._file.path.parent
        if "clip" not in self._file.table:
            required_of_all, places = self._required, self._places
            clips = tuple(replace(c, required=required_of_all, places=places) for c in self._clips_of_folder)
            return Clips(clips, overall, required, unused=unused_references(folder, clips))
        clips = self._rows()
        named = {same_recording(clip.audio) for clip in clips}
        unnamed = tuple(path for path in recordings_in(folder) if same_recording(path) not in named)
        return Clips(clips, overall, required, unnamed=unnamed)

    def unnamed(self, audio: Path) -> Clip:
        """A recording that it does not name, with its settings and limits for all clips."""
        clip = Clip(audio.stem, audio, references_of(audio), self._settings, self._limits, self._required)
        return replace(clip, places=self._places, folder=audio.parent)

    @cached_property
    def _clips_of_folder(self) -> tuple[Clip, ...]:
        return clips_of_folder(self._file.path.parent, self._settings, self._limits)

    def _rows(self) -> tuple[Clip, ...]:
        rows = self._file.table["clip"]
        if not isinstance(rows, list) or not rows:
            raise self._file.error("clip", "there is no [[clip]], so nothing can be checked; write one for each clip")
        header = re.compile(r"\s*\[\[\s*[\"']?clip[\"']?\s*\]\]")
        starts = [at for at, line in enumerate(self._file.lines) if header.match(line)]
        starts = [*starts, *[self._file.line_of("clip")] * len(rows)][: len(rows)]  # an inline list has no headers
        clips = tuple(self._clip(row, at=at) for row, at in zip(rows, starts, strict=True))
        self._reject_twins(clips, starts)
        return clips

    def _reject_twins(self, clips: Sequence[Clip], starts: Sequence[int]) -> None:
        """A clip that is there twice would count twice; one with other settings or references is another clip."""
        names: set[str] = set()
        twins: dict[object, str] = {}
        for clip, at in zip(clips, starts, strict=True):
            if clip.name in names:
                raise self._file.error("name", f"two clips have the name {clip.name}; rename one", at=at)
            names.add(clip.name)
            twin = (same_recording(clip.audio), clip.settings, tuple(map(same_recording, clip.references)))
            if first := twins.get(twin):
                problem = f"the clip {clip.name} is the recording of {first} with the same settings and references"
                raise self._file.error("audio", f"{problem}, so it would count twice; remove one", at=at)
            twins[twin] = clip.name

    def _clip(self, row: object, *, at: int) -> Clip:
        if not isinstance(row, dict):
            raise self._file.error("clip", f"{shown(row)} is not a clip; write [[clip]] and its keys below", at=at)
        self._reject_other_keys(row, _CLIP_KEYS, at=at)
        if "audio" not in row:
            raise self._file.error("audio", "missing in this [[clip]]", at=at)
        audio = self._file.path.parent / self._text(row, "audio", at=at)
        own_settings = self._table(row, "settings", at=at)
        if "speakers" in row:
            if "speakers" in own_settings:
                raise self._file.error("speakers", "this [[clip]] has them in its settings too; remove one", at=at)
            own_settings["speakers"] = row["speakers"]
        own_limits = self._table(row, "limits", at=at)
        limits, required = self._read_limits(own_limits, self._limits, at=at)
        settings, places = self._read_settings(own_settings, self._settings, at=at)
        places |= {key: self._file.place_of(key, at=at) for key in ("audio", "reference", "terms") if key in row}
        return Clip(
            name=self._text(row, "name", at=at) if "name" in row else audio.stem,
            audio=audio,
            references=self._references(row, audio, at=at),
            settings=settings,
            limits=limits,
            required=required | (self._required - own_limits.keys()),
            own=frozenset(own_limits),
            terms=self._texts(row.get("terms", []), "terms", "words", at=at),
            places={**self._places, **places},
            folder=self._file.path.parent,
        )

    def _references(self, row: Mapping[str, Any], audio: Path, *, at: int) -> tuple[Path, ...]:
        if "reference" not in row:
            return references_of(audio)
        named = row["reference"]
        names = named if isinstance(named, list) else [self._text(row, "reference", at=at)]
        return tuple(self._file.path.parent / name for name in self._texts(names, "reference", "files", at=at))

    def _read_settings(self, values: Mapping[str, Any], base: Settings, *, at: int) -> tuple[Settings, dict[str, str]]:
        """`base` with the settings of a table, which are read as those in `transcribe.toml`, and the place of each."""
        layers = []
        places: dict[str, str] = {}
        spelled: dict[str, str] = {}
        for key, value in values.items():
            place, layer = layer_of({key: value}, self._file.path, place=self._file.place_of(key, at=at))
            for name in layer:
                places[name] = place
                if (other := spelled.setdefault(name, key)) != key:
                    raise self._file.error(key, f"is the setting {other} again; remove one", at=at)
            layers.append((place, layer))
        return replace(base, **values_of(layers, self._choices)), places

    def _read_limits(self, values: Mapping[str, Any], base: Limits, *, at: int) -> tuple[Limits, frozenset[str]]:
        """`base` with the limits of a table, and the measures that it limits."""
        self._reject_other_keys(values, MEASURES, at=at)
        limits: dict[str, float | None] = {}
        for key, value in values.items():
            try:
                limits[key] = limit_of(key, value)
            except ValueError as exc:
                raise self._file.error(key, str(exc), at=at) from exc
        return replace(base, **limits), frozenset(key for key, limit in limits.items() if limit is not None)

    def _reject_other_keys(self, table: Mapping[str, Any], keys: Sequence[str], *, at: int) -> None:
        for key in table:
            if key not in keys:
                message = f"is not a key of this table; its keys are {', '.join(keys)}"
                raise self._file.error(key, message, at=at)

    def _table(self, table: Mapping[str, Any], key: str, *, at: int) -> dict[str, Any]:
        value = table.get(key, {})
        if not isinstance(value, dict):
            raise self._file.error(key, f"must be a table, and {shown(value)} is none", at=at)
        if key in table and not value and key != "settings":
            raise self._file.error(key, "is empty, so the limits stay as they are; write a limit, or remove it", at=at)
        return dict(value)

    def _text(self, table: Mapping[str, Any], key: str, *, at: int) -> str:
        value = table[key]
        if not _is_text(value):
            raise self._file.error(key, f"{shown(value)} is not text", at=at)
        return str(value)

    def _texts(self, values: object, key: str, what: str, *, at: int) -> tuple[str, ...]:
        if not isinstance(values, list) or not all(map(_is_text, values)):
            raise self._file.error(key, f"{shown(values)} is not a list of {what}", at=at)
        return tuple(values)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and not CONTROL.search(value)
