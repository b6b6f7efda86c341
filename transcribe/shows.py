"""The shows of a `transcribe.toml`: what is subscribed to, and with which settings each is transcribed.

A `[[show]]` has a `name`, a `feed` (any source), and every setting there is; those at the top of the file hold for all
shows. What the environment and the command line say comes before the file, as everywhere. Fetches nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio.net.addresses import is_web_address
from transcribe.config import ANY, FILE_NAME, Choices, find_file, layer_of, load_settings, read_file
from transcribe.errors import SettingsError
from transcribe.settings import Settings, home_expanded

_OWN_KEYS = ("name", "feed")


@dataclass(frozen=True, slots=True)
class Show:
    """One subscription. `feed` is anything `transcribe run` takes: an address, a folder, a pattern, a file."""

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
        raise SettingsError(f"{path}: show: write each show as a table of its own, headed [[show]]")
    names = [_text(table, "name", f"{path}: [[show]] {number}") for number, table in enumerate(tables, 1)]
    twice = [name for name, count in Counter(name.casefold() for name in names).items() if count > 1]
    if twice:
        raise SettingsError(f"{path}: [[show]]: name: {twice[0]!r} stands twice; every show needs a name of its own")
    shows = []
    for name, table in zip(names, tables, strict=True):
        place = f"{path}: [[show]] {name!r}"
        own = {key: value for key, value in table.items() if key not in _OWN_KEYS}
        layers = [layer_of(own, path, place=place)]
        settings = load_settings(given, environ=environ, folder=folder, over_file=layers, choices=choices)
        shows.append(Show(name, _source(_text(table, "feed", place), path.parent), settings))
    return tuple(shows)


def shows_named(shows: Sequence[Show], names: Iterable[str]) -> tuple[Show, ...]:
    """Of `shows` those of these names, in the order of the names and each once; all of them where none are given.

    Large and small letters are one. Raises `SettingsError` where there is no show of a name, or no show at all.
    """
    if not shows:
        raise SettingsError(
            f"no show in {FILE_NAME}: give a SOURCE, or write a [[show]] with its name and feed into {FILE_NAME}"
        )
    by_name = {show.name.casefold(): show for show in shows}
    wanted = list(dict.fromkeys(name.casefold() for name in names))
    unknown = [name for name in wanted if name not in by_name]
    if unknown:
        raise SettingsError(f"show: no {unknown[0]!r} in {FILE_NAME}; there are {', '.join(s.name for s in shows)}")
    return tuple(by_name[name] for name in wanted) or tuple(shows)


def _text(table: Mapping[str, Any], key: str, place: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise SettingsError(f"{place}: {key}: {value!r} is not text")
    if not value.strip() or not value.isprintable():
        raise SettingsError(f"{place}: {key}: must be given, in one line; a show needs a name and a feed")
    return value.strip()


def _source(feed: str, folder: Path) -> str:
    """The source; a path is meant from where the file is."""
    return feed if is_web_address(feed) else str(folder / home_expanded(feed, "feed"))
