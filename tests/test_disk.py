"""Files that are whole or not there; folders where the platform wants them."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest

from audio.disk import cache_folder, data_folder, replacing, sha256_of, swept, write_atomically


def test_a_write_replaces_and_leaves_nothing_beside(tmp_path: Path) -> None:
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


@pytest.mark.skipif(sys.platform == "win32", reason="there nothing is swept")
def test_what_killed_writers_left_is_swept_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    left, new = tmp_path / ".b.md.x.tmp", tmp_path / ".c.md.y.tmp"
    for path in (left, new):
        path.write_text("half")
    with replacing(tmp_path / "a.md") as file:
        file.write(b"whole")
        for path in tmp_path.glob(".*.tmp"):
            if path != new:
                os.utime(path, (0, 0))
        assert swept(tmp_path) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [new.name, "a.md"]
    assert swept(tmp_path / "nowhere") == 0


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
