"""Tracks that are opened: what is found out about them, and what is said about those that do not belong together."""

from __future__ import annotations

import shutil
import wave
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from audio.decoding.samples import SAMPLE_RATE
from audio.episode import Track
from tests.support.audio_files import write_wav
from tests.support.tracks import bursts
from tests.tracks.test_alignment import two_people
from transcribe.tracks.recording import open_tracks

SECONDS = 100.0
TALKS_OVER = "talks over the others most of the time; it may belong to another recording"


def turns(first: float, on: float, off: float) -> list[tuple[float, float]]:
    return [(float(at), float(at + on)) for at in np.arange(first, SECONDS - on, on + off)]


def warnings_of(*tracks: Track) -> tuple[str, ...]:
    recording = open_tracks(tracks)
    recording.speech.close()
    return recording.speech.warnings


@pytest.mark.parametrize(
    ("one", "two", "named"),
    [
        (turns(0.5, 3.0, 1.0), turns(1.0, 3.4, 1.1), "ab"),  # two monologues
        (turns(0.5, 3.0, 1.0), turns(1.0, 1.0, 7.0), ""),  # a few words of agreement: less than 20 seconds
        (turns(0.5, 3.0, 3.0), turns(3.5, 3.0, 3.0), ""),  # in turn
    ],
)
def test_tracks_that_talk_over_each_other_are_named(
    tmp_path: Path, one: Sequence[tuple[float, float]], two: Sequence[tuple[float, float]], named: str
) -> None:
    paths = [
        bursts(tmp_path / f"{name}.wav", *spoken, seconds=SECONDS, hertz=hertz)
        for name, spoken, hertz in (("a", one, 300.0), ("b", two, 470.0))
    ]
    said = warnings_of(*map(Track, paths))
    assert [path.stem for path in paths if any(f"{path}: {TALKS_OVER}" in each for each in said)] == list(named)
    assert any("no track hears another" in each for each in said)


def test_where_the_offset_is_stated_nobody_is_said_to_be_elsewhere(tmp_path: Path) -> None:
    one, two = (
        bursts(tmp_path / f"{hertz}.wav", *turns(first, 3.0, 1.0), seconds=SECONDS, hertz=hertz)
        for first, hertz in ((0.5, 300.0), (1.5, 470.0))
    )
    assert warnings_of(Track(one, offset=0.0), Track(two, offset=2.0)) == ()


@pytest.mark.parametrize("shorter", [0.0, 57.5, 69.5])
@pytest.mark.parametrize("offset", [-20.0, 20.0])
def test_tracks_of_other_lengths_are_aligned_and_progress_rises(tmp_path: Path, shorter: float, offset: float) -> None:
    """Whatever part of the other track is there to be compared, down to none."""
    sounds = two_people(-12.0, offset=offset, ppm=0.0, seed=3)
    paths = []
    for name, sound, missing in zip("ab", sounds, (0.0, shorter), strict=True):
        samples = sound.read(0.0, max(sound.duration - missing, 0.5)) * 32_767
        paths.append(write_wav(tmp_path / f"{name}.wav", samples.round().astype("<i2"), rate=SAMPLE_RATE))
    fractions: list[float] = []
    recording = open_tracks([Track(path) for path in paths], progress=fractions.append)
    lengths = [sound.duration for sound in sounds]
    ends = [
        clock.on_timeline(max(lengths[i] - (shorter if i else 0.0), 0.5))
        for i, clock in enumerate(recording.layout.clocks)
    ]
    with recording.speech as speech:
        assert all(earlier <= later for earlier, later in pairwise(fractions))
        assert fractions[-1] == 1.0
        assert len([each for each in fractions if 0.7 < each < 0.95]) > 10 or speech.warnings
        early = [each.split(":")[0] for each in speech.warnings if " s before the last of the files" in each]
        heard = [path for path in map(str, paths) if not any(f"{path}: nobody" in each for each in speech.warnings)]
        assert early == [path for path, end in zip(heard, ends, strict=False) if max(ends) - end >= 10]
        assert len(speech.warnings) - len(early) == (shorter > 0)


def humming(path: Path, hertz: float, level: float) -> Path:
    """The track with a hum, or a constant of 0 Hz, as loud as most speech."""
    with wave.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
    times = np.arange(len(samples)) / SAMPLE_RATE
    return write_wav(path, (samples + 32_767 * level * np.cos(2 * np.pi * hertz * times)).round().astype("<i2"))


@pytest.mark.parametrize(("hertz", "level"), [(0.0, 0.3), (60.0, 0.2)])
def test_what_goes_on_below_all_voices_hides_nobody(tmp_path: Path, hertz: float, level: float) -> None:
    """Of a microphone whose own person is as loud as that, and hears the other 12 dB fainter."""
    sounds = two_people(-12.0, offset=0.0, ppm=0.0, seed=3)
    paths = [
        write_wav(tmp_path / f"{name}.wav", (sound.read(0.0, 40.0) * 32_767 / 2).round().astype("<i2"))
        for name, sound in zip("ab", sounds, strict=True)
    ]
    plain = open_tracks([Track(path) for path in paths])
    with plain.speech, open_tracks([Track(humming(paths[0], hertz, level)), Track(paths[1])]).speech as speech:
        assert speech.warnings == plain.speech.warnings
        assert speech.duration == pytest.approx(plain.speech.duration, abs=3.0)
        shares = [
            sum(end - start for start, end, who in one.owners or () if who == "S1") for one in (speech, plain.speech)
        ]
        assert shares[0] == pytest.approx(shares[1], rel=0.1)


@pytest.mark.parametrize("copies", [2])
def test_a_copy_of_another_track_is_named(tmp_path: Path, copies: int) -> None:
    path = bursts(tmp_path / "a.wav", *turns(0.5, 3.0, 3.0), seconds=SECONDS)
    other = bursts(tmp_path / "b.wav", *turns(3.5, 3.0, 3.0), seconds=SECONDS, hertz=470.0)
    again = [shutil.copy(path, tmp_path / f"copy{number}.wav") for number in range(copies)]
    said = warnings_of(Track(path), Track(other), *map(Track, again))
    nothing = [each for each in said if "so nobody speaks on it; check that it is no copy" in each]
    assert len(nothing) == copies
