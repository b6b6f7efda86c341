"""Edited files are preserved; file names from outside stay inside the folder."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.disk import sha256_of
from audio.episode import Episode
from audio.fetching.naming import MAX_STEM_BYTES, stem_of
from output.errors import OutputError
from output.files import stem_for, write_draft


def free(_: str) -> bool:
    return False


def test_a_new_draft_is_written(tmp_path: Path) -> None:
    written = write_draft(tmp_path / "new" / "talk.md", "é\n", previous_sha256=None)
    assert written.path.read_bytes() == b"\xc3\xa9\n"
    assert (written.sha256, written.keeps_edit, written.message) == (sha256_of(written.path), False, "")


def test_an_unedited_draft_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "talk.md"
    first = write_draft(path, "one", previous_sha256=None)
    second = write_draft(path, "two", previous_sha256=first.sha256)
    assert (second.path, path.read_text()) == (path, "two")
    assert list(tmp_path.iterdir()) == [path]


def test_identical_content_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "talk.md"
    write_draft(path, "one", previous_sha256=None)
    os.utime(path, (1, 1))
    assert not write_draft(path, "one", previous_sha256=None).keeps_edit
    assert path.stat().st_mtime == 1


@pytest.mark.parametrize("record", [None, "0" * 64])
def test_an_edited_draft_is_kept_and_the_new_one_written_next_to_it(tmp_path: Path, record: str | None) -> None:
    path = tmp_path / "a talk.md"
    path.write_text("edited")
    written = write_draft(path, "two", previous_sha256=record)
    assert (path.read_text(), written.path.name, written.path.read_text()) == ("edited", "a talk.new.md", "two")
    assert written.keeps_edit
    assert f"diff -u '{path}' '{written.path}'" in written.message
    assert write_draft(path, "two", previous_sha256=record).path == written.path
    third = write_draft(path, "three", previous_sha256=record)
    assert (third.path.name, written.path.read_text()) == ("a talk.new2.md", "two")


def test_force_replaces_an_edited_draft_and_keeps_a_backup(tmp_path: Path) -> None:
    path = tmp_path / "talk.md"
    for number, name in ((1, "talk.md.bak"), (2, "talk.md.bak2")):
        path.write_text(f"edited {number}")
        written = write_draft(path, f"new {number}", previous_sha256="0" * 64, force=True)
        assert written.backup == tmp_path / name
        assert written.backup.read_text() == f"edited {number}"
        assert path.read_text() == f"new {number}"


def test_a_folder_path_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"talk\.md: cannot be written \(.+\); choose another folder") as caught:
        write_draft(tmp_path / "file" / "talk.md", "x", previous_sha256=None)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.processes
def test_a_full_disk_leaves_the_old_draft(tmp_path: Path) -> None:
    path = tmp_path / "talk.md"
    path.write_text("old")
    code = (
        "import hashlib, pathlib, resource\nfrom output.errors import OutputError\n"
        "from output.files import write_draft\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        f"path = pathlib.Path({str(path)!r})\n"
        "try:\n    write_draft(path, 'x' * 5000, previous_sha256=hashlib.sha256(b'old').hexdigest())\n"
        "except OutputError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "talk.md: cannot be written (File too large)" in done.stdout
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


def test_a_path_that_is_a_folder_leaves_no_partial_file(tmp_path: Path) -> None:
    (tmp_path / "talk.md").mkdir()
    with pytest.raises(OutputError, match=r"talk\.md: cannot be written"):
        write_draft(tmp_path / "talk.md", "x", previous_sha256=None)
    assert [path.name for path in tmp_path.iterdir()] == ["talk.md"]


EDIT_MEANWHILE = """
import hashlib, os, pathlib, sys
from output.files import write_draft

path, force, armed, looks = pathlib.Path(sys.argv[1]), sys.argv[2] == "force", [True], []

def somebody(event, args):
    if event == "open" and armed and str(args[0]).endswith(".turnscript.tmp"):  # the new draft, next to the old one
        armed.clear()
        path.write_text("edited meanwhile")
    if event == "open" and args[0] == str(path):
        looks.append([file.stat().st_size for file in path.parent.glob(".talk.md.*")])

previous = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None
sys.addaudithook(somebody)
print(write_draft(path, "new" * 1000, previous_sha256=previous, force=force).path)
assert [3000] in looks, looks  # the last check was made when the whole draft was on disk
"""


@pytest.mark.processes
@pytest.mark.parametrize("before", ["machine", None])
@pytest.mark.parametrize("force", ["", "force"])
def test_an_edit_during_the_write_is_not_lost(before: str | None, force: str, tmp_path: Path) -> None:
    path = tmp_path / "talk.md"
    if before is not None:
        path.write_text(before)
    command = [sys.executable, "-c", EDIT_MEANWHILE, str(path), force]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    new, edited = ("talk.md", "talk.md.bak") if force else ("talk.new.md", "talk.md")
    assert done.stdout.strip() == str(tmp_path / new)
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {
        new: "new" * 1000,
        edited: "edited meanwhile",
    }


@pytest.mark.parametrize(
    ("episode", "stem"),
    [
        (Episode.of_file(Path("/a/My talk, 2.mp3")), "My talk, 2"),
        (Episode.of_file(Path("/a/con.mp3")), "_con"),
        (Episode.of_file(Path("/a/...mp3")), "episode"),
        (Episode.of_file(Path("/a/con.1.mp3")), "_con.1"),
        (Episode.of_file(Path("/a/caf\udce9.mp3")), "caf"),
        (Episode("Haïkel: RPM!", path=Path("/a/0af.mp3"), published=datetime(2015, 10, 5)), "0af"),
    ],
)
def test_stem_for_local_files(episode: Episode, stem: str) -> None:
    assert stem_for(episode, free) == stem


def test_an_episode_without_a_file_gets_the_stem_of_a_download() -> None:
    episode = Episode("Søren: RPM!", audio_url="http://a.b", published=datetime(2015, 10, 5))
    assert stem_for(episode, free) == stem_of(episode) == "2015-10-05-soren-rpm"


def test_equal_stems_get_numbers() -> None:
    taken = {"talk", "talk-2"}
    assert stem_for(Episode.of_file(Path("talk.mp3")), taken.__contains__) == "talk-3"


@given(st.text())
def test_any_name_becomes_one_path_component(name: str) -> None:
    path = Path("/x") / (name.replace("/", "|").replace("\x00", "") + ".mp3")
    stem = stem_for(Episode.of_file(path), free)
    assert Path("out", f"{stem}.md").parent == Path("out")
    assert stem
    assert stem == stem.strip(" ")
    assert not stem.startswith(".")
    assert len(stem.encode()) <= MAX_STEM_BYTES + 1
    assert not set('<>:"/\\|?*\n\x00') & set(stem)
