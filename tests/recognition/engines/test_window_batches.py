"""Many windows, and several threads at the same time: each reading is that of its window alone."""

from __future__ import annotations

import itertools
import math
from concurrent.futures import CancelledError, ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio.decoding.decode import decode
from tests.support.paths import CLIPS
from tests.support.weights import needs_base
from transcribe.recognition.engines import load
from transcribe.recognition.engines.protocol import Reading, Recognizer
from transcribe.recognition.engines.window_batches import Task, batches
from transcribe.recognition.models import ModelFiles
from transcribe.settings import Settings

Floats = NDArray[np.float32]


@given(st.integers(0, 60), st.integers(1, 4), st.integers(1, 16))
def test_every_worker_stays_busy(n: int, workers: int, batch: int) -> None:
    windows = [np.full(1, i, np.float32) for i in range(n)]
    jobs = list(batches(windows, workers=workers, batch=batch))
    assert [window for job in jobs for window in job] == windows
    assert all(1 <= len(job) <= batch for job in jobs)
    left = n
    for job in jobs:  # no job is more than a worker's share of the rest
        assert len(job) <= math.ceil(left / workers)
        left -= len(job)
    assert len(jobs) <= n / batch + workers * batch


@given(st.integers(1, 5), st.lists(st.integers(0, 4), max_size=9))
def test_parts_are_joined_in_their_order_whoever_did_them(threads: int, sizes: list[int]) -> None:
    with ThreadPoolExecutor(threads) as pool:
        tasks = [Task(pool, [partial(divmod, n, 3) for n in range(size)], join=list) for size in sizes]
        assert [task.result() for task in tasks] == [[divmod(n, 3) for n in range(size)] for size in sizes]


def test_no_thread_waits_for_the_part_of_another() -> None:
    """One thread is in a part; the other does what belongs to a later task, from its parts to its join."""
    is_over = Event()
    with ThreadPoolExecutor(2) as pool:
        first: Task[bool, tuple[bool, ...]] = Task(pool, [lambda: is_over.wait(), lambda: False], join=tuple)
        later = Task(pool, [partial(abs, -1)] * 2, join=sum)
        assert later.result() == 2
        is_over.set()
        assert first.result() == (True, False)


def test_a_task_raises_what_its_parts_raise() -> None:
    with ThreadPoolExecutor(2) as pool:
        for divisors in ([1, 0], [0, 1], [0]):
            with pytest.raises(ZeroDivisionError):
                Task(pool, [partial(divmod, 1, n) for n in divisors], join=len).result()
        with pytest.raises(IndexError):
            Task(pool, [int], join=lambda values: values[1]).result()


def test_nothing_of_a_cancelled_task_begins() -> None:
    is_over = Event()
    begun: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        pool.submit(is_over.wait)
        task = Task(pool, [partial(begun.append, n) for n in range(3)], join=lambda parts: begun.append(len(parts)))
        task.cancel()
        is_over.set()
        with pytest.raises(CancelledError):
            task.result()
    assert begun == []


def test_a_task_cancelled_during_a_part_is_not_joined() -> None:
    is_begun, is_over = Event(), Event()
    joined: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        task = Task(pool, [lambda: is_begun.set() or is_over.wait()], join=lambda parts: joined.append(len(parts)))
        is_begun.wait()
        task.cancel()
        is_over.set()
        with pytest.raises(CancelledError):
            task.result()
    assert joined == []


@needs_base
@pytest.mark.models
class TestRealWeights:
    def test_a_reading_does_not_depend_on_its_neighbours(self, fast: Recognizer, clip: Floats) -> None:
        half = len(clip) // 2
        together = list(fast.recognize([clip, clip[:half], clip[half:]], language="en"))
        alone = [next(iter(fast.recognize([w], language="en"))) for w in (clip[half:], clip[:half], clip)]
        assert together == alone[::-1]

    def test_windows_decoded_together_are_read_exactly_as_alone(self, base_files: ModelFiles) -> None:
        """Seven of them, padded to one length, one of silence, by one worker: as many as go together, then the rest."""
        engine = load(Settings(threads=1, device="cpu"), base_files)
        with decode(CLIPS / "packaging-notes.mp3") as audio:
            windows = [audio.read(*bounds) for bounds in ((0, 12), (9, 21), (30, 46), (60, 71), (20, 32), (45, 58))]
        windows.insert(2, np.zeros(15 * 16_000, np.float32))
        for beam_size in (1, 5):
            alone = [next(iter(engine.recognize([window], language="en", beam_size=beam_size))) for window in windows]
            assert list(engine.recognize(windows, language="en", beam_size=beam_size)) == alone

    def test_windows_are_consumed_as_needed(self, fast: Recognizer, clip: Floats) -> None:
        consumed = 0

        def endless() -> Any:
            nonlocal consumed
            while True:
                consumed += 1
                yield clip[:16_000]

        readings = fast.recognize(endless(), language="en", beam_size=1)
        for _ in range(3):
            next(readings)
        assert 3 <= consumed <= 36  # for each of two workers two jobs of six windows, and the next ones

    @pytest.mark.parametrize("engine", ["fast", pytest.param("reference", marks=pytest.mark.soak)])
    def test_several_threads_can_read_at_the_same_time(
        self, engine: str, clip: Floats, request: pytest.FixtureRequest
    ) -> None:
        recognizer: Recognizer = request.getfixturevalue(engine)
        first, second = np.array_split(clip, 2)
        jobs = [[first, second], [second], [first]]

        def read(windows: list[Floats]) -> list[Reading]:
            return list(recognizer.recognize(windows, language="en", beam_size=2))

        with ThreadPoolExecutor(3) as pool:
            readings = list(pool.map(read, jobs))
        before, after = read([first])[0], read([second])[0]
        expected = [[before, after], [after], [before]]
        if engine == "fast":
            assert readings == expected
        assert [[r.text for r in rs] for rs in readings] == [[r.text for r in rs] for rs in expected]

    def test_a_language_can_be_detected_while_words_are_read(self, reference: Recognizer, clip: Floats) -> None:
        """Decoding registers hooks on the model, which another decoding must not meet."""
        with ThreadPoolExecutor(2) as pool:
            words = pool.submit(lambda: list(reference.recognize([clip], language="en", beam_size=1)))
            guesses = [reference.detect_language(clip).probabilities for _ in range(5)]
        assert [max(guess, key=guess.__getitem__) for guess in guesses] == ["en"] * 5
        (alone,) = reference.recognize([clip], language="en", beam_size=1)
        assert [reading.text for reading in words.result()] == [alone.text]  # torch's last digits depend on the load

    def test_an_abandoned_reading_does_not_block_the_engine(self, fast: Recognizer, clip: Floats) -> None:
        readings = fast.recognize(itertools.repeat(clip), language="en", beam_size=1)
        once = next(readings)
        readings.close()  # type: ignore[attr-defined]
        assert list(fast.recognize([clip], language="en", beam_size=1)) == [once]
