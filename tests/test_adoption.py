"""The GitHub action, the pre-commit hooks and the recipes of docs/checks.md work as documented."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.checked_clip import write_clip
from tests.support.paths import ROOT
from transcribe.cli.main import cli

ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
CHECKS = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
OPTIONS = {flag for parameter in cli.commands["check"].params for flag in parameter.opts}


def step(name: str) -> dict[str, Any]:
    """The step of the action with this name."""
    (match,) = [step for step in yaml.safe_load(ACTION)["runs"]["steps"] if step.get("name") == name]
    return dict(match)


def test_action_passes_inputs_as_variables_only() -> None:
    action = yaml.safe_load(ACTION)
    assert set(re.findall(r"inputs\.([\w-]+)", ACTION)) == set(action["inputs"])
    for one in action["runs"]["steps"]:
        assert "${{" not in one.get("run", ""), "inputs reach a shell as variables only"
        assert ("run" in one) == ("shell" in one)
        assert ("run" in one) != ("uses" in one)
    script = step("Check the clips")["run"]
    assert {"--junit", "--markdown", "--baseline"} <= set(re.findall(r"--[a-z-]+", script)) <= OPTIONS


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """The environment of a step on a GitHub runner, with `transcribe` as the action installs it and a clip."""
    program = tmp_path / "temp" / "turnscript" / "bin" / "transcribe"
    program.parent.mkdir(parents=True)
    code = (
        "from tests.support.checked_clip import Telling\nfrom transcribe.cli.main import main\nmain(stages=Telling())"
    )
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -W ignore -c '{code}' \"$@\"\n")
    program.chmod(0o755)
    (tmp_path / "work").mkdir()
    write_clip(tmp_path / "work" / "clips")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("TRANSCRIBE_", "GITHUB_"))}
    return environ | {
        "PYTHONPATH": str(ROOT),
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "XDG_CACHE_HOME": str(tmp_path / "temp" / "turnscript-cache"),
    }


def check_step(runner: dict[str, str], **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the script of the action as GitHub does."""
    one = step("Check the clips")
    assert set(one["env"]) == {"ARGS", "BASELINE", "CLIPS", "XDG_CACHE_HOME"}
    script = Path(runner["RUNNER_TEMP"]) / "script.sh"
    script.write_text(one["run"])
    environ = runner | {"ARGS": "", "BASELINE": "", "CLIPS": "clips"} | inputs
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
    work = script.parents[1] / "work"
    return subprocess.run(command, env=environ, cwd=work, capture_output=True, text=True, check=False)


@pytest.mark.processes
def test_step_writes_output_summary_and_reports(runner: dict[str, str], tmp_path: Path) -> None:
    result = check_step(runner)
    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "output").read_text() == "exit-code=0\n"
    assert "### Sample clips: 1 clip passed" in (tmp_path / "summary.md").read_text()
    assert sorted(one.name for one in (tmp_path / "temp" / "turnscript-reports").iterdir()) == [
        "junit.xml",
        "summary.md",
    ]


@pytest.mark.processes
def test_step_fails_with_the_exit_code_of_the_check_and_annotates(runner: dict[str, str], tmp_path: Path) -> None:
    reference = tmp_path / "work" / "clips" / "garden.ref.txt"
    reference.write_text(reference.read_text().replace("roses", "tulips and a very long row of other flowers"))
    result = check_step(runner, ARGS="--normaliser basic", BASELINE="")
    assert result.returncode == 1
    assert "::error file=clips/garden.ref.txt,title=garden::wer: " in result.stderr
    assert (tmp_path / "output").read_text() == "exit-code=1\n"
    assert "### Sample clips: 1 clip failed" in (tmp_path / "summary.md").read_text()


@pytest.mark.processes
def test_second_use_in_a_job_does_not_show_the_first_summary(runner: dict[str, str], tmp_path: Path) -> None:
    check_step(runner)
    (tmp_path / "summary.md").unlink()
    result = check_step(runner, BASELINE="gone.json")
    assert result.returncode == 2
    assert "Error: gone.json: cannot be read" in result.stderr
    assert (tmp_path / "output").read_text() == "exit-code=0\nexit-code=2\n"
    assert (tmp_path / "summary.md").read_text() == ("### Sample clips: nothing was checked; the job's log says why\n")


@pytest.mark.processes
@pytest.mark.parametrize("name", ["ARGS", "BASELINE", "CLIPS"])
def test_inputs_are_not_executed(runner: dict[str, str], tmp_path: Path, name: str) -> None:
    hostile = '; touch pwned && touch pwned | touch pwned $(touch pwned) `touch pwned` * " touch pwned'
    assert check_step(runner, **{name: hostile}).returncode == 2
    assert not list(tmp_path.rglob("pwned"))


def test_hooks_call_existing_commands_and_options() -> None:
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")):
        program, command, *options = hook["entry"].split()
        assert program == "transcribe"
        assert set(options) <= {flag for parameter in cli.commands[command].params for flag in parameter.opts}


def commands_in(text: str) -> Iterator[tuple[str, list[str]]]:
    for line in re.findall(r"\btranscribe ((?:check|clip|score|lint)(?: [^\n`#]+)?)", text):
        name, *words = line.split()
        yield name, [word for word in words if word.startswith("-")]


def test_every_command_on_the_page_exists() -> None:
    commands = list(commands_in("\n".join(re.findall(r"^```(?:yaml|make)?\n(.*?)^```", CHECKS, re.M | re.S))))
    assert {name for name, _ in commands} >= {"check", "clip", "lint"}
    for name, flags in commands:
        known = {flag for parameter in cli.commands[name].params for flag in parameter.opts}
        assert set(flags) <= known, name


def test_every_recipe_is_yaml_and_uses_existing_inputs_and_hooks() -> None:
    recipes = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", CHECKS, re.M | re.S)]
    inputs = yaml.safe_load(ACTION)["inputs"]
    steps = [one for recipe in recipes for job in recipe.get("jobs", {}).values() for one in job["steps"]]
    ours = [one for one in steps if "turnscript@" in one.get("uses", "")]
    assert ours
    assert all(set(one.get("with", {})) <= set(inputs) for one in ours)
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    named = {hook["id"] for recipe in recipes for repo in recipe.get("repos", ()) for hook in repo["hooks"]}
    assert named
    assert named <= hooks
