"""Sample clips for a check: their recordings, references, settings and limits.

A folder needs no file: every recording in it is a clip, with its reference next to it. `clips.toml` can name other
places, settings and limits, for all clips or for one; without a `[[clip]]` it applies to all recordings in its folder.
Does not run anything.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from audio.media import MEDIA_SUFFIXES
from transcribe.config import ANY, Choices, layer_of, values_of
from transcribe.errors import SettingsError
from transcribe.evaluation.references import REFERENCE_SUFFIXES
from transcribe.settings import Settings

FILE_NAME = "clips.toml"


@dataclass(frozen=True, slots=True)
class Limits:
    """The upper limits of a clip, for `x_realtime` the lower one; None: no limit. Rates are fractions.

    A clear recording meets the defaults with the bundled model; a project tightens them.
    """

    wer: float | None = 0.15
    cpwer: float | None = 0.20
    der: float | None = 0.20
    lost_seconds: float | None = 3.0
    lost_words: float | None = 8  # in missing passages
    invented_words: float | None = 8  # in passages that nobody spoke
    speakers: float | None = 0  # by how many the number of speakers may be wrong
    misnamed: float | None = 0.10  # correct words under the name of another speaker
    names: float | None = 0.50  # wrong mentions of any one speaker's name or term
    x_realtime: float | None = None


OVERALL = Limits(lost_seconds=None, lost_words=None, invented_words=None, speakers=None, misnamed=None, names=None)
"""The default limits of all clips together: rates only, because sums grow with the number of clips."""

OVERALL_MEASURES = tuple(field.name for field in dataclasses.fields(Limits) if field.name not in ("misnamed", "names"))
"""The measures of all clips together; names are checked clip by clip."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording with its references (empty if it has none), settings and limits."""

    name: str
    audio: Path
    references: tuple[Path, ...]
    settings: Settings
    limits: Limits
    required: frozenset[str] = frozenset()  # measures limited in the file; the clip fails if one is not measured
    terms: tuple[str, ...] = ()  # words to count like the speakers' names

    @property
    def source(self) -> str:
        """The file an annotation points at: the first reference, or else the recording."""
        return str((self.references or (self.audio,))[0])


@dataclass(frozen=True, slots=True)
class Clips:
    """The clips of a check, and the limits for all of them together."""

    clips: tuple[Clip, ...]
    overall: Limits
    required: frozenset[str] = frozenset()  # measures limited for all of them together
    partial: bool = False  # one clip of a folder; the others of a baseline are not missing
    unnamed: tuple[Path, ...] = ()  # recordings in the file's folder that it does not name; they are not checked


def find_clips(place: Path, settings: Settings, *, choices: Choices = ANY) -> Clips:
    """The clips of a folder (of its `clips.toml` if it has one), of a `clips.toml`, or of a single recording.

    `choices` are as in `load_settings`. Raises `SettingsError` if there are none, and for an invalid file, with the
    line and the key.
    """
    if place.is_dir():
        file = place / FILE_NAME
        if file.is_file():
            return _read_file(file, settings, choices)
        return Clips(_clips_of_folder(place, settings), OVERALL)
    if not place.is_file():
        raise SettingsError(f"{place}: no such file or folder; give a folder of clips, a {FILE_NAME} or a recording")
    if place.suffix.lower() in MEDIA_SUFFIXES:
        return Clips((_clip(place, settings),), OVERALL, partial=True)
    return _read_file(place, settings, choices)


def references_of(audio: Path) -> tuple[Path, ...]:
    """The references named like a recording: its words (the draft rather than the text) and its speaker times."""
    draft, text, times = (audio.with_name(audio.stem + suffix) for suffix in REFERENCE_SUFFIXES)
    return tuple(path for path in (draft if draft.is_file() else text, times) if path.is_file())


def _clip(audio: Path, settings: Settings, limits: Limits = Limits()) -> Clip:
    return Clip(audio.stem, audio, references_of(audio), settings, limits)


def _clips_of_folder(folder: Path, settings: Settings, limits: Limits = Limits()) -> tuple[Clip, ...]:
    """A clip for each recording of the folder. Raises `SettingsError` if it has none."""
    audio = _recordings(folder)
    if not audio:
        raise SettingsError(f"{folder}: no recordings to check in this folder; put clips and their references there")
    names = [path.stem for path in audio]
    clips = (_clip(path, settings, limits) for path in audio)
    return tuple(replace(c, name=c.audio.name) if names.count(c.name) > 1 else c for c in clips)


def _recordings(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.suffix.lower() in MEDIA_SUFFIXES and path.is_file()]


def _read_file(path: Path, settings: Settings, choices: Choices) -> Clips:
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"{path}: cannot be read ({exc}); give a {FILE_NAME}") from exc
    except tomllib.TOMLDecodeError as exc:
        raise SettingsError(f"{path}: not valid TOML: {exc}; correct that line") from exc
    return _ClipsFile(path, text, data, choices).clips(settings)


def _required(limits: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(key for key, value in limits.items() if value is not False)


class _ClipsFile:
    """Reads one clips.toml; finds the line of a key for error messages."""

    def __init__(self, path: Path, text: str, data: Mapping[str, Any], choices: Choices) -> None:
        self._path, self._lines, self._data, self._choices = path, text.splitlines(), data, choices

    def clips(self, settings: Settings) -> Clips:
        self._reject_other_keys(self._data, ("clip", "limits", "overall", "settings"), at=0)
        for_each = self._table(self._data, "limits", at=0)
        limits = self._limits(for_each, Limits(), at=self._line("limits", at=0))
        for_all = self._table(self._data, "overall", at=0)
        self._reject_other_keys(for_all, OVERALL_MEASURES, at=self._line("overall", at=0))
        overall = self._limits(for_all, OVERALL, at=self._line("overall", at=0))
        common = self._settings(self._table(self._data, "settings", at=0), settings, at=self._line("settings", at=0))
        folder = self._path.parent
        if "clip" in self._data:
            clips = self._rows(common, limits)
            named = {clip.audio.resolve() for clip in clips}
            unnamed = tuple(path for path in _recordings(folder) if path.resolve() not in named)
        else:
            clips, unnamed = _clips_of_folder(folder, common, limits), ()
        clips = tuple(replace(clip, required=clip.required | _required(for_each)) for clip in clips)
        return Clips(clips, overall, _required(for_all), unnamed=unnamed)

    def _rows(self, settings: Settings, limits: Limits) -> tuple[Clip, ...]:
        rows = self._data["clip"]
        if not isinstance(rows, list) or not rows:
            self._fail("clip", "there is no [[clip]], so nothing can be checked", at=0)
        starts = [at for at, line in enumerate(self._lines) if re.match(r"\s*\[\[\s*clip\s*\]\]", line)]
        starts += [0] * (len(rows) - len(starts))  # clips written as an inline list
        clips = tuple(self._clip(row, settings, limits, at=at) for row, at in zip(rows, starts, strict=True))
        for index, clip in enumerate(clips):
            if any(clip.name == other.name for other in clips[:index]):
                self._fail("name", f"two clips have the name {clip.name}; rename one", at=starts[index])
        return clips

    def _clip(self, row: Mapping[str, Any], settings: Settings, limits: Limits, *, at: int) -> Clip:
        self._reject_other_keys(row, ("audio", "limits", "name", "reference", "settings", "speakers", "terms"), at=at)
        if "audio" not in row:
            self._fail("audio", "missing in this [[clip]]", at=at)
        audio = self._path.parent / self._text(row, "audio", at=at)
        own_settings = dict(self._table(row, "settings", at=at))
        own_limits = self._table(row, "limits", at=at)
        terms = row.get("terms", [])
        if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
            self._fail("terms", f"{terms!r} is not a list of words", at=at)
        if "speakers" in row:
            own_settings["speakers"] = row["speakers"]
        return Clip(
            name=self._text(row, "name", at=at) if "name" in row else audio.stem,
            audio=audio,
            references=self._references(row, audio, at=at),
            settings=self._settings(own_settings, settings, at=at),
            limits=self._limits(own_limits, limits, at=at),
            required=_required(own_limits),
            terms=tuple(terms),
        )

    def _references(self, row: Mapping[str, Any], audio: Path, *, at: int) -> tuple[Path, ...]:
        named = row.get("reference")
        if isinstance(named, list) and all(isinstance(name, str) for name in named):
            return tuple(self._path.parent / name for name in named)
        if named is not None:
            return (self._path.parent / self._text(row, "reference", at=at),)
        return references_of(audio)

    def _settings(self, values: Mapping[str, Any], base: Settings, *, at: int) -> Settings:
        """`base` with the settings of a table, which are read as those in `transcribe.toml`."""
        places = {key: f"{self._path}: line {self._line(key, at=at) + 1}" for key in values}
        layers = [layer_of({key: value}, self._path, place=places[key]) for key, value in values.items()]
        return replace(base, **values_of(layers, self._choices))

    def _limits(self, values: Mapping[str, Any], base: Limits, *, at: int) -> Limits:
        self._reject_other_keys(values, [field.name for field in dataclasses.fields(Limits)], at=at)
        for key, value in values.items():
            if value is not False and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
                self._fail(key, f"{value!r} is not a limit; give a number, or false for no limit", at=at)
        return replace(base, **{key: None if value is False else value for key, value in values.items()})

    def _reject_other_keys(self, table: Mapping[str, Any], keys: Sequence[str], *, at: int) -> None:
        for key in table:
            if key not in keys:
                self._fail(key, f"is not a key of this table; its keys are {', '.join(keys)}", at=at)

    def _table(self, table: Mapping[str, Any], key: str, *, at: int) -> Mapping[str, Any]:
        value = table.get(key, {})
        if not isinstance(value, dict):
            self._fail(key, "must be a table", at=at)
        return dict(value)

    def _text(self, table: Mapping[str, Any], key: str, *, at: int) -> str:
        value = table[key]
        if not isinstance(value, str) or not value.strip():
            self._fail(key, f"{value!r} is not text", at=at)
        return str(value)

    def _line(self, key: str, *, at: int) -> int:
        """The index of the first line from `at` on that sets `key` or opens its table; `at` if no line does."""
        pattern = re.compile(rf"(?:^\s*\[+\s*|(?:^|[{{,])\s*(?:[\w-]+\.)*)[\"']?{re.escape(key)}[\"']?\s*[=\].]")
        return next((i for i, line in enumerate(self._lines[at:], at) if pattern.search(line)), at)

    def _fail(self, key: str, message: str, *, at: int) -> None:
        raise SettingsError(f"{self._path}: line {self._line(key, at=at) + 1}: {key}: {message}")
