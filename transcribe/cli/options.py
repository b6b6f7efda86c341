"""What commands share: options from the fields of `Settings`, the effective settings, the scoring, the log."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable
from dataclasses import Field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from output.formats import FORMATS
from transcribe.errors import SettingsError
from transcribe.recognition.engines import AUTO, ENGINES
from transcribe.settings import Settings, option_name
from transcribe.terminal import for_terminal, json_for_terminal

if TYPE_CHECKING:
    from transcribe.batch.shows import FaultyShow, Show
    from transcribe.evaluation.scoring import Scoring

F = TypeVar("F", bound=Callable[..., Any])

_EMPTY = {"latest": "0", "since": "", "match": "", "episode": ""}  # the values that select all episodes
_SHORT = {"output": "-o", "formats": "-f", "language": "-l"}
CHOICES = {"formats": FORMATS, "engine": (AUTO, *ENGINES)}  # settings whose values are names in a registry


def setting_options(*names: str) -> Callable[[F], F]:
    """Options for these fields of `Settings`, from their declarations. An option that is not given is None."""
    declared = {field.name: field for field in fields(Settings)}

    def decorate(command: F) -> F:
        for name in reversed(names):
            field, spelling = declared[name], f"--{option_name(name)}"
            is_list = isinstance(field.default, tuple)
            choices = field.metadata["choices"] or CHOICES.get(name, ())
            default = ",".join(field.default) if isinstance(field.default, tuple) else str(field.default)
            if isinstance(field.default, bool):
                command = _switch(spelling, field)(command)
                continue
            command = click.option(
                *([_SHORT[name]] if name in _SHORT else []),
                spelling,
                name,
                type=click.Choice(choices) if choices and not is_list else str,
                callback=_joined if is_list else None,
                multiple=is_list,
                metavar=field.metadata["metavar"],
                hidden=bool(field.metadata["instead"]),
                help=field.metadata["help"].replace("{choices}", ", ".join(choices))
                + (f"  [default: {default}]" if default else ""),
            )(command)
        return command

    return decorate


def _switch(spelling: str, field: Field[Any]) -> Callable[[F], F]:
    """`--verbatim/--no-verbatim`: a setting that is on or off."""
    return click.option(f"{spelling}/--no-{spelling[2:]}", field.name, default=None, help=field.metadata["help"])


def _joined(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> str | None:
    """A list given in several options, or in one with commas; empty if that is what was given."""
    return ",".join(values) if values else None


def settings_in_force(given: dict[str, Any]) -> Settings:
    """The effective settings: the command line over this environment and folder. Raises `SettingsError`."""
    from transcribe.config import load_settings

    def load(options: dict[str, Any]) -> Settings:
        return load_settings(options, environ=os.environ, folder=Path.cwd(), choices=CHOICES)

    _check_selection(given, lambda options: [load(options)])
    return load(given)


def is_glossary_in_force(glossary: Path) -> bool:
    """Whether a run in this folder uses the glossary without being told."""
    try:
        used = settings_in_force({}).glossary
    except SettingsError:  # a run will say it
        return False
    return bool(used) and Path(used).resolve() == glossary.resolve()


def shows_in_force(given: dict[str, Any]) -> tuple[Show | FaultyShow, ...]:
    """The shows of the nearest transcribe.toml, under the same settings. Raises `SettingsError`."""
    from transcribe.batch.shows import Show, load_shows

    def load(options: dict[str, Any]) -> tuple[Show | FaultyShow, ...]:
        return load_shows(options, environ=os.environ, folder=Path.cwd(), choices=CHOICES)

    _check_selection(given, lambda options: [show.settings for show in load(options) if isinstance(show, Show)])
    return load(given)


def _check_selection(given: dict[str, Any], load: Callable[[dict[str, Any]], list[Settings]]) -> None:
    """Refuse options that select nothing, or all as without them: a variable of a script that is not set."""
    empty = {name for name in _EMPTY if given.get(name) is not None and given[name].strip() in ("", _EMPTY[name])}
    without = load({name: value for name, value in given.items() if name not in empty}) if empty else []
    for name in sorted(empty):
        if not any(getattr(settings, name) for settings in without):
            raise SettingsError(
                f"command line: {name}: {given[name]!r} selects all episodes, as without it; give a value, or leave "
                f"--{name} out"
            )
    since = (given.get("since") or "").strip()
    if re.fullmatch(r"\d{4}-\d\d-\d\d", since) and since > f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}":
        raise SettingsError(f"command line: since: {since} is in the future, where no episode is; check the year")


def echo_path(path: object) -> None:
    """Print a path, or a name, on its own line: unchanged for programs; on a terminal, with escapes for what is not
    printable, since a name of a file can hold what a terminal obeys."""
    click.echo(for_terminal(str(path)) if sys.stdout.isatty() else path)


def echo_json(data: Any) -> None:
    """Print a value as JSON in UTF-8; characters that are not printable, or not valid, as escapes."""
    click.echo(json_for_terminal(data).encode())


def log_to_stderr(*, verbose: bool, quiet: bool) -> None:
    """Print the library's log to stderr: warnings; with `quiet` only errors, with `verbose` everything."""
    set_log_level(verbose=verbose, quiet=quiet)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_ForTerminal("%(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


def set_log_level(*, verbose: bool, quiet: bool) -> None:
    """See `log_to_stderr`."""
    level = logging.DEBUG if verbose else logging.ERROR if quiet else logging.WARNING
    for package in ("audio", "transcribe", "output"):
        logging.getLogger(package).setLevel(level)


class _ForTerminal(logging.Formatter):
    """Formats each line of a record without terminal control characters."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(for_terminal, super().format(record).split("\n")))


def scoring_options(command: F) -> F:
    """Add the options that decide how a transcript is scored."""
    for option in (
        click.option("--skip-overlap", is_flag=True, help="Do not score overlapping speech for DER."),
        click.option(
            "--collar",
            type=click.FloatRange(0, 5),
            default=0.25,
            show_default=True,
            metavar="SECONDS",
            help="Time on either side of a speaker boundary that is not scored for DER.",
        ),
        click.option(
            "--normaliser",
            type=click.Choice(["auto", "english", "basic", "none"]),
            default="auto",
            show_default=True,
            help="How to normalise words: Whisper's English rules, its basic rules for other languages, or none."
            " auto: by the language of the two.",
        ),
    ):
        command = option(command)
    return command


def scoring_of(options: dict[str, Any]) -> Scoring:
    """The scoring of the command's options; removes them from `options`."""
    from transcribe.evaluation.scoring import Scoring

    return Scoring(**{name: options.pop(name) for name in ("normaliser", "collar", "skip_overlap")})
