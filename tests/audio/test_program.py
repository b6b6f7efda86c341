"""What messages advise can be typed where it is read."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import click
import pytest

from audio import program as module
from audio.program import installing, program, program_as_started
from tests.support.paths import ROOT
from transcribe.cli.main import cli


def script(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_program_has_its_name_only_if_that_starts_it(tmp_path: Path) -> None:
    ours, other = script(tmp_path / "a b/transcribe"), script(tmp_path / "c/transcribe")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/transcribe").symlink_to(ours)
    for folder in (ours.parent, tmp_path / "linked"):
        assert program_as_started(str(ours), str(folder)) == "transcribe"
    for path in ("", str(tmp_path), str(other.parent)):
        assert program_as_started(str(ours), path) == f"'{ours}'"
    assert program_as_started(".venv/bin/transcribe", "") == ".venv/bin/transcribe"
    for started in ("", "-c", "/usr/bin/pytest", "transcribe/cli/main.py"):
        assert program_as_started(started, "") == "transcribe"


def test_it_is_asked_of_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = script(tmp_path / "transcribe")
    monkeypatch.setattr(sys, "argv", [str(ours), "run"])
    monkeypatch.setenv("PATH", "")
    assert program() == str(ours)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program() == "transcribe"


def test_the_pip_is_that_of_this_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = script(tmp_path / ".venv/bin/python")
    script(tmp_path / ".venv/bin/pip")
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(module, "_ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(script(tmp_path / "other/pip").parent))
    inside = ".venv/bin/python -m pip install"
    assert installing("check") == f"{inside} 'turnscript[check]' (in a checkout: {inside} '.[check]')"
    monkeypatch.setenv("PATH", str(python.parent))
    assert installing() == "pip install turnscript (in a checkout: pip install .)"
    (tmp_path / "pyproject.toml").touch()
    assert (installing("check"), installing()) == ("pip install --editable '.[check]'", "pip install --editable .")
    monkeypatch.chdir("/")
    assert installing("check") == f"pip install --editable '{tmp_path}[check]'"


def advised(tree: ast.AST) -> list[str]:
    """The strings of a module in which a command of the program is spelled, but for docstrings and help texts."""
    shown = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        shown |= {id(each.value) for each in call.keywords if each.arg in ("help", "title")}
    strings = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in shown
    ]
    return [each.value for each in strings if re.search(rf"\btranscribe ({'|'.join(cli.commands)})\b", each.value)]


def test_there_is_one_place_where_the_program_has_its_name() -> None:
    assert isinstance(cli, click.Group)
    found = {
        (str(path.relative_to(ROOT)), text)
        for package in ("audio", "output", "transcribe")
        for path in (ROOT / package).rglob("*.py")
        for text in advised(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == NAMES, "what advises a command begins it with `program()`"


NAMES = {  # where it stands for the command in general, or is to be written into a file
    ("transcribe/cli/completion.py", 'eval "$(transcribe completion bash)" in ~/.bashrc'),
    ("transcribe/cli/completion.py", 'eval "$(transcribe completion zsh)" in ~/.zshrc'),
    ("transcribe/cli/completion.py", "transcribe completion fish > ~/.config/fish/completions/transcribe.fish"),
    ("transcribe/diagnosis/installation.py", "`transcribe edit`, the editor in the browser"),
    ("transcribe/diagnosis/installation.py", "`transcribe score` and `check`"),
    ("transcribe/evaluation/check_reports.py", "transcribe check"),
    ("transcribe/editor/guard.py", "open the address that `transcribe edit` printed last"),
    (
        "transcribe/editor/server.py",
        "this address opened the page once already; open the one that `transcribe edit` printed",
    ),
}
