"""`Audio`: samples in a temporary file, read in pieces and from several threads."""

from __future__ import annotations

import gc
import os
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio.decoding.samples import SAMPLE_RATE, Audio
from audio.errors import AudioError, DecodeError, SourceError
from tests.support.audio_files import STEP

TEN: NDArray[np.float32] = np.zeros(10, np.float32)


@given(
    st.lists(st.integers(-32_768, 32_767), min_size=1, max_size=300),
    st.floats(-0.01, 0.03),
    st.none() | st.floats(-0.01, 0.03),
)
def test_reading_is_slicing(samples: list[int], start: float, end: float | None) -> None:
    first = max(round(start * SAMPLE_RATE), 0)
    last = len(samples) if end is None else max(round(end * SAMPLE_RATE), 0)
    with Audio.from_samples((np.array(samples) / 32_768).astype(np.float32)) as audio:
        np.testing.assert_array_equal(audio.read(start, end) * 32_768, samples[first:last])


@given(st.integers(1, 500), st.integers(1, 600))
def test_blocks_concatenate_to_the_recording(n_samples: int, step: int) -> None:
    with Audio.from_samples(np.linspace(-1, 0.9, n_samples).astype(np.float32)) as audio:
        blocks = list(audio.blocks(step / SAMPLE_RATE))
        np.testing.assert_array_equal(np.concatenate(blocks), audio.read())
    assert {len(block) for block in blocks[:-1]} <= {step}
    assert 1 <= len(blocks[-1]) <= step


def test_samples_are_rounded_and_clipped() -> None:
    with Audio.from_samples(np.array([0.0, 0.4 * STEP, 0.6 * STEP, 1.0, -1.0, 7.0, -7.0], np.float32)) as audio:
        np.testing.assert_array_equal(audio.read() * 32_768, [0, 0, 1, 32_767, -32_768, 32_767, -32_768])


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros((3, 2)), np.array([0.0, np.nan]), np.array([np.inf])])
def test_invalid_sample_arrays_are_refused(samples: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="samples must be"):
        Audio.from_samples(samples.astype(np.float32))


@pytest.mark.parametrize("windows", [False, True])
def test_threads_read_concurrently(monkeypatch: pytest.MonkeyPatch, windows: bool) -> None:
    if windows:
        monkeypatch.delattr(os, "pread", raising=False)
    samples = (np.random.default_rng(2).integers(-32_768, 32_768, 20_000) / 32_768).astype(np.float32)
    wrong: list[int] = []
    with Audio.from_samples(samples) as audio:

        def read_all(offset: int) -> None:
            for at in range(offset, 19_000, 37):
                if not np.array_equal(audio.read(at / SAMPLE_RATE, (at + 500) / SAMPLE_RATE), samples[at : at + 500]):
                    wrong.append(at)

        threads = [threading.Thread(target=read_all, args=(offset,)) for offset in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_closed_or_collected_audio_leaks_no_resource(recwarn: pytest.WarningsRecorder) -> None:
    audio = Audio.from_samples(TEN)
    audio.close()
    audio.close()
    with pytest.raises(ValueError, match="closed"):
        audio.read()
    del audio
    Audio.from_samples(TEN)
    gc.collect()
    assert not [warning for warning in recwarn if issubclass(warning.category, ResourceWarning)]


def test_all_errors_are_audio_errors() -> None:
    assert issubclass(DecodeError, AudioError)
    assert issubclass(SourceError, AudioError)
