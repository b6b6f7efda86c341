"""Folders in the temp folder: gone after use, and those of killed processes when the next one needs a folder."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio import scratch
from audio.scratch import remove_left_folders, temporary_folder
from tests.support.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows locks no folders")


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    scratch._sweep_once.cache_clear()
    return tmp_path


def left_by_a_killed_process(temp: Path) -> Path:
    code = (
        "import os, signal\nfrom audio.scratch import temporary_folder\nwith temporary_folder() as folder:\n"
        "    (folder / 'times').write_text('0 0')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    before = set(temp.iterdir())
    environ = {**os.environ, "TMPDIR": str(temp), "PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", code], env=environ, check=False).returncode == -9
    (left,) = set(temp.iterdir()) - before
    return left


@pytest.mark.processes
def test_what_a_killed_process_leaves_is_removed_by_the_next_that_needs_a_folder(temp: Path) -> None:
    left = left_by_a_killed_process(temp)
    new = left_by_a_killed_process(temp)
    os.utime(left, (0, 0))
    with temporary_folder() as folder:
        assert sorted(temp.iterdir()) == sorted([folder, new])
        os.utime(folder, (0, 0))
        os.utime(new, (0, 0))
        assert remove_left_folders(temp) == 1, "not the one in use"
        assert folder.is_dir()
    assert list(temp.iterdir()) == []


def test_a_folder_is_gone_after_use_whatever_happens_in_it(temp: Path) -> None:
    def fail() -> None:
        with temporary_folder() as folder:
            (folder / "below").mkdir()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(temp.iterdir()) == []


def test_what_is_not_ours_stays(temp: Path) -> None:
    elsewhere = temp / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (temp / "turnscript-link").symlink_to(elsewhere)
    (temp / "turnscript-file").write_text("mine")
    (temp / "turnscript-for-all").mkdir(mode=0o755)
    (temp / "other-x").mkdir(mode=0o700)
    for path in temp.iterdir():
        os.utime(path, (0, 0), follow_symlinks=False)
    before = sorted(temp.iterdir())
    assert remove_left_folders(temp) == 0
    assert sorted(temp.iterdir()) == before


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=6))
def test_exactly_the_old_ones_that_nobody_holds_are_removed(
    tmp_path_factory: pytest.TempPathFactory, folders: list[tuple[bool, bool]]
) -> None:
    """(held, old) of each folder."""
    temp, descriptors = tmp_path_factory.mktemp("temp"), []
    paths = [temp / f"turnscript-{number}" for number in range(len(folders))]
    try:
        for path, (is_held, is_old) in zip(paths, folders, strict=True):
            path.mkdir(mode=0o700)
            (path / "times").write_text("0 0")
            if is_held:
                descriptors.append(os.open(path, os.O_RDONLY))
                assert scratch.lock(descriptors[-1])
            if is_old:
                os.utime(path, (0, 0))
        remove_left_folders(temp)
        assert [path.exists() for path in paths] == [is_held or not is_old for is_held, is_old in folders]
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
