"""Sample clips for a check: which there are, what they are held against, and what they may cost.

A folder needs no file: every recording in it is a clip, its reference beside it. `clips.toml` says more: other places,
settings and limits, for all clips or for one. One that names no clip means all of its folder. Nothing is run here.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from audio.media import MEDIA_SUFFIXES
from transcribe.errors import SettingsError
from transcribe.evaluation.references import REFERENCE_SUFFIXES
from transcribe.settings import Settings, option_name

FILE_NAME = "clips.toml"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a clip may cost at most, `x_realtime` at least; None: it is not looked at. Rates are fractions.

    The defaults are what a recording worth checking keeps with the model that comes along; a project tightens them.
    """

    wer: float | None = 0.15
    cpwer: float | None = 0.20
    der: float | None = 0.20
    lost_seconds: float | None = 3.0
    lost_words: float | None = 8  # in passages that are missing
    invented_words: float | None = 8  # in passages nobody said
    speakers: float | None = 0  # by how many their number may be wrong
    misnamed: float | None = 0.10  # right words under the name of another speaker
    names: float | None = 0.50  # of the mentions of one speaker's name, or one term, how many may be wrong
    x_realtime: float | None = None


OVERALL = Limits(lost_seconds=None, lost_words=None, invented_words=None, speakers=None, misnamed=None, names=None)
"""For all clips together only the rates are limited unless a file says more: sums grow with the clips."""

SUMMED = tuple(field.name for field in dataclasses.fields(Limits) if field.name not in ("misnamed", "names"))
"""What can be told of all clips together; names are looked at clip by clip."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording and what it is held against; `references` is empty where there is nothing."""

    name: str
    audio: Path
    references: tuple[Path, ...]
    settings: Settings
    limits: Limits
    required: frozenset[str] = frozenset()  # limits stated in the file: to be measured, or it fails
    terms: tuple[str, ...] = ()  # words that matter like the speakers' names


@dataclass(frozen=True, slots=True)
class Clips:
    """The clips of a check, and the limits for all of them together."""

    clips: tuple[Clip, ...]
    overall: Limits
    required: frozenset[str] = frozenset()  # limits stated for all of them together
    partial: bool = False  # one of a folder's, so that the others are not missed
    unnamed: tuple[Path, ...] = ()  # recordings beside the file that it does not name, so that nobody checks them


def find_clips(place: Path, settings: Settings) -> Clips:
    """The clips of a folder (by its `clips.toml` where there is one), of such a file, or the one recording `place` is.

    Raises `SettingsError` where there are none, and for a file that is wrong: it names the line and the key.
    """
    if place.is_dir():
        listed = place / FILE_NAME
        return _listed(listed, settings) if listed.is_file() else Clips(_lying_in(place, settings), OVERALL)
    if not place.is_file():
        raise SettingsError(f"{place}: no such file or folder; give a folder of clips, a {FILE_NAME} or a recording")
    if place.suffix.lower() in MEDIA_SUFFIXES:
        return Clips((_clip(place, settings),), OVERALL, partial=True)
    return _listed(place, settings)


def references_beside(audio: Path) -> tuple[Path, ...]:
    """The reference called after a recording: the words (the draft before the text), and the speakers' times."""
    words, text, times = (audio.with_name(audio.stem + suffix) for suffix in REFERENCE_SUFFIXES)
    return tuple(path for path in (words if words.is_file() else text, times) if path.is_file())


def _clip(audio: Path, settings: Settings, limits: Limits = Limits()) -> Clip:
    return Clip(audio.stem, audio, references_beside(audio), settings, limits)


def _lying_in(folder: Path, settings: Settings, limits: Limits = Limits()) -> tuple[Clip, ...]:
    """A clip for each recording of the folder. Raises `SettingsError` where there is none."""
    audio = _recordings(folder)
    if not audio:
        raise SettingsError(
            f"{folder}: no recordings lie here, so nothing can be checked; put clips and their references there"
        )
    names = [path.stem for path in audio]
    clips = (_clip(path, settings, limits) for path in audio)
    return tuple(replace(c, name=c.audio.name) if names.count(c.name) > 1 else c for c in clips)


def _recordings(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.suffix.lower() in MEDIA_SUFFIXES and path.is_file()]


def _listed(path: Path, settings: Settings) -> Clips:
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"{path}: cannot be read ({exc}); give a {FILE_NAME}") from exc
    except tomllib.TOMLDecodeError as exc:
        raise SettingsError(f"{path}: not valid TOML: {exc}; mend that line") from exc
    return _File(path, text, data).clips(settings)


def _stated(limits: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(key for key, value in limits.items() if value is not False)


class _File:
    """One clips.toml while it is read; knows where in the text a key stands."""

    def __init__(self, path: Path, text: str, data: Mapping[str, Any]) -> None:
        self._path, self._lines, self._data = path, text.splitlines(), data

    def clips(self, settings: Settings) -> Clips:
        self._known(self._data, ("clip", "limits", "overall", "settings"), at=0)
        stated = self._table(self._data, "limits", at=0)
        limits = self._limits(stated, Limits(), at=self._line("limits", at=0))
        together = self._table(self._data, "overall", at=0)
        self._known(together, SUMMED, at=self._line("overall", at=0))
        overall = self._limits(together, OVERALL, at=self._line("overall", at=0))
        common = self._settings(self._table(self._data, "settings", at=0), settings, at=self._line("settings", at=0))
        folder = self._path.parent
        if "clip" in self._data:
            clips = self._rows(common, limits)
            named = {clip.audio.resolve() for clip in clips}
            unnamed = tuple(path for path in _recordings(folder) if path.resolve() not in named)
        else:
            clips, unnamed = _lying_in(folder, common, limits), ()
        clips = tuple(replace(clip, required=clip.required | _stated(stated)) for clip in clips)
        return Clips(clips, overall, _stated(together), unnamed=unnamed)

    def _rows(self, settings: Settings, limits: Limits) -> tuple[Clip, ...]:
        rows = self._data["clip"]
        if not isinstance(rows, list) or not rows:
            self._fail("clip", "there is no [[clip]], so nothing can be checked", at=0)
        starts = [at for at, line in enumerate(self._lines) if re.match(r"\s*\[\[\s*clip\s*\]\]", line)]
        starts += [0] * (len(rows) - len(starts))  # clips written as one list
        clips = tuple(self._clip(row, settings, limits, at=at) for row, at in zip(rows, starts, strict=True))
        for index, clip in enumerate(clips):
            if any(clip.name == other.name for other in clips[:index]):
                self._fail("name", f"two clips are called {clip.name}; give one another name", at=starts[index])
        return clips

    def _clip(self, row: Mapping[str, Any], settings: Settings, limits: Limits, *, at: int) -> Clip:
        self._known(row, ("audio", "limits", "name", "reference", "settings", "speakers", "terms"), at=at)
        if "audio" not in row:
            self._fail("audio", "missing in this [[clip]]", at=at)
        audio = self._path.parent / self._text(row, "audio", at=at)
        named = row.get("reference")
        if isinstance(named, list) and all(isinstance(one, str) for one in named):
            references = tuple(self._path.parent / one for one in named)
        elif named is not None:
            references = (self._path.parent / self._text(row, "reference", at=at),)
        else:
            references = references_beside(audio)
        given = dict(self._table(row, "settings", at=at))
        stated = self._table(row, "limits", at=at)
        terms = row.get("terms", [])
        if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
            self._fail("terms", f"{terms!r} is not a list of words", at=at)
        if "speakers" in row:
            given["speakers"] = row["speakers"]
        return Clip(
            name=self._text(row, "name", at=at) if "name" in row else audio.stem,
            audio=audio,
            references=references,
            settings=self._settings(given, settings, at=at),
            limits=self._limits(stated, limits, at=at),
            required=_stated(stated),
            terms=tuple(terms),
        )

    def _settings(self, given: Mapping[str, Any], base: Settings, *, at: int) -> Settings:
        known = [field.name for field in dataclasses.fields(Settings)]
        made = base
        for key, value in given.items():
            name = "formats" if key == "format" else key.replace("-", "_")
            if name not in known:
                self._fail(key, f"is not a setting; there are {', '.join(map(option_name, known))}", at=at)
            default = getattr(Settings(), name)
            if name == "speakers" and type(value) is int:
                value = str(value)
            if isinstance(default, tuple) and isinstance(value, list):
                value = tuple(value)
            try:
                made = replace(made, **{name: value})
            except SettingsError as exc:
                self._fail(key, str(exc).removeprefix(f"{option_name(name)}: "), at=at, cause=exc)
        return made

    def _limits(self, given: Mapping[str, Any], base: Limits, *, at: int) -> Limits:
        known = [field.name for field in dataclasses.fields(Limits)]
        self._known(given, known, at=at)
        for key, value in given.items():
            if value is not False and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
                self._fail(key, f"{value!r} is not a limit; give a number, or false for none", at=at)
        return replace(base, **{key: None if value is False else value for key, value in given.items()})

    def _known(self, table: Mapping[str, Any], keys: tuple[str, ...] | list[str], *, at: int) -> None:
        for key in table:
            if key not in keys:
                self._fail(key, f"is not a key here; there are {', '.join(keys)}", at=at)

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
        """The index of the first line from `at` on that sets or opens `key`; `at` where there is none."""
        pattern = re.compile(rf"(?:^\s*\[+\s*|(?:^|[{{,])\s*(?:[\w-]+\.)*)[\"']?{re.escape(key)}[\"']?\s*[=\].]")
        return next((i for i, line in enumerate(self._lines[at:], at) if pattern.search(line)), at)

    def _fail(self, key: str, message: str, *, at: int, cause: Exception | None = None) -> None:
        raise SettingsError(f"{self._path}: line {self._line(key, at=at) + 1}: {key}: {message}") from cause
