"""Speech that is alike in two channels, or opposite, beside noise that is the other: the speech alone decides."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio.decoding.decode import decode
from audio.decoding.polarity import find_signs
from audio.decoding.samples import SAMPLE_RATE, SCALE
from audio.decoding.survey import WINDOW, Surveyor
from tests.support.paths import CLIPS

Floats = NDArray[np.float64]

LEVEL = 0.05  # of speech, root mean square
PAUSES = {"as it is": (0, 0), "pauses": (5, 2), "long pauses": (4, 7)}  # so many of so many seconds


@cache
def speech(pauses: str) -> Floats:
    with decode(CLIPS / "packaging-notes.mp3") as audio:
        samples = audio.read(0.0, 24.0).astype(np.float64)
    samples *= LEVEL / np.sqrt(np.square(samples).mean())
    count, seconds = PAUSES[pauses]
    parts = np.array_split(samples, count + 1)
    quiet = np.zeros(seconds * SAMPLE_RATE)
    return np.concatenate([piece for part in parts for piece in (quiet, part)])


@cache
def noise(kind: str, n: int, seed: int = 1) -> Floats:
    """Noise of the same loudness as the speech."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(n))
    hertz = np.fft.rfftfreq(n, 1 / SAMPLE_RATE)
    shape = {
        "white": np.ones(len(hertz)),
        "pink": 1 / np.sqrt(np.maximum(hertz, 20)),
        "brown": 1 / np.maximum(hertz, 50),
        "telephone": ((hertz > 300) & (hertz < 3400)).astype(float),
        "like speech": 1 / (1 + (hertz / 500) ** 2),
    }[kind]
    samples = np.fft.irfft(spectrum * shape, n)
    return samples * LEVEL / np.sqrt(np.square(samples).mean())


def rows_of(said: Floats, beside: Floats, *, speech_in: tuple[float, float], noise_in: tuple[int, int]) -> Floats:
    return np.stack([a * said + b * beside for a, b in zip(speech_in, noise_in, strict=True)])


def signs_of(rows: Floats) -> NDArray[np.int8] | None:
    surveyor = Surveyor()
    rounded = ((rows * SCALE).round() / SCALE).clip(-1, 1 - 1 / SCALE).astype(np.float32)
    for first in range(0, rounded.shape[1], 120 * WINDOW):
        surveyor.add(rounded[:, first : first + 120 * WINDOW])
    return find_signs(surveyor.survey(), np.full(len(rows), 1 / len(rows)))


def kept(said: Floats, signs: NDArray[np.int8] | None, speech_in: tuple[float, float]) -> float:
    """The share of the speech's energy in windows in which it is in the mix as loud as can be."""
    windows = np.pad(said, (0, -len(said) % WINDOW)).reshape(-1, WINDOW)
    energy = np.square(windows).sum(axis=1)
    used = np.ones((len(windows), 2)) if signs is None else signs
    heard = np.abs(used @ np.array(speech_in)) > 0.9 * np.abs(speech_in).sum()
    return float(energy[heard].sum() / energy.sum())


@settings(
    max_examples=60,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
    deadline=None,
)
@given(
    kind=st.sampled_from(["white", "pink", "brown", "telephone", "like speech"]),
    decibels=st.sampled_from([-10, -12, -15, -20, -30]),
    pauses=st.sampled_from(list(PAUSES)),
    noise_in=st.sampled_from([(1, 1), (1, -1), (0, 1), (0, 0)]),
    is_opposite=st.booleans(),
)
@example(kind="white", decibels=-10, pauses="as it is", noise_in=(1, -1), is_opposite=False)
@example(kind="pink", decibels=-12, pauses="pauses", noise_in=(1, -1), is_opposite=False)
@example(kind="white", decibels=-15, pauses="long pauses", noise_in=(1, -1), is_opposite=False)
@example(kind="telephone", decibels=-12, pauses="pauses", noise_in=(1, 1), is_opposite=True)
def test_steady_noise_does_not_decide_how_speech_is_heard(
    kind: str, decibels: int, pauses: str, noise_in: tuple[int, int], is_opposite: bool
) -> None:
    said = speech(pauses)
    beside = noise(kind, len(said)) * 10 ** (decibels / 20)
    speech_in = (1.0, -1.0) if is_opposite else (1.0, 1.0)
    signs = signs_of(rows_of(said, beside, speech_in=speech_in, noise_in=noise_in))
    assert kept(said, signs, speech_in) > 0.97
    if not is_opposite:
        assert signs is None


@pytest.mark.parametrize("kind", ["white", "pink", "telephone"])
@pytest.mark.parametrize("decibels", [-10, -20])
def test_noise_of_each_microphone_does_not_hide_an_inverted_one(kind: str, decibels: int) -> None:
    said = speech("pauses")
    rows = rows_of(said, np.zeros_like(said), speech_in=(1.0, -0.8), noise_in=(0, 0))
    rows += np.stack([noise(kind, len(said), seed) for seed in (1, 2)]) * 10 ** (decibels / 20)
    assert kept(said, signs_of(rows), (1.0, -0.8)) > 0.97


def test_opposite_noise_alone_is_heard() -> None:
    """Where nothing stands out of it, steady sound is all there is to be heard."""
    beside = noise("pink", 20 * SAMPLE_RATE)
    signs = signs_of(np.stack([beside, -beside]))
    assert signs is not None
    assert (signs[:, 0] == -signs[:, 1]).all()


def test_a_knock_does_not_silence_opposite_noise() -> None:
    beside = noise("pink", 60 * SAMPLE_RATE)
    knock = np.zeros_like(beside)
    knock[30 * SAMPLE_RATE : 31 * SAMPLE_RATE] = 5 * noise("white", SAMPLE_RATE)
    signs = signs_of(np.stack([beside + knock, knock - beside]))
    assert signs is not None
    assert (signs[:, 0] == -signs[:, 1]).mean() > 0.9
