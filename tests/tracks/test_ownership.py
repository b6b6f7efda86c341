"""Whose speech is where, on made-up levels: however loud a microphone is, and however much it hears of the others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from transcribe.tracks.ownership import STEP, find_owners, has_speech, own_speech

SECONDS = 60
N = round(SECONDS / STEP)


def speech(rng: np.random.Generator) -> NDArray[np.float64]:
    """Levels of somebody who talks without a pause: syllables, louder and fainter."""
    slow = np.interp(np.arange(N), np.arange(0, N + 25, 25), rng.normal(0, 4, N // 25 + 2)[: len(range(0, N + 25, 25))])
    levels: NDArray[np.float64] = 0.1 * 10 ** (slow.clip(-8, 8) / 20)
    return levels


def turns(people: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Who speaks when: three to six seconds each in turn, half a second between."""
    flags, place, who = np.zeros((people, N), bool), 50, 0
    while place < N - 700:
        length = int(rng.integers(300, 600))
        flags[who % people, place : place + length] = True
        place, who = place + length + 50, who + 1
    return flags


def heard(
    flags: NDArray[np.bool_], bleed_db: float, gains_db: list[float], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Root mean squares of microphones of these gains; energies add, noise is 60 dB below speech."""
    voices = np.stack([speech(rng) for _ in flags]) * flags
    energy = np.square(voices)
    ratio = 10 ** (bleed_db / 10)
    mixed = energy * (1 - ratio) + ratio * energy.sum(axis=0) + (1e-4 * rng.uniform(0.7, 1.4, flags.shape)) ** 2
    return (np.sqrt(mixed) * 10 ** (np.array(gains_db)[:, None] / 20)).astype(np.float32)


@settings(deadline=None, max_examples=12)
@given(st.integers(2, 6), st.sampled_from([-120.0, -25.0, -20.0, -12.0]), st.floats(-6, 6), st.integers(0, 1000))
def test_the_person_at_the_microphone_is_the_one_who_speaks(
    people: int, bleed_db: float, gain_db: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    flags = turns(people, rng)
    owned = find_owners(heard(flags, bleed_db, [gain_db * (-1) ** n for n in range(people)], rng)).owned
    assert (owned & flags).sum() >= 0.97 * flags.sum(), "what somebody says is theirs"
    assert (owned & ~flags).sum() <= 0.02 * flags.sum(), "and nobody else's"


@pytest.mark.parametrize("bleed_db", [-120.0, -22.0, -12.0])
@pytest.mark.parametrize(("first", "last"), [(0.0, 0.4), (0.0, 0.65), (0.4, 1.0)])
def test_a_track_that_is_shorter_than_the_others_owns_its_part(bleed_db: float, first: float, last: float) -> None:
    rng = np.random.default_rng(3)
    flags = turns(2, rng)
    place = np.arange(N) / N
    runs = (place >= first) & (place < last)
    flags[1] &= runs
    levels = heard(flags, bleed_db, [0.0, 0.0], rng)
    levels[1, ~runs] = np.nan
    owned = find_owners(levels).owned
    assert (owned & flags).sum() >= 0.97 * flags.sum()
    assert (owned & ~flags).sum() <= 0.02 * flags.sum()


@pytest.mark.parametrize("bleed_db", [-120.0, -20.0, -12.0])
def test_who_talks_under_another_is_heard(bleed_db: float) -> None:
    rng = np.random.default_rng(5)
    flags = turns(2, rng)
    first = np.flatnonzero(flags[0])[100]
    flags[1, first : first + 60] = True  # a backchannel
    owned = find_owners(heard(flags, bleed_db, [0.0, 0.0], rng)).owned
    assert owned[1, first : first + 60].mean() > 0.7
    assert owned[0, first : first + 60].mean() > 0.7


@pytest.mark.parametrize("gain_db", [-12.0, 12.0])
def test_a_guest_who_says_almost_nothing_owns_almost_nothing(gain_db: float) -> None:
    rng = np.random.default_rng(7)
    flags = np.zeros((2, N), bool)
    flags[0, 100:5500] = True
    flags[1, 5600:5660] = True
    owned = find_owners(heard(flags, -12.0, [0.0, 0.0], rng)).owned
    assert owned[1, :5500].mean() < 0.01
    assert owned[1, 5600:5660].mean() > 0.8


def test_a_stretch_keeps_its_pauses_and_a_margin_where_nobody_else_speaks() -> None:
    flags = np.zeros((2, N), bool)
    flags[0, 100:200] = flags[0, 240:300] = True  # a pause of 0.4 s
    flags[1, 320:400] = True
    rng = np.random.default_rng(1)
    stretches = own_speech(find_owners(heard(flags, -20.0, [0.0, 0.0], rng)), duration=SECONDS)
    assert [each.track for each in stretches] == [0, 1]
    assert stretches[0].first == pytest.approx(1.0, abs=0.08)
    assert stretches[0].last == pytest.approx(3.0, abs=0.08)
    assert stretches[0].start == pytest.approx(0.7, abs=0.08)
    assert stretches[0].end <= 3.3
    assert stretches[1].start >= 2.95


@pytest.mark.parametrize(("level", "is_heard"), [(0.0, False), (1e-4, False), (0.05, True)])
def test_a_track_without_anybody_is_silent(level: float, is_heard: bool) -> None:
    rng = np.random.default_rng(2)
    levels = level * speech(rng) * turns(2, rng)[0] / 0.1 + 1e-5 * rng.uniform(0.8, 1.2, N)
    assert has_speech(levels.astype(np.float32)) is is_heard


def test_a_fan_is_nobody() -> None:
    rng = np.random.default_rng(2)
    assert not has_speech((0.02 * rng.uniform(0.9, 1.1, N)).astype(np.float32))


@pytest.mark.parametrize("bleed_db", [0.0, -1.0, -3.0])
@pytest.mark.parametrize("people", [2, 4])
def test_of_microphones_that_hear_the_same_nothing_is_lost(people: int, bleed_db: float) -> None:
    rng = np.random.default_rng(3)
    flags = turns(people, rng)
    owned = find_owners(heard(flags, bleed_db, [0.0] * people, rng)).owned
    spoken = flags.any(axis=0)
    assert (owned.any(axis=0) & spoken).sum() >= 0.97 * spoken.sum()
