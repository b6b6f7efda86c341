"""What others copy: the action, the hooks and the recipes of docs/checks.md do what they say."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from transcribe.cli import cli

HERE = Path(__file__).parent


def test_the_action_and_the_hooks_call_what_exists() -> None:
    text = (HERE.parent / "action.yml").read_text(encoding="utf-8")
    action = yaml.safe_load(text)
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(action["inputs"])
    (script,) = [step["run"] for step in action["runs"]["steps"] if step.get("id") == "check"]
    assert "${{" not in script, "what a caller typed reaches the shell as variables alone"
    known = {flag for parameter in cli.commands["check"].params for flag in parameter.opts}
    assert {"--junit", "--markdown", "--baseline"} <= set(re.findall(r"--[a-z-]+", script)) <= known
    for hook in yaml.safe_load((HERE.parent / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")):
        program, command, *options = hook["entry"].split()
        assert program == "transcribe"
        assert set(options) <= {flag for parameter in cli.commands[command].params for flag in parameter.opts}
