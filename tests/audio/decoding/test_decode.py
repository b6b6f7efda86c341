"""Decoding intact files, against signals computed by hand and the standard library's `wave`; and what it refuses."""

from __future__ import annotations

import gc
import inspect
import os
import re
import shutil
import subprocess
import sys
import threading
import wave
from pathlib import Path

import numpy as np
import pytest

from audio.decoding.decode import MAX_DURATION, decode
from audio.decoding.samples import SAMPLE_RATE, write
from audio.errors import DecodeError
from tests.support.audio_files import STEP, convert, tone, write_wav
from tests.support.paths import CLIPS

FLITE_OF_CLIPS = "flite-2.2"  # other versions have other voices and times


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
        decoded = audio.read()
        assert audio.n_samples == SAMPLE_RATE
    assert np.corrcoef(decoded, centre)[0, 1] > 0.999
    assert np.abs(decoded).max() > 0.1


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 48_000])
def test_a_resampled_tone_keeps_its_pitch_level_and_length(tmp_path: Path, rate: int) -> None:
    with decode(write_wav(tmp_path / "a.wav", tone(1000, 2.0, rate=rate), rate=rate)) as audio:
        decoded = audio.read(0.5, 1.5)
        assert audio.duration == pytest.approx(2.0, abs=0.002)
    spectrum = np.abs(np.fft.rfft(decoded)) / len(decoded) * 2
    assert int(spectrum.argmax()) == 1000  # one second: a bin a hertz
    assert spectrum.max() == pytest.approx(0.5, rel=0.02)


def test_two_joined_mp3s_of_different_formats_are_both_decoded(tmp_path: Path) -> None:
    """Like an advertisement before an episode: mono at 22 kHz, then stereo at 44.1 kHz."""
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


def test_a_video_gives_its_first_sound_track(tmp_path: Path, speech_wav: Path) -> None:
    picture = ["-f", "lavfi", "-t", "12", "-i", "color=c=red:s=64x64:r=5"]
    film = convert(speech_wav, tmp_path / "film.mkv", *picture, "-map", "1:v", "-map", "0:a", "-c:a", "flac")
    with decode(film) as audio, decode(speech_wav) as expected:
        np.testing.assert_array_equal(audio.read(), expected.read())
        assert audio.warnings == ()  # although the video is longer than its sound


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


def test_an_error_in_the_progress_callback_propagates(tmp_path: Path) -> None:
    def stop(fraction: float) -> None:
        raise KeyboardInterrupt

    before = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt):
        decode(write_wav(tmp_path / "a.wav", np.zeros(200 * SAMPLE_RATE, np.int16)), progress=stop)
    gc.collect()
    assert set(threading.enumerate()) <= before  # others may have ended


@pytest.mark.processes
def test_importing_and_decoding_raise_no_warnings() -> None:
    program = (
        "import sys; from pathlib import Path; from audio.decoding.decode import decode; decode(Path(sys.argv[1]))"
    )
    command = [sys.executable, "-W", "error", "-c", program, str(CLIPS / "short.mp3")]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.processes
@pytest.mark.skipif(shutil.which("flite") is None, reason="flite, which synthesises the clips, is not installed")
def test_the_clips_are_reproducible(tmp_path: Path) -> None:
    run = subprocess.run(["flite", "--version"], capture_output=True, text=True, check=False)  # exits with 1
    version = re.search(r"flite-[\w.-]+", run.stdout + run.stderr)
    if not version or not version[0].startswith(f"{FLITE_OF_CLIPS}-"):
        installed = version[0] if version else "of unknown version"
        pytest.skip(f"the clips were synthesised by {FLITE_OF_CLIPS}, installed is {installed}")
    for name in ("make.py", "short.ref.txt"):
        shutil.copy(CLIPS / name, tmp_path)
    subprocess.run([sys.executable, str(tmp_path / "make.py"), "short"], check=True)
    assert (tmp_path / "short.rttm").read_text() == (CLIPS / "short.rttm").read_text()
    with decode(tmp_path / "short.mp3") as again, decode(CLIPS / "short.mp3") as clip:
        assert np.corrcoef(again.read(), clip.read())[0, 1] > 0.999  # the encoder may be another version


def test_a_video_without_sound_is_refused(tmp_path: Path, speech_wav: Path) -> None:
    options = ["-f", "lavfi", "-t", "1", "-i", "color=c=red:s=64x64:r=5", "-map", "1:v"]
    with pytest.raises(DecodeError, match="contains no sound"):
        decode(convert(speech_wav, tmp_path / "film.mkv", *options))


@pytest.mark.parametrize("name", ["-y.wav", "http:a.wav", "concat:a.wav|b.wav", "a%03d.wav", "ä 'quoted' \n.wav"])
@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such names")
def test_a_file_name_is_never_an_option_or_a_protocol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_wav(tmp_path / name, tone(440, 0.5))
    with decode(Path(name)) as audio:
        assert audio.duration == 0.5
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(DecodeError) as caught:
        decode(Path(name))
    assert "\n" not in str(caught.value)


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="needs limits on the size of files")
def test_a_limit_on_the_size_of_files_is_not_reported_as_a_bad_file(tmp_path: Path) -> None:
    program = (
        "import resource, sys; from pathlib import Path; import audio.errors\n"
        "from audio.decoding.decode import decode\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: decode(Path(sys.argv[1]))\n"
        "except audio.errors.DecodeError as error: print(error)\n"
    )
    path = write_wav(tmp_path / "a.wav", np.zeros(60 * SAMPLE_RATE, np.int16))
    run = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert "cannot store the decoded samples" in run.stdout
    assert "ulimit -f" in run.stdout
    assert "space" not in run.stdout
    assert run.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
def test_a_full_disk_is_reported_as_that() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(DecodeError) as caught:
        write(full, b"sound")
    assert "free some space, or set TMPDIR" in str(caught.value)
    assert "ulimit" not in str(caught.value)


def test_without_ffmpeg_the_error_names_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(DecodeError, match="pip install imageio-ffmpeg"):
        decode(CLIPS / "short.mp3")


@pytest.mark.skipif(os.name == "nt", reason="needs a script as a program")
def test_the_ffmpeg_on_the_path_comes_first_and_a_flood_of_log_lines_is_harmless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "ffmpeg"
    fake.write_text(
        f"#!{sys.executable}\nimport sys\nfor _ in range(200_000):\n"
        "    sys.stderr.write('\\x1b[31m[error] \\x1b[0m\\x1b[31mno good\\n\\x1b[0m')\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DecodeError, match=r"is not audio ffmpeg can read \(no good\)"):
        decode(CLIPS / "short.mp3")
    fake.write_text("#!/nowhere/to/be/found\n")
    with pytest.raises(DecodeError, match="cannot be run"):
        decode(CLIPS / "short.mp3")


def test_a_file_that_expands_beyond_the_limit_is_refused_and_fills_no_disk(tmp_path: Path) -> None:
    """A minute of silence is a few kilobytes of FLAC; in some formats a day of it is no larger."""
    minute = convert(write_wav(tmp_path / "a.wav", np.zeros(60 * SAMPLE_RATE, np.int16)), tmp_path / "a.flac")
    assert minute.stat().st_size < 60 * SAMPLE_RATE * 2 / 50
    with decode(minute, max_duration=60) as audio:
        assert audio.duration == 60
    fractions: list[float] = []
    before = set(threading.enumerate())
    with pytest.raises(DecodeError, match=r"a\.flac: more than 0:00:29 of sound; cut it into shorter files"):
        decode(minute, max_duration=29, progress=fractions.append)
    assert fractions == []  # the first block of 30 s already exceeds the limit
    gc.collect()
    assert set(threading.enumerate()) <= before


def test_the_default_limit_is_a_day() -> None:
    assert inspect.signature(decode).parameters["max_duration"].default == MAX_DURATION == 24 * 60 * 60


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.adx", ()),
        ("a.aptx", ("-ar", "48000")),
        ("a.dat", ("-f", "wsaud")),
        ("a.dv", ("-f", "lavfi", "-t", "2", "-i", "testsrc=s=720x576:r=25", "-ar", "48000", "-ac", "2")),
        ("a.g722", ("-ar", "16000")),
        ("a.gxf", ("-ar", "48000")),
        ("a.mmf", ("-ar", "22050")),
        ("a.rso", ()),
        ("a.sln", ("-f", "s16le", "-ar", "8000")),
        ("a.sox", ()),
        ("a.spdif", ("-c:a", "ac3", "-ar", "48000")),
        ("a.swf", ("-c:a", "libmp3lame", "-ar", "44100")),
    ],
)
def test_formats_that_hold_their_own_sound(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    wav = write_wav(tmp_path / "a.wav", tone(440, 2.0))
    with decode(convert(wav, tmp_path / name, *options)) as audio:
        assert audio.duration == pytest.approx(2.0, abs=0.5)
        assert audio.warnings == ()


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.m4a", "a.mka", "a.ogg", "a.aiff", "a.wv", "a.au", "a.caf"])
def test_a_tag_of_mp3_before_another_kind_of_recording(tmp_path: Path, name: str) -> None:
    wav = write_wav(tmp_path / "source.wav", tone(440, 2.0), tone(880, 2.0))
    whole = convert(wav, tmp_path / name)
    with decode(whole) as audio:
        expected = audio.duration
    whole.write_bytes(b"ID3\3\0\0\0\0\2\0" + bytes(256) + whole.read_bytes())
    with decode(whole) as audio:
        assert audio.duration == pytest.approx(expected, abs=0.05)
        assert audio.warnings == ()
