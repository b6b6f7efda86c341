"""TOML files: read as a whole, or refused with the file, the line and the key, whatever they contain.

Linear in the size of the file, which is limited: `tomllib` takes minutes for one key of many parts, and raises other
errors than its own for deep nesting and long numbers. What the keys mean is not known here.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any

from audio.encodings import named, wide_encoding
from audio.media import what_else
from audio.trust import read_regular, step_after
from transcribe.errors import SettingsError

MOST_BYTES = 2**20  # a clip of a clips.toml has about 200
MOST_PARTS = 30  # of a dotted key
LARGEST = 2**63  # TOML's whole numbers have 64 bits

_LONG_KEY = re.compile(rf"""(?<![\w"'.-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){{{MOST_PARTS}}}""")
_KEY = re.compile(r"""(?:^\s*+\[*+\s*+|[{,]\s*+|\.)(?:([\w-]++)|"([^"]*+)"|'([^']*+)')(?=\s*+[=\].])""")
_TOP_KEY = re.compile(r"""\s*+["']?([\w-]++)["']?\s*+[=.]""")
_LONG_NUMBER = re.compile(r"(?<![\w.])[+-]?\d[\d_]{1000,}")


@dataclass(frozen=True)
class TomlFile:
    """A TOML file: its path, its text, and the values of its top table."""

    path: Path
    text: str
    table: Mapping[str, Any]

    @cached_property
    def lines(self) -> Sequence[str]:
        """The lines of the text, without their ends."""
        return self.text.splitlines()

    def line_of(self, key: str, *, at: int = 0) -> int:
        """The index of the first line from `at` on that sets `key` or opens its table; `at` if no line does."""
        places = self._places.get(key, [])
        following = bisect_left(places, at)
        return places[following] if following < len(places) else at

    @cached_property
    def _places(self) -> Mapping[str, Sequence[int]]:
        """The lines of each key, in order: found in one pass, however many keys are asked for."""
        places: dict[str, list[int]] = {}
        for number, line in enumerate(self.lines):
            for match in _KEY.finditer(line):
                places.setdefault(match[1] or match[2] or match[3], []).append(number)
        return places

    @cached_property
    def at_top(self) -> Mapping[str, Sequence[int]]:
        """The indices of the lines that begin with each key, above the first table. Several: one is in a text."""
        places: dict[str, list[int]] = {}
        for number, line in enumerate(takewhile(lambda line: not line.lstrip().startswith("["), self.lines)):
            if match := _TOP_KEY.match(line):
                places.setdefault(match[1], []).append(number)
        return places

    def line_of_table(self, key: str) -> int:
        """The index of the header `[key]`; of the first line that sets the table, if it has no header."""
        header = re.compile(rf"\s*\[\s*[\"']?{re.escape(key)}[\"']?\s*\]")
        return next((i for i, line in enumerate(self.lines) if header.match(line)), self.line_of(key))

    def error(self, key: str, message: str, *, at: int = 0) -> SettingsError:
        """The error about a value of `key`, on the first line from `at` on that sets it."""
        return SettingsError(f"{self.place_of(key, at=at)}: {key}: {message}")

    def place_of(self, key: str, *, at: int = 0) -> str:
        """The file and the line of `line_of`, for a message."""
        return f"{self.path}: line {self.line_of(key, at=at) + 1}"


def read_toml(path: Path, *, instead: str) -> TomlFile:
    """Read a TOML file; a byte-order mark is ignored. `instead`: what to do about a file that cannot be read.

    Raises `SettingsError`: it is not a regular file of at most `MOST_BYTES`, not UTF-8, not TOML, or a number in it has
    more than 64 bits.
    """
    try:
        content = read_regular(path, max_bytes=MOST_BYTES)
        if what := what_else(content):
            raise SettingsError(f"{path}: is {what}, where TOML is read, which is text; {instead}")
        if encoding := wide_encoding(content):
            raise SettingsError(f"{path}: is {named(encoding)} text; save it as UTF-8")
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = exc.object[: exc.start].count(b"\n") + 1
        raise SettingsError(f"{path}: line {line}: is not UTF-8 text; save it as UTF-8") from exc
    except OSError as exc:
        raise SettingsError(f"{path}: cannot be read ({exc.strerror}); {step_after(exc, instead)}") from exc
    for pattern, problem in (
        (_LONG_KEY, f"a key of more than {MOST_PARTS} parts"),
        (_LONG_NUMBER, "a number too long"),
    ):
        if found := pattern.search(text):
            line = text.count("\n", 0, found.start()) + 1
            raise SettingsError(f"{path}: not valid TOML: {problem} (at line {line}); correct that line")
    try:
        file = TomlFile(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as exc:
        step = "correct that line" if path.suffix.lower() == ".toml" else f"{instead}, or correct that line"
        raise SettingsError(f"{path}: not valid TOML: {exc}; {step}") from exc
    except (ValueError, RecursionError) as exc:
        raise SettingsError(f"{path}: not valid TOML: nested too deeply, or a number too long; correct it") from exc
    _reject_large_numbers(file)
    return file


def shown(value: object) -> str:
    """A value of a file for a message, on one line and not too long: as TOML spells it, or its type.

    >>> shown(True), shown("5%"), shown([1]), shown(date(2024, 5, 1)), shown(float("nan"))
    ('true', "'5%'", 'a list', '2024-05-01', 'nan')
    """
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a table"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value) if isinstance(value, int | float | date | time) else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _reject_large_numbers(file: TomlFile) -> None:
    rest: list[tuple[str, Any]] = list(file.table.items())
    while rest:
        key, value = rest.pop()
        if isinstance(value, dict):
            rest += value.items()
        elif isinstance(value, list):
            rest += [(key, item) for item in value]
        elif isinstance(value, int) and not -LARGEST <= value < LARGEST:
            raise file.error(key, "a whole number of more than 64 bits; correct it")
