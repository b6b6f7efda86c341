"""Everything in a folder is an episode, is named as left out with its reason, or is counted."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.decoding.decode import decode
from audio.errors import SourceError
from audio.fingerprint import Fingerprint
from audio.sources.left_out import LeftOut
from audio.sources.resolve import episodes_from
from tests.support.audio_files import convert, tone, write_wav
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
        contents = {path: path.read_bytes() for path in shown if kinds[path] == "file"}
        old = {path for path in contents if path.name.endswith(".old") and not is_pattern}
        assert set(named) == odd | like_audio | old
        assert set(found) >= set(contents) - old, "a recording by its content, whatever its suffix"


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


FORMATS = {
    "a.3gp": ("-c:a", "aac"),
    "b.weba": ("-c:a", "libopus", "-f", "webm"),
    "c.mpga": ("-f", "mp3"),
    "d.wv": (),
    "e.mts": ("-f", "mpegts"),
    "f.m2ts": ("-f", "mpegts", "-mpegts_m2ts_mode", "1"),
    "g.vob": ("-c:a", "mp2", "-f", "vob"),
    "h.ac3": (),
    "i.dat": ("-f", "mp3", "-write_xing", "0", "-id3v2_version", "0"),
    "j": ("-f", "adts"),
    "k.bin": ("-f", "caf"),
    "l.txt": ("-f", "au"),
    "m.data": ("-f", "w64"),
    "n.jpg": ("-f", "flac"),
    "o.html": ("-f", "tta"),
    "p.zip": ("-f", "eac3", "-c:a", "eac3"),
    "q.x": ("-f", "aiff"),
    "r.y": ("-f", "mpegts"),
    "s.mka": (),
    "t.dat": ("-f", "amr", "-ar", "8000", "-ac", "1"),
    "u.md": ("-f", "voc"),
    "v.dat": ("-f", "sox"),
    "w.dat": ("-f", "mmf", "-ar", "22050"),
    "x.dat": ("-f", "nut"),
    "y.g722": ("-ar", "16000"),
}


def test_what_ffmpeg_reads_is_taken_by_its_content(tmp_path: Path) -> None:
    source = write_wav(tmp_path / "source.wav", tone(440, 1.5))
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, options in FORMATS.items():
        convert(source, folder / name, *options)
    left: list[LeftOut] = []
    found = [episode.path for episode in episodes_from(str(folder), on_left_out=left.append)]
    assert found == [folder / name for name in sorted(FORMATS)]
    assert left == []
    for path in found:
        assert path
        with decode(path) as audio:
            assert audio.duration == pytest.approx(1.5, abs=0.15)
            assert audio.warnings == ()


OTHERS = {
    "a.md": b"---\ntitle: a talk\n---\n**Ann**: Hello.\n",
    "b.json": b'{"schema": 1}',
    "c.srt": b"1\n00:00:00,000 --> 00:00:01,000\nHello\n",
    "d.ts": b"export const a: number = 1;\n",
    "e.mts": b"import a from './a.mjs';\n" * 400,
    "f.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(5000),
    "g.png": b"\x89PNG\r\n\x1a\n" + bytes(5000),
    "h.docx": b"PK\3\4" + bytes(5000),
    "i.heic": b"\0\0\0\x18ftypheic" + bytes(5000),
    "j.txt": "MAC ID3 OggS fLa wide \uffff text".encode("utf-16"),
    "k.bin": bytes(range(256)) * 40,
    "l": b"MP+ 3 ways to widemoov",
    "m.dat": b"\xff\xfb\x90\x00 but nothing of the kind after it" + bytes(9000),
    "n.gif": b"GIF89a" + bytes(100),
    "o.empty": b"",
    "p.webp": b"RIFF\x24\0\0\0WEBPVP8 " + bytes(100),
}


def test_a_folders_texts_and_pictures_are_only_counted(tmp_path: Path) -> None:
    for name, content in OTHERS.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "z.wav").write_bytes(b"<html>a page in place of a recording: it fails, and somebody notices")
    left: list[LeftOut] = []
    episodes = episodes_from(str(tmp_path), on_left_out=left.append)
    assert [episode.path for episode in episodes] == [tmp_path / "z.wav"]
    assert left == [
        LeftOut(
            str(tmp_path),
            f"{len(OTHERS)} other entries: hidden, subfolders, or no recordings by their content",
            len(OTHERS),
        )
    ]


@pytest.mark.parametrize("is_pattern", [False, True])
def test_a_film_without_sound_and_an_unfinished_download_are_named(tmp_path: Path, is_pattern: bool) -> None:
    wav = write_wav(tmp_path / ".source.wav", tone(440, 1.0))
    picture = ["-f", "lavfi", "-t", "1", "-i", "color=c=red:s=64x64:r=5", "-map", "1:v"]
    silent = [
        convert(wav, tmp_path / name, *picture) for name in ("a.mp4", "b.mkv", "c.avi", "d.mov", "e.webm", "f.m4v")
    ]
    film = convert(wav, tmp_path / "film.mp4", *picture, "-map", "0:a", "-c:a", "aac")
    part = convert(wav, tmp_path / "g.part", "-f", "mp3")
    left: list[LeftOut] = []
    source = str(tmp_path / "*") if is_pattern else str(tmp_path)
    episodes = episodes_from(source, on_left_out=left.append)
    assert [episode.path for episode in episodes] == ([film, part] if is_pattern else [film])
    reasons = {each.source: each.reason for each in left if each.source != source}
    expected = dict.fromkeys(map(str, silent), "is a film without a sound track")
    assert reasons == expected | ({} if is_pattern else {str(part): "is an unfinished download; fetch it again"})
