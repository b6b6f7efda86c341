"""Speech that the detector does not hear becomes a doubt, on the project's own clip made quiet."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from audio.decoding.decode import Audio, decode
from tests.support.paths import CLIPS
from transcribe.pipeline import codecs
from transcribe.recognition.faint_speech import with_faint_speech
from transcribe.recognition.recognize import Recognition, with_faint
from transcribe.recognition.vad import ChunkPlan, Region, chunk_audio
from transcribe.transcript import Doubt


@pytest.fixture(scope="module")
def clip() -> NDArray[np.float32]:
    return decode(CLIPS / "short.mp3").read()


def among(middle: NDArray[np.float32], clip: NDArray[np.float32]) -> Audio:
    hiss = 2e-5 * np.random.default_rng(4).standard_normal(len(middle) + 2 * len(clip))
    return Audio.from_samples((np.concatenate([clip, middle, clip]) + hiss).astype(np.float32))


@pytest.mark.parametrize("decibels", [-45, -50])
def test_a_very_quiet_passage_is_doubtful(clip: NDArray[np.float32], decibels: int) -> None:
    length = len(clip) / 16_000
    audio = among((10 ** (decibels / 20) * clip).astype(np.float32), clip)
    plan = with_faint_speech(chunk_audio(audio), audio)
    heard = sum(region.end - region.start for region in plan.faint)
    read = sum(r.duration for c in plan.chunks for r in c.regions if length < r.start < 2 * length)
    assert heard + read > length / 2
    assert all(length - 1 < region.start < region.end < 2 * length + 1 for region in plan.faint)


def test_neither_silence_nor_noise_is(clip: NDArray[np.float32]) -> None:
    noise = 0.003 * np.random.default_rng(5).standard_normal(len(clip)).astype(np.float32)
    for between in (noise, np.zeros_like(clip)):
        audio = among(between, clip)
        assert with_faint_speech(chunk_audio(audio), audio).faint == ()


def test_faint_speech_is_kept_and_told() -> None:
    plan = ChunkPlan((), (Region(3.0, 5.0),))
    assert codecs.PLAN.decode_or_none(codecs.PLAN.encode(plan)) == plan
    told = with_faint(Recognition((), "en", (Doubt(9.0, 9.5, "low confidence"),), ()), plan.faint)
    assert [(doubt.start, doubt.reason) for doubt in told.doubts] == [
        (3.0, "possible speech, not transcribed"),
        (9.0, "low confidence"),
    ]
