"""One `Settings` from four places: command line, environment, `transcribe.toml` and the defaults.

The nearest `transcribe.toml` is read, from the working folder upward. Its tables `[[show]]` are for
`transcribe.batch.shows`, `[glossary]` for the glossary; every other table except `[front_matter]` is an error. The
options of the command line are not known here.

The law of empty values: on the command line and in a file, an empty value takes back those of lower places (`--speakers
""` has the speakers counted again), or is refused where there is no doing without one, as with `--model ""`. An empty
variable is one that is not set: CI services and containers set those they have no value for.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from audio.trust import is_there, problem_of
from transcribe.config.toml_files import TomlFile, read_toml
from transcribe.declaration import check_choice, is_empty
from transcribe.errors import SettingsError
from transcribe.settings import Settings, home_expanded, option_name

FILE_NAME = "transcribe.toml"
PREFIX = "TRANSCRIBE_"

_log = logging.getLogger(__name__)

_INSTEAD_OF_FILE = "correct or move the file"
_SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

_DEFAULTS = {field.name: field.default for field in dataclasses.fields(Settings)}
_KEPT_FROM_FILES = {field.name: field.metadata["kept_from_files"] for field in dataclasses.fields(Settings)}
_INSTEAD = {field.name: field.metadata["instead"] for field in dataclasses.fields(Settings)}

Layer = tuple[str, dict[str, Any]]
"""A description of the place some values come from, and the values by field name."""

Choices = Mapping[str, tuple[str, ...]]
"""Field name → its valid values, for the fields whose values are the names in a registry."""
ANY: Choices = MappingProxyType({})  # the values are checked when they are used


@dataclass(frozen=True, slots=True)
class Places:
    """The values of all places, read once: `below` those of one show are the file's, `above` them the other two."""

    below: tuple[Layer, ...]
    above: tuple[Layer, ...]
    choices: Choices

    @classmethod
    def read(
        cls, given: Mapping[str, Any], *, environ: Mapping[str, str], folder: Path, choices: Choices = ANY
    ) -> Places:
        """The places as seen from `folder`; the parameters are those of `load_settings`. Raises `SettingsError`."""
        return cls(tuple(_file_layer(folder)), (_environment_layer(environ), _command_layer(given)), choices)

    def settings(self, *of_show: Layer) -> Settings:
        """The effective settings, of a show if its layer is given. Raises `SettingsError`."""
        return Settings(**values_of((*self.below, *of_show, *self.above), self.choices))


def load_settings(
    given: Mapping[str, Any], *, environ: Mapping[str, str], folder: Path, choices: Choices = ANY
) -> Settings:
    """The effective settings in `folder`: `given` (the command line) over `environ` over the file over the defaults.

    Keys of `given` are field names; None means not given. `choices` are the valid names of the settings that name an
    entry of a registry. Raises `SettingsError`, which names the place of an invalid value.
    """
    return Places.read(given, environ=environ, folder=folder, choices=choices).settings()


def values_of(layers: Iterable[Layer], choices: Choices = ANY) -> dict[str, Any]:
    """The values of all layers, later ones over earlier ones, each value valid. Warns of deprecated settings, once.

    Raises `SettingsError`, which names the place of an invalid value.
    """
    values: dict[str, Any] = {}
    for place, layer in layers:
        for name, value in layer.items():
            try:
                Settings(**{name: value})
                check_choice(name, value, choices.get(name, ()))
            except SettingsError as error:
                raise SettingsError(f"{place}: {error}") from error
            if _INSTEAD.get(name):
                _warn_once(f"{place}: {option_name(name)} is deprecated; {_INSTEAD[name]}")
        values |= layer
    return values


def find_file(folder: Path) -> Path | None:
    """The nearest `transcribe.toml`, looking in `folder` and every one above it.

    One that cannot be read is found too. Raises `SettingsError` for a folder that may not be looked into: its settings
    would be missed.
    """
    path = next((path for parent in (folder, *folder.parents) if is_there(path := parent / FILE_NAME)), None)
    try:
        if path is not None:
            path.lstat()
    except OSError as error:
        step = "change to a folder of your own, or its permissions"
        raise SettingsError(f"{path}: cannot be looked for ({error.strerror}); {step}") from error
    return path


def read_file(path: Path) -> TomlFile:
    """A `transcribe.toml`. Raises `SettingsError` if it cannot be read.

    Also for one that another user wrote or may write, in a shared folder above this one, for example.
    """
    if problem := problem_of(path):
        raise SettingsError(f"{path}: is not obeyed, because {problem}; make it your own (chown, chmod), or remove it")
    return read_toml(path, instead=_INSTEAD_OF_FILE)


def layer_of(table: Mapping[str, Any], path: Path, *, place: str) -> Layer:
    """The settings in a table of the file at `path`. Paths in it are relative to the file's folder.

    Raises `SettingsError`, which names `place` and the key, for a key that is not a setting.
    """
    layer: dict[str, Any] = {}
    for key, value in table.items():
        layer |= _from_file(place, key, value)
    for name in ("output", "glossary", "model"):
        value = layer.get(name)
        if isinstance(value, str) and value and (name != "model" or value.startswith((".", "~", "/"))):
            layer[name] = str(path.parent / home_expanded(value, name))
    return place, layer


@cache
def _warn_once(message: str) -> None:
    _log.warning(message)


def _file_layer(folder: Path) -> list[Layer]:
    path = find_file(folder)
    if path is None:
        return []
    table: dict[str, Any] = {}
    file = read_file(path)
    for key, value in file.table.items():
        if key == "glossary" and isinstance(value, dict):
            table["glossary"] = str(path.resolve())  # the table is the glossary, and it is in this file
        elif key == "show":  # `transcribe.batch.shows` reads them
            continue
        elif isinstance(value, dict) and _field(key) != "front_matter":
            raise SettingsError(f"{path}: there is no table [{key}]; write settings at the top, outside of any table")
        else:
            table[key] = value
    places = {key: f"{path}: line {at[0] + 1}" for key, at in file.at_top.items() if len(at) == 1}
    return [layer_of({key: value}, path, place=places.get(key, str(path))) for key, value in table.items()]


def _from_file(place: str, key: str, value: Any) -> dict[str, Any]:
    name = _field(key)
    if name not in _DEFAULTS:
        known = sorted(option_name(each) for each in _DEFAULTS if not _KEPT_FROM_FILES[each])
        close = get_close_matches(key.replace("_", "-"), known, n=1)
        guess = f" (did you mean {close[0]!r}?)" if close else ""
        raise SettingsError(f"{place}: {key!r} is not a setting{guess}; the settings are {', '.join(known)}")
    if reason := _KEPT_FROM_FILES[name]:
        raise SettingsError(
            f"{place}: {key} is not read from a file, because {reason}; pass --{option_name(name)}, "
            f"or set {PREFIX}{name.upper()}"
        )
    return {name: _from_list(name, value) if isinstance(value, list) else _from_text(name, value)}


def _environment_layer(environ: Mapping[str, str]) -> Layer:
    names = {PREFIX + name.upper(): name for name in _DEFAULTS} | {PREFIX + "FORMAT": "formats"}
    for unknown in sorted(variable for variable in environ if variable.startswith(PREFIX) and variable not in names):
        near = get_close_matches(unknown.removeprefix(PREFIX), [name.removeprefix(PREFIX) for name in names], n=1)
        step = f"did you mean {PREFIX}{near[0]}?" if near else f"the settings are {', '.join(sorted(names))}"
        _log.warning("%s is not a setting and has no effect; %s", unknown, step)
    given = [variable for variable in names if environ.get(variable)]
    layer = {names[variable]: _from_text(names[variable], environ[variable]) for variable in given}
    return f"environment ({', '.join(given)})", layer


def _command_layer(given: Mapping[str, Any]) -> Layer:
    return "command line", {name: _from_text(name, value) for name, value in given.items() if value is not None}


def _field(key: str) -> str:
    return "formats" if key == "format" else key.replace("-", "_")


def _from_list(name: str, value: list[Any]) -> Any:
    """A list in the file; for a setting that is a text, such as `speakers`, its items joined with commas."""
    if isinstance(_DEFAULTS[name], str) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    return tuple(value)


def _from_text(name: str, value: Any) -> Any:
    """A setting's value from its text: a number, a list from commas, true from yes; other values unchanged."""
    default = _DEFAULTS[name]
    if is_empty(value):
        return () if isinstance(default, tuple) else ""
    if isinstance(default, tuple) and isinstance(value, str):
        parts = tuple(part.strip() for part in value.split(","))
        return tuple(part.lower() for part in parts) if name == "formats" else parts
    if isinstance(default, bool) and isinstance(value, str | bool):
        return _SWITCHES.get(str(value).strip().lower(), value)
    if isinstance(default, int) and isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,9}\s*", value):
        return int(value)
    if isinstance(default, float) and (type(value) is int or re.fullmatch(r"\s*\d*\.?\d+\s*", str(value))):
        return float(value)
    if name == "since" and type(value) is date:
        return value.isoformat()
    if name == "front_matter" and isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, default=str)  # the table in its order; dates and times as text
    if isinstance(default, str) and type(value) is bool:
        return str(value).lower()  # `comments = true`
    if name == "speakers" and type(value) is int:
        return str(value)  # `speakers = 2` in the file
    return value
