"""A composite action, run step by step as GitHub's runner does it, without what other actions do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.paths import ROOT

_EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
_FAKE_PYTHON = """#!/bin/sh
case "$1 $2" in
"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip") shift 2 && printf '%s\\n' "$@" > "$RUNNER_TEMP/pip" ;;
*) exec {python} "$@" ;;
esac
"""


@dataclass(slots=True)
class Outcome:
    """What a job has seen of the action. `steps`: step → success, failure or skipped, in the order of the file."""

    steps: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class Runner:
    """A workspace `work` in a folder, where `python` makes environments that install nothing but hold `transcribe`."""

    folder: Path
    transcribe: str  # a script

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def temp(self) -> Path:
        return self.folder / "temp"

    def run(self, action: Path = ROOT / "action.yml", *, cancelled_after: str = "", **inputs: str) -> Outcome:
        """Run every step whose condition holds; `uses` steps succeed and do nothing. Somebody cancels after a step."""
        read = yaml.safe_load(action.read_text(encoding="utf-8"))
        assert inputs.keys() <= read["inputs"].keys()
        given = {name: str(one.get("default", "")) for name, one in read["inputs"].items()} | inputs
        values = {f"inputs.{name}": value for name, value in given.items()}
        values |= {"runner.temp": str(self.temp), "github.action_path": str(action.parent)}
        seen = Outcome()
        failed = cancelled = False
        for step in read["runs"]["steps"]:
            name = step.get("name") or step["uses"].partition("@")[0]
            if not _holds(step.get("if", "success()"), failed=failed, cancelled=cancelled, outcome=seen, given=given):
                seen.steps[name] = "skipped"
                continue
            done = "run" not in step or self._script(step, values, seen) == 0
            seen.steps[name] = "success" if done else "failure"
            failed = failed or not done
            cancelled = cancelled or name == cancelled_after
        return seen

    def _script(self, step: Mapping[str, Any], values: Mapping[str, str], seen: Outcome) -> int:
        assert step["shell"] == "bash"
        programs = self.folder / "bin"
        for path, script in (
            (programs / "python", _FAKE_PYTHON.format(python=sys.executable)),
            (self.temp / "turnscript" / "bin" / "transcribe", self.transcribe),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(script)
            path.chmod(0o755)
        files = {name: self.temp / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("TRANSCRIBE_", "GITHUB_"))}
        environ |= {"PATH": f"{programs}:{environ['PATH']}", "PYTHONPATH": str(ROOT), "RUNNER_TEMP": str(self.temp)}
        environ |= {"GITHUB_ACTIONS": "true", **{name: str(path) for name, path in files.items()}}
        for name, text in step.get("env", {}).items():
            environ[name] = _EXPRESSION.sub(lambda found: values[found[1]], str(text))
        script = self.temp / "script.sh"
        script.write_text(step["run"])
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]
        done = subprocess.run(command, env=environ, cwd=self.work, capture_output=True, text=True, check=False)
        seen.log += done.stdout + done.stderr
        lines = files["GITHUB_OUTPUT"].read_text().splitlines()
        seen.outputs |= dict(line.split("=", 1) for line in lines)
        seen.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        return done.returncode


def _holds(condition: str, *, failed: bool, cancelled: bool, outcome: Outcome, given: Mapping[str, str]) -> bool:
    """A condition of parts joined by `&&`; one without a status function also wants success, as on GitHub."""
    status = {"success()": not failed and not cancelled, "always()": True, "!cancelled()": not cancelled}
    parts = [part.strip() for part in condition.split("&&")]
    if not status.keys() & set(parts):
        parts.insert(0, "success()")
    return all(status[part] if part in status else _differs(part, outcome, given) for part in parts)


def _differs(part: str, outcome: Outcome, given: Mapping[str, str]) -> bool:
    left, sign, right = part.split()
    assert (sign, right) == ("!=", "''")
    kind, _, name = left.partition(".")
    return (given[name] if kind == "inputs" else outcome.outputs.get(name.rpartition(".")[2], "")) != ""
