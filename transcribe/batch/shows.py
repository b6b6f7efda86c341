"""The shows of a `transcribe.toml`: the subscriptions, and the settings of each.

A `[[show]]` has a `name`, a `feed` (any source), and any settings; the settings at the top of the file apply to all
shows. The environment and the command line take precedence over the file, as everywhere. Nothing is fetched here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio.net.addresses import is_web_address
from transcribe.config import ANY, FILE_NAME, Choices, find_file, layer_of, load_settings, read_file
from transcribe.declaration import not_text
from transcribe.errors import SettingsError
from transcribe.settings import Settings, home_expanded

_OWN_KEYS = ("name", "feed")


@dataclass(frozen=True, slots=True)
class Show:
    """One subscription. `feed` is any source of `transcribe run`: an address, a folder, a pattern, a file."""

    name: str
    feed: str
    settings: Settings


def load_shows(
    given: Mapping[str, Any], *, environ: Mapping[str, str], folder: Path, choices: Choices = ANY
) -> tuple[Show, ...]:
    """The shows of the nearest `transcribe.toml`, in its order; none if there is no such file, or no show in it.

    `given`, `environ`, `folder` and `choices` are as in `load_settings`. Raises `SettingsError`, which names
    the file, the table and the key.
    """
    path = find_file(folder)
    tables = [] if path is None else read_file(path).get("show", [])
    if path is None or not tables:
        return ()
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SettingsError(f"{path}: show: write each show as its own table, with the heading [[show]]")
    names = [_text(table, "name", f"{path}: [[show]] {number}") for number, table in enumerate(tables, 1)]
    twice = [name for name, count in Counter(name.casefold() for name in names).items() if count > 1]
    if twice:
        raise SettingsError(f"{path}: [[show]]: name: {twice[0]!r} appears twice; give each show a different name")
    shows = []
    for name, table in zip(names, tables, strict=True):
        place = f"{path}: [[show]] {name!r}"
        own = {key: value for key, value in table.items() if key not in _OWN_KEYS}
        layers = [layer_of(own, path, place=place)]
        settings = load_settings(given, environ=environ, folder=folder, over_file=layers, choices=choices)
        shows.append(Show(name, _source(_text(table, "feed", place), path.parent), settings))
    return tuple(shows)


def shows_named(shows: Sequence[Show], names: Iterable[str]) -> tuple[Show, ...]:
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
