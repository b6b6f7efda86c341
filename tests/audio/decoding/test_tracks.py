"""Which sound tracks a file has, against the files ffmpeg was told to write; and one of them decoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audio.decoding.decode import decode
from audio.decoding.tracks import SoundTrack, read_header, sound_tracks
from tests.support.audio_files import convert, tone, write_wav
from tests.support.paths import CLIPS

PITCHES = (400, 700, 1100)


def test_a_plain_recording_has_one_track() -> None:
    assert sound_tracks(CLIPS / "short.mp3") == (SoundTrack(0, 16_000, "mono", "mp3"),)


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "mov", "ts", "avi"])
def test_the_tracks_of_a_file_are_found_and_decoded_one_by_one(tmp_path: Path, suffix: str) -> None:
    wavs = [write_wav(tmp_path / f"{pitch}.wav", tone(pitch, 2.0)) for pitch in PITCHES]
    options = [option for wav in wavs[1:] for option in ("-i", str(wav))]
    maps = [option for number in range(len(wavs)) for option in ("-map", str(number))]
    codec = "libmp3lame" if suffix == "avi" else "aac"
    film = convert(wavs[0], tmp_path / f"film.{suffix}", *options, *maps, "-c:a", codec)
    tracks = sound_tracks(film)
    assert [(track.index, track.rate, track.channels) for track in tracks] == [(n, 16_000, 1) for n in range(3)]
    for pitch, track in zip(PITCHES, tracks, strict=True):
        with decode(film, track=track) as audio:
            spectrum = np.abs(np.fft.rfft(audio.read(0.5, 1.5)))
            assert int(spectrum.argmax()) == pitch


@pytest.mark.parametrize(("channels", "layout"), [(1, "mono"), (2, "stereo"), (6, "5.1"), (8, "7.1")])
def test_positions_the_file_states_are_told(tmp_path: Path, channels: int, layout: str) -> None:
    wav = write_wav(tmp_path / "a.wav", *[tone(440, 0.2)] * channels)
    (track,) = sound_tracks(convert(wav, tmp_path / "a.flac"))
    assert (track.layout, track.channels) == (layout, channels)


@pytest.mark.parametrize("channels", [3, 6, 8, 9, 12, 16])
def test_positions_nobody_stated_are_not_guessed(tmp_path: Path, channels: int) -> None:
    (track,) = sound_tracks(write_wav(tmp_path / "a.wav", *[tone(440, 0.2)] * channels))
    assert (track.channels, track.layout) == (channels, f"{channels} channels")


def test_what_is_no_sound_has_no_tracks(tmp_path: Path) -> None:
    text, film = tmp_path / "a.wav", tmp_path / "film.mkv"
    text.write_text("not sound")
    assert sound_tracks(text) == ()
    picture = ["-f", "lavfi", "-t", "1", "-i", "color=c=red:s=64x64:r=5", "-map", "1:v"]
    assert sound_tracks(convert(CLIPS / "short.mp3", film, *picture)) == ()


def test_a_title_is_no_track(tmp_path: Path) -> None:
    forged = "x\n#sample_rate 7: 8000\n#channel_layout_name 7: stereo"
    tagged = convert(CLIPS / "short.mp3", tmp_path / "a.mp3", "-c", "copy", "-metadata", f"title={forged}")
    assert sound_tracks(tagged) == (SoundTrack(0, 16_000, "mono", "mp3"),)


def test_a_thousand_tracks_are_counted() -> None:
    lines = [f"#sample_rate {number}: 8000" for number in range(1000)]
    assert len(read_header(lines)) == 1000
