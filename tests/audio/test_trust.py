"""What is believed on the disk: regular files, of owners that may act for us, where they seem to be."""

from __future__ import annotations

import os
import socket
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest

from audio.disk import (
    CacheKind,
    cache_folder,
    data_folder,
    remove_leftovers,
    state_folder,
    write_atomically,
    write_privately,
)
from audio.errors import UntrustedError
from audio.trust import open_regular, problem_of, read_regular, read_regular_text, real_path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs, owners and modes")


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "fifo")
    return folder / "fifo"


def unix_socket(folder: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
    return folder / "socket"


def device(folder: Path) -> Path:
    return Path("/dev/zero")


@pytest.mark.parametrize("make", [fifo, unix_socket, device])
def test_what_is_no_regular_file_is_refused_at_once(make: object, tmp_path: Path) -> None:
    assert callable(make)
    special = make(tmp_path)
    with pytest.raises(OSError, match=r"not a regular file|No such device"):
        read_regular(special)
    (tmp_path / "link").symlink_to(special)
    with pytest.raises(OSError, match=r"not a regular file|No such device"):
        open_regular(tmp_path / "link")


def test_a_folder_and_a_missing_file_are_the_errors_of_opening_them(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        read_regular(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "missing")


def test_reading_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_regular(tmp_path / "a", max_bytes=5) == b"12345"
    with pytest.raises(OSError, match="larger"):
        read_regular(tmp_path / "a", max_bytes=4)


def test_reading_takes_as_much_memory_as_the_file_has(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    tracemalloc.start()
    try:
        assert read_regular(tmp_path / "a") == b"12345"
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no file that states no size")
def test_a_file_that_states_no_size_is_read_to_its_end() -> None:
    assert Path("/proc/self/status").stat().st_size == 0
    assert b"\nThreads:" in read_regular(Path("/proc/self/status"))
    with pytest.raises(OSError, match="larger"):
        read_regular(Path("/proc/self/status"), max_bytes=10)


def test_text_has_the_line_ends_of_python(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree\n")
    assert read_regular_text(tmp_path / "a", encoding="utf-8-sig") == (tmp_path / "a").read_text("utf-8-sig")


@pytest.mark.parametrize("target", ["../outside", "../new/deep", "/etc/hostname", "inner/../../outside"])
def test_no_write_follows_a_link_out_of_the_folder(target: str, tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    (folder / "inner").mkdir(parents=True)
    outside.write_text("mine")
    (folder / "a.md").symlink_to(target)
    for write in (write_atomically, write_privately):
        with pytest.raises(OSError, match=r"a link leads out of .*folder"):
            write(folder / "a.md", b"theirs")
    assert outside.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "outside"]
    assert sorted(path.name for path in folder.iterdir()) == ["a.md", "inner"]


def test_a_link_inside_the_folder_is_followed_and_the_folder_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "b.md").write_text("before")
    (tmp_path / "real" / "a.md").symlink_to("b.md")
    (tmp_path / "chosen").symlink_to("real")
    write_atomically(tmp_path / "chosen" / "a.md", "after")
    assert (tmp_path / "real" / "b.md").read_text() == "after"
    assert (tmp_path / "real" / "a.md").is_symlink()


def test_our_hidden_subfolder_is_no_way_out(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / ".turnscript").symlink_to("../home")
    for name in ("run.json", "errors/a.txt"):
        with pytest.raises(OSError, match="a link leads out"):
            write_atomically(tmp_path / "output" / ".turnscript" / name, "x")
    with pytest.raises(OSError, match="a link leads out"):
        state_folder(tmp_path / "output")
    assert list((tmp_path / "home").iterdir()) == []
    assert real_path(tmp_path / "output", inside=tmp_path) == (tmp_path / "output").resolve()


def test_private_files_are_private_in_private_folders(tmp_path: Path) -> None:
    path = tmp_path / "voices" / "deep" / "rich.json"
    write_privately(path, "{}")
    modes = [each.stat().st_mode & 0o777 for each in (path, path.parent, path.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "drafts" / "a.md", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "drafts" / "a.md").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "drafts").stat().st_mode & 0o777 == 0o750


def test_a_write_never_changes_the_umask_of_other_threads(tmp_path: Path) -> None:
    done = threading.Event()
    modes: set[int] = set()

    def create_files() -> None:
        number = 0
        while not done.is_set():
            with (tmp_path / f"other{number}").open("x"):
                number += 1
        modes.update(path.stat().st_mode & 0o022 for path in tmp_path.glob("other*"))

    before = os.umask(0o022)
    thread = threading.Thread(target=create_files)
    thread.start()
    try:
        for number in range(50):
            write_atomically(tmp_path / f"ours{number}", b"x")
    finally:
        done.set()
        thread.join()
        os.umask(before)
    assert modes == {0}


@pytest.mark.parametrize(
    ("mode", "problem"),
    [(0o700, ""), (0o755, ""), (0o1777, ""), (0o777, "everybody may write"), (0o702, "everybody may write")],
)
def test_a_folder_others_may_write_to_is_not_believed(mode: int, problem: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(mode)
    assert problem_of(folder).startswith(problem)
    assert bool(problem_of(folder)) == bool(problem)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_another_user_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "transcribe.toml"
    path.write_text("")
    os.chown(path, 12345, 0)
    assert problem_of(path) == "it belongs to another user (number 12345)"
    monkeypatch.setenv("SUDO_UID", "12345")
    assert problem_of(path) == ""
    os.chown(path, 0, 12345)
    path.chmod(0o664)
    assert problem_of(path) == "its group (number 12345) may write to it"


def test_a_cache_of_others_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    models = tmp_path / "turnscript" / "models"
    models.mkdir(parents=True)
    assert cache_folder(CacheKind.MODELS) == models
    models.chmod(0o777)
    with pytest.raises(UntrustedError, match=r"models: is not used, because everybody may write to it; set XDG_CACHE"):
        cache_folder(CacheKind.MODELS)
    models.parent.chmod(0o777)
    for folder in (cache_folder, data_folder):
        with pytest.raises(UntrustedError, match="everybody may write"):
            folder()


def test_leftovers_that_are_no_files_do_not_stop_the_sweep(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".a.md.x.turnscript.tmp")
    (tmp_path / ".b.md.x.turnscript.tmp").write_text("half")
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0))
    assert remove_leftovers(tmp_path) == 1
