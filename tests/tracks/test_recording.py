"""Tracks that are opened: what is found out about them, and what is said about those that do not belong together."""

from __future__ import annotations

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
    with open_tracks([Track(path) for path in paths], progress=fractions.append).speech as speech:
        assert all(earlier <= later for earlier, later in pairwise(fractions))
        assert fractions[-1] == 1.0
        assert len([each for each in fractions if 0.7 < each < 0.95]) > 10 or speech.warnings
        assert len(speech.warnings) == (shorter > 0)
