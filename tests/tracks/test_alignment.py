"""Offsets and drift of clocks, from matches and from sound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio.decoding.samples import SAMPLE_RATE, Audio, levels_of
from transcribe.tracks.alignment import find_clocks, fit_clock, pair_clock
from transcribe.tracks.correlation import Match, Passage, find_match
from transcribe.tracks.layout import Clock

Floats = NDArray[np.float64]

SECONDS = 90


@given(st.floats(-30, 30), st.floats(-100, 100), st.floats(0, 0.01), st.integers(0, 1000), st.booleans())
def test_matches_of_both_directions_give_the_clock(
    offset: float, drift: float, travel: float, seed: int, both: bool
) -> None:
    """Sound takes `travel` seconds from one to the other; a third of the matches are chance."""
    rng = np.random.default_rng(seed)
    clock = Clock(offset, drift)
    times = np.sort(rng.uniform(60, 3000, 40))
    forth = [Match(clock.on_timeline(t) - travel, t) for t in times[::2]]
    back = [Match(clock.on_timeline(t) + travel, t) for t in times[1::2]]
    chance = [Match(float(rng.uniform(60, 3000)), float(t)) for t in rng.uniform(60, 3000, 10)]
    found = fit_clock(forth + chance, back if both else [])
    assert found is not None
    assert found.offset == pytest.approx(offset, abs=0.002 if both else travel + 0.002)
    assert found.drift_ppm == pytest.approx(drift, abs=2.0)


@given(st.integers(0, 1000), st.integers(0, 12))
def test_matches_by_chance_give_nothing(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    matches = [Match(float(a), float(b)) for a, b in rng.uniform(0, 3000, (count, 2))]
    assert fit_clock(matches[: count // 2], matches[count // 2 :]) is None


def talk(rng: np.random.Generator) -> Floats:
    """Noise in the rhythm of speech."""
    n = SECONDS * SAMPLE_RATE
    colour = np.convolve(rng.standard_normal(n + 7), np.hanning(8), mode="valid")
    syllables = np.repeat(rng.uniform(0.02, 1.0, n // 3200 + 1), 3200)[:n]
    return 0.05 * colour * syllables


def two_people(bleed_db: float, *, offset: float, ppm: float, seed: int) -> tuple[Audio, Audio]:
    """Two microphones; the people take turns of four seconds. The second starts `offset` seconds later."""
    rng = np.random.default_rng(seed)
    own = (np.arange(SECONDS * SAMPLE_RATE) // (4 * SAMPLE_RATE)) % 2 == 0
    one, two = talk(rng) * own, talk(rng) * ~own
    gain = 10 ** (bleed_db / 20)
    heard = [a + gain * b + 1e-4 * rng.standard_normal(len(a)) for a, b in ((one, two), (two, one))]
    times = offset * SAMPLE_RATE + np.arange(len(own) - round(30 * SAMPLE_RATE)) * (1 + ppm / 1e6)
    late = np.interp(times, np.arange(len(own)), heard[1], left=0.0, right=0.0)
    sounds = [Audio.from_samples(samples.clip(-1, 1).astype(np.float32)) for samples in (heard[0], late)]
    return sounds[0], sounds[1]


def levels(sounds: tuple[Audio, ...]) -> list[NDArray[np.float32]]:
    return [levels_of(sound.read()[None])[0] for sound in sounds]


@settings(deadline=None, max_examples=3)
@given(st.sampled_from([-12.0, -20.0, -25.0]), st.floats(-29, 29), st.floats(-100, 100), st.integers(0, 100))
def test_the_start_of_a_track_is_found_in_what_it_hears(bleed_db: float, offset: float, ppm: float, seed: int) -> None:
    sounds = two_people(bleed_db, offset=offset, ppm=ppm, seed=seed)
    one, two = levels(sounds)
    found = pair_clock(sounds, (one, two))
    assert found is not None
    assert found.offset == pytest.approx(offset, abs=0.010)
    for seconds in (0.0, 55.0):
        truth = offset + seconds * (1 + ppm / 1e6)
        assert found.on_timeline(seconds) == pytest.approx(truth, abs=0.010)


def test_tracks_that_hear_nothing_of_each_other_have_no_common_time() -> None:
    sounds = two_people(-200.0, offset=5.0, ppm=0.0, seed=1)
    assert find_clocks(sounds, levels(sounds), stated=[None, None]) == (Clock(), None)
    assert find_clocks(sounds, levels(sounds), stated=[None, 2.5]) == (Clock(), Clock(2.5))


def test_a_stated_offset_is_believed() -> None:
    sounds = two_people(-12.0, offset=5.0, ppm=0.0, seed=1)
    (first, second) = find_clocks(sounds, levels(sounds), stated=[1.0, 2.0])
    assert first == Clock(1.0)
    assert second == Clock(2.0)


@pytest.mark.parametrize("n", [1, 2, 700, 1599, 1600, 15_999, 16_000])
def test_a_piece_of_any_length_can_be_looked_for(n: int) -> None:
    """Also where a track ends, or is shorter than what is levelled at once."""
    sound = Audio.from_samples(np.random.default_rng(4).standard_normal(48_000).astype(np.float32).clip(-1, 1))
    piece = Audio.from_samples(sound.read()[:n])
    for one, other in ((sound, piece), (piece, sound)):
        match = find_match(Passage(0.0, 3.0), one, other, around=0.0, within=1.0)
        assert match is None or (n == 16_000 and abs(match.time - match.other) < 0.001)
