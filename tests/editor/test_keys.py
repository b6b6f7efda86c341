"""The keys of the editor's page: the documentation has them all, and no two commands share one."""

from __future__ import annotations

import re
from collections import Counter

from tests.support.paths import ROOT

KEYS = (ROOT / "transcribe/editor/assets/keys.js").read_text(encoding="utf-8")
COMMANDS = re.findall(r'\["(\w+)", "([^"]+)", "([^"]+)"(?:, "([^"]+)")?\]', KEYS)
ACTIONS = (ROOT / "transcribe/editor/assets/editor.js").read_text(encoding="utf-8")


def printed(key: str) -> str:
    names = {"ctrl": "Ctrl", "alt": "Alt", "shift": "Shift", "Escape": "Esc"}
    return "+".join(names.get(part, part.upper() if len(part) == 1 else part) for part in key.split(" "))


def test_the_documentation_has_every_key() -> None:
    section = (ROOT / "docs/editors.md").read_text(encoding="utf-8").split("### Keys\n")[1].split("\n#")[0]
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in section.splitlines() if "|" in line]
    assert rows[2:] == [(does, printed(key), printed(mac or key)) for _, does, key, mac in COMMANDS]


def test_no_key_has_two_commands() -> None:
    assert len(COMMANDS) > 20
    for keys in ([key for _, _, key, _ in COMMANDS], [mac or key for _, _, key, mac in COMMANDS]):
        assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_every_command_does_something() -> None:
    actions = ACTIONS.split("const COMMANDS = {")[1].split("};")[0]
    named = re.findall(r"(?:^|[ {])(\w+)(?::|,(?= \w+[:,]))", actions)
    assert {name for name, *_ in COMMANDS} <= set(named)
