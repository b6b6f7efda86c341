"""Decoding: against signals computed by hand, the standard library's `wave`, and files spoilt on purpose."""

from __future__ import annotations

import gc
import os
import re
import shutil
import struct
import subprocess
import sys
import threading
import wave
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio.decode import decode
from audio.errors import AudioError, DecodeError, SourceError
from audio.samples import SAMPLE_RATE, Audio

CLIPS = Path(__file__).parent / "clips"
CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
CLIPS_SPOKEN_BY = "flite-2.2"  # of another version the voices and the times differ
STEP = 1 / 32_768  # of int16
TEN: NDArray[np.float32] = np.zeros(10, np.float32)
EMPTY_WAV = struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 36, b"WAVEfmt ", 16, 1, 1, 16_000, 32_000, 2, 16, b"data", 0)


def tone(hertz: float, seconds: float, *, rate: int = SAMPLE_RATE, peak: float = 0.5) -> NDArray[np.int16]:
    return np.round(32_767 * peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype("<i2")


def write_wav(path: Path, *channels: NDArray[np.int16], rate: int = SAMPLE_RATE) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((len(channels), 2, rate, 0, "NONE", ""))
        file.writeframes(np.stack(channels, axis=1).astype("<i2").tobytes())
    return path


def convert(source: Path, target: Path, *options: str) -> Path:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(source), *options, str(target)]
    subprocess.run(command, check=True)
    return target


def cut(path: Path, part: float) -> Path:
    data = path.read_bytes()
    cut_path = path.with_name(f"cut-{path.name}")
    cut_path.write_bytes(data[: int(len(data) * part)])
    return cut_path


def write_noise(path: Path, seconds: float) -> Path:
    """Noise that no codec can shrink to nothing, with a swell so that bit rates vary."""
    swell = np.abs(np.sin(np.arange(round(seconds * SAMPLE_RATE)) / 20_000))
    noise = np.random.default_rng(3).standard_normal(len(swell)) * swell * 4000
    return write_wav(path, noise.round().astype("<i2"))


@pytest.fixture
def speech_wav(tmp_path: Path) -> Path:
    """Ten seconds of noise."""
    return write_noise(tmp_path / "noise.wav", 10.0)


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
    """Three seconds of noise as bare MPEG audio frames without a word of their number."""
    folder = tmp_path_factory.mktemp("mpeg")
    name, *options = request.param
    return convert(write_noise(folder / "noise.wav", 3.0), folder / name, *options)


def frame_ends(path: Path) -> list[int]:
    """Where frames end, by the sizes of the packets ffmpeg finds; the last ends with the file."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-c", "copy", "-f", "framecrc", "-"]
    rows = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    sizes = [int(row.split(",")[4]) for row in rows if not row.startswith("#")]
    total = path.stat().st_size
    return [total - sum(sizes[index:]) for index in range(1, len(sizes))] + [total]


# What is heard


def test_a_16_khz_mono_wav_is_read_exactly_as_the_wave_module_reads_it(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.arange(-32_768, 32_768, 3, dtype=np.int16))
    with wave.open(str(path)) as file:
        expected = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    with decode(path) as audio:
        assert audio.n_samples == len(expected)
        assert audio.warnings == ()
        np.testing.assert_array_equal(audio.read() * 32_768, expected)
        assert audio.read().dtype == np.float32


def test_flac_gives_the_sine_that_was_written(tmp_path: Path) -> None:
    flac = convert(write_wav(tmp_path / "a.wav", tone(440, 1.5)), tmp_path / "a.flac")
    times = np.arange(24_000) / 16_000
    with decode(flac) as audio:
        assert audio.duration == 1.5
        np.testing.assert_allclose(audio.read(), 0.5 * np.sin(2 * np.pi * 440 * times), atol=1.5 * STEP)


def test_stereo_is_mixed_to_the_mean(tmp_path: Path) -> None:
    left, right = tone(300, 1.0), tone(1100, 1.0, peak=0.9)
    with decode(write_wav(tmp_path / "a.wav", left, right)) as audio:
        np.testing.assert_allclose(audio.read(), (left.astype(float) + right) / 2 / 32_768, atol=STEP)


def test_six_channels_become_one(tmp_path: Path) -> None:
    silence = np.zeros(SAMPLE_RATE, np.int16)
    centre = tone(500, 1.0)
    with decode(write_wav(tmp_path / "a.wav", silence, silence, centre, silence, silence, silence)) as audio:
        heard = audio.read()
        assert audio.n_samples == SAMPLE_RATE
    assert np.corrcoef(heard, centre)[0, 1] > 0.999
    assert np.abs(heard).max() > 0.1


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 48_000])
def test_a_resampled_tone_keeps_its_pitch_level_and_length(tmp_path: Path, rate: int) -> None:
    with decode(write_wav(tmp_path / "a.wav", tone(1000, 2.0, rate=rate), rate=rate)) as audio:
        heard = audio.read(0.5, 1.5)
        assert audio.duration == pytest.approx(2.0, abs=0.002)
    spectrum = np.abs(np.fft.rfft(heard)) / len(heard) * 2
    assert int(spectrum.argmax()) == 1000  # one second: a bin a hertz
    assert spectrum.max() == pytest.approx(0.5, rel=0.02)


def test_two_joined_mp3s_of_different_make_are_both_heard(tmp_path: Path) -> None:
    """As advertisements are put before an episode: mono and 22 kHz, then stereo and 44.1 kHz."""
    mono = convert(write_wav(tmp_path / "m.wav", tone(500, 3.0, rate=22_050), rate=22_050), tmp_path / "m.mp3")
    both = tone(900, 3.0, rate=44_100)
    stereo = convert(write_wav(tmp_path / "s.wav", both, both, rate=44_100), tmp_path / "s.mp3")
    joined = tmp_path / "joined.mp3"
    joined.write_bytes(mono.read_bytes() + stereo.read_bytes())
    with decode(joined) as audio:
        assert audio.duration == pytest.approx(6.0, abs=0.3)
        assert audio.warnings == ()
        pitches = [int(np.abs(np.fft.rfft(audio.read(at, at + 1.0))).argmax()) for at in (1.0, 4.5)]
    assert pitches == [500, 900]


def test_a_film_gives_its_first_sound_track(tmp_path: Path, speech_wav: Path) -> None:
    picture = ["-f", "lavfi", "-t", "12", "-i", "color=c=red:s=64x64:r=5"]
    film = convert(speech_wav, tmp_path / "film.mkv", *picture, "-map", "1:v", "-map", "0:a", "-c:a", "flac")
    with decode(film) as audio, decode(speech_wav) as expected:
        np.testing.assert_array_equal(audio.read(), expected.read())
        assert audio.warnings == ()  # although the film goes on after the sound


def test_a_fifth_of_a_second_is_enough(tmp_path: Path) -> None:
    mp3 = convert(write_wav(tmp_path / "a.wav", tone(440, 0.2)), tmp_path / "a.mp3")
    with decode(mp3) as audio:
        assert audio.duration == pytest.approx(0.2, abs=0.08)
        assert audio.warnings == ()


def test_progress_rises_to_one(tmp_path: Path) -> None:
    fractions: list[float] = []
    path = write_wav(tmp_path / "a.wav", np.zeros(100 * SAMPLE_RATE, np.int16))
    decode(path, progress=fractions.append).close()
    assert fractions == pytest.approx([0.3, 0.6, 0.9, 1.0, 1.0])


def test_an_error_of_the_listener_to_progress_comes_through(tmp_path: Path) -> None:
    def stop(fraction: float) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        decode(write_wav(tmp_path / "a.wav", np.zeros(200 * SAMPLE_RATE, np.int16)), progress=stop)
    gc.collect()
    assert threading.active_count() == before


# Cut and damaged files


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
    assert f"breaks off after 0:00:0{round(audio.duration)}" in warning


@settings(max_examples=16)
@given(st.floats(0.3, 1.0), st.none() | st.integers(-3, 3))
def test_an_mp3_of_unstated_length_is_called_cut_unless_that_was_between_frames(
    mpeg: Path, part: float, nudge: int | None
) -> None:
    data, ends = mpeg.read_bytes(), frame_ends(mpeg)
    size = int(part * len(data))
    if nudge is not None:
        size = min(min(ends, key=lambda end: abs(end - size)) + nudge, len(data))
    path = mpeg.with_name(f"cut-{mpeg.name}")
    path.write_bytes(data[:size])
    with decode(path) as audio:
        assert ["breaks off after" in warning for warning in audio.warnings] == [True] * (size not in ends)


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
def test_what_stands_after_the_last_frame_is_no_cut(mpeg: Path, trailer: bytes) -> None:
    path = mpeg.with_name(f"tagged-{mpeg.name}")
    path.write_bytes(mpeg.read_bytes() + trailer)
    with decode(path) as audio:
        assert audio.warnings == ()


def test_a_cut_mp3_with_a_tag_put_on_afterwards_is_still_cut(mpeg: Path) -> None:
    path = mpeg.with_name(f"tagged-{mpeg.name}")
    path.write_bytes(mpeg.read_bytes()[:-7] + ID3V1)
    with decode(path) as audio:
        (warning,) = audio.warnings
    assert "breaks off after 0:00:03" in warning


def test_headers_inside_of_frames_do_not_hide_a_cut(tmp_path: Path) -> None:
    """Frames of 417 bytes, the last 104 of each of which look like a frame of 32 kbit/s."""
    frame = b"\xff\xfb\x90\xc0" + bytes(309) + b"\xff\xfb\x10\xc0" + bytes(100)
    path = tmp_path / "a.mp3"
    path.write_bytes(frame * 80)
    with decode(path) as audio:
        assert audio.warnings == ()
    path.write_bytes(frame * 80 + frame[:200])
    with decode(path) as audio:
        (warning,) = audio.warnings
    assert "breaks off after 0:00:02" in warning


def test_a_word_of_junk_that_looks_like_a_frame_is_no_cut(tmp_path: Path) -> None:
    """Three frames' headers follow one another in the junk, the last of them not whole: too few to be sure."""
    mp3 = convert(write_noise(tmp_path / "noise.wav", 2.0), tmp_path / "a.mp3", "-write_xing", "0", "-b:a", "32k")
    frame = b"\xff\xfb\x90\x00" + bytes(413)  # MPEG-1, layer III, 128 kbit/s, 44.1 kHz: 417 bytes
    with mp3.open("ab") as file:
        file.write(bytes(99) + 3 * frame + frame[:100])
    with decode(mp3) as audio:
        assert not [warning for warning in audio.warnings if "breaks off" in warning]


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


def test_an_m4a_that_lost_its_index_says_so(tmp_path: Path, speech_wav: Path) -> None:
    with pytest.raises(DecodeError, match=r"cut-a\.m4a: its end is missing"):
        decode(cut(convert(speech_wav, tmp_path / "a.m4a"), 0.6))


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
def test_no_intact_recording_is_called_damaged() -> None:
    files = sorted([*CORPUS.iterdir(), *CLIPS.iterdir()])
    paths = [path for path in files if path.suffix in {".mp3", ".wav", ".flac", ".opus"}]
    for path in paths:
        with decode(path) as audio:
            assert audio.warnings == ()
            assert audio.duration > 5
    assert len(paths) > 10


# What is refused


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
        "import os, sys; from pathlib import Path; from audio.decode import decode; import audio.errors\n"
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
        "import resource, sys; from pathlib import Path; from audio.decode import decode; import audio.errors\n"
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


def test_importing_and_decoding_warn_of_nothing() -> None:
    program = "import sys; from pathlib import Path; from audio.decode import decode; decode(Path(sys.argv[1]))"
    command = [sys.executable, "-W", "error", "-c", program, str(CLIPS / "short.mp3")]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (run.returncode, run.stderr) == (0, "")


# Audio


@given(
    st.lists(st.integers(-32_768, 32_767), min_size=1, max_size=300),
    st.floats(-0.01, 0.03),
    st.none() | st.floats(-0.01, 0.03),
)
def test_reading_is_slicing(samples: list[int], start: float, end: float | None) -> None:
    first = max(round(start * SAMPLE_RATE), 0)
    last = len(samples) if end is None else max(round(end * SAMPLE_RATE), 0)
    with Audio.from_samples((np.array(samples) / 32_768).astype(np.float32)) as audio:
        np.testing.assert_array_equal(audio.read(start, end) * 32_768, samples[first:last])


@given(st.integers(1, 500), st.integers(1, 600))
def test_blocks_are_the_whole_in_pieces(n_samples: int, step: int) -> None:
    with Audio.from_samples(np.linspace(-1, 0.9, n_samples).astype(np.float32)) as audio:
        blocks = list(audio.blocks(step / SAMPLE_RATE))
        np.testing.assert_array_equal(np.concatenate(blocks), audio.read())
    assert {len(block) for block in blocks[:-1]} <= {step}
    assert 1 <= len(blocks[-1]) <= step


def test_samples_are_rounded_and_clipped() -> None:
    with Audio.from_samples(np.array([0.0, 0.4 * STEP, 0.6 * STEP, 1.0, -1.0, 7.0, -7.0], np.float32)) as audio:
        np.testing.assert_array_equal(audio.read() * 32_768, [0, 0, 1, 32_767, -32_768, 32_767, -32_768])


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros((3, 2)), np.array([0.0, np.nan]), np.array([np.inf])])
def test_what_is_no_row_of_samples_is_refused(samples: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="samples must be"):
        Audio.from_samples(samples.astype(np.float32))


@pytest.mark.parametrize("windows", [False, True])
def test_threads_read_side_by_side(monkeypatch: pytest.MonkeyPatch, windows: bool) -> None:
    if windows:
        monkeypatch.delattr(os, "pread", raising=False)
    samples = (np.random.default_rng(2).integers(-32_768, 32_768, 20_000) / 32_768).astype(np.float32)
    wrong: list[int] = []
    with Audio.from_samples(samples) as audio:

        def read_all(offset: int) -> None:
            for at in range(offset, 19_000, 37):
                if not np.array_equal(audio.read(at / SAMPLE_RATE, (at + 500) / SAMPLE_RATE), samples[at : at + 500]):
                    wrong.append(at)

        threads = [threading.Thread(target=read_all, args=(offset,)) for offset in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_closed_or_forgotten_audio_leaves_nothing_behind(recwarn: pytest.WarningsRecorder) -> None:
    audio = Audio.from_samples(TEN)
    audio.close()
    audio.close()
    with pytest.raises(ValueError, match="closed"):
        audio.read()
    del audio
    Audio.from_samples(TEN)
    gc.collect()
    assert not [warning for warning in recwarn if issubclass(warning.category, ResourceWarning)]


def test_all_errors_are_audio_errors() -> None:
    assert issubclass(DecodeError, AudioError)
    assert issubclass(SourceError, AudioError)


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite, which speaks the clips, is not installed")
def test_the_clips_can_be_made_again(tmp_path: Path) -> None:
    run = subprocess.run(["flite", "--version"], capture_output=True, text=True, check=False)  # exits with 1
    version = re.search(r"flite-[\w.-]+", run.stdout + run.stderr)
    if not version or not version[0].startswith(f"{CLIPS_SPOKEN_BY}-"):
        found = version[0] if version else "of unknown version"
        pytest.skip(f"the clips were spoken by {CLIPS_SPOKEN_BY}, here is {found}")
    for name in ("make.py", "short.ref.txt"):
        shutil.copy(CLIPS / name, tmp_path)
    subprocess.run([sys.executable, str(tmp_path / "make.py"), "short"], check=True)
    assert (tmp_path / "short.rttm").read_text() == (CLIPS / "short.rttm").read_text()
    with decode(tmp_path / "short.mp3") as again, decode(CLIPS / "short.mp3") as clip:
        assert np.corrcoef(again.read(), clip.read())[0, 1] > 0.999  # the encoder may be another version
