"""A dry run has the exit code that the run would have, as far as that is known before work."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command_line import Run
from tests.support.odd_files import put_in_place_of
from tests.support.scripted_stages import tone

PUT: dict[str, Callable[[Path], object]] = {
    "sound": tone,
    "an empty file": Path.touch,
    "text": lambda path: path.write_text("I am not music.\n" * 50),
    "nothing": lambda path: None,
    "a folder": lambda path: put_in_place_of(path, "folder"),
    "a pipe": lambda path: put_in_place_of(path, "pipe"),
    "a dangling link": lambda path: put_in_place_of(path, "dangling link"),
    "a file of the system that cannot be read": lambda path: path.symlink_to("/proc/self/mem"),
}


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("kind", PUT)
@pytest.mark.parametrize("events", [False, True])
def test_a_dry_run_has_the_exit_code_of_the_run(run: Run, tmp_path: Path, kind: str, kept: bool, events: bool) -> None:
    good = tone(tmp_path / "good.wav")
    if kept:
        run("run", "good.wav")
    PUT[kind](tmp_path / "a.wav")
    progress = ("--progress", "json") if events else ()
    expected, _, said = run("run", "a.wav", str(good), *progress)
    if not kept:
        for path in sorted((tmp_path / "transcripts").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    code, out, told = run("run", "a.wav", str(good), "--dry-run", *progress)
    assert (code, out) == (expected, "")
    assert code == (0 if kind == "sound" else 1)
    if events:
        failures = [
            [(event["source"], event["error"]) for event in map(json.loads, err.splitlines()) if event.get("error")]
            for err in (said, told)
        ]
        assert failures[0] == failures[1]
    else:
        errors = [[line for line in err.splitlines() if line.startswith("Error: ")] for err in (said, told)]
        assert errors[0] == errors[1]


def test_a_folder_that_cannot_be_written_to_fails_a_dry_run_too(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    (tmp_path / "transcripts").write_text("a file")
    expected = run("run", "a.wav")
    assert run("run", "a.wav", "--dry-run") == expected
    assert expected[0] == 2


def test_the_name_of_a_file_is_on_one_line(run: Run, tmp_path: Path) -> None:
    """So that no name says something of another file."""
    folder = tmp_path / "in"
    folder.mkdir()
    tone(folder / "a\nb.wav: unchanged.wav")
    (folder / "c\nd.wav: unchanged.mp3.part").touch()
    (folder / "e\nf.wav: unchanged.wav").write_text("I am not music.\n" * 50)
    for options in ((), ("--dry-run",)):
        _, _, told = run("run", "in", *options)
        assert "a b.wav" in told or not options
        assert not [line for line in told.splitlines() if line.startswith(("b.wav", "d.wav", "f.wav"))]
