"""Which windows are embedded and which are clustered, for artificial activity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.diarization.segmentation import FRAME_STEP, Activity
from transcribe.diarization.window_selection import Windows, select_windows, shares_in

RATE = 16_000


def talk(seconds: float, *, changes: tuple[float, ...] = (), silence: tuple[float, float] = (0, 0)) -> Activity:
    """Speech all the time except in the silence, with a change of speaker at each of `changes`."""
    n_frames = int((seconds - 991 / 2 / RATE) // FRAME_STEP) + 1
    blank = np.zeros(n_frames, np.float32)
    times = Activity(blank, blank, blank).times
    speech = 1.0 - ((times >= silence[0]) & (times < silence[1]))
    change = np.array([any(abs(time - at) <= FRAME_STEP for at in changes) for time in times])
    return Activity(speech.astype(np.float32), speech.astype(np.float32), change.astype(np.float32))


def chosen(activity: Activity, seconds: float, *, plenty: int) -> Windows:
    return select_windows(activity, int(seconds * RATE), speech=activity.speech > 0.5, plenty=plenty)


def test_shares_count_the_frames_of_each_window() -> None:
    activity = talk(3)
    wanted = (activity.times > 1) & (activity.times < 1.5)
    shares = shares_in(activity, np.array([0.0, 0.5, 1.0, 2.0]), frames=wanted)
    assert shares == pytest.approx([0, 0.5, 0.5, 0], abs=FRAME_STEP)


def test_few_windows_are_all_embedded() -> None:
    windows = chosen(talk(20), 20, plenty=1000)
    assert windows.embedded.all()
    assert windows.clustered.all()
    assert windows.starts.tolist() == np.arange(0, 19.5, 0.5).tolist()


def test_every_other_of_many_windows_is_skipped_while_one_person_continues() -> None:
    windows = chosen(talk(20, changes=(10.2,)), 20, plenty=10)
    skipped = windows.starts[~windows.embedded].tolist()
    # a change at 10.2 disturbs the windows from 8.7 (it lies within half a second of their end) to 10.7
    assert skipped == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 11.5, 12.5, 13.5, 14.5, 15.5, 16.5, 17.5, 18.5]
    assert windows.clustered.all()


def test_windows_with_overlapping_speech_are_embedded() -> None:
    activity = talk(20)
    activity.speakers[(activity.times > 5) & (activity.times < 6)] = 1.3
    windows = chosen(activity, 20, plenty=10)
    skipped = windows.starts[~windows.embedded].tolist()
    assert [start for start in np.arange(0.5, 19, 1) if start not in skipped] == [4.5, 5.5]


def test_windows_next_to_silence_are_embedded() -> None:
    windows = chosen(talk(20, silence=(8.0, 12.0)), 20, plenty=10)
    neighbours = windows.starts[~windows.embedded][:, None] + np.array([-0.5, 0.5])
    assert np.isin(neighbours, windows.starts).all()
    assert not np.isin(neighbours, windows.starts[~windows.embedded]).any()


@given(
    st.lists(st.floats(0, 40), max_size=6).map(tuple),
    st.floats(2, 40),
    st.tuples(st.floats(0, 40), st.floats(0, 20)).map(lambda s: (s[0], s[0] + s[1])),
)
def test_a_skipped_window_has_its_neighbours_mean_vector(
    changes: tuple[float, ...], seconds: float, silence: tuple[float, float]
) -> None:
    activity = talk(seconds, changes=changes, silence=silence)
    if not (activity.speech > 0.5).any():
        return
    windows = chosen(activity, seconds, plenty=1)
    found = np.random.default_rng(1).standard_normal((int(windows.embedded.sum()), 5)).astype(np.float32)
    vectors = windows.interpolate(found)
    assert np.array_equal(vectors[windows.embedded], found)
    for i in np.flatnonzero(~windows.embedded):
        mean = vectors[i - 1] + vectors[i + 1]
        assert vectors[i] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)
        assert not any(windows.starts[i] - 0.4 < change < windows.starts[i] + 1.4 for change in changes)
