"""The shows of a `transcribe.toml`: the subscriptions, and the settings of each.

A `[[show]]` has a `name`, a `feed` (any source), and any settings; the settings at the top of the file apply to all
shows. The environment and the command line take precedence over the file, as everywhere. Nothing is fetched here.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio.net.addresses import is_web_address
from transcribe.config import ANY, FILE_NAME, Choices, Places, find_file, layer_of, read_file
from transcribe.config.toml_files import TomlFile
from transcribe.declaration import not_text
from transcribe.errors import SettingsError
from transcribe.settings import Settings, home_expanded

_OWN_KEYS = ("name", "feed")
_HEADING = re.compile(r"""\s*\[\[\s*["']?show["']?\s*\]\]""")


@dataclass(frozen=True, slots=True)
class Show:
    """One subscription. `feed` is any source of `transcribe run`: an address, a folder, a pattern, a file."""

    name: str
    feed: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class FaultyShow:
    """A table that is no show, by the name in it or its place in the file, and what is wrong with it."""

    name: str
    error: SettingsError


def load_shows(
    given: Mapping[str, Any], *, environ: Mapping[str, str], folder: Path, choices: Choices = ANY
) -> tuple[Show | FaultyShow, ...]:
    """The shows of the nearest `transcribe.toml`, in its order; none if there is no such file, or no show in it.

    The law: a fault in a table costs its own show. Of two shows with one name the second is faulty.

    `given`, `environ`, `folder` and `choices` are as in `load_settings`. Raises `SettingsError` for what all shows
    share: a file that cannot be read, a setting at its top, in the environment or in `given`.
    """
    path = find_file(folder)
    file = None if path is None else read_file(path)
    tables = file.table.get("show", []) if file else []
    if path is None or file is None or not tables:
        return ()
    if not isinstance(tables, list):
        raise SettingsError(f"{path}: show: write each show as its own table, with the heading [[show]]")
    places = Places.read(given, environ=environ, folder=folder, choices=choices)
    places.settings()
    shows: list[Show | FaultyShow] = []
    names: set[str] = set()
    headers = _headers(file, len(tables))
    for number, (table, at) in enumerate(zip(tables, headers, strict=True), 1):
        name = f"[[show]] {number}"
        try:
            name = _name(table, f"{path}:{_line(at)} {name}", names)
            names.add(name.casefold())
            feed = _source(_text(table, "feed", f"{path}:{_line(at)} [[show]] {name!r}"), path.parent)
            own = [
                layer_of({key: value}, path, place=f"{path}:{_line(_key_at(file, key, at))} [[show]] {name!r}")
                for key, value in table.items()
                if key not in _OWN_KEYS
            ]
            shows.append(Show(name, feed, places.settings(*own)))
        except SettingsError as error:
            shows.append(FaultyShow(name, error))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a table costs its own show
            problem = SettingsError(f"{path}: {name}: cannot be read ({type(error).__name__}: {error}); report it")
            shows.append(FaultyShow(name, problem))
    return tuple(shows)


def shows_named(shows: Sequence[Show | FaultyShow], names: Iterable[str]) -> tuple[Show | FaultyShow, ...]:
    """The shows with these names, in the order of the names and each once; all of them if `names` is empty.

    Case does not matter. Raises `SettingsError` for an unknown name, and if there are no shows.
    """
    if not shows:
        raise SettingsError(
            f"no show in {FILE_NAME}: give a SOURCE, or add a [[show]] with a name and a feed to {FILE_NAME}"
        )
    by_name = {show.name.casefold(): show for show in shows}
    wanted = list(dict.fromkeys(name.casefold() for name in names))
    unknown = [name for name in wanted if name not in by_name]
    if unknown:
        raise SettingsError(f"show: no {unknown[0]!r} in {FILE_NAME}; the shows are {', '.join(s.name for s in shows)}")
    return tuple(by_name[name] for name in wanted) or tuple(shows)


def _headers(file: TomlFile, count: int) -> Sequence[int | None]:
    """The indices of the lines with the headings `[[show]]`; None for shows written otherwise, as in a list."""
    found = [at for at, line in enumerate(file.lines) if _HEADING.match(line)]
    return found if len(found) == count else [None] * count  # another number: one is in a text


def _key_at(file: TomlFile, key: str, at: int | None) -> int | None:
    return None if at is None else file.line_of(key, at=at)


def _line(at: int | None) -> str:
    return "" if at is None else f" line {at + 1}:"


def _name(table: object, place: str, used: Container[str]) -> str:
    if not isinstance(table, dict):
        raise SettingsError(f"{place}: is not a table; write each show as its own one, with the heading [[show]]")
    name = _text(table, "name", place)
    if name.casefold() in used:
        raise SettingsError(f"{place}: name: {name!r} appears twice; give each show a different name")
    return name


def _text(table: Mapping[str, Any], key: str, place: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise SettingsError(f"{place}: {key}: {value!r} is {not_text(key, value)}")
    if not value.strip():
        raise SettingsError(f"{place}: {key} is missing; a show needs a name and a feed")
    if not value.isprintable():
        raise SettingsError(f"{place}: {key} has several lines or control characters; write one line of text")
    return value.strip()


def _source(feed: str, folder: Path) -> str:
    """The source; a path is relative to the file's folder."""
    return feed if is_web_address(feed) else str(folder / home_expanded(feed, "feed"))
