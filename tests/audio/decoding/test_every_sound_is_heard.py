"""The law: every audible second of every channel and track is in the samples, or a note says what is not.

Files are made up of tones, a pitch of its own for every channel, and the pitches are looked for in what is decoded.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio.decoding.decode import decode
from audio.decoding.notes import Finding
from audio.decoding.samples import Audio
from tests.support.audio_files import convert, in_one_file, level_at, tone, write_extensible, write_noise, write_wav
from tests.support.paths import CLIPS

SECONDS = 2.0
POSITIONS = {1: 0x4, 2: 0x3, 3: 0xB, 4: 0x33, 6: 0x3F, 7: 0x13F, 8: 0x63F, 12: 0x2D63F, 16: 0x2FFFF}
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)  # a smaller example of a failure would take minutes


@dataclass(frozen=True)
class Track:
    """Channels, each with the level of its pitch and its share of a sound common to all, which may be upside down."""

    levels: tuple[float, ...]
    shares: tuple[int, ...]
    has_positions: bool


def tracks(least: int = 1, most: int = 16) -> st.SearchStrategy[Track]:
    def of(n: int) -> st.SearchStrategy[Track]:
        level, share = st.sampled_from([0.02, 0.1, 0.3]), st.sampled_from([-1, 1])
        levels, shares = st.tuples(*[level] * n), st.tuples(*[share] * n) | st.just((0,) * n)
        return st.builds(Track, levels, shares, st.booleans() if n in POSITIONS else st.just(False))

    return st.integers(least, most).flatmap(of)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("heard")


def pitches(track: int, n: int) -> list[int]:
    """Whole periods in a second, none of them a multiple of another's."""
    return [310 + 1600 * track + 90 * channel for channel in range(n)]


def noise_between(low: int, high: int, *, seconds: float = SECONDS, seed: int = 5) -> NDArray[np.float64]:
    """Noise of frequencies in Hz, whose loudest sample is 1."""
    n = round(16_000 * seconds)
    noise = np.fft.rfft(np.random.default_rng(seed).standard_normal(n))
    hertz = np.fft.rfftfreq(n, 1 / 16_000)
    noise[(hertz < low) | (hertz > high)] = 0
    signal: NDArray[np.float64] = np.fft.irfft(noise)
    return signal / np.abs(signal).max()


def common() -> NDArray[np.float64]:
    """A noise between the pitches."""
    return 9000 * noise_between(2200, 3400)


def syllables(seconds: float) -> NDArray[np.float64]:
    """What is to speech as far as it is measured: noise in its frequencies that swells four times a second."""
    swell = 0.05 + 0.95 * np.sin(4 * np.pi * np.arange(round(16_000 * seconds)) / 16_000) ** 2
    return noise_between(250, 3200, seconds=seconds, seed=6) * swell


def beside_speech(kind: str, seconds: float) -> NDArray[np.float64]:
    """A sound that is not speech."""
    times = np.arange(round(16_000 * seconds)) / 16_000
    if kind == "constant":
        return np.ones(len(times))
    if kind == "rumble":
        return noise_between(5, 60, seconds=seconds, seed=7)
    pitches = {"hum": [50], "whistle": [1010], "tone": [330], "buzz": [50 * n for n in range(1, 12)]}[kind]
    return np.mean([np.sin(2 * np.pi * pitch * times) for pitch in pitches], axis=0)


def share_of(samples: NDArray[np.float32], sound: NDArray[np.float64]) -> float:
    """How loud `sound`, in which nothing else is, is in samples."""
    return float(np.abs(samples @ sound) / (sound @ sound))


def write_track(path: Path, track: Track, *, number: int = 0) -> Path:
    rows = [
        (tone(pitch, SECONDS, peak=level) + share * common()).round().clip(-32_768, 32_767).astype("<i2")
        for pitch, level, share in zip(pitches(number, len(track.levels)), track.levels, track.shares, strict=True)
    ]
    if track.has_positions:
        return write_extensible(path, *rows, mask=POSITIONS[len(rows)])
    return write_wav(path, *rows)


def assert_heard(audio: Audio, track: Track, *, number: int = 0, n_tracks: int = 1) -> None:
    """Every pitch is there, no fainter than in the mean of all channels, the surround ones by half as ffmpeg mixes."""
    samples = audio.read(0.5, 1.5)
    n = len(track.levels)
    for pitch, level in zip(pitches(number, n), track.levels, strict=True):
        assert level_at(samples, pitch) > 0.45 * level / n / n_tracks


@settings(max_examples=40, phases=QUICK, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(tracks())
def test_every_channel_is_heard(folder: Path, track: Track) -> None:
    """Of any number, with positions and without, loud or faint, some of them upside down."""
    with decode(write_track(folder / "a.wav", track)) as audio:
        assert_heard(audio, track)
        turned = {int(str(note.details["channel"])) for note in audio.notes if note.finding is Finding.INVERTED}
        sides = [{n for n, share in enumerate(track.shares, 1) if share == side} for side in (1, -1)]
        assert not turned or any(turned <= side for side in sides)
        if any(track.shares) and max(track.levels) <= 0.1:  # else their own pitches are most of the channels' sound
            power = float(np.square(audio.read(0.2, 1.8)).mean())
            assert power > 0.25 * float(np.square(common() / 32_768).mean())  # the common sound is not cancelled
            assert turned in sides or not turned


@settings(max_examples=10, phases=QUICK, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(tracks(most=3), min_size=2, max_size=4))
def test_every_track_is_heard(folder: Path, several: list[Track]) -> None:
    wavs = [write_track(folder / f"{number}.wav", track, number=number) for number, track in enumerate(several)]
    with decode(in_one_file(folder / "several.mkv", *wavs, options=["-c:a", "flac"])) as audio:
        (note,) = [note for note in audio.notes if note.finding is Finding.TRACKS]
        heard = note.details["heard"]
        assert isinstance(heard, list)
        left_out = [number for key in ("silent", "copies", "dubbed", "unreadable") for number in note.details[key]]  # type: ignore[union-attr]
        assert sorted(heard + left_out) == list(range(1, len(several) + 1))
        for number, track in enumerate(several):
            if number + 1 in heard:
                assert_heard(audio, track, number=number, n_tracks=len(heard))


@pytest.mark.parametrize("suffix", ["wav", "flac", "mka", "mp4", "caf", "w64", "aiff"])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 8])
def test_every_channel_of_every_container(tmp_path: Path, suffix: str, n: int) -> None:
    track = Track((0.3,) * n, (0,) * n, False)
    codec = {"mp4": "flac", "mka": "flac", "flac": "flac", "aiff": "pcm_s16be"}.get(suffix, "pcm_s16le")
    with decode(convert(write_track(tmp_path / "a.wav", track), tmp_path / f"b.{suffix}", "-c:a", codec)) as audio:
        assert_heard(audio, track)
        assert audio.notes == ()


def test_bass_in_a_bass_channel_is_mixed_as_before_and_speech_in_it_is_heard(tmp_path: Path) -> None:
    quiet = np.zeros(round(16_000 * SECONDS), np.int16)
    rows = [tone(500, SECONDS), tone(600, SECONDS), quiet, tone(60, SECONDS), quiet, quiet]
    with decode(write_extensible(tmp_path / "a.wav", *rows, mask=POSITIONS[6])) as audio:
        assert level_at(audio.read(0.5, 1.5), 60) < 0.001
        assert (audio.revision, audio.notes) == (0, ())
    rows[3] = tone(440, SECONDS)
    with decode(write_extensible(tmp_path / "b.wav", *rows, mask=POSITIONS[6])) as audio:
        assert level_at(audio.read(0.5, 1.5), 440) == pytest.approx(0.5 / 3, rel=0.02)


@pytest.mark.parametrize("gain", [-1.0, -0.9, -0.6])
def test_a_channel_upside_down_is_turned_over_and_named(tmp_path: Path, gain: float) -> None:
    wav = write_noise(tmp_path / "noise.wav", 12.0)
    with decode(wav) as expected:
        sound = (expected.read() * 32_768).round().astype("<i2")
    with decode(write_wav(tmp_path / "a.wav", sound, (gain * sound).round().astype("<i2"))) as audio:
        np.testing.assert_allclose(audio.read(), sound / 32_768 * (1 - gain) / 2, atol=2 / 32_768)
        assert [(note.finding, dict(note.details)) for note in audio.notes] == [
            (Finding.INVERTED, {"channel": 2, "start": 0.0, "end": 12.0})
        ]
        assert audio.revision > 0


def test_a_channel_upside_down_in_a_part_is_turned_over_there(tmp_path: Path) -> None:
    with decode(write_noise(tmp_path / "noise.wav", 20.0)) as audio:
        sound = (audio.read() * 32_768).round().astype("<i2")
    other = sound.copy()
    other[80_000:200_000] = -other[80_000:200_000]  # 5 to 12.5 s
    with decode(write_wav(tmp_path / "a.wav", sound, other)) as audio:
        assert np.corrcoef(audio.read(), sound)[0, 1] > 0.999
        (note,) = audio.notes
        assert (note.details["start"], note.details["end"]) == (5.0, 12.5)


def test_one_of_several_upside_down(tmp_path: Path) -> None:
    with decode(write_noise(tmp_path / "noise.wav", 6.0)) as audio:
        sound = (audio.read() * 32_768).round().astype("<i2")
    with decode(write_wav(tmp_path / "a.wav", *[sound, sound, -sound, -sound, sound])) as audio:
        assert np.corrcoef(audio.read(), sound)[0, 1] > 0.999
        assert [note.details["channel"] for note in audio.notes] == [3, 4]


@settings(max_examples=60, phases=QUICK, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    kind=st.sampled_from(["constant", "hum", "buzz", "rumble", "tone", "whistle"]),
    level=st.sampled_from([0.003, 0.02, 0.1, 0.25]),
    loudness=st.sampled_from([0.02, 0.1, 0.4]),
    speech=st.tuples(st.sampled_from([-1, 1]), st.sampled_from([-1, 1, 0.6])),
    other=st.tuples(st.sampled_from([-1, 0, 1]), st.sampled_from([-1, 1])),
)
@example(kind="hum", level=0.02, loudness=0.02, speech=(1, 1), other=(1, -1))
@example(kind="hum", level=0.02, loudness=0.1, speech=(1, -1), other=(1, 1))
@example(kind="constant", level=0.02, loudness=0.02, speech=(1, 1), other=(1, -1))
def test_speech_is_heard_whatever_is_beside_it(
    folder: Path,
    kind: str,
    level: float,
    loudness: float,
    speech: tuple[int, float],
    other: tuple[int, int],
) -> None:
    """A hum, a constant, a tone in the same or in the opposite phase decides nothing: the speech alone does."""
    seconds = 6.0
    said, beside = loudness * syllables(seconds), level * beside_speech(kind, seconds)
    rows = [32_000 * (a * said + b * beside) for a, b in zip(speech, other, strict=True)]
    with decode(write_wav(folder / "beside.wav", *[row.round().astype("<i2") for row in rows])) as audio:
        expected = np.abs(speech).mean() * 32_000 / 32_768
        assert share_of(audio.read(), said) > 0.9 * expected
        turned = [note.details["channel"] for note in audio.notes if note.finding is Finding.INVERTED]
        assert len(turned) == (np.prod(speech) < 0)


def test_a_silent_channel_is_not_turned_over(tmp_path: Path) -> None:
    sound = (9000 * syllables(4.0)).round().astype("<i2")
    quiet = np.zeros_like(sound)
    rows = [sound, quiet, quiet, quiet, -sound, quiet]
    with decode(write_extensible(tmp_path / "a.wav", *rows, mask=POSITIONS[6])) as audio:
        assert [note.details["channel"] for note in audio.notes] in ([1], [5])
        assert share_of(audio.read(), sound / 32_768) == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize("noise", [2, 30])
@pytest.mark.parametrize("silence", [0.5, 3.0])
def test_what_is_before_and_after_speech_is_not_turned_over(tmp_path: Path, noise: int, silence: float) -> None:
    n, pad = round(16_000 * silence), np.random.default_rng(8)
    sound = np.pad(9000 * syllables(9.0), n)
    rows = [sign * sound + noise * pad.standard_normal(len(sound)) for sign in (1, -1)]
    with decode(write_wav(tmp_path / "a.wav", *[row.round().astype("<i2") for row in rows])) as audio:
        (note,) = audio.notes
        assert (note.details["start"], note.details["end"]) == pytest.approx((silence, silence + 9.0), abs=0.3)


def test_two_people_on_two_channels_are_no_cancellation(tmp_path: Path) -> None:
    """Nor are two microphones that have nothing in common: the samples stay what they were."""
    noise = np.random.default_rng(1).standard_normal((2, 160_000)) * 3000
    with decode(write_wav(tmp_path / "a.wav", *noise.round().astype("<i2"))) as audio:
        expected = np.floor(noise.round().astype(int).sum(axis=0) / 2) / 32_768
        np.testing.assert_array_equal(audio.read(), expected.astype(np.float32))
        assert (audio.notes, audio.revision) == ((), 0)


@pytest.mark.parametrize("decibels", [-50, -60, -75])
def test_a_very_quiet_recording_is_made_as_loud_as_others(tmp_path: Path, decibels: int) -> None:
    filters = f"aresample=48000,volume={decibels}dB:precision=double"
    quiet = convert(CLIPS / "short.mp3", tmp_path / "a.wav", "-af", filters, "-c:a", "pcm_f32le")
    with decode(quiet) as audio, decode(CLIPS / "short.mp3") as clip:
        assert np.corrcoef(audio.read()[: clip.n_samples], clip.read()[: audio.n_samples])[0, 1] > 0.999
        (note,) = audio.notes
        assert note.finding is Finding.LEVELLED
        assert note.details["loudness"] == pytest.approx(-20.1 + decibels, abs=0.3)


@pytest.mark.parametrize("clicks", [(0.0,), (0.3, 5.0, 9.99)])
@pytest.mark.parametrize("peak", [0.999, 0.1])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_click_does_not_hide_quiet_speech(tmp_path: Path, clicks: tuple[float, ...], peak: float, n: int) -> None:
    """10 ms of noise, far louder than the speech, which is no louder than −66 dB in its loudest second."""
    with decode(CLIPS / "short.mp3") as audio:
        speech = audio.read(0.0, 10.0)
    seconds = np.sqrt(np.square(speech[: len(speech) // 16_000 * 16_000]).reshape(-1, 16_000).mean(axis=1))
    row = speech * np.float32(10 ** (-66 / 20) / seconds.max())
    is_click = np.zeros(len(row), bool)
    for at in clicks:
        first = min(round(at * 16_000), len(row) - 160)
        row[first : first + 160] = peak * np.random.default_rng(2).uniform(-1, 1, 160)
        is_click[first - 320 : first + 480] = True
        is_click[:480] |= at == 0
    with decode(write_floats(tmp_path / "a.wav", np.stack([row] * n))) as audio:
        heard = audio.read()
        (note,) = audio.notes
        assert note.finding is Finding.LEVELLED
        assert np.corrcoef(heard[~is_click], speech[~is_click])[0, 1] > 0.999
        assert np.abs(heard).max() < 0.96
        assert np.sqrt(np.square(heard[~is_click]).mean()) > 0.02
        assert 0.9 < np.abs(heard[is_click]).max() < 0.96


def test_a_word_alone_is_no_click(tmp_path: Path) -> None:
    """A fifth of a second of sound in silence is as loud as it was."""
    row = np.zeros(160_000, np.int16)
    row[32_000:35_200] = tone(400, 0.2)
    with decode(write_wav(tmp_path / "a.wav", row + np.random.default_rng(3).integers(-1, 2, 160_000))) as audio:
        assert (audio.notes, audio.revision) == ((), 0)


@pytest.mark.parametrize("decibels", [0, -20, -35])
def test_an_ordinary_level_stays(tmp_path: Path, decibels: int) -> None:
    wav = convert(CLIPS / "short.mp3", tmp_path / "a.wav", "-af", f"volume={decibels}dB", "-c:a", "pcm_s16le")
    with decode(wav) as audio:
        assert (audio.notes, audio.revision) == ((), 0)


def test_floats_over_full_scale_are_levelled_not_clipped(tmp_path: Path) -> None:
    options = ["-af", "aformat=flt,volume=30dB:precision=float", "-c:a", "pcm_f32le"]
    with (
        decode(convert(CLIPS / "short.mp3", tmp_path / "a.wav", *options)) as audio,
        decode(CLIPS / "short.mp3") as clip,
    ):
        assert np.corrcoef(audio.read()[: clip.n_samples], clip.read()[: audio.n_samples])[0, 1] > 0.9999
        assert [note.finding for note in audio.notes] == [Finding.LEVELLED]


def test_what_is_clipped_in_the_file_stays_and_is_said(tmp_path: Path) -> None:
    options = ["-af", "aformat=flt,volume=20dB:precision=float", "-c:a", "pcm_s16le"]
    with decode(convert(CLIPS / "short.mp3", tmp_path / "a.wav", *options)) as audio:
        assert [note.finding for note in audio.notes] == [Finding.CLIPPED]
        assert audio.revision == 0


def write_floats(path: Path, rows: NDArray[np.float32], *, rate: int = 16_000) -> Path:
    """A WAV file of floats, whatever they are, without positions of its channels."""
    frames, n = np.ascontiguousarray(rows.T, "<f4").tobytes(), len(rows)
    form = struct.pack("<HHIIHH", 3, n, rate, 4 * n * rate, 4 * n, 32)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(frames)) + frames
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


@pytest.mark.parametrize(
    ("bad", "n", "share", "suffix"),
    [
        (np.nan, 1, 1.0, "wav"),
        (np.nan, 2, 1.0, "wav"),
        (np.inf, 2, 0.5, "caf"),
        (-np.inf, 1, 0.001, "wav"),
        (1e30, 3, 1.0, "wav"),
        (np.nan, 6, 0.5, "mka"),
    ],
)
def test_floats_that_are_no_numbers_are_silence_and_named(
    tmp_path: Path, bad: float, n: int, share: float, suffix: str
) -> None:
    rows = np.stack([tone(pitch, SECONDS, peak=0.3) / np.float32(32_768) for pitch in pitches(0, n)])
    rows[-1, : round(share * rows.shape[1])] = bad
    path = write_floats(tmp_path / "a.wav", rows)
    if suffix != "wav":
        path = convert(path, tmp_path / f"b.{suffix}", "-c:a", "copy")
    with decode(path) as audio:
        samples = audio.read(1.0, 2.0)
        mixed = n - 1 if share == 1 and n > 1 else n
        for number, pitch in enumerate(pitches(0, n)):
            expected = 0.0 if number == n - 1 and share == 1 else 0.3 / mixed
            assert level_at(samples, pitch) == pytest.approx(expected, abs=0.002)
        assert np.abs(audio.read()).max() <= 0.31
        notes = [(note.finding, dict(note.details)) for note in audio.notes]
        assert notes == [(Finding.NO_NUMBERS, {"channel": n, "percent": 100 * share})]


def test_silence_is_not_made_louder(tmp_path: Path) -> None:
    with decode(write_wav(tmp_path / "a.wav", np.zeros(48_000, np.int16))) as audio:
        assert not audio.read().any()
        assert (audio.notes, audio.revision) == ((), 0)
