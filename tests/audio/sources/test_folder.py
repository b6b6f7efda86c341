"""Everything in a folder is an episode, is named as left out with its reason, or is counted."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.errors import SourceError
from audio.fingerprint import Fingerprint
from audio.sources.left_out import LeftOut
from audio.sources.resolve import episodes_from
from tests.support.unprivileged import folder_for_all, unprivileged

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes and sockets in folders")

KINDS = ("file", "empty", "folder", "pipe", "socket", "link", "loop", "device", "dangling")
STEMS = ("a", "b", ".c", "d.mp3.old")
SUFFIXES = (".mp3", ".WAV", ".txt", "")
ENTRIES = st.dictionaries(
    st.tuples(st.sampled_from(STEMS), st.sampled_from(SUFFIXES)), st.sampled_from(KINDS), max_size=8
)


def make(path: Path, kind: str) -> None:
    match kind:
        case "file":
            path.write_bytes(b"ID3\x04" + bytes(100))
        case "empty":
            path.touch()
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as bound:
                bound.bind(str(path))
        case "link":
            path.symlink_to(__file__)
        case "loop":
            path.symlink_to(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "dangling":
            path.symlink_to("gone.mp3")


@given(ENTRIES, st.booleans())
def test_everything_is_an_episode_or_named_or_counted(entries: dict[tuple[str, str], str], is_pattern: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, left = Path(name), list[LeftOut]()
        kinds = {folder / f"{stem}{suffix}": kind for (stem, suffix), kind in entries.items()}
        for path, kind in kinds.items():
            make(path, kind)
        source = str(folder / "*") if is_pattern else name
        try:
            episodes = episodes_from(source, on_left_out=left.append)
        except SourceError:
            episodes = ()
        found = [episode.path for episode in episodes]
        named = [Path(each.source) for each in left if each.source != source]
        assert not set(found) & set(named)
        shown = {path for path in kinds if not path.name.startswith(".")}
        if is_pattern:  # which does not match hidden files
            kinds = {path: kind for path, kind in kinds.items() if path in shown}
        assert len(found) + sum(each.count for each in left) == len(kinds)
        assert all(kinds[path] in ("file", "empty", "link") for path in found if path)
        odd = {path for path in shown if kinds[path] in ("pipe", "socket", "loop", "device", "dangling")}
        like_audio = {path for path in shown if kinds[path] == "folder" and path.suffix.lower() in (".mp3", ".wav")}
        assert set(named) == odd | like_audio


@pytest.mark.parametrize("name", ["x", "x.mp3", "x.txt"])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("pipe", "is a named pipe"),
        ("socket", "is a socket"),
        ("device", "is a device"),
        ("dangling", "is a link to gone.mp3"),
        ("loop", "cannot be read"),
    ],
)
def test_named_explicitly_it_is_an_error_at_once(tmp_path: Path, name: str, kind: str, reason: str) -> None:
    make(tmp_path / name, kind)
    with pytest.raises(SourceError, match=reason):
        episodes_from(str(tmp_path / name))


@pytest.mark.parametrize("is_pattern", [False, True])
def test_a_recording_without_permission_is_an_episode_whose_reading_fails(is_pattern: bool) -> None:
    """Named as left out, it would end with exit code 0, and nobody would notice."""
    with folder_for_all() as folder:
        (folder / "a.mp3").touch(mode=0)
        (folder / "locked").mkdir(mode=0)
        (folder / "b.mp3").symlink_to(folder / "locked" / "b.mp3")
        left: list[LeftOut] = []
        with unprivileged():
            source = str(folder / "*.mp3") if is_pattern else str(folder)
            episodes = episodes_from(source, on_left_out=left.append)
            for episode in episodes:
                assert episode.path
                with pytest.raises(SourceError, match=r"cannot be read \(Permission denied\)"):
                    Fingerprint.of(episode.path)
        assert [episode.path for episode in episodes] == [folder / "a.mp3", folder / "b.mp3"]
        assert [each.source for each in left] == ([] if is_pattern else [str(folder)])
