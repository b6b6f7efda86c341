"""Workflow commands in a log, by the rules of GitHub's runner (actions/runner, src/Runner.Common/ActionCommand.cs)."""

from __future__ import annotations

import re
from dataclasses import dataclass

COMMANDS = {
    *("internal-set-repo-path", "set-env", "set-output", "save-state", "add-path", "add-mask", "add-matcher"),
    *("remove-matcher", "warning", "error", "notice", "debug", "group", "endgroup", "echo", "stop-commands"),
}
_DATA = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_PROPERTY = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    properties: dict[str, str]
    data: str


def commands_in(log: str) -> list[Command]:
    """Every command a runner would obey; a line ends where .NET ends one."""
    return [found for line in re.split("\r\n|\r|\n", log) if (found := _second(line) or _first(line))]


def _second(line: str) -> Command | None:
    """`::name key=value,key=value::data` after blanks."""
    info, separator, data = line.lstrip().removeprefix("::").partition("::")
    if not line.lstrip().startswith("::") or not separator:
        return None
    return _command(info, _decoded(data, _DATA), between=",")


def _first(line: str) -> Command | None:
    """`##[name key=value;key=value]data` anywhere in the line."""
    _, start, rest = line.partition("##[")
    info, end, data = rest.partition("]")
    return _command(info, data, between=";") if start and end else None


def _command(info: str, data: str, *, between: str) -> Command | None:
    name, _, properties = info.partition(" ")
    if name.lower() not in COMMANDS:
        return None
    pairs = (pair.split("=", 1) for pair in properties.strip().split(between) if "=" in pair)
    return Command(name.lower(), {key: _decoded(value, _PROPERTY) for key, value in pairs}, data)


def _decoded(text: str, codes: tuple[tuple[str, str], ...]) -> str:
    for code, sign in codes:
        text = text.replace(code, sign)
    return text
