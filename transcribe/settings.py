"""The settings: one frozen value, read by library, command line, `transcribe.toml`, environment and cache alike.

A field is declared once, here or in `Style`, with its default, its help and the stages whose result depends on it.
The command line makes its options from the fields, the TOML file its keys, the environment its `TRANSCRIBE_*`
variables, and a checkpoint its key from `Settings.digest`. Which formats and engines exist is not known here: their
registries are in `output.formats` and `transcribe.recognition.engines`, and `load_settings` checks the names.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

from transcribe.declaration import Stage as Stage
from transcribe.declaration import check_items, setting
from transcribe.declaration import option_name as option_name
from transcribe.errors import SettingsError
from transcribe.style import Style
from transcribe.units import share_of, size_bytes

LEAST_WRAP = 20  # columns


@dataclass(frozen=True)
class _RunSettings:
    """The settings of a run except the style of its drafts."""

    output: str = setting("transcripts", "Folder for the results.", metavar="DIR")
    formats: tuple[str, ...] = setting(
        ("md", "json"), "Formats to write, separated by commas: {choices}.", metavar="LIST"
    )
    speakers: str = setting(
        "",
        'Speaker names, host first ("Rich,Haikel"), or the number of speakers (2). Default: estimated.',
        Stage.DIARIZE,
        Stage.TURNS,
        metavar="NAMES|N",
    )
    channels: str = setting(
        "auto",
        "Use of two channels: mix: every speaker is on both; separate: one speaker on each; auto: detected.",
        Stage.DIARIZE,
        choices=("auto", "mix", "separate"),
    )
    host: str = setting("Rich", "Name of the host if nothing else gives it.", Stage.TURNS, metavar="NAME")
    guest: str = setting("Guest", "Name of a guest if nothing else gives it.", Stage.TURNS, metavar="NAME")
    voices: tuple[str, ...] = setting(
        (), "Enrolled voices to expect, separated by commas. Default: all of them.", Stage.TURNS, metavar="LIST"
    )
    model: str = setting(
        "base",
        "Whisper model, fetched at first use: base, tiny.en, small, medium, large-v3, turbo, …; or a folder.",
        Stage.RECOGNIZE,
        metavar="NAME|DIR",
    )
    engine: str = setting(
        "auto",
        "Engine that runs the model: ctranslate2 is fast and the choice of auto, openai is the reference.",
        Stage.LANGUAGE,
        Stage.RECOGNIZE,
    )
    device: str = setting(
        "auto",
        "Device for the models; auto uses a GPU if there is one.",
        choices=("auto", "cpu", "cuda"),
        everywhere=True,  # a result is kept under the device that it was computed on
    )
    language: str = setting(
        "auto",
        "Spoken language, as a code such as en or nl.",
        Stage.LANGUAGE,
        Stage.RECOGNIZE,
        metavar="CODE|auto",
    )
    glossary: str = setting(
        "",
        "File of names and jargon, one per line, or `Mishearing -> Name`: they are recognised and corrected.",
        Stage.REHEAR,
        metavar="FILE",
    )
    beam_size: int = setting(
        5,
        "Hypotheses followed in parallel; 1 is faster and slightly less accurate.",
        Stage.RECOGNIZE,
        between=(1, 20),
        metavar="N",
    )
    verbatim: bool = setting(False, "Keep fillers such as uh and um.", Stage.REHEAR)
    written_forms: bool = setting(
        True,
        "In English, type spelled-out addresses, days, years and phone numbers as addresses and numbers.",
        Stage.TURNS,
    )
    doubts: str = setting(
        "10%",
        "Share of the words to mark at most, those that are likeliest to be wrong, as passages to listen to.",
        Stage.TURNS,
        metavar="PERCENT",
    )
    latest: int = setting(0, "For a feed: only the N newest episodes; 0: all.", between=(0, 1_000_000), metavar="N")
    since: str = setting("", "For a feed: only episodes published on or after this day.", metavar="YYYY-MM-DD")
    match: str = setting("", "For a feed: only episodes with this text in their title.", metavar="TEXT")
    episode: str = setting("", "For a feed: only the episode with this guid or audio address.", metavar="GUID")
    user_agent: str = setting("", "User agent to send to servers that refuse unknown programs.", metavar="TEXT")
    cookies: bool = setting(True, "Return the cookies that a server sets, to that host and in this run only.")
    allow_http: bool = setting(
        False, "Follow redirects from https to http, which anybody on the way can read and change."
    )
    threads: int = setting(
        0, "Number of processor threads; 0: one per core.", between=(0, 1024), metavar="N", everywhere=True
    )
    cache_limit: str = setting(
        "2GB",
        "Size of the cache after a run; the least recently used entries are removed first; none: no limit.",
        metavar="SIZE",
    )
    jobs: int = setting(
        0,
        "Episodes to process in parallel, each in its own process; 0: chosen for the machine.",
        between=(0, 256),
        metavar="N",
    )
    scheduler: str = setting(
        "",
        "Run on the Dask cluster of this scheduler, for example tcp://host:8786. Not read from files.",
        metavar="ADDRESS",
        kept_from_files="a scheduler can run code on this machine, and a file may be somebody else's",
    )
    progress: str = setting(
        "auto",
        "Progress display: bar for a terminal, plain lines for a log, json for programs; auto chooses between them.",
        choices=("auto", "bar", "plain", "json", "none"),
    )


@dataclass(frozen=True)
class Settings(Style, _RunSettings):  # the fields of the last base come first: so they are recorded
    """Every choice a user has, with its default.

    Raises `SettingsError`, which names the setting, for an invalid value.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        for check in (_check_values, _check_speakers, _check_names):
            check(self)

    @property
    def speaker_names(self) -> tuple[str, ...]:
        """The given names, host first; empty if none are given.

        >>> Settings(speakers="Rich, Haikel Guemar").speaker_names
        ('Rich', 'Haikel Guemar')
        """
        if self.speakers.strip().isdecimal():
            return ()
        return tuple(name.strip() for name in self.speakers.split(",") if name.strip())

    @property
    def speaker_count(self) -> int | None:
        """The number of speakers, from the names or the number; None: to be estimated.

        >>> Settings(speakers="2").speaker_count
        2
        """
        if self.speakers.strip().isdecimal():
            return int(self.speakers)
        return len(self.speaker_names) or None

    def digest(self, *stages: Stage) -> str:
        """A key (16 hex digits) that changes exactly if a setting changes that one of `stages` depends on.

        Exception: the glossary counts by its content, which is in `Glossary.digest`, not by its path.
        """
        return hashlib.sha256(json.dumps(self._for(stages), sort_keys=True).encode()).hexdigest()[:16]

    def seen_by(self, *stages: Stage) -> Settings:
        """A view of what `digest` covers for these stages, and of what no result depends on.

        Reading another setting is an `UndeclaredReadError`: a stage cannot depend on what its key lacks.
        """
        readable = self._for(stages)
        if "speakers" in readable:
            readable["speakers"] = str(readable["speakers"] or "")
        readable |= {field.name: getattr(self, field.name) for field in _FIELDS if field.metadata["everywhere"]}
        return cast(Settings, _View(readable, stages))

    def _for(self, stages: tuple[Stage, ...]) -> dict[str, Any]:
        """The settings by name that the results of `stages` depend on."""
        staged = {field.name: getattr(self, field.name) for field in _FIELDS if field.metadata["stages"] & set(stages)}
        staged.pop("glossary", None)
        if Stage.DIARIZE in stages and Stage.TURNS not in stages:
            staged["speakers"] = self.speaker_count  # diarization does not depend on the names
        return staged

    def as_dict(self) -> dict[str, Any]:
        """Every setting by name, as values of JSON and TOML."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in dataclasses.asdict(self).items()
        }

    @property
    def doubts_share(self) -> float:
        """`doubts` as a number, 0 to 1."""
        return share_of(self.doubts)

    @property
    def cache_limit_bytes(self) -> int | None:
        """`cache_limit` in bytes; None: no limit."""
        return None if self.cache_limit.strip().lower() == "none" else size_bytes(self.cache_limit)

    @property
    def output_folder(self) -> Path:
        """`output` as a path."""
        return home_expanded(self.output, "output")


class UndeclaredReadError(Exception):
    """A defect: a stage reads a setting that does not name the stage, so that old results would be used for new ones.

    No error of this package's tree, and no `AttributeError`, which the reader might take for an answer.
    """


class _View:
    """Some settings by name, and the properties of `Settings` as derived from them."""

    def __init__(self, readable: dict[str, Any], stages: tuple[Stage, ...]) -> None:
        self._readable, self._stages = readable, stages

    def __getattr__(self, name: str) -> Any:
        if name in self._readable:
            return self._readable[name]
        derived = getattr(Settings, name, None)
        if isinstance(derived, property) and derived.fget is not None:
            return derived.fget(self)
        raise UndeclaredReadError(f"{name}: does not name {', '.join(self._stages)} in its declaration")


_FIELDS = dataclasses.fields(Settings)


def home_expanded(text: str, name: str) -> Path:
    """A path as a user types it, with `~` for the home folder. Raises `SettingsError` if that home does not exist."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise SettingsError(f"{option_name(name)}: {text!r}: there is no such home folder") from error


def _check_values(settings: Settings) -> None:
    if 0 < settings.wrap < LEAST_WRAP:  # a `Style` may have less: drafts of earlier releases record it
        raise SettingsError(f"wrap: {settings.wrap} is too narrow; give {LEAST_WRAP} or more, or 0 to wrap no lines")
    if not re.fullmatch(r"auto|[a-z]{2,3}", settings.language):
        raise SettingsError(f"language: {settings.language!r} is not a code such as en, nl or auto")
    for name, of, else_ in (("cache-limit", "cache_limit_bytes", ", nor none"), ("doubts", "doubts_share", "")):
        try:
            getattr(settings, of)
        except SettingsError as error:
            raise SettingsError(f"{name}: {error}{else_}") from error
    if settings.since:
        try:
            date.fromisoformat(settings.since)
        except ValueError as error:
            raise SettingsError(f"since: {settings.since!r} is not a day such as 2026-01-31") from error
    if not (settings.user_agent.isascii() and settings.user_agent.isprintable() and len(settings.user_agent) <= 500):
        raise SettingsError("user-agent: not one line of at most 500 ASCII characters")
    if settings.scheduler and not re.fullmatch(r"[a-z]+://\S+", settings.scheduler):
        raise SettingsError(f"scheduler: {settings.scheduler!r} is not an address such as tcp://host:8786")


def _check_speakers(settings: Settings) -> None:
    speakers, names = settings.speakers, settings.speaker_names
    is_number = speakers.strip().isdecimal()
    if re.fullmatch(r"\s*-\d+\s*", speakers) or (is_number and not 1 <= int(speakers) <= 20):
        raise SettingsError(f"speakers: {speakers} people; give a number from 1 to 20, or names")
    if speakers.strip() and not is_number and not names:
        raise SettingsError(f"speakers: no name in {speakers!r}; leave it out to have the speakers counted")
    if names:
        check_items("speakers", speakers.split(","))
    if len({name.casefold() for name in names}) != len(names):
        raise SettingsError(f"speakers: a name appears twice in {speakers!r}")


def _check_names(settings: Settings) -> None:
    given = (("host", settings.host), ("guest", settings.guest), *(("speakers", one) for one in settings.speaker_names))
    for name, value in given:
        if re.search(r"[;/|+]| (?:and|und|et|en|y) ", value):
            raise SettingsError(f"{name}: {value!r} looks like several people; separate names with commas")
        if not re.fullmatch(r"[^\W\d_][\w .'’()&-]{0,59}", value):
            raise SettingsError(f"{name}: {value!r} cannot be a speaker's name; use letters")
