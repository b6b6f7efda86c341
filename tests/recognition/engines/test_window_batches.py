"""Many windows for an engine, and several who ask at a time: each reading is that of its window alone."""

from __future__ import annotations

import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio.decoding.decode import decode
from tests.support.paths import CLIPS
from tests.support.weights import needs_wheels
from transcribe.recognition.engines import Reading, Recognizer, load
from transcribe.recognition.engines.window_batches import batches
from transcribe.recognition.models import ModelFiles
from transcribe.settings import Settings

Floats = NDArray[np.float32]


@given(st.integers(0, 60), st.integers(1, 4), st.integers(1, 16))
def test_windows_are_shared_out_so_that_no_worker_is_left_with_nothing(n: int, workers: int, batch: int) -> None:
    windows = [np.full(1, i, np.float32) for i in range(n)]
    jobs = list(batches(windows, workers=workers, batch=batch))
    assert [window for job in jobs for window in job] == windows
    assert all(1 <= len(job) <= batch for job in jobs)
    left = n
    for job in jobs:  # no worker takes more than its share of what is left
        assert len(job) <= math.ceil(left / workers)
        left -= len(job)
    assert len(jobs) <= n / batch + workers * batch


@needs_wheels
@pytest.mark.models
class TestRealWeights:
    def test_a_reading_does_not_depend_on_its_neighbours(self, fast: Recognizer, clip: Floats) -> None:
        half = len(clip) // 2
        together = list(fast.recognize([clip, clip[:half], clip[half:]], language="en"))
        alone = [next(iter(fast.recognize([w], language="en"))) for w in (clip[half:], clip[:half], clip)]
        assert together == alone[::-1]

    def test_windows_decoded_together_are_read_as_alone_to_the_last_digit(self, base_files: ModelFiles) -> None:
        """Five of them, filled to the same length, one of silence, by one worker: pairs, as on any long recording."""
        engine = load(Settings(threads=1, device="cpu"), base_files)
        with decode(CLIPS / "packaging-notes.mp3") as audio:
            windows = [audio.read(*bounds) for bounds in ((0, 12), (9, 21), (30, 46), (60, 71))]
        windows.insert(2, np.zeros(15 * 16_000, np.float32))
        for beam_size in (1, 5):
            alone = [next(iter(engine.recognize([window], language="en", beam_size=beam_size))) for window in windows]
            assert list(engine.recognize(windows, language="en", beam_size=beam_size)) == alone

    def test_windows_are_drawn_as_needed(self, fast: Recognizer, clip: Floats) -> None:
        drawn = 0

        def endless() -> Any:
            nonlocal drawn
            while True:
                drawn += 1
                yield clip[:16_000]

        readings = fast.recognize(endless(), language="en", beam_size=1)
        for _ in range(3):
            next(readings)
        assert 3 <= drawn <= 12  # for each of two workers two jobs of two windows, and those the next ones are cut from

    @pytest.mark.parametrize("engine", ["fast", "reference"])
    def test_several_threads_may_ask_at_a_time(self, engine: str, clip: Floats, request: pytest.FixtureRequest) -> None:
        recognizer: Recognizer = request.getfixturevalue(engine)
        half = len(clip) // 2
        asked = [[clip[:half], clip[half:]], [clip[half:]], [clip[:half]]]

        def read(windows: list[Floats]) -> list[Reading]:
            return list(recognizer.recognize(windows, language="en", beam_size=2))

        with ThreadPoolExecutor(3) as pool:
            found = list(pool.map(read, asked))
        expected = [read(windows) for windows in asked]
        if engine == "fast":
            assert found == expected
        assert [[r.text for r in readings] for readings in found] == [[r.text for r in rs] for rs in expected]

    def test_a_language_may_be_asked_for_while_words_are_read(self, reference: Recognizer, clip: Floats) -> None:
        """Its decoding hangs hooks on the model, which another's must not run into."""
        with ThreadPoolExecutor(2) as pool:
            words = pool.submit(lambda: list(reference.recognize([clip], language="en", beam_size=1)))
            guesses = [reference.detect_language(clip).language for _ in range(5)]
        assert guesses == ["en"] * 5
        (alone,) = reference.recognize([clip], language="en", beam_size=1)
        assert [reading.text for reading in words.result()] == [alone.text]  # torch's last digits hang on the load

    def test_who_stops_listening_leaves_the_engine_to_others(self, fast: Recognizer, clip: Floats) -> None:
        readings = fast.recognize(itertools.repeat(clip), language="en", beam_size=1)
        once = next(readings)
        readings.close()  # type: ignore[attr-defined]
        assert list(fast.recognize([clip], language="en", beam_size=1)) == [once]
