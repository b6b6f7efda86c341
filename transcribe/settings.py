"""The settings: one frozen value, read by library, command line, `transcribe.toml`, environment and cache alike.

A field is declared once, here, with its default, its help and the stages whose result depends on it.
The command line makes its options from the fields, the TOML file its keys, the environment its
`TRANSCRIBE_*` variables, and a checkpoint its key from `Settings.digest`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from transcribe.errors import SettingsError
from transcribe.units import size_bytes


class Stage(StrEnum):
    """The steps whose results are kept. A stage's key holds the settings of the stages before it too, where it reads
    their result."""

    DECODE = "decode"
    PLAN = "plan"
    LANGUAGE = "language"
    RECOGNIZE = "recognize"
    REHEAR = "rehear"
    DIARIZE = "diarize"
    TURNS = "turns"
    RENDER = "render"


def _setting(default: Any, help: str, *stages: Stage, choices: tuple[str, ...] = (), metavar: str | None = None) -> Any:
    return dataclasses.field(
        default=default,
        metadata={"help": help, "stages": frozenset(stages), "choices": choices, "metavar": metavar},
    )


# What `-f` takes: the registry in output/formats.py, which this room may not import. A test holds them together.
FORMATS = ("md", "json", "vtt", "srt", "txt", "rttm", "whisper-json", "podcast", "html", "docx")


@dataclass(frozen=True, slots=True)
class Settings:
    """Every choice a user has, with the default everybody else gets.

    Raises `SettingsError`, which names the setting, for a value that cannot be meant.
    """

    output: str = _setting("transcripts", "Folder the results go to.", metavar="DIR")
    formats: tuple[str, ...] = _setting(
        ("md", "json"), f"What to write, with commas between: {', '.join(FORMATS)}.", metavar="LIST"
    )
    speakers: str = _setting(
        "",
        'Names, host first ("Rich,Haikel"), or how many people speak (2). Default: found out.',
        Stage.DIARIZE,
        Stage.TURNS,
        metavar="NAMES|N",
    )
    channels: str = _setting(
        "auto",
        "What two channels are: auto finds out, mix has everybody on both, separate a person on each.",
        Stage.DIARIZE,
        choices=("auto", "mix", "separate"),
    )
    host: str = _setting("Rich", "Name of the host where nothing says who it is.", Stage.TURNS, metavar="NAME")
    guest: str = _setting("Guest", "Name of a guest where nothing says who it is.", Stage.TURNS, metavar="NAME")
    voices: tuple[str, ...] = _setting(
        (),
        "Of the voices on file only these are expected, with commas between. Default: all of them.",
        Stage.TURNS,
        metavar="LIST",
    )
    model: str = _setting(
        "base",
        "Whisper model: base (comes with turnscript), tiny.en, small, medium, large-v3, turbo, … or a folder.",
        Stage.RECOGNIZE,
        metavar="NAME|DIR",
    )
    engine: str = _setting(
        "auto",
        "What runs the model: ctranslate2 is the fast one and what auto takes, openai the reference.",
        Stage.RECOGNIZE,
        choices=("auto", "openai", "ctranslate2"),
    )
    device: str = _setting(
        "auto", "Where the models run; auto takes a GPU where there is one.", choices=("auto", "cpu", "cuda")
    )
    language: str = _setting(
        "auto", "Language spoken, as a code such as en or nl.", Stage.RECOGNIZE, metavar="CODE|auto"
    )
    glossary: str = _setting(
        "",
        "File of names and jargon, one a line, or `Mishearing -> Name`; it is listened for and put right.",
        Stage.REHEAR,
        metavar="FILE",
    )
    beam_size: int = _setting(
        5, "Readings followed at a time; 1 is faster and a little worse.", Stage.RECOGNIZE, metavar="N"
    )
    verbatim: bool = _setting(False, "Keep fillers such as uh and um.", Stage.REHEAR)
    latest: int = _setting(0, "Of a feed, only so many of the newest episodes; 0: all.", metavar="N")
    since: str = _setting("", "Of a feed, only episodes published on this day or later.", metavar="YYYY-MM-DD")
    match: str = _setting("", "Of a feed, only episodes with this in their title.", metavar="TEXT")
    episode: str = _setting("", "Of a feed, only the episode with this guid or audio address.", metavar="GUID")
    threads: int = _setting(0, "Processor threads to use; 0: as many as there are cores.", metavar="N")
    cache_limit: str = _setting(
        "2GB",
        "Size the cache is brought down to after a run, the least recently used first; none: no limit.",
        metavar="SIZE",
    )
    jobs: int = _setting(
        0, "Episodes worked on at a time, each in a process of its own; 0: what suits the machine.", metavar="N"
    )
    scheduler: str = _setting(
        "", "Work on the Dask cluster of this scheduler, such as tcp://host:8786.", metavar="ADDRESS"
    )
    progress: str = _setting(
        "auto",
        "How far it is: bar for a terminal, plain lines for a log, json for programs; auto looks where it goes to.",
        choices=("auto", "bar", "plain", "json", "none"),
    )
    labels: str = _setting(
        "name-then-initial",
        "What stands in bold: Rich, then R; R throughout; Rich throughout; or Rich Bowen, then Rich.",
        Stage.RENDER,
        choices=("name-then-initial", "initial", "name", "full-name-then-name"),
    )
    colon: str = _setting("outside", "**R**: or **R:**.", Stage.RENDER, choices=("outside", "inside"))
    wrap: int = _setting(70, "Columns the draft is filled to; 0: a paragraph a line.", Stage.RENDER, metavar="N")
    doubtful_below: float = _setting(
        0.0, "Write words of less probability than this as [word?].", Stage.RENDER, metavar="P"
    )
    clock_minutes: int = _setting(
        -1, "Put a time such as [12:34] this often; 0: at every turn; -1: nowhere.", Stage.RENDER, metavar="N"
    )
    author: str = _setting("", "Author in the front matter.", Stage.RENDER, metavar="NAME")
    tags: tuple[str, ...] = _setting((), "Tags in the front matter, with commas between.", Stage.RENDER, metavar="LIST")
    comments: str = _setting("", "The front matter's comments key.", Stage.RENDER, choices=("", "true", "false"))
    published: str = _setting("", "The front matter's published key.", Stage.RENDER, choices=("", "true", "false"))

    front_matter: str = _setting(
        "",
        "The front matter's keys and what they say, as JSON; better the table [front_matter] of transcribe.toml.",
        Stage.RENDER,
        metavar="JSON",
    )
    docx_times: str = _setting(
        "text",
        "Where docx says when a turn starts: before it, in a comment, or nowhere.",
        Stage.RENDER,
        choices=("text", "comments", "none"),
    )
    transcript_url: str = _setting(
        "",
        "Address of the folder transcripts are published in, for the podcast format.  Default: the audio's folder.",
        Stage.RENDER,
        metavar="URL",
    )

    def __post_init__(self) -> None:
        for check in (_check_types, _check_choices, _check_numbers, _check_names, _check_front_matter):
            check(self)

    @property
    def speaker_names(self) -> tuple[str, ...]:
        """The names given, host first; empty where there are none.

        >>> Settings(speakers="Rich, Haikel Guemar").speaker_names
        ('Rich', 'Haikel Guemar')
        """
        if self.speakers.strip().isdecimal():
            return ()
        return tuple(name.strip() for name in self.speakers.split(",") if name.strip())

    @property
    def speaker_count(self) -> int | None:
        """How many people speak, by names or number; None: to be estimated.

        >>> Settings(speakers="2").speaker_count
        2
        """
        if self.speakers.strip().isdecimal():
            return int(self.speakers)
        return len(self.speaker_names) or None

    def digest(self, *stages: Stage) -> str:
        """A key that changes exactly when a setting one of `stages` depends on does (16 hex digits).

        But for the glossary: what counts of it is what it says, and that is in `Glossary.digest`.
        """
        wanted = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.metadata["stages"] & set(stages)
        }
        wanted.pop("glossary", None)
        if Stage.DIARIZE in stages and Stage.TURNS not in stages:
            wanted["speakers"] = self.speaker_count  # who they are does not change who is heard
        return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()[:16]

    def as_dict(self) -> dict[str, Any]:
        """Every setting by name, in values JSON and TOML know."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in dataclasses.asdict(self).items()
        }

    @property
    def cache_limit_bytes(self) -> int | None:
        """`cache_limit` in bytes; None: no limit."""
        return None if self.cache_limit.strip().lower() == "none" else size_bytes(self.cache_limit)

    @property
    def front_matter_fields(self) -> dict[str, Any] | None:
        """The front matter's template, key by key in its order; None: the house's.

        >>> Settings(front_matter='{"title": "{title}"}').front_matter_fields
        {'title': '{title}'}
        """
        if not self.front_matter:
            return None
        fields: dict[str, Any] = json.loads(self.front_matter)
        return fields

    @property
    def output_folder(self) -> Path:
        """`output` as a path."""
        return home_expanded(self.output, "output")


def option_name(name: str) -> str:
    """A setting's name as the command line and the file spell it."""
    return "format" if name == "formats" else name.replace("_", "-")


def home_expanded(text: str, name: str) -> Path:
    """A path as a user types it, `~` being the home folder. Raises `SettingsError` where there is no such home."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise SettingsError(f"{option_name(name)}: {text!r}: there is no such home folder") from error


def _check_types(settings: Settings) -> None:
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if type(value) is not type(field.default):
            kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "text", tuple: "a list"}
            kind = kinds[type(field.default)]
            raise SettingsError(f"{option_name(field.name)}: {value!r} is not {kind}")


def _check_choices(settings: Settings) -> None:
    for field in dataclasses.fields(settings):
        value, choices = getattr(settings, field.name), field.metadata["choices"]
        if choices and value not in choices:
            raise SettingsError(f"{option_name(field.name)}: {value!r} is not one of {', '.join(choices)}")
    unknown = [name for name in settings.formats if name not in FORMATS]
    if unknown or not settings.formats:
        raise SettingsError(
            f"format: {', '.join(unknown) or 'none given'} cannot be written; choose from {', '.join(FORMATS)}"
        )
    if not re.fullmatch(r"auto|[a-z]{2,3}", settings.language):
        raise SettingsError(f"language: {settings.language!r} is not a code such as en, nl or auto")


def _check_numbers(settings: Settings) -> None:
    limits = {
        "beam_size": (1, 20),
        "threads": (0, 1024),
        "jobs": (0, 256),
        "wrap": (0, 10_000),
        "latest": (0, 1_000_000),
    }
    limits |= {"clock_minutes": (-1, 1440), "doubtful_below": (0, 1)}
    for name, (least, most) in limits.items():
        value = getattr(settings, name)
        if not least <= value <= most:
            raise SettingsError(f"{option_name(name)}: {value} is not between {least} and {most}")
    try:
        _ = settings.cache_limit_bytes
    except SettingsError as error:
        raise SettingsError(f"cache-limit: {error}, nor none") from error
    if settings.since:
        try:
            date.fromisoformat(settings.since)
        except ValueError as error:
            raise SettingsError(f"since: {settings.since!r} is not a day such as 2026-01-31") from error
    count = settings.speaker_count
    if settings.speakers.strip().isdecimal() and not 1 <= (count or 0) <= 20:
        raise SettingsError(f"speakers: {settings.speakers} people; give a number from 1 to 20, or names")


def _check_names(settings: Settings) -> None:
    names = settings.speaker_names
    if settings.speakers.strip() and settings.speaker_count is None:
        raise SettingsError(f"speakers: no name in {settings.speakers!r}; leave it out to have people counted")
    if len({name.casefold() for name in names}) != len(names):
        raise SettingsError(f"speakers: a name stands twice in {settings.speakers!r}")
    if re.fullmatch(r"\s*-\d+\s*", settings.speakers):
        raise SettingsError(f"speakers: {settings.speakers} people; give a number from 1 to 20, or names")
    for name, value in (("host", settings.host), ("guest", settings.guest), *(("speakers", name) for name in names)):
        if re.search(r"[;/|+]| (?:and|und|et|en|y) ", value):
            raise SettingsError(f"{name}: {value!r} looks like several people; put commas between names")
        if not re.fullmatch(r"[^\W\d_][\w .'’()&-]{0,59}", value):
            raise SettingsError(f"{name}: {value!r} cannot be a speaker's name; give letters, not signs")
    if settings.scheduler and not re.fullmatch(r"[a-z]+://\S+", settings.scheduler):
        raise SettingsError(f"scheduler: {settings.scheduler!r} is not an address such as tcp://host:8786")
    for name in ("output", "model"):
        if not getattr(settings, name).strip():
            raise SettingsError(f"{name}: must not be empty")


def _check_front_matter(settings: Settings) -> None:
    try:
        fields = settings.front_matter_fields
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"front-matter: {settings.front_matter!r} is not JSON ({error})") from error
    if fields is not None and not isinstance(fields, dict):
        raise SettingsError(f"front-matter: {settings.front_matter!r} is not a table of keys and values")
