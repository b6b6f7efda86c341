"""From scores of windows to activity per frame, with a network that reads the class from the samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.decoding.decode import Audio
from transcribe.diarization.segmentation import FRAME_STEP, Activity, segment

RATE = 16_000
POWERSET_LOUDNESS = np.arange(7) / 10  # of the samples for which the network is to output class 0 … 6


def network(batch: np.ndarray) -> np.ndarray:
    """Certain of the class whose loudness the centre of a frame has."""
    assert batch.shape[1:] == (1, 160_000)
    centres = np.rint(991 / 2 + 270 * np.arange(589)).astype(int)
    classes = np.abs(batch[:, 0, centres, None] - POWERSET_LOUDNESS).argmin(axis=2)
    return np.log(np.eye(7)[classes] + 1e-9).astype(np.float32)


def activity_of(*parts: tuple[float, int], threads: int = 1) -> Activity:
    """The activity of (seconds, class) parts, one after the other."""
    samples = np.concatenate([np.full(int(seconds * RATE), POWERSET_LOUDNESS[kind]) for seconds, kind in parts])
    return segment(Audio.from_samples(samples.astype(np.float32)), network, threads=threads)


def test_speech_and_speakers_of_each_frame() -> None:
    activity = activity_of((4, 0), (5, 1), (6, 5), (7, 0), (3, 3))
    times = activity.times
    clear = np.all([np.abs(times - edge) > 0.05 for edge in (4, 9, 15, 22)], axis=0)
    speech = ((times > 4) & (times < 15)) | (times > 22)
    assert activity.speech[clear] == pytest.approx(speech[clear].astype(float), abs=1e-5)
    assert activity.speakers[clear] == pytest.approx((speech * 1.0 + ((times > 9) & (times < 15)))[clear], abs=1e-5)


def test_a_change_is_where_the_new_speaker_starts_also_after_a_pause() -> None:
    activity = activity_of((6, 1), (6, 2), (2, 0), (2, 2), (1, 0), (3, 1))
    seen = activity.times[activity.change > 0.5]
    assert min(abs(seen - 12 + 6)) < FRAME_STEP
    for moment in seen:
        assert min(abs(moment - 6), abs(moment - 17)) < 0.08  # not at 14, where the same speaker goes on
    assert (abs(seen - 17) < FRAME_STEP).any()


@pytest.mark.parametrize("seconds", [0.02, 0.2, 9.99, 10.0, 10.1, 14.99, 15.0, 31.7])
def test_frames_cover_the_recording_and_no_more(seconds: float) -> None:
    activity = activity_of((seconds, 1))
    times = activity.times
    assert activity.n_frames == len(times) == len(activity.change)
    assert (times <= seconds).all()
    if seconds > 0.1:
        assert seconds - times[-1] <= FRAME_STEP + 1e-9
        assert (activity.speech > 0.99).all()


def test_digital_silence_has_no_speech() -> None:
    activity = activity_of((12, 0))
    assert activity.speech.max() < 1e-5
    assert activity.change.max() == 0


@given(st.lists(st.tuples(st.floats(0.5, 8), st.integers(0, 6)), min_size=1, max_size=5))
def test_threads_change_nothing(parts: list[tuple[float, int]]) -> None:
    alone, together = activity_of(*parts), activity_of(*parts, threads=3)
    assert np.array_equal(alone.speech, together.speech)
    assert np.array_equal(alone.change, together.change)


def test_progress_rises_to_one() -> None:
    reported: list[float] = []
    segment(Audio.from_samples(np.zeros(40 * RATE, np.float32)), network, progress=reported.append)
    assert reported == sorted(reported)
    assert reported[-1] == 1.0
