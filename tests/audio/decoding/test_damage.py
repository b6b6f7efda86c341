"""Decoding cut and damaged files: the readable part is returned, the rest is reported."""

from __future__ import annotations

import struct
import subprocess
from functools import cache
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.decoding.damage import Reading, damage_warnings
from audio.decoding.decode import decode
from audio.decoding.log import Log
from audio.errors import DecodeError
from audio.structure.parts import Structure
from audio.structure.view import Part
from tests.support.audio_files import convert, cut, tone, write_noise, write_wav
from tests.support.paths import CLIPS, SHARED

CORPUS = SHARED / "corpus"


MPEG = {
    "constant": ("a.mp3", "-write_xing", "0", "-b:a", "32k"),
    "variable": ("a.mp3", "-write_xing", "0", "-q:a", "5"),
    "44.1 kHz stereo": ("a.mp3", "-write_xing", "0", "-ar", "44100", "-ac", "2", "-b:a", "128k"),
    "44.1 kHz variable": ("a.mp3", "-write_xing", "0", "-ar", "44100", "-ac", "2", "-q:a", "3"),
    "MPEG-2.5": ("a.mp3", "-write_xing", "0", "-ar", "8000", "-b:a", "16k"),
    "layer II": ("a.mp2", "-ar", "48000", "-b:a", "192k"),
    "layer II, MPEG-2": ("a.mp2", "-b:a", "64k"),
}


@pytest.fixture(scope="module", params=MPEG.values(), ids=MPEG.keys())
def mpeg(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of noise as bare MPEG audio frames, their number stated nowhere."""
    folder = tmp_path_factory.mktemp("mpeg")
    name, *options = request.param
    return convert(write_noise(folder / "noise.wav", 3.0), folder / name, *options)


@cache  # an example of Hypothesis truncates the same file again
def frame_ends(path: Path) -> list[int]:
    """The offsets where frames end, from the packet sizes ffmpeg reports; the last is the file's size."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-c", "copy", "-f", "framecrc", "-"]
    rows = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    sizes = [int(row.split(",")[4]) for row in rows if not row.startswith("#")]
    total = path.stat().st_size
    return [total - sum(sizes[index:]) for index in range(1, len(sizes))] + [total]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp3", ()),
        ("a.wav", ()),
        ("a.flac", ()),
        ("a.webm", ()),
        ("a.m4a", ("-movflags", "+faststart")),
    ],
)
def test_a_cut_file_that_states_its_length_is_read_and_reported(
    tmp_path: Path, speech_wav: Path, name: str, options: tuple[str, ...]
) -> None:
    whole = convert(speech_wav, tmp_path / name, *options)
    with decode(whole) as audio:
        assert audio.duration == pytest.approx(10.0, abs=0.1)
        assert audio.warnings == ()
    with decode(cut(whole, 0.6)) as audio:
        assert 3.0 < audio.duration < 8.0
        (warning,) = audio.warnings
    assert f"cut-{name}: only 0:00:0{round(audio.duration)} of 0:00:10 could be read" in warning


@pytest.mark.parametrize("name", ["a.ogg", "a.opus", "a.aac"])
def test_a_cut_file_without_a_stated_length_is_read_and_reported(tmp_path: Path, speech_wav: Path, name: str) -> None:
    whole = convert(speech_wav, tmp_path / name)
    with decode(whole) as audio:
        assert audio.warnings == ()
    with decode(cut(whole, 0.6)) as audio:
        assert 3.0 < audio.duration < 8.0
        (warning,) = audio.warnings
    assert f"ends after 0:00:0{round(audio.duration)}" in warning


@settings(max_examples=16)
@given(st.floats(0.3, 1.0), st.none() | st.integers(-3, 3))
def test_an_mp3_of_unstated_length_is_reported_cut_unless_cut_between_frames(
    mpeg: Path, part: float, nudge: int | None
) -> None:
    data, ends = mpeg.read_bytes(), frame_ends(mpeg)
    size = int(part * len(data))
    if nudge is not None:
        size = min(min(ends, key=lambda end: abs(end - size)) + nudge, len(data))
    path = mpeg.with_name(f"cut-{mpeg.name}")
    path.write_bytes(data[:size])
    with decode(path) as audio:
        assert ["ends after" in warning for warning in audio.warnings] == [True] * (size not in ends)


def ape_tag(value: bytes) -> bytes:
    """APEv2 with header and footer, one item (wiki.hydrogenaud.io, "APEv2 specification")."""
    item = struct.pack("<II", len(value), 0) + b"Title\0" + value
    return b"".join(
        (struct.pack("<8sIIII8x", b"APETAGEX", 2000, len(item) + 32, 1, flags) + part)
        for flags, part in ((0xA000_0000, item), (0x8000_0000, b""))
    )


ID3V1 = b"TAG" + b"A title".ljust(125, b"\0")


TRAILERS = {
    "ID3v1": ID3V1,
    "APEv2": ape_tag(b"A title"),
    "a long APEv2 and ID3v1": ape_tag(bytes(range(256)) * 300) + ID3V1,
    "Lyrics3v2 and ID3v1": b"LYRICSBEGININD0000200" + b"000030LYRICS200" + ID3V1,
    "zeros": bytes(2000),
    "ones": b"\xff" * 2000,
    "junk": np.random.default_rng(7).integers(0, 256, 5000).astype(np.uint8).tobytes(),
    "half a tag": ID3V1[:50],
}


@pytest.mark.parametrize("trailer", TRAILERS.values(), ids=TRAILERS.keys())
def test_data_after_the_last_frame_is_no_cut(mpeg: Path, trailer: bytes) -> None:
    path = mpeg.with_name(f"tagged-{mpeg.name}")
    path.write_bytes(mpeg.read_bytes() + trailer)
    with decode(path) as audio:
        assert audio.warnings == ()


def test_a_cut_mp3_that_was_tagged_afterwards_is_still_cut(mpeg: Path) -> None:
    path = mpeg.with_name(f"tagged-{mpeg.name}")
    path.write_bytes(mpeg.read_bytes()[:-7] + ID3V1)
    with decode(path) as audio:
        (warning,) = audio.warnings
    assert "ends after 0:00:03" in warning


def test_false_headers_inside_frames_do_not_hide_a_cut(tmp_path: Path) -> None:
    """Frames of 417 bytes, the last 104 of each of which look like a frame of 32 kbit/s."""
    frame = b"\xff\xfb\x90\xc0" + bytes(309) + b"\xff\xfb\x10\xc0" + bytes(100)
    path = tmp_path / "a.mp3"
    path.write_bytes(frame * 80)
    with decode(path) as audio:
        assert audio.warnings == ()
    path.write_bytes(frame * 80 + frame[:200])
    with decode(path) as audio:
        (warning,) = audio.warnings
    assert "ends after 0:00:02" in warning


def test_junk_that_looks_like_frames_is_no_cut(tmp_path: Path) -> None:
    """The junk holds a chain of three frames and an incomplete fourth: too few to be sure."""
    mp3 = convert(write_noise(tmp_path / "noise.wav", 2.0), tmp_path / "a.mp3", "-write_xing", "0", "-b:a", "32k")
    frame = b"\xff\xfb\x90\x00" + bytes(413)  # MPEG-1, layer III, 128 kbit/s, 44.1 kHz: 417 bytes
    with mp3.open("ab") as file:
        file.write(bytes(99) + 3 * frame + frame[:100])
    with decode(mp3) as audio:
        assert not [warning for warning in audio.warnings if "ends after" in warning]


def test_noise_in_the_middle_is_reported(tmp_path: Path, speech_wav: Path) -> None:
    data = bytearray(convert(speech_wav, tmp_path / "a.mp3", "-b:a", "128k").read_bytes())
    junk = np.random.default_rng(5).integers(0, 256, 200)
    for at in range(20_000, len(data) - 20_000, 1500):
        data[at : at + 200] = junk.astype(np.uint8).tobytes()
    path = tmp_path / "b.mp3"
    path.write_bytes(data)
    with decode(path) as audio:
        (warning,) = audio.warnings
    assert "damaged" in warning


def test_an_m4a_without_its_index_is_reported(tmp_path: Path, speech_wav: Path) -> None:
    with pytest.raises(DecodeError, match=r"cut-a\.m4a: its end is missing"):
        decode(cut(convert(speech_wav, tmp_path / "a.m4a"), 0.6))


@pytest.mark.parametrize("sizes", [(0xFFFF_FFFF, 0xFFFF_FFFF), (0x7FFF_FFFF, 0x7FFF_FFDB), (0x8000_0024, 0x8000_0000)])
def test_a_wav_written_into_a_pipe_is_not_reported_cut(tmp_path: Path, sizes: tuple[int, int]) -> None:
    data = bytearray(write_wav(tmp_path / "a.wav", tone(440, 3.0)).read_bytes())
    data[4:8], data[40:44] = (size.to_bytes(4, "little") for size in sizes)
    path = tmp_path / "b.wav"
    path.write_bytes(data)
    with decode(path) as audio:
        assert (audio.duration, audio.warnings) == (3.0, ())


@pytest.mark.soak
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is missing")
def test_no_intact_recording_is_called_damaged() -> None:
    files = sorted([*CORPUS.iterdir(), *CLIPS.iterdir()])
    paths = [path for path in files if path.suffix in {".mp3", ".wav", ".flac", ".opus"}]
    for path in paths:
        with decode(path) as audio:
            assert audio.warnings == ()
            assert audio.duration > 5
    assert len(paths) > 10


@pytest.mark.parametrize(("keeps_time", "has_times"), [(True, True), (True, False), (False, False)])
def test_gaps_that_an_old_ffmpeg_leaves_out_are_no_damage(tmp_path: Path, keeps_time: bool, has_times: bool) -> None:
    part = Part(0, 90_000, 30.0, keeps_time=keeps_time)
    reading = Reading(part, 0, 10.0, Log(), has_times=has_times)
    (warning,) = damage_warnings(tmp_path / "a.webm", Structure((part,)), [reading])
    assert ("leaves gaps out" in warning) == (keeps_time and not has_times)
    assert "0:00:10 of" in warning
    assert "0:00:30" in warning


@pytest.mark.parametrize("format_", ["vcd", "svcd", "vob", "mpeg"])
def test_what_a_disc_is_filled_with_is_no_damage(tmp_path: Path, speech_wav: Path, format_: str) -> None:
    options = ["-ar", "44100", "-c:a", "mp2", "-b:a", "224k", "-f", format_]
    subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "quiet", "-i", str(speech_wav), *options, str(tmp_path / "a.mpg")],
        check=True,
    )
    with decode(tmp_path / "a.mpg") as audio:
        assert audio.warnings == ()


def test_sectors_of_a_disc_that_could_not_be_read_are_damage(tmp_path: Path, speech_wav: Path) -> None:
    whole = convert(speech_wav, tmp_path / "a.vob", "-c:a", "mp2", "-ar", "48000", "-b:a", "384k")
    data = bytearray(whole.read_bytes())
    start = len(data) // 2 // 2048 * 2048
    data[start : start + 24 * 2048] = bytes(24 * 2048)
    whole.write_bytes(data)
    with decode(whole) as audio:
        assert "seconds of sound are lost" in audio.warnings[0]
