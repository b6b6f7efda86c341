"""`transcribe doctor`: its page, its JSON as documented, its exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.support.command_line import Run
from tests.support.paths import ROOT


def test_the_json_has_the_documented_keys(run: Run) -> None:
    page = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")
    (sample,) = re.findall(r"^```json\n(.*?)^```", page, re.M | re.S)
    code, out, err = run("doctor", "--offline", "--json")
    shown, real = json.loads(sample), json.loads(out)
    assert (code, err) == (0, "")
    assert list(real) == list(shown)
    assert (real["schema"], real["wrong"]) == (shown["schema"], 0)
    assert {tuple(finding) for finding in real["findings"]} == {tuple(shown["findings"][0])}
    assert {finding["level"] for finding in real["findings"]} <= {"ok", "note", "wrong"}


def test_something_wrong_is_exit_code_1_with_its_next_step(run: Run, tmp_path: Path) -> None:
    (tmp_path / "transcribe.toml").write_text('model = "\\u009b2J\\u202e##[add-mask]"\nengine = "steam"\n')
    code, out, err = run("doctor", "--offline")
    assert code == 1
    assert err == "1 wrong\n"
    lines = out.splitlines()
    (row,) = [number for number, line in enumerate(lines) if line.startswith("wrong")]
    assert "steam" in lines[row]
    assert lines[row + 1].startswith("       → ")
    assert all(line.isprintable() for line in lines)


def test_a_hostile_setting_is_printed_safely(run: Run, tmp_path: Path) -> None:
    (tmp_path / "transcribe.toml").write_text('model = "\\u009b2J\\u202e##[add-mask]"\n')
    _, out, _ = run("doctor", "--offline")
    assert "##[" not in out
    assert all(line.isprintable() for line in out.splitlines())
