"""Folders in the temp folder: gone after use, and those of killed processes when the next one needs a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio import scratch
from audio.scratch import remove_left_folders, temporary_folder
from tests.support.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="on Windows they stay")


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    scratch._sweep_once.cache_clear()
    return tmp_path


def left_by_a_killed_process(temp: Path) -> Path:
    code = (
        "import os, signal\nfrom audio.scratch import temporary_folder\nwith temporary_folder('times') as folder:\n"
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
    os.utime(left / scratch._MARKER, (0, 0))
    with temporary_folder() as folder:
        assert sorted(temp.iterdir()) == sorted([folder, new])
        os.utime(folder / scratch._MARKER, (0, 0))
        os.utime(new / scratch._MARKER, (0, 0))
        assert remove_left_folders(temp) == 1, "not the one in use"
        assert folder.is_dir()
    assert list(temp.iterdir()) == []


def test_a_folder_is_gone_after_use_whatever_happens_in_it(temp: Path) -> None:
    def fail() -> None:
        with temporary_folder() as folder:
            (folder / "times").write_text("0 0")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(temp.iterdir()) == []


def test_a_folder_of_the_user_stays_whatever_its_name_age_and_permissions(temp: Path) -> None:
    """As `mktemp -d $TMPDIR/turnscript-XXXX` and `umask 077` make them, and as earlier releases left them."""
    elsewhere = temp / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    for name in ("turnscript-main", "turnscript-scratch-mine", "turnscript-scratch-ab12cd34", "turnscript-k3_x9a"):
        below = temp / name / "audio"
        below.mkdir(parents=True)
        (temp / name).chmod(0o700)
        (below / "scratch.py").write_text("edited an hour after the folder was made")
    (temp / "turnscript-scratch-link").symlink_to(elsewhere)
    (temp / "turnscript-scratch-file").write_text("mine")
    assert remove_left_after_an_hour(temp) == 0


@pytest.mark.parametrize(
    "marker",
    [
        lambda path, said: None,
        lambda path, said: path.write_bytes(b""),
        lambda path, said: path.write_bytes(said + b"mine"),
        lambda path, said: path.mkdir(),
        lambda path, said: os.mkfifo(path),
        lambda path, said: ((path.parent / "times").write_bytes(said), path.symlink_to("times")),
        lambda path, said: (path.write_bytes(said), path.parent.rename(path.parent.with_name("turnscript-scratch-b"))),
        lambda path, said: (path.write_bytes(said), (path.parent / "mine").mkdir()),
    ],
    ids=["none", "empty", "other words", "a folder", "a pipe", "a link", "of another name", "a folder beside it"],
)
def test_what_is_almost_a_folder_of_ours_stays(temp: Path, marker: Callable[[Path, bytes], object]) -> None:
    folder = temp / "turnscript-scratch-a"
    folder.mkdir(mode=0o700)
    (folder / "words").write_text("mine")
    marker(folder / scratch._MARKER, scratch._statement(folder))
    assert remove_left_after_an_hour(temp) == 0


def test_a_copy_of_a_left_folder_stays_under_the_same_name(temp: Path) -> None:
    """As of a backup that was copied back."""
    left = left_folder(temp, name="turnscript-scratch-a")
    shutil.copytree(left, temp / "copies" / left.name)
    assert remove_left_after_an_hour(temp / "copies") == 0
    assert remove_left_after_an_hour(temp) == 1


@pytest.mark.processes
@pytest.mark.parametrize("name", ["notes.txt", "times.bak", ".hidden", "Times"])
def test_what_somebody_put_into_a_left_folder_stays_and_so_does_all_in_it(temp: Path, name: str) -> None:
    left = left_by_a_killed_process(temp)
    (left / name).write_text("mine")
    assert remove_left_after_an_hour(temp) == 0
    (left / name).unlink()
    assert remove_left_after_an_hour(temp) == 1


def test_a_link_in_a_left_folder_is_removed_and_not_what_it_leads_to(temp: Path) -> None:
    elsewhere = temp / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "words").write_text("mine")
    left = left_folder(temp, name="turnscript-scratch-a")
    (left / "times").unlink()
    (left / "times").symlink_to(elsewhere)
    (left / "file").symlink_to(elsewhere / "words")
    with (left / scratch._MARKER).open("a") as marker:
        marker.write("file\n")
    os.utime(left / scratch._MARKER, (0, 0))
    assert remove_left_folders(temp) == 1
    assert sorted(temp.rglob("*")) == [elsewhere, elsewhere / "words"]


def remove_left_after_an_hour(temp: Path) -> int:
    """How many are removed when all there is is old; nothing else is touched if that is none."""
    for path in temp.rglob("*"):
        os.utime(path, (0, 0), follow_symlinks=False)
    before = sorted(temp.rglob("*"))
    n_removed = remove_left_folders(temp)
    assert n_removed or sorted(temp.rglob("*")) == before
    return n_removed


def left_folder(temp: Path, *, name: str) -> Path:
    """A folder as a killed process leaves it."""
    folder = temp / name
    folder.mkdir(mode=0o700)
    (folder / scratch._MARKER).write_bytes(scratch._statement(folder) + b"times\n")
    (folder / "times").write_text("0 0")
    return folder


@given(st.lists(st.tuples(*[st.booleans()] * 3), max_size=6))
def test_exactly_the_old_ones_of_ours_that_nobody_holds_are_removed(
    tmp_path_factory: pytest.TempPathFactory, folders: list[tuple[bool, bool, bool]]
) -> None:
    """(ours, held, old) of each folder."""
    temp, descriptors = tmp_path_factory.mktemp("temp"), []
    paths = [left_folder(temp, name=f"turnscript-scratch-{number}") for number in range(len(folders))]
    try:
        for path, (is_ours, is_held, is_old) in zip(paths, folders, strict=True):
            marker = path / scratch._MARKER
            if is_held:
                descriptors.append(os.open(marker, os.O_RDONLY))
                assert scratch.lock(descriptors[-1])
            for each in (marker, path) if is_old else ():
                os.utime(each, (0, 0))
            if not is_ours:
                marker.unlink()
        remove_left_folders(temp)
        stay = [not is_ours or is_held or not is_old for is_ours, is_held, is_old in folders]
        assert [path.exists() for path in paths] == stay
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
