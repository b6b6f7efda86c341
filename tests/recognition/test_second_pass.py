"""The second pass over speech without words, on synthetic chunks with scripted recognisers."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import cycle, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio.decoding.samples import Audio
from tests.support.scripted_recognizer import ScriptedRecognizer
from tests.support.words import said, text
from transcribe.recognition.agreement import agreement_pass
from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.reader import ChunkResult, Reader
from transcribe.recognition.second_pass import fill_gaps, reread_bursts
from transcribe.recognition.vad import Chunk, Region
from transcribe.recognition.word_timing import SAME_PHRASE, snap_to_speech
from transcribe.transcript import Word

Samples = NDArray[np.float32]
CLOCK = Audio.from_samples(np.arange(30 * 16_000, dtype=np.float32) / 16_000 / 50)  # the samples encode the time


def bounds(window: Samples) -> tuple[float, float]:
    """The start and end of a window of `CLOCK`, in seconds."""
    start = round(50 * float(window[0]), 2)
    return start, round(start + len(window) / 16_000, 2)


def test_words_that_two_cuts_agree_on_are_inserted_and_become_a_doubt() -> None:
    regions = (Region(0.5, 4.0), Region(6.0, 8.0), Region(9.0, 10.0))
    words = said("all that was said before the pause was this", start=0.5, step=0.38)
    result = ChunkResult(Chunk(0.0, 20.0, regions), Reading(words, -0.2, 0.01), words)

    readings = {
        (5.6, 20.4): Reading((Word("Bye.", 0.5, 1.0), Word("heard", 3.2, 4.0)), -0.5, 0.01),
        (8.6, 20.4): Reading((Word("Heard", 0.3, 1.0), Word("ciao", 1.5, 2.0)), -0.4, 0.01),
    }
    recognizer = ScriptedRecognizer(lambda window: readings.get(bounds(window), Reading((), -0.2, 0.01)))
    found = agreement_pass(result, Reader(CLOCK, recognizer, "en", 5))
    assert found.words == (*words, Word("Heard", 8.9, 9.6))
    assert [doubt.reason for doubt in found.doubts] == ["unclear speech"]
    bye = Reading((Word("Bye.", 0.1, 0.5),), -0.1, 0.01)  # at another time of the recording in each cut
    recognizer = ScriptedRecognizer(lambda _: bye)
    unconfirmed = agreement_pass(result, Reader(CLOCK, recognizer, "en", 5))
    assert unconfirmed.words == result.words
    assert [(doubt.reason, doubt.alternative) for doubt in unconfirmed.doubts] == [("speech, not transcribed", "Bye.")]


def test_the_surest_reading_that_no_other_confirms_is_told() -> None:
    """As "…, how may I help you?" at −0.47, in one cut alone."""
    regions = (Region(0.5, 4.0), Region(6.0, 8.0), Region(9.0, 10.0))
    words = said("all that was said before the pause was this", start=0.5, step=0.38)
    result = ChunkResult(Chunk(0.0, 20.0, regions), Reading(words, -0.2, 0.01), words)
    readings = {
        (5.6, 20.4): Reading(said("how may I help you?", start=0.5), -0.47, 0.01),
        (8.6, 20.4): Reading(said("hear who", start=0.5), -0.8, 0.01),
        (3.52, 20.4): Reading(said("thank you all", start=4.5), -0.95, 0.01),  # too unsure to be of use
    }
    recognizer = ScriptedRecognizer(lambda window: readings.get(bounds(window), Reading((), -0.2, 0.01)))
    (doubt,) = agreement_pass(result, Reader(CLOCK, recognizer, "en", 5)).doubts
    assert (doubt.alternative, doubt.end) == ("how may I help you?", 20.0)


def test_speech_is_read_from_its_pauses_with_the_beam_and_with_more_around_it_greedily() -> None:
    words = said("all that was said before the pause was this", start=0.5, step=0.38)
    chunk = Chunk(0.0, 20.0, (Region(0.5, 4.0), Region(6.0, 8.0), Region(9.0, 10.0)))
    read: list[tuple[int, tuple[float, float]]] = []

    class RecordingRecognizer(ScriptedRecognizer):
        def recognize(self, windows: Iterable[Samples], *, beam_size: int = 5, **rest: Any) -> Iterator[Reading]:
            for window in windows:
                read.append((beam_size, bounds(window)))
                yield Reading((), -0.2, 0.01)

    reader = Reader(CLOCK, RecordingRecognizer(lambda _: words), "en", 5)
    agreement_pass(ChunkResult(chunk, Reading(words, -0.2, 0.01), words), reader)
    gap_start = 3.92  # the end of "this"
    pauses = [(5, (start, 20.4)) for start in (3.52, 5.6, 8.6)]  # the end of its speech counts as one
    around = [(1, (round(max(0.0, gap_start - by), 2), 20.0 + by)) for by in (1, 2, 5)]
    assert sorted(read) == sorted(pauses + around)


def test_the_longest_agreement_of_two_cuts_is_inserted() -> None:
    """A more confident reading with fewer words does not prevent it."""
    words = said("all that was said before the pause was this", start=0.5, step=0.38)
    chunk = Chunk(0.0, 20.0, (Region(0.5, 4.0), Region(6.0, 8.0), Region(9.0, 10.0)))
    result = ChunkResult(chunk, Reading(words, -0.2, 0.01), words)
    heard = [Word(word, at, at + 0.4) for word, at in (("so", 6.1), ("we", 6.6), ("left", 9.2))]

    def answer(window: Samples) -> Reading:
        start, _ = bounds(window)
        sure = start < 3.0
        said = [word for word in heard[2 if sure else 0 :] if word.start > start]
        moved = tuple(Word(word.text, word.start - start, word.end - start) for word in said)
        return Reading(moved, -0.1 if sure else -0.5, 0.01)

    found = agreement_pass(result, Reader(CLOCK, ScriptedRecognizer(answer), "en", 5))
    assert text(found.words[len(words) :]) == "so we left"


@pytest.mark.parametrize(
    ("logprob", "other", "kept"),
    [
        (-0.95, "you're", "your"),  # similar, and above −1.0, which is enough if two agree
        (-1.05, "you're", "you're"),
        (-0.95, "yes", ""),
        (-0.95, "our", ""),  # only three letters
    ],
)
def test_two_cuts_agree_on_similar_words(logprob: float, other: str, kept: str) -> None:
    words = said("all that was said before the pause was this", start=0.5, step=0.38)
    chunk = Chunk(0.0, 20.0, (Region(0.5, 4.0), Region(6.0, 8.0), Region(9.0, 10.0)))
    result = ChunkResult(chunk, Reading(words, -0.2, 0.01), words)

    def answer(window: Samples) -> Reading:
        start, _ = bounds(window)
        if start not in (5.6, 8.6):  # the pauses inside the gap
            return Reading((), -0.2, 0.01)
        said_then, sure = ("your", logprob) if start == 5.6 else (other, -0.99)
        return Reading((Word(said_then, 9.1 - start, 9.5 - start),), sure, 0.01)

    found = agreement_pass(result, Reader(CLOCK, ScriptedRecognizer(answer), "en", 5))
    assert text(found.words[len(words) :]) == kept


@pytest.mark.parametrize(("apart", "kept"), [(0.1, ""), (0.24, ""), (0.26, "Bye"), (0.5, "Bye")])
def test_cuts_that_begin_nearly_together_do_not_agree(apart: float, kept: str) -> None:
    """They are read alike, also what nobody says."""
    words = said("all that was said before the pause was this", start=0.5, step=0.38)
    chunk = Chunk(0.0, 20.0, (Region(0.5, 4.0), Region(9.0, 9.0 + apart / 2), Region(9.0 + apart, 10.5)))
    result = ChunkResult(chunk, Reading(words, -0.2, 0.01), words)

    def answer(window: Samples) -> Reading:
        start, _ = bounds(window)
        return Reading((Word("Bye", 9.6 - start, 9.9 - start),) if start > 8.0 else (), -0.95, 0.01)

    found = agreement_pass(result, Reader(CLOCK, ScriptedRecognizer(answer), "en", 5))
    assert text(found.words[len(words) :]) == kept


@pytest.mark.parametrize(
    ("heard", "logprob", "kept"),
    [
        ("Geez. Is that all? Almost. The most", -0.5, "your idea. Geez. Is that all? Almost. The most sound part"),
        ("Geez. Is that all? Almost. The most", -0.95, "your idea. The most sound part"),  # unsure
        ("Geez. Is that all? Almost. The", -0.5, "your idea. The most sound part"),  # without the existing words
        ("the most", -0.5, "your idea. The most sound part"),
        ("idea. Is that all? The most sound", -0.5, "your idea. Is that all? The most sound part"),
        # what is heard after the burst, beyond the words that stood, is no part of it
        ("Is it? The most a b c d e f most", -0.5, "your idea. Is it? The most a b c d e f sound part"),
    ],
)
def test_a_short_answer_under_the_next_words_is_found(heard: str, logprob: float, kept: str) -> None:
    chunk = Chunk(0.0, 10.0, (Region(0.2, 1.4), Region(2.0, 4.6), Region(5.0, 6.0)))
    words = (*said("your idea.", start=0.2), *said("The most", start=2.1), *said("sound part", start=5.0))
    result = ChunkResult(chunk, Reading(words, -0.2, 0.01), words)

    def answer(window: Samples) -> Reading:
        assert len(window) == pytest.approx(16_000 * 3.8)  # the burst from 2 s to the next word at 5 s, padded
        return Reading(said(heard, start=0.4), logprob, 0.01)

    nothing = Audio.from_samples(np.zeros(10 * 16_000, np.float32))
    found = reread_bursts(result, Reader(nothing, ScriptedRecognizer(answer), "en", 5))
    assert text(found.words) == kept
    assert all(a.end <= b.start for a, b in pairwise(found.words))


@pytest.mark.parametrize(
    ("heard", "kept"),
    [
        ((("and", 8.0), ("okay", 9.5), ("we", 10.1), ("slept", 10.5)), "and"),
        ((("and", 9.0), ("so", 9.5), ("we", 10.1), ("slept", 10.5)), ""),
        ((("and", 8.2), ("so", 8.7), ("okay", 9.3), ("we", 10.0)), "and so okay"),  # most of it is in the chunk
    ],
)
def test_the_next_chunk_s_words_are_not_inserted(heard: tuple[tuple[str, float], ...], kept: str) -> None:
    words = said("all that was said before the pause was this", start=0.5, step=0.38)
    chunk = Chunk(0.0, 10.0, (Region(0.5, 4.0), Region(8.0, 9.9)))
    result = ChunkResult(chunk, Reading(words, -0.2, 0.01), words)

    def answer(window: Samples) -> Reading:
        start, end = bounds(window)
        said = [(w, at) for w, at in heard if start <= at < end]
        return Reading(tuple(Word(w, at - start, at + 0.5 - start) for w, at in said), -0.3, 0.01)

    found = agreement_pass(result, Reader(CLOCK, ScriptedRecognizer(answer), "en", 5))
    assert text(found.words[len(words) :]) == kept


def read_words(texts: list[str], *, longest: float) -> st.SearchStrategy[tuple[Word, ...]]:
    """A reading of at most `longest` seconds: some of `texts` in their order, often stretched, with few pauses."""
    lengths = st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.5, 2.0, 6.0, 11.0])
    pauses = st.sampled_from([0.0, 0.0, 0.0, 0.2, 0.4, 3.0])

    def placed(rows: list[tuple[str, float, float]]) -> tuple[Word, ...]:
        words, at = [], 0.0
        for printed, length, pause in rows:
            start, end = min(at + pause, longest), min(at + pause + length, longest)
            words.append(Word(printed, start, end))
            at = end
        return tuple(words)

    chosen = st.lists(st.sampled_from(texts), unique=True, max_size=8).map(lambda some: sorted(some, key=texts.index))
    return chosen.flatmap(lambda some: st.tuples(*(st.tuples(st.just(t), lengths, pauses) for t in some))).map(
        lambda rows: placed(list(rows))
    )


STOOD = [f"stood{i}{mark}" for i, mark in enumerate(["", "", ",", "", ".", "", "", "?", "", ""])]
NEW = [f"new{i}{mark}" for i, mark in enumerate(["", ".", "", ",", "", ".", ""])]
MIXED = [text for pair in zip(STOOD, [*NEW, "more", "and.", "yes"], strict=True) for text in pair]


@st.composite
def speech_regions(draw: st.DrawFn) -> tuple[Region, ...]:
    lengths = draw(st.lists(st.sampled_from([0.1, 0.4, 1.0, 2.5]), min_size=3, max_size=16))
    edges = np.cumsum([0.3, *lengths]).clip(max=19.5)
    return tuple(Region(a, b) for a, b in list(pairwise(edges.tolist()))[::2] if a < b)


class ReaderOf(Reader):
    """Gives each stretch the next of some readings, without a recording."""

    def __init__(self, readings: list[tuple[Word, ...]]) -> None:
        self._readings = cycle(readings)

    @property
    def duration(self) -> float:
        return 30.0

    def read(
        self, stretches: Sequence[Region], *, greedy: bool = False, temperature: float = 0.0
    ) -> Generator[Reading, None, None]:
        for stretch in stretches:
            words = [word for word in next(self._readings) if word.end <= stretch.duration]
            yield Reading(tuple(words), -0.3, 0.01)


@settings(max_examples=50, phases=[Phase.explicit, Phase.generate])
@given(read_words(STOOD, longest=20.0), speech_regions(), st.lists(read_words(MIXED, longest=12.0), min_size=1))
def test_no_reading_changes_the_order_of_the_words_that_stood(
    first: tuple[Word, ...], regions: tuple[Region, ...], others: list[tuple[Word, ...]]
) -> None:
    reader = ReaderOf(others)
    result = ChunkResult(Chunk(0.0, 20.0, regions), Reading(first, -0.2, 0.01), snap_to_speech(first, regions))
    for attempt in (fill_gaps, reread_bursts, agreement_pass):
        stood, result = result.words, attempt(result, reader)
        found = [word.text for word in result.words]
        rest_of_found = iter(found)
        assert all(word.text in rest_of_found for word in stood)
        assert [word.start for word in result.words] == sorted(word.start for word in result.words)
        phrases = [(a.text, b.text) for a, b in pairwise(stood) if b.start - a.end < SAME_PHRASE]
        replaced_as_a_whole = attempt is reread_bursts
        assert replaced_as_a_whole or set(phrases) <= set(pairwise(found))
