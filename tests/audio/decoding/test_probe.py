"""Sources that are not recordings are refused, in one line that names the file."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from audio.decoding.decode import decode
from audio.errors import DecodeError, SourceError
from tests.support.audio_files import tone, write_wav
from tests.support.paths import CLIPS

EMPTY_WAV = struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 36, b"WAVEfmt ", 16, 1, 1, 16_000, 32_000, 2, 16, b"data", 0)


def make_no_file(folder: Path) -> Path:
    return folder / "a.mp3"


def make_folder(folder: Path) -> Path:
    (folder / "a.mp3").mkdir()
    return folder / "a.mp3"


def make_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "a.mp3")
    return folder / "a.mp3"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (make_no_file, "no such file"),
        (make_folder, "is a folder"),
        pytest.param(
            make_pipe, "not a regular file", marks=pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes")
        ),
        (lambda folder: folder / ("a" * 300 + ".mp3"), "cannot be opened"),
        (lambda folder: folder / "a\0.mp3", "cannot be opened"),
    ],
)
def test_a_source_that_is_no_file_is_a_source_error(tmp_path: Path, make: object, why: str) -> None:
    assert callable(make)
    with pytest.raises(SourceError, match=why) as caught:
        decode(make(tmp_path))
    assert "\n" not in str(caught.value)
    assert "\0" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "the file is empty"),
        (b"<html><body>404</body></html>", "is text"),
        ("Grüße — kein Ton\n".encode() * 500, "is text"),
        (b"\x00\x01\x02\x03" * 2000, "is not audio"),
        (EMPTY_WAV, "contains no sound"),
    ],
)
def test_a_file_without_sound_is_a_decode_error(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(data)
    with pytest.raises(DecodeError, match=why) as caught:
        decode(path)
    assert f"{path.name}: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seed", [14, 9])
def test_what_ffmpeg_finds_in_any_bytes_is_no_recording(tmp_path: Path, seed: int) -> None:
    """In these, two frames of mp3; 12 MB of such bytes were minutes of silence with a crack in them."""
    path = tmp_path / "a.mp3"
    path.write_bytes(random.Random(seed).randbytes(2_000_000))
    with pytest.raises(DecodeError, match=r"a\.mp3: is (?:no recording|not audio)"):
        decode(path)


@pytest.mark.parametrize("junk", [b"", b"\0" * 5000, bytes(range(1, 200)) * 200, b"<br />Warning: x\n\1"])
def test_a_recording_behind_odd_bytes_is_one(tmp_path: Path, junk: bytes) -> None:
    """Also one of which little is left: what can be read is heard, and the rest named."""
    clip, path = (CLIPS / "short.mp3").read_bytes(), tmp_path / "a.mp3"
    path.write_bytes(junk + clip)
    with decode(path) as audio, decode(CLIPS / "short.mp3") as plain:
        assert abs(audio.duration - plain.duration) < 0.2
    noise = random.Random(2).randbytes(20 * len(clip))
    path.write_bytes(clip[:8000] + noise)
    with decode(path) as audio:
        assert audio.warnings


def test_a_message_is_one_line_for_any_length_of_name_and_reason(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 150) / ("b" * 150)
    folder.mkdir(parents=True)
    path = folder / "c.mp3"
    reasons = [b"\x00\x01\x02\x03" * 2000, b"\x1aE\xdf\xa3" + np.random.default_rng(2).bytes(20_000), b"", b"text"]
    for data in reasons:
        path.write_bytes(data)
        with pytest.raises(DecodeError, match=r"^…b*.c\.mp3: ") as caught:
            decode(path)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) <= 200


@pytest.mark.parametrize(
    ("name", "list_of"),
    [
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{}\n#EXT-X-ENDLIST\n"),
        ("list.mp3", "ffconcat version 1.0\nfile {}\n"),
    ],
)
@pytest.mark.parametrize("padding", [b"", b"#" + bytes(5000) + b"\n"], ids=["as text", "disguised as binary"])
def test_a_playlist_opens_no_other_file(
    tmp_path: Path, speech_wav: Path, name: str, list_of: str, padding: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(list_of.format(speech_wav.name).encode() + padding)
    with pytest.raises(DecodeError, match=r"is text|a playlist"):
        decode(path)


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(440, 0.5))
    path.chmod(0)
    program = (
        "import os, sys; from pathlib import Path; from audio.decoding.decode import decode; import audio.errors\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"  # root may read everything
        "try: decode(Path(sys.argv[1]))\n"
        "except audio.errors.DecodeError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert f"{path.name}: permission denied" in run.stdout
