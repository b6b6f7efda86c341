"""What is no recording is refused, in a line that names the file."""

from __future__ import annotations

import gc
import inspect
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from audio.decoding.decode import LONGEST, decode
from audio.decoding.samples import SAMPLE_RATE
from audio.errors import DecodeError, SourceError
from tests.support.audio_files import convert, tone, write_wav
from tests.support.paths import CLIPS

EMPTY_WAV = struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 36, b"WAVEfmt ", 16, 1, 1, 16_000, 32_000, 2, 16, b"data", 0)


def make_nothing(folder: Path) -> Path:
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
        (make_nothing, "no such file"),
        (make_folder, "is a folder"),
        pytest.param(make_pipe, "not a plain file", marks=pytest.mark.skipif(os.name == "nt", reason="has no pipes")),
        (lambda folder: folder / ("a" * 300 + ".mp3"), "cannot be opened"),
        (lambda folder: folder / "a\0.mp3", "cannot be opened"),
    ],
)
def test_what_is_no_file_is_a_source_error(tmp_path: Path, make: object, why: str) -> None:
    assert callable(make)
    with pytest.raises(SourceError, match=why) as caught:
        decode(make(tmp_path))
    assert "\n" not in str(caught.value)
    assert "\0" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (b"<html><body>404</body></html>", "is text"),
        ("Grüße — kein Ton\n".encode() * 500, "is text"),
        (b"\x00\x01\x02\x03" * 2000, "is not audio"),
        (EMPTY_WAV, "holds no sound"),
    ],
)
def test_what_holds_no_sound_is_a_decode_error(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(data)
    with pytest.raises(DecodeError, match=why) as caught:
        decode(path)
    assert f"{path.name}: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_message_is_a_line_however_long_the_name_and_the_reason(tmp_path: Path) -> None:
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


def test_a_silent_film_holds_no_sound(tmp_path: Path, speech_wav: Path) -> None:
    options = ["-f", "lavfi", "-t", "1", "-i", "color=c=red:s=64x64:r=5", "-map", "1:v"]
    with pytest.raises(DecodeError, match="holds no sound"):
        decode(convert(speech_wav, tmp_path / "film.mkv", *options))


@pytest.mark.parametrize(
    ("name", "list_of"),
    [
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{}\n#EXT-X-ENDLIST\n"),
        ("list.mp3", "ffconcat version 1.0\nfile {}\n"),
    ],
)
@pytest.mark.parametrize("padding", [b"", b"#" + bytes(5000) + b"\n"], ids=["as text", "made to look binary"])
def test_a_playlist_opens_no_other_file(
    tmp_path: Path, speech_wav: Path, name: str, list_of: str, padding: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(list_of.format(speech_wav.name).encode() + padding)
    with pytest.raises(DecodeError, match=r"is text|not a recording"):
        decode(path)


@pytest.mark.parametrize("name", ["-y.wav", "http:a.wav", "concat:a.wav|b.wav", "a%03d.wav", "ä 'quoted' \n.wav"])
@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such names")
def test_a_name_is_only_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    write_wav(tmp_path / name, tone(440, 0.5))
    with decode(Path(name)) as audio:
        assert audio.duration == 0.5
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(DecodeError) as caught:
        decode(Path(name))
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(440, 0.5))
    path.chmod(0)
    program = (
        "import os, sys; from pathlib import Path; from audio.decoding.decode import decode; import audio.errors\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"  # root may read everything
        "try: decode(Path(sys.argv[1]))\n"
        "except audio.errors.DecodeError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert f"{path.name}: may not be read" in run.stdout


@pytest.mark.parametrize("sizes", [(0xFFFF_FFFF, 0xFFFF_FFFF), (0x7FFF_FFFF, 0x7FFF_FFDB), (0x8000_0024, 0x8000_0000)])
def test_a_wav_written_into_a_pipe_is_not_called_cut(tmp_path: Path, sizes: tuple[int, int]) -> None:
    data = bytearray(write_wav(tmp_path / "a.wav", tone(440, 3.0)).read_bytes())
    data[4:8], data[40:44] = (size.to_bytes(4, "little") for size in sizes)
    path = tmp_path / "b.wav"
    path.write_bytes(data)
    with decode(path) as audio:
        assert (audio.duration, audio.warnings) == (3.0, ())


@pytest.mark.skipif(os.name == "nt", reason="needs limits on the size of files")
def test_a_full_disk_is_told_from_a_bad_file(tmp_path: Path) -> None:
    program = (
        "import resource, sys; from pathlib import Path; import audio.errors\n"
        "from audio.decoding.decode import decode\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: decode(Path(sys.argv[1]))\n"
        "except audio.errors.DecodeError as error: print(error)\n"
    )
    path = write_wav(tmp_path / "a.wav", np.zeros(60 * SAMPLE_RATE, np.int16))
    run = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert "cannot hold the decoded samples" in run.stdout
    assert "TMPDIR" in run.stdout
    assert run.stderr == ""


def test_without_any_ffmpeg_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(DecodeError, match="pip install imageio-ffmpeg"):
        decode(CLIPS / "short.mp3")


@pytest.mark.skipif(os.name == "nt", reason="needs a script as a program")
def test_the_ffmpeg_on_the_path_comes_first_and_its_flood_of_words_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "ffmpeg"
    fake.write_text(
        f"#!{sys.executable}\nimport sys\nfor _ in range(200_000): sys.stderr.write('[error] no good\\n')\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DecodeError, match=r"is not audio ffmpeg can read \(no good\)"):
        decode(CLIPS / "short.mp3")
    fake.write_text("#!/nowhere/to/be/found\n")
    with pytest.raises(DecodeError, match="cannot be run"):
        decode(CLIPS / "short.mp3")


def test_what_unfolds_to_more_than_the_limit_is_refused_and_fills_no_disk(tmp_path: Path) -> None:
    """A minute of silence is some kilobytes of FLAC; a day of it would be as few of some formats."""
    minute = convert(write_wav(tmp_path / "a.wav", np.zeros(60 * SAMPLE_RATE, np.int16)), tmp_path / "a.flac")
    assert minute.stat().st_size < 60 * SAMPLE_RATE * 2 / 50
    with decode(minute, longest=60) as audio:
        assert audio.duration == 60
    told: list[float] = []
    before = threading.active_count()
    with pytest.raises(DecodeError, match=r"a\.flac: more than 0:00:29 of sound; cut it into shorter files"):
        decode(minute, longest=29, progress=told.append)
    assert told == []  # the first block of 30 s is too much already
    gc.collect()
    assert threading.active_count() == before


def test_the_limit_is_a_day_unless_said() -> None:
    assert inspect.signature(decode).parameters["longest"].default == LONGEST == 24 * 60 * 60
