"""How a setting is declared: one dataclass field with its default, help, the stages that depend on it, valid values."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from transcribe.errors import SettingsError

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Characters of no text: no document of ours can hold them, nor the first of them the name of a file."""

_KINDS = {bool: "true or false", int: "a whole number", float: "a number", tuple: "a list"}


class Stage(StrEnum):
    """The steps whose results are cached. A stage's key also covers the settings of the stages it reads from."""

    DECODE = "decode"
    PLAN = "plan"
    LANGUAGE = "language"
    RECOGNIZE = "recognize"
    REHEAR = "rehear"
    DIARIZE = "diarize"
    TURNS = "turns"
    RENDER = "render"


def setting(default: Any, help: str, *stages: Stage, **rules: Any) -> Any:
    """A dataclass field for a setting. `rules`, all optional:

    - `choices`: the valid values; `between`: the least and the greatest valid number;
    - `metavar`: the name of the value in the command's help;
    - `instead`: for a deprecated setting, what to write now. The setting is still read, with a warning;
    - `kept_from_files`: why the setting cannot be in a file, which may come with somebody else's checkout;
    - `everywhere`: true if every stage may read it, as no result depends on it, or keys have it otherwise.
    """
    unset = {"choices": (), "between": None, "metavar": None, "instead": "", "everywhere": False, "kept_from_files": ""}
    assert rules.keys() <= unset.keys(), rules
    metadata = {"help": help, "stages": frozenset(stages), **unset, **rules}
    return dataclasses.field(default=default, metadata=metadata)


def render_setting(default: Any, help: str, **rules: Any) -> Any:
    """A field for a setting that only the last stage, rendering, depends on; `rules` are those of `setting`."""
    return setting(default, help, Stage.RENDER, **rules)


def option_name(name: str) -> str:
    """A setting's name as the command line and the file spell it."""
    return "format" if name == "formats" else name.replace("_", "-")


def check_declared(settings: Any) -> None:
    """Check the type, choices and limits of every field of a dataclass of settings. Raises `SettingsError`."""
    for field in dataclasses.fields(settings):
        name, value, rules = option_name(field.name), getattr(settings, field.name), field.metadata
        if is_empty(value) and not is_empty(field.default):
            raise SettingsError(f"{name}: must not be empty; give a value, or leave it out")
        if type(value) is not type(field.default):
            kind = not_text(name, value) if isinstance(field.default, str) else f"not {_KINDS[type(field.default)]}"
            raise SettingsError(f"{name}: {value!r} is {kind}")
        if isinstance(value, tuple) and not all(isinstance(item, str) for item in value):
            odd = next(item for item in value if not isinstance(item, str))
            raise SettingsError(f"{name}: {odd!r} in the list is not text; write it in quotation marks")
        if isinstance(value, tuple):
            check_items(name, value)
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and (found := CONTROL.search(text)):
                raise SettingsError(f"{name}: has the control character {found[0]!r}; remove it")
        check_choice(field.name, value, rules["choices"])
        if rules["between"] and not rules["between"][0] <= value <= rules["between"][1]:
            raise SettingsError(f"{name}: {value} is not between {rules['between'][0]} and {rules['between'][1]}")


def check_items(name: str, items: Sequence[str]) -> None:
    """Raise `SettingsError` for an item of a list that is empty, such as that of a variable that is not set.

    >>> check_items("speakers", ["Rich", " ", "Bob"])
    Traceback (most recent call last):
    transcribe.errors.SettingsError: speakers: item 2 of 3 is empty; write it, or leave it out
    """
    for number, item in enumerate(items, 1):
        if not item.strip():
            raise SettingsError(f"{name}: item {number} of {len(items)} is empty; write it, or leave it out")


def is_empty(value: Any) -> bool:
    """Whether a setting's value says nothing: text without a character that shows, a list without an item."""
    return value == () or (isinstance(value, str) and not value.strip())


def not_text(name: str, value: Any) -> str:
    """The predicate for a value that is not text; for a number, also what to write.

    >>> not_text("host", 5)
    'not text; write host = "5"'
    """
    return f'not text; write {name} = "{value}"' if isinstance(value, int | float) else "not text"


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Raises `SettingsError` if the value, or an item of it, is not one of `choices`; without choices all is valid."""
    unknown = [item for item in (value if isinstance(value, tuple) else (value,)) if choices and item not in choices]
    if unknown and isinstance(value, tuple):
        raise SettingsError(
            f"{option_name(name)}: {', '.join(unknown)} cannot be written; choose from {', '.join(choices)}"
        )
    if unknown:
        raise SettingsError(f"{option_name(name)}: {value!r} is not one of {', '.join(choices)}")
