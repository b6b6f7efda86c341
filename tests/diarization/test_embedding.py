"""The grid of windows and its features, with a network that records its input."""

from __future__ import annotations

import kaldi_native_fbank as knf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.decoding.decode import Audio
from transcribe.diarization.embedding import STEP, WINDOW, embed, fbank, window_starts

RATE = 16_000


@given(st.integers(1, 40 * RATE))
def test_windows_cover_a_recording_and_no_more(n_samples: int) -> None:
    starts, duration = window_starts(n_samples), n_samples / RATE
    assert starts[0] == 0
    assert (np.diff(starts) <= STEP + 1e-9).all()
    assert (np.diff(starts) > 0).all()
    if duration >= WINDOW:
        assert 0 <= duration - (starts[-1] + WINDOW) < 0.01  # a hop of the features
    else:
        assert len(starts) == 1


def test_an_empty_recording_has_no_windows() -> None:
    assert len(window_starts(0)) == 0


def test_each_window_gets_the_features_of_its_own_second() -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 12 * RATE).astype(np.float32)
    starts = np.array([0.0, 0.5, 1.0, 4.0, 4.5, 8.0, 8.5, 9.0, 9.5, 10.0, 11.0])
    inputs: list[np.ndarray] = []

    def network(batch: np.ndarray) -> np.ndarray:
        inputs.extend(batch)
        return np.ones((len(batch), 192), np.float32)

    with Audio.from_samples(samples) as audio:
        vectors = embed(audio, network, starts=starts, threads=1)
        whole = fbank(audio.read())
    assert vectors.shape == (11, 192)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(11))
    for start, features in zip(starts, inputs, strict=True):
        assert features == pytest.approx(whole[round(start * 100) : round(start * 100) + 98], abs=1e-3)


@pytest.mark.parametrize("level", [1e-6, 0.01, 0.9])
def test_features_agree_with_kaldi(level: float) -> None:
    random = np.random.default_rng(0)
    noise = random.normal(0, 1, 3 * RATE) + 3 * np.sin(2 * np.pi * 440 * np.arange(3 * RATE) / RATE) + 0.5
    samples = (level * noise / np.abs(noise).max()).astype(np.float32)
    options = knf.FbankOptions()
    options.frame_opts.samp_freq, options.frame_opts.dither = RATE, 0.0
    options.frame_opts.window_type, options.frame_opts.snip_edges = "hamming", True
    options.mel_opts.num_bins = 80
    theirs = knf.OnlineFbank(options)
    theirs.accept_waveform(RATE, samples.tolist())
    theirs.input_finished()
    expected = np.array([theirs.get_frame(number) for number in range(theirs.num_frames_ready)])
    assert fbank(samples) == pytest.approx(expected, abs=2e-3)


def test_a_tone_is_in_the_mel_band_of_its_frequency() -> None:
    hertz = 1000.0
    features = fbank(0.5 * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE).astype(np.float32))

    def mel(frequency: float) -> float:
        return 1127 * np.log(1 + frequency / 700)  # O'Shaughnessy 1987, as in Kaldi

    band = (mel(hertz) - mel(20)) / ((mel(8000) - mel(20)) / 81) - 1  # 80 triangles from 20 Hz to 8 kHz
    assert features.shape == (98, 80)
    assert (np.abs(features.argmax(axis=1) - band) <= 1).all()


@pytest.mark.parametrize("n_samples", [1, 300, 400, 3_000])
def test_too_little_audio_gives_a_zero_vector_without_the_network(n_samples: int) -> None:
    def network(batch: np.ndarray) -> np.ndarray:
        raise AssertionError(f"called with {batch.shape}")

    with Audio.from_samples(np.full(n_samples, 0.1, np.float32)) as audio:
        assert not embed(audio, network, starts=window_starts(n_samples)).any()
