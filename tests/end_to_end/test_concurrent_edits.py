"""A user saves a file while a command is about to overwrite it: the user's version stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import Run
from tests.support.paths import ROOT
from tests.support.scripted_stages import tone

pytestmark = pytest.mark.processes

WITH_CONCURRENT_EDIT = """
import pathlib, sys
from transcribe.cli.main import main

path, armed = pathlib.Path(sys.argv[1]), [True]

def save(event, args):
    if event != "open" or not armed:
        return
    name = pathlib.Path(str(args[0])).name
    if name.startswith(f".{path.name}.") and name.endswith(".tmp") and ".bak." not in name:
        armed.clear()  # the command creates the temporary file that replaces it
        path.write_text("edited meanwhile")

sys.addaudithook(save)
main(sys.argv[2:])
"""


def while_saved(path: str, *command: str) -> tuple[int, str]:
    """(exit code, stderr) of a command, run in its own process, during which a user saves the file at `path`."""
    result = subprocess.run(
        [sys.executable, "-c", WITH_CONCURRENT_EDIT, path, *command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return result.returncode, result.stderr


@pytest.fixture
def drafts(run: Run, tmp_path: Path) -> Path:
    """A folder with an edited draft, its captions, and the new draft of a second run."""
    tone(tmp_path / "a.wav")
    run("run", "a.wav", "-f", "md,vtt")
    draft = tmp_path / "transcripts" / "a.md"
    draft.write_text(draft.read_text().replace("I am Grace", "I am Grace Hopper"))
    run("run", "a.wav", "--speakers", "Zed,Grace")
    return draft.parent


def test_lint_fix_keeps_the_concurrent_edit(tmp_path: Path) -> None:
    path = tmp_path / "talk.md"
    path.write_text("**Ada**: Who are you?\n\n**Grace**: I am Grace.\n**A**: Thanks.\n")
    code, err = while_saved(str(path), "lint", "--fix", str(path))
    assert (code, path.read_text()) == (1, "edited meanwhile")
    assert err.startswith(f"Error: {path}: was changed during the fix")
    assert list(tmp_path.iterdir()) == [path]


def test_sync_keeps_the_concurrent_edit(drafts: Path) -> None:
    code, err = while_saved("transcripts/a.vtt", "sync", "transcripts/a.md")
    assert (code, (drafts / "a.vtt").read_text()) == (0, "edited meanwhile")
    assert "a.vtt: was changed meanwhile and is not updated" in err
    assert "Hopper" in (drafts / "a.json").read_text()


def test_merge_keeps_the_concurrent_edit(drafts: Path) -> None:
    before = {path.name for path in drafts.iterdir()}
    code, err = while_saved("transcripts/a.md", "merge", "transcripts/a.md", "transcripts/a.new.md")
    assert (code, (drafts / "a.md").read_text()) == (1, "edited meanwhile")
    assert "a.md: was changed during the merge" in err
    assert {path.name for path in drafts.iterdir()} == before
