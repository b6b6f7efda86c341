"""The time of a file as players show it: gaps by hand, and a tone's beginning in files with late starts and gaps."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.decoding.decode import decode
from audio.decoding.notes import Finding
from audio.decoding.samples import LEVEL_SAMPLES, SAMPLE_RATE, Audio
from audio.decoding.timeline import Gap, Timeline, find_gaps, read_timeline, spread, spread_levels
from audio.structure.parts import structure_of
from tests.support.audio_files import convert, tone, write_wav

DAY = 24 * 3600 * SAMPLE_RATE
PICTURE = ["-f", "lavfi", "-t", "14", "-i", "color=c=black:s=64x48:r=25"]
SECOND_PART = "asetpts='if(lt(T,2),PTS,PTS+20/TB)'"


def beginnings(audio: Audio) -> list[float]:
    """When a sound begins after silence, in seconds."""
    loud = np.abs(audio.read()) > 0.1
    steps = loud[: len(loud) // 1600 * 1600].reshape(-1, 1600).any(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], steps]).astype(int)) == 1)
    return [float(np.flatnonzero(loud[at * 1600 :])[0] / SAMPLE_RATE + at / 10) for at in edges]


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "a.wav", tone(440, 4.0))


@pytest.mark.parametrize(
    ("name", "codecs"),
    [
        ("late.mp4", ["-c:v", "mpeg4", "-c:a", "aac"]),
        ("late.mov", ["-c:v", "mpeg4", "-c:a", "pcm_s16le"]),
        ("late.mkv", ["-c:v", "mpeg4", "-c:a", "libmp3lame"]),
        ("late.webm", ["-c:v", "libvpx", "-c:a", "libopus"]),
        ("late.ts", ["-c:v", "mpeg2video", "-c:a", "mp2"]),
        ("late.m2ts", ["-c:v", "mpeg2video", "-c:a", "mp2"]),  # packets with a time stamp before each
    ],
)
def test_the_sound_of_a_film_that_starts_late(tmp_path: Path, wav: Path, name: str, codecs: list[str]) -> None:
    inputs = [*PICTURE, "-itsoffset", "5", "-i", str(wav), "-map", "1:v", "-map", "2:a"]
    with decode(convert(wav, tmp_path / name, *inputs, *codecs)) as audio:
        assert beginnings(audio) == pytest.approx([5.0], abs=0.06)
        assert (audio.warnings, audio.notes) == ((), ())


@pytest.mark.parametrize("name", ["late.webm", "late.m4a", "late.ogg", "late.mka"])
def test_a_recording_without_pictures_that_starts_late_as_browsers_play_it(
    tmp_path: Path, wav: Path, name: str
) -> None:
    codec = "aac" if name.endswith("m4a") else "libopus"
    with decode(convert(wav, tmp_path / name, "-c:a", codec, "-output_ts_offset", "3")) as audio:
        assert beginnings(audio) == pytest.approx([3.0], abs=0.06)
        assert audio.warnings == ()


@pytest.mark.parametrize("name", ["late.webm", "late.m4a", "late.ogg", "late.mka"])
def test_behind_a_tag_time_counts_as_without_it(tmp_path: Path, wav: Path, name: str) -> None:
    """An ID3 tag, which programs for MP3 put before anything."""
    codec = "aac" if name.endswith("m4a") else "libopus"
    path = convert(wav, tmp_path / name, "-c:a", codec, "-output_ts_offset", "3")
    path.write_bytes(b"ID3\4\0\0\0\0\1\0" + bytes(128) + path.read_bytes())
    with decode(path) as audio:
        assert beginnings(audio) == pytest.approx([3.0], abs=0.06)
        assert audio.warnings == ()


def test_the_start_that_an_avi_states_is_kept(tmp_path: Path, wav: Path) -> None:
    path = convert(
        wav, tmp_path / "a.avi", *PICTURE, "-map", "1:v", "-map", "0:a", "-c:v", "mpeg4", "-c:a", "pcm_s16le"
    )
    data = bytearray(path.read_bytes())
    start = data.index(b"strh", data.index(b"strh") + 4) + 8 + 28  # dwStart of the second stream, in its own unit
    scale, rate = struct.unpack_from("<II", data, start - 8)
    struct.pack_into("<I", data, start, 5 * rate // scale)
    path.write_bytes(data)
    with decode(path) as audio:
        assert beginnings(audio) == pytest.approx([5.0], abs=0.06)


def test_a_clock_that_starts_anywhere_is_no_silence(tmp_path: Path, wav: Path) -> None:
    with decode(convert(wav, tmp_path / "a.ts", "-c:a", "aac", "-output_ts_offset", "3600")) as audio:
        assert beginnings(audio) == pytest.approx([0.0], abs=0.07)


@pytest.mark.parametrize("name", ["gap.webm", "gap.m4a", "gap.ts", "gap.ogg", "gap.mkv"])
def test_a_gap_in_the_timestamps_is_silence(tmp_path: Path, wav: Path, name: str) -> None:
    codec = {"webm": "libopus", "ogg": "libvorbis", "mkv": "flac"}.get(name.split(".")[1], "aac")
    with decode(convert(wav, tmp_path / name, "-filter:a", SECOND_PART, "-c:a", codec)) as audio:
        assert beginnings(audio) == pytest.approx([0.0, 22.0], abs=0.13)  # a .ts does not state its AAC's priming
        assert audio.duration == pytest.approx(24.0, abs=0.1)
        assert (audio.warnings, audio.notes) == ((), ())
        assert audio.revision > 0


def test_a_gap_of_years_is_left_out_and_said(tmp_path: Path, wav: Path) -> None:
    far = SECOND_PART.replace("20/TB", "1e9/TB")
    with decode(convert(wav, tmp_path / "a.mka", "-filter:a", far, "-c:a", "libopus")) as audio:
        assert audio.duration == pytest.approx(4.0, abs=0.1)
        assert [note.finding for note in audio.notes] == [Finding.CLOSED_GAP]
        assert audio.notes[0].details["start"] == pytest.approx(2.0, abs=0.1)
        assert audio.warnings == ()


@pytest.mark.parametrize("suffix", ["mp3", "m4a", "opus", "ogg", "webm", "flac", "wma", "ac3"])
def test_priming_is_no_silence(tmp_path: Path, wav: Path, suffix: str) -> None:
    with decode(convert(wav, tmp_path / f"a.{suffix}")) as audio:
        assert beginnings(audio) == pytest.approx([0.0], abs=0.09)
        assert audio.revision == 0


@pytest.mark.parametrize("codec", ["dca", "eac3", "g722", "ac3", "mp2", "pcm_s16le"])
def test_a_wrong_unit_of_time_is_no_silence(tmp_path: Path, wav: Path, codec: str) -> None:
    options = ["-ar", "48000", "-strict", "-2", "-c:a", codec]
    with decode(convert(wav, tmp_path / "a.avi", *options)) as audio:
        assert audio.duration == pytest.approx(4.0, abs=0.1)
        assert (audio.warnings, audio.notes) == ((), ())


@given(
    st.integers(1, 2000),
    st.floats(1.03, 10_000),
    st.integers(0, 10**6),
    st.sampled_from([None, 0.0, 1.0]),
)
def test_time_that_runs_faster_than_the_samples_is_not_believed(
    tmp_path_factory: pytest.TempPathFactory, length: int, pace: float, start: int, stated: float | None
) -> None:
    frames = range(0, 3 * SAMPLE_RATE, length)
    path = tmp_path_factory.mktemp("times") / "times"
    path.write_text("".join(f"{start + round(at * pace)} {at}\n" for at in frames))
    n_samples = len(frames) * length
    seconds = None if stated is None else stated * n_samples / SAMPLE_RATE
    timeline = read_timeline(path, max_samples=DAY, n_samples=n_samples, stated=seconds)
    assert timeline.silence == 0
    assert len(timeline.closed) <= (0 if stated else 1)


def test_a_gap_that_the_stated_length_contradicts_is_none(tmp_path: Path) -> None:
    times = tmp_path / "times"
    times.write_text("".join(f"{at + (160_000 if at >= 32_000 else 800)} {at}\n" for at in range(0, 64_000, 320)))
    states = {
        stated: read_timeline(times, max_samples=DAY, n_samples=64_000, stated=stated).silence
        for stated in (None, 14, 4)
    }
    assert states[None] == states[14] > 159_000
    assert states[4] < 1600


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_s24le", "pcm_f32le", "aac", "alac"])
def test_a_gap_in_a_film_is_no_damage(tmp_path: Path, wav: Path, codec: str) -> None:
    """Of plain samples no player makes one."""
    with decode(convert(wav, tmp_path / "gap.mov", "-filter:a", SECOND_PART, "-c:a", codec)) as audio:
        assert audio.duration == pytest.approx(4.0 if codec.startswith("pcm") else 24.0, abs=0.1)
        assert audio.warnings == ()


def test_parts_that_begin_again_follow_on() -> None:
    statements = [(at % 48_000, at) for at in range(0, 144_000, 320)]
    assert find_gaps(statements, max_samples=DAY) == Timeline()


def test_a_gap_after_a_part_began_again_is_kept() -> None:
    statements = [(at, at) for at in range(0, 48_000, 320)]
    statements += [(at, 48_000 + at) for at in range(0, 16_000, 320)]
    statements += [(at + 32_000, 48_000 + at) for at in range(16_000, 48_000, 320)]
    assert find_gaps(statements, max_samples=DAY).gaps == (Gap(64_000, 32_000),)


def test_one_wrong_timestamp_is_no_gap() -> None:
    statements = [(at, at) for at in range(0, 48_000, 320)]
    statements[50] = (10**12, statements[50][1])
    assert find_gaps(statements, max_samples=DAY) == Timeline()


def test_a_clock_that_is_not_exact_does_not_drift() -> None:
    """Of an hour with 300 ppm more, about a second is missing in the end; it is put in bit by bit."""
    statements = [(round(at * 1.0003), at) for at in range(0, 3600 * SAMPLE_RATE, 1024)]
    timeline = find_gaps(statements, max_samples=DAY)
    assert timeline.silence == pytest.approx(0.0003 * 3600 * SAMPLE_RATE, abs=1600)


@given(st.lists(st.tuples(st.integers(1, 5000), st.integers(-(10**6), 10**12)), max_size=40))
def test_no_sound_is_dropped_and_only_silence_put_in(frames: list[tuple[int, int]]) -> None:
    statements, at = [], 0
    for length, timestamp in frames:
        statements.append((timestamp, at))
        at += length
    timeline = find_gaps(statements, max_samples=20 * SAMPLE_RATE)
    samples = (np.arange(at) % 1000 + 1).astype("<i2")
    source, target = io.BytesIO(samples.tobytes()), io.BytesIO()
    spread(source, target, timeline)
    result = np.frombuffer(target.getvalue(), "<i2")
    np.testing.assert_array_equal(result[result != 0], samples)
    if at:
        assert len(result) == timeline.after(at) <= max(20 * SAMPLE_RATE, at)
    assert all(gap.length % LEVEL_SAMPLES == 0 for gap in timeline.gaps)


def test_levels_get_the_same_silence() -> None:
    timeline = Timeline((Gap(0, 3200), Gap(1600, 1600), Gap(2000, 10**9, closed=True)))
    spread_out = spread_levels(np.ones((2, 20), np.float32), timeline)
    assert spread_out[0].tolist() == [0] * 20 + [1] * 10 + [0] * 10 + [1] * 10


@pytest.mark.parametrize(("codec", "start"), [("libmp3lame", "5"), ("aac", "5"), ("aac", "0"), ("libmp3lame", "0")])
def test_the_empty_chunks_of_an_avi_are_no_lost_sound(tmp_path: Path, wav: Path, codec: str, start: str) -> None:
    """They hold the time before its sound, which players that count chunks skip."""
    inputs = [*PICTURE, "-itsoffset", start, "-i", str(wav), "-map", "1:v", "-map", "2:a"]
    film = convert(wav, tmp_path / "late.avi", *inputs, "-c:v", "mpeg4", "-c:a", codec)
    (part,) = structure_of(film).parts
    with decode(film) as audio:
        assert part.seconds == pytest.approx(4.0, abs=0.15)
        assert audio.duration == pytest.approx(4.0, abs=0.15)
        assert audio.warnings == ()
