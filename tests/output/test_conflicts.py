"""A draft with a conflict of git is refused by all commands but lint, with its line."""

from __future__ import annotations

from pathlib import Path

import click.testing
import pytest

from output.errors import OutputError
from output.parse import parse, read_draft
from transcribe.cli.main import cli
from transcribe.readers.problems import ReadingError
from transcribe.readers.texts import read_markdown

CONFLICT = "**Ada**: Hi.\n\n<<<<<<< HEAD\n**Bob**: Yes.\n=======\n**Bob**: No.\n>>>>>>> main\n"


@pytest.mark.parametrize("command", ["parse", "render", "sync", "export", "edit", "merge", "learn"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_a_conflict_is_refused_with_its_line(tmp_path: Path, command: str, line_break: str) -> None:
    draft = tmp_path / "talk.md"
    draft.write_text(CONFLICT, encoding="utf-8", newline=line_break)
    more = {"export": ["-f", "vtt"], "edit": ["--no-browser"], "merge": [str(draft)]}.get(command, [])
    result = click.testing.CliRunner().invoke(cli, [command, str(draft), *more])
    told = str(result.exception or "") + result.output
    assert result.exit_code != 0
    assert f"{draft}:3: an edit that git could not merge (<<<<<<< HEAD)" in told


def test_a_conflict_is_no_reference() -> None:
    with pytest.raises(ReadingError, match=r"line 3: an edit that git"):
        read_markdown(CONFLICT)


@pytest.mark.parametrize("mark", ["<<<<<<<", "<<<<<<< HEAD", "||||||| 1a2b3c", ">>>>>>> main", "======="])
def test_each_mark_alone_is_refused(tmp_path: Path, mark: str) -> None:
    draft = tmp_path / "talk.md"
    draft.write_text(f"**Ada**: Hi.\nSo it is.\n{mark}\n", encoding="utf-8")
    with pytest.raises(OutputError, match=r"talk\.md:3: "):
        read_draft(draft)


@pytest.mark.parametrize("text", ["Links\n=======", " <<<<<<< HEAD", "a <<<<<<< b", "========", "<<<<<<<<", ">>>>>>>x"])
def test_other_text_is_no_conflict(tmp_path: Path, text: str) -> None:
    draft = tmp_path / "talk.md"
    draft.write_text(f"**Ada**: Hi.\n\n{text}\n", encoding="utf-8")
    assert read_draft(draft) == parse(f"**Ada**: Hi.\n\n{text}\n")
