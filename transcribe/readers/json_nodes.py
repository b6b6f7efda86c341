"""Values of a JSON document that know their place, so that every refusal names it: `segments[12].start`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from audio.episode import Seconds
from transcribe.readers.clocks import clock_seconds
from transcribe.readers.problems import ReadingError
from transcribe.readers.values import MOST_SECONDS, UNNAMED

_MISSING = object()
_SHOWN = 40  # characters of a value in a message
_MOST_DIGITS = 18  # of an integer; a longer one is no time, and is read as a float
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,30})?)s")  # Google: "1.300s"
_ISO_DURATION = re.compile(r"PT(?:(\d{1,4})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,30})?)S)?")  # Azure: "PT1M1.59S"
_DECIMAL = re.compile(r"\d{1,9}(?:\.\d{1,30})?")  # AWS: "0.52"; of a float that was added to, "0.29000000000000004"


@dataclass(frozen=True, slots=True)
class Node:
    """A value, and the way to it."""

    value: Any
    parent: Node | None = None
    key: str | int = ""

    @property
    def place(self) -> str:
        """The way from the top: `segments[12].start`."""
        steps: list[str] = []
        node = self
        while node.parent is not None:
            steps.append(f"[{node.key}]" if isinstance(node.key, int) else f".{node.key}"[: _SHOWN + 1])
            node = node.parent
        return "".join(reversed(steps)).removeprefix(".") or "the document"

    def problem(self, what: str) -> ReadingError:
        """The error to raise: its place, and `what` is wrong there."""
        return ReadingError(f"{self.place}: {what}")

    def __getitem__(self, key: str) -> Node:
        """The value at a key of this object; a missing one exists, too, and is refused where it is needed."""
        value = self.value.get(key, _MISSING) if isinstance(self.value, dict) else _MISSING
        return Node(value, self, key)

    def first(self, *keys: str) -> Node:
        """The value of the first of these keys that has one; the missing first of them if none has."""
        return next((node for key in keys if (node := self[key]).there), self[keys[0]])

    @property
    def there(self) -> bool:
        """Whether it exists and is not null."""
        return self.value is not _MISSING and self.value is not None

    @property
    def is_null(self) -> bool:
        """Whether it is written as null."""
        return self.value is None

    @property
    def keys(self) -> frozenset[str]:
        """The keys of an object that have a value; of anything else none."""
        return (
            frozenset(k for k, v in self.value.items() if v is not None)
            if isinstance(self.value, dict)
            else frozenset()
        )

    def items(self) -> Iterator[Node]:
        """The items of a list."""
        if not isinstance(self.value, list):
            raise self.problem(f"{self.shown} where a list is needed")
        return (Node(item, self, at) for at, item in enumerate(self.value))

    def rows(self) -> list[Node]:
        """The objects in a list; nothing if the list is missing."""
        found = list(self.items()) if self.there else []
        for row in found:
            if not isinstance(row.value, dict):
                raise row.problem(f"{row.shown} where an object is needed")
        return found

    @property
    def is_rows(self) -> bool:
        """Whether it is a list of objects, and not empty."""
        return isinstance(self.value, list) and bool(self.value) and isinstance(self.value[0], dict)

    def text(self) -> str:
        """A text without what cannot be printed."""
        if not isinstance(self.value, str):
            raise self.problem(f"{self.shown} where text is needed")
        return _UNWRITABLE.sub("\ufffd", self.value)

    def speaker(self, prefix: str = "") -> str:
        """A speaker's name or number; `UNNAMED` if it is missing or empty."""
        if isinstance(self.value, dict):
            return self.first("name", "display_name", "label", "id").speaker(prefix)
        if not self.there:
            return UNNAMED
        if isinstance(self.value, str):
            return " ".join(self.text().split())
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return f"{prefix}{self.value}"
        raise self.problem(f"{self.shown} is not a speaker")

    def number(self) -> float:
        """A finite number."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)) or not math.isfinite(self.value):
            raise self.problem(f"{self.shown} where a number is needed")
        return float(self.value)

    def seconds(self, unit: Seconds = 1.0) -> Seconds:
        """A time, from a number of so many `unit`s or from a text that says its unit."""
        if isinstance(self.value, str):
            return self._within(self._spelt())
        if isinstance(self.value, dict) and self.value.keys() & {"seconds", "nanos"}:  # Google's libraries
            whole, nanos = (self[key] for key in ("seconds", "nanos"))
            count = Node(float(whole.value), self, "seconds") if _is_decimal(whole.value) else whole
            return self._within(
                (count.number() if count.there else 0.0) + (nanos.number() / 1e9 if nanos.there else 0.0)
            )
        return self._within(self.number() * unit)

    def decimal(self) -> Seconds:
        """A time in seconds, as a number or as a text such as "0.52"."""
        return self._within(float(self.value)) if _is_decimal(self.value) else self.seconds()

    def _spelt(self) -> Seconds:
        text = self.value
        if match := _DURATION.fullmatch(text):
            return float(match[1])
        if text != "PT" and (match := _ISO_DURATION.fullmatch(text)):
            return int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + float(match[3] or 0)
        found = clock_seconds(text)
        if found is None:
            raise self.problem(f"{self.shown} is not a time")
        return found

    def _within(self, seconds: Seconds) -> Seconds:
        if not 0.0 <= seconds <= MOST_SECONDS:
            raise self.problem(f"{self.shown} is not a time in a recording")
        return seconds

    @property
    def shown(self) -> str:
        """The value for a message: short, and never its own code."""
        if self.value is _MISSING:
            return "it is missing"
        if isinstance(self.value, (dict, list)):
            return "an object" if isinstance(self.value, dict) else "a list"
        text = json.dumps(self.value)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _is_decimal(value: Any) -> bool:
    return isinstance(value, str) and _DECIMAL.fullmatch(value) is not None


def documents(text: str) -> list[Node]:
    """The JSON documents in a text: one, or several one after the other (JSON lines).

    Numbers of any length and NaN are read, and refused where they are used.
    """
    decoder = json.JSONDecoder(parse_int=_integer)
    found: list[Node] = []
    position, blanks = 0, re.compile(r"[ \t\r\n]*")
    try:
        while (start := _end(blanks.match(text, position))) < len(text):
            value, position = decoder.raw_decode(text, start)
            found.append(Node(value))
    except RecursionError as exc:
        raise ReadingError("is nested too deeply; create it again") from exc
    except json.JSONDecodeError as exc:
        raise ReadingError(f"line {exc.lineno}: is not valid JSON ({exc.msg}); create it again") from exc
    if not found:
        raise ReadingError("is empty; create it again")
    return found


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def _end(match: re.Match[str] | None) -> int:
    assert match is not None, "it matches nothing, too"
    return match.end()
