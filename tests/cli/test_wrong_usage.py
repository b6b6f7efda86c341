"""The law: what is wrong with what was typed is exit code 2, in every command; nothing is done, and the message names
it. A source among others that are there is a failure of its own, exit code 1."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest

from tests.support.command_line import Run
from tests.support.scripted_stages import tone
from transcribe.cli.main import cli

DRAFT = "**Ada**: Who are you?\n\n**Grace**: I am Grace.\n"

# each command with a place for a path that must be there: PATH
NEEDS_A_PATH = [
    "run PATH",
    "run PATH --dry-run",
    "run PATH --progress json",
    "run --tracks a.wav PATH",
    "run a.wav --glossary PATH",
    "list PATH",
    "fetch PATH",
    "align PATH a.wav",
    "align PATH",
    "align d.md PATH",
    "edit PATH",
    "sync PATH",
    "sync d.md --audio PATH",
    "export PATH -f srt",
    "merge PATH d.md",
    "merge d.md PATH",
    "learn PATH",
    "render PATH",
    "parse PATH",
    "lint PATH",
    "score PATH d.md",
    "score d.md PATH",
    "check PATH",
    "check clips --baseline PATH",
    "clip PATH --from 0 --to 1 -o out",
    "voices add Ann PATH",
]
TAKES_SOURCES = (
    "run PATH",
    "list PATH",
    "fetch PATH",
    "align PATH",
    "align d.md PATH",
    "check PATH",
)  # a folder is one
TAKES_A_FOLDER = [
    "run a.wav -o PATH",
    "list a.wav -o PATH",
    "fetch a.wav -o PATH",
    "align d.md a.wav -o PATH",
    "align d.md a.wav --reference PATH",
    "export d.md -f srt -o PATH",
    "clip d.md --from 0 --to 1 -o PATH",
]
HAS_NO_PATH = {"models", "voices", "cache", "doctor", "completion"}


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    tone(tmp_path / "a.wav", seconds=2.0)
    (tmp_path / "d.md").write_text(DRAFT)
    (tmp_path / "file").write_text("a file")
    (tmp_path / "clips").mkdir()
    tone(tmp_path / "clips" / "c.wav", seconds=2.0)
    (tmp_path / "clips" / "c.ref.txt").write_text("Ada: Who are you?\n")
    return tmp_path


def files(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*") if path.relative_to(folder).parts[0] not in ("cache", "data"))


def test_every_command_is_tried() -> None:
    tried = {line.split()[0] for line in NEEDS_A_PATH}
    assert tried | HAS_NO_PATH == set(cli.commands) | {"voices"}
    with_folder = {
        command.name
        for command in cli.commands.values()
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.opts[0] == "-o"
    }
    assert with_folder == {line.split()[0] for line in TAKES_A_FOLDER}


@pytest.mark.parametrize("line", NEEDS_A_PATH)
@pytest.mark.parametrize("path", ["gone.md", "gone/gone.wav", "link.md", "nö 1.md"])
def test_a_path_that_is_not_there(run: Run, desk: Path, line: str, path: str) -> None:
    (desk / "link.md").symlink_to("nowhere.md")
    before = files(desk)
    code, out, err = run(*(word.replace("PATH", path) for word in line.split()))
    assert (code, out.strip() in ("", "[]")) == (2, True), err
    assert path in err or "nowhere.md" in err
    assert "Traceback" not in err
    assert files(desk) == before


@pytest.mark.parametrize("line", [line for line in NEEDS_A_PATH if not line.startswith(TAKES_SOURCES)])
def test_a_folder_where_a_file_is_needed(run: Run, desk: Path, line: str) -> None:
    (desk / "dir").mkdir()
    before = files(desk)
    code, out, err = run(*(word.replace("PATH", "dir") for word in line.split()))
    assert (code, out, "dir" in err) == (2, "", True), err
    assert files(desk) == before


@pytest.mark.parametrize("line", TAKES_A_FOLDER)
@pytest.mark.parametrize("path", ["file", "file/below"])
def test_a_file_where_a_folder_is_needed(run: Run, desk: Path, line: str, path: str) -> None:
    before = files(desk)
    code, out, err = run(*(word.replace("PATH", path) for word in line.split()))
    assert (code, out) == (2, ""), err
    assert f"{path}: " in err
    assert "is a file, not a folder" in err
    assert files(desk) == before


@pytest.mark.parametrize("line", ["models get nosuch", "models verify nosuch", "voices remove Nobody", "completion sh"])
def test_a_name_that_is_none(run: Run, line: str) -> None:
    code, out, err = run(*line.split())
    assert (code, out, line.split()[-1] in err) == (2, "", True), err


@pytest.mark.parametrize("command", ["run", "fetch"])
def test_one_of_several_sources_is_a_failure_and_none_is_wrong_usage(run: Run, desk: Path, command: str) -> None:
    assert run(command, "gone.wav", "a.wav")[0] == 1
    assert run(command, "gone.wav", "no*.wav", "ftp://example.org/a.mp3", "")[0] == 2
    assert run(command, "gone.wav", "clips/c.ref.txt")[0] == 1, "this one is there, and no recording"


@pytest.mark.parametrize("command", ["lint", "learn"])
@pytest.mark.parametrize("wrong", ["gone.md", "link.md", "dir", "nö 1.md"])
def test_one_of_several_drafts_costs_itself_alone_and_none_is_wrong_usage(
    run: Run, desk: Path, command: str, wrong: str
) -> None:
    (desk / "dir").mkdir()
    (desk / "link.md").symlink_to("nowhere.md")
    run("run", "a.wav", "-o", ".")
    (desk / "a.md").write_text((desk / "a.md").read_text().replace("Who are you", "Who are, you"))
    alone = run(command, "a.md")
    code, out, err = run(command, wrong, "a.md")
    assert (code, out) == (1, alone[1])
    assert err.startswith(f"Error: {wrong}: ")
    assert err.endswith(alone[2])
    assert run(command, wrong, "gone/gone.md")[:2] == (2, "")
    single = run(command, wrong)
    assert (single[0], single[1], single[2].count("\n")) == (2, "", 1)


def test_a_file_that_may_not_be_read_is_no_wrong_usage(run: Run, desk: Path) -> None:
    if os.geteuid() == 0:
        (desk / "d.md").unlink()
        (desk / "d.md").symlink_to("/proc/self/mem")
    else:
        (desk / "d.md").chmod(0)
    for line in ("sync d.md", "lint d.md", "parse d.md", "score d.md d.md", "render d.md"):
        code, _, err = run(*line.split())
        assert (code, "d.md: cannot be read" in err) == (1, True), (line, err)
