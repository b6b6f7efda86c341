"""Atomic writes, and the platform's folders."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from audio.disk import cache_folder, data_folder, remove_leftovers, replacing, sha256_of, write_atomically
from tests.support.command_line import Run
from tests.support.scripted_stages import tone


def test_a_write_replaces_the_file_and_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.md"
    write_atomically(path, "é\r\n")
    assert path.read_bytes() == "é\r\n".encode()
    path.chmod(0o600)
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["a.md"]


def test_a_failed_write_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("before")
    with pytest.raises(TypeError), replacing(path) as file:
        file.writelines([b"half", None])  # type: ignore[list-item]
    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.md"]


@pytest.mark.processes
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_leftovers_of_killed_writers_are_removed_and_files_being_written_are_not(tmp_path: Path) -> None:
    left, new = write_half(tmp_path / "b.md"), write_half(tmp_path / "c.md")
    with replacing(tmp_path / "a.md") as file:
        file.write(b"whole")
        for path in tmp_path.iterdir():
            if path != new:
                os.utime(path, (0, 0))
        assert remove_leftovers(tmp_path) == 1
    assert not left.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [new.name, "a.md"]
    assert remove_leftovers(tmp_path / "nowhere") == 0


def write_half(path: Path) -> Path:
    """The file left by a process that dies while writing `path`."""
    code = (
        "import os, pathlib\nfrom audio.disk import replacing\n"
        f"with replacing(pathlib.Path({str(path)!r})) as file:\n    file.write(b'half')\n    os._exit(0)\n"
    )
    before = set(path.parent.iterdir())
    subprocess.run([sys.executable, "-c", code], check=True)
    (left,) = set(path.parent.iterdir()) - before
    return left


@pytest.mark.processes
def test_the_first_write_into_a_folder_sweeps_it(tmp_path: Path) -> None:
    left = write_half(tmp_path / "b.md")
    os.utime(left, (0, 0))
    write_atomically(tmp_path / "a.md", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]


def test_hidden_files_of_other_programs_are_never_removed(tmp_path: Path) -> None:
    for name in (".syncthing.talk.md.tmp", ".notes.tmp", ".talk.md.x7f3q.tmp", "mine.turnscript.tmp", ".tmp"):
        (tmp_path / name).write_text("theirs")
        os.utime(tmp_path / name, (0, 0))
    before = sorted(tmp_path.iterdir())
    assert remove_leftovers(tmp_path) == 0
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.processes
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_only_a_run_that_locks_the_folder_removes_leftovers(run: Run, tmp_path: Path) -> None:
    (tmp_path / "transcripts").mkdir()
    left = write_half(tmp_path / "transcripts" / "b.md")
    os.utime(left, (0, 0))
    assert run("run", "missing.wav")[0] == 2
    assert left.exists()
    assert run("run", str(tone(tmp_path / "a.wav")))[0] == 0
    assert not left.exists()


def test_hash(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc" * 100_000)
    assert sha256_of(path) == hashlib.sha256(b"abc" * 100_000).hexdigest()


def test_folders_follow_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "d"))
    assert cache_folder() == tmp_path / "c" / "turnscript"
    assert data_folder() == tmp_path / "d" / "turnscript"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert cache_folder().is_absolute()
    assert cache_folder().name == "turnscript"
