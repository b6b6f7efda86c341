"""The Tab key: a script for each shell, and answers to what the scripts ask."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import click
import pytest

from output.formats import FORMATS
from tests.support.command_line import Run
from transcribe.cli.main import cli
from transcribe.recognition.engines import AUTO, ENGINES


def offered(run: Run, monkeypatch: pytest.MonkeyPatch, line: str) -> list[tuple[str, str]]:
    """What bash is offered after this line, as (kind, value)."""
    words = line.split(" ")
    monkeypatch.setenv("COMP_WORDS", line.strip())
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    monkeypatch.setenv("_TRANSCRIBE_COMPLETE", "bash_complete")
    code, out, err = run()
    monkeypatch.delenv("_TRANSCRIBE_COMPLETE")
    assert (code, err) == (0, "")
    kinds = [row.partition(",") for row in out.splitlines()]
    return [(kind, value) for kind, _, value in kinds]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed(run: Run, shell: str) -> None:
    code, out, _ = run("completion", shell)
    assert code == 0
    assert f"_TRANSCRIBE_COMPLETE={shell}_complete" in out
    program = shutil.which(shell)
    if program:
        assert subprocess.run([program, "-n"], input=out, text=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("transcribe doc", [("plain", "doctor")]),
        ("transcribe models ver", [("plain", "verify")]),
        ("transcribe run --engine ", [("plain", name) for name in (AUTO, *ENGINES)]),
        ("transcribe run --eng", [("plain", "--engine")]),
        ("transcribe run --model ti", [("plain", "tiny.en"), ("plain", "tiny")]),
        ("transcribe models get spe", [("plain", "speakers")]),
        ("transcribe run --model ./m", [("dir", "./m")]),
        ("transcribe run --format md,vt", [("plain", "md,vtt")]),
        ("transcribe run inter", [("file", "inter")]),
        ("transcribe run --output tr", [("dir", "tr")]),
        ("transcribe run --glossary g", [("file", "g")]),
        ("transcribe edit dr", [("file", "dr")]),
    ],
)
def test_a_word_is_completed(
    run: Run, monkeypatch: pytest.MonkeyPatch, line: str, answers: list[tuple[str, str]]
) -> None:
    assert offered(run, monkeypatch, line) == answers


def test_every_format_is_offered(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {value for _, value in offered(run, monkeypatch, "transcribe run a.wav --format ")} == set(FORMATS)


def parameters(command: click.Command) -> Iterator[tuple[str, click.Parameter]]:
    yield from ((command.name or "", parameter) for parameter in command.params)
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        yield from parameters(below)


PEOPLE = {("add", "name"), ("remove", "names")}  # of voices: any text


@pytest.mark.parametrize(("command", "parameter"), list(parameters(cli)), ids=lambda each: getattr(each, "name", each))
def test_every_argument_completes_to_something(command: str, parameter: click.Parameter) -> None:
    if isinstance(parameter, click.Argument) and (command, parameter.name) not in PEOPLE:
        assert parameter.type.shell_complete(click.Context(cli), parameter, "")
