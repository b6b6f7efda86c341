"""Ends of sentences that another reading has, on scripted recognisers; and in the real weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.decoding.samples import Audio
from tests.support.scripted_recognizer import ScriptedRecognizer
from tests.support.words import said, text
from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.missing_ends import add_missing_ends, with_ends
from transcribe.recognition.other_readings import audible
from transcribe.recognition.reader import ChunkResult, Reader
from transcribe.recognition.second_pass import run_second_pass
from transcribe.recognition.vad import Chunk, Region
from transcribe.scripts import ends_sentence
from transcribe.transcript import Word

LONG = " ".join(f"{word}{i}" for i in range(9) for word in ("we", "met", "again"))  # 27 words
QUIET = Audio.from_samples(np.zeros(40 * 16_000, np.float32))
PLAIN = st.sampled_from("we met in ghent and it was cold so rich left i stayed well".split())
MARKED = st.sampled_from(["", ".", ",", "?", "!", "...", "…", ";", '"', ")", "—"])


class Prompted(ScriptedRecognizer):
    """Remembers what it was asked."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(lambda _: reading)
        self.lengths: list[float] = []  # seconds of each window
        self.asked: list[dict[str, Any]] = []

    def recognize(self, windows: Iterable[Any], **options: Any) -> Iterator[Reading]:
        windows = list(windows)
        self.lengths += [len(window) / 16_000 for window in windows]
        for reading in super().recognize(windows, **options):
            self.asked.append(options)
            yield reading


def read_again(
    words: tuple[Word, ...], reading: Reading, language: str = "en"
) -> tuple[tuple[Word, ...], list[dict[str, Any]]]:
    recognizer = Prompted(reading)
    result = ChunkResult(Chunk(0.0, 30.0, (Region(0.0, 30.0),)), Reading(words, -0.2, 0.01), words)
    found = add_missing_ends(result, Reader(QUIET, recognizer, language, 5))
    return found.words, recognizer.asked


def marked(words: str, change: Callable[[int, str], str], start: float = 0.4) -> Reading:
    """The words in another form, from the start of the stretch that is read."""
    parts = [change(i, word) for i, word in enumerate(words.split())]
    return Reading(said(" ".join(parts), start=start, step=0.5), -0.3, 0.01)


def in_sentences(i: int, word: str) -> str:
    """Of nine words each."""
    return (word.capitalize() if i % 9 == 0 else word) + ("." if i % 9 == 8 else "")


def test_a_long_passage_without_marks_gets_the_ends_and_capitals_of_a_reading_after_a_text_that_has_some() -> None:
    words, asked = read_again(said(LONG, start=1, step=0.5), marked(LONG, in_sentences))
    parts = LONG.split()
    expected = " ".join([parts[0], *(in_sentences(i, word) for i, word in enumerate(parts[:-1]) if i), parts[-1]])
    assert text(words) == expected
    assert text(words).count(".") == 2
    (options,) = asked
    assert options["beam_size"] == 1
    assert ends_sentence(options["prompt"])


@pytest.mark.parametrize("ending", [",", ".", "…"])
def test_a_passage_with_a_mark_is_not_read_again(ending: str) -> None:
    words = LONG.replace("again4", "again4" + ending)
    assert read_again(said(words, step=0.5), marked(LONG, in_sentences)) == (said(words, step=0.5), [])


@pytest.mark.parametrize(("count", "times"), [(24, 0), (25, 1)])
def test_a_passage_is_long_from_25_words_on(count: int, times: int) -> None:
    """The marked word before it is none of them."""
    words = said("Yes. " + " ".join(LONG.split()[:count]), step=0.5)
    assert len(read_again(words, marked(LONG, in_sentences))[1]) == times


def test_a_bit_of_sound_around_the_passage_is_read() -> None:
    recognizer = Prompted(marked(LONG, in_sentences))
    for start, expected in ((5.0, 14.3), (0.0, 13.9), (26.5, 13.9)):  # 13.5 of words; the recording has 40
        words = said(LONG, start=start, step=0.5)
        result = ChunkResult(Chunk(0.0, 40.0, (Region(0.0, 40.0),)), Reading(words, -0.2, 0.01), words)
        add_missing_ends(result, Reader(QUIET, recognizer, "en", 5))
        assert recognizer.lengths[-1] == pytest.approx(expected)


def test_the_second_pass_looks_for_ends() -> None:
    words = said(LONG, start=1, step=0.5)
    result = ChunkResult(Chunk(0.0, 30.0, (Region(1.0, 14.5),)), Reading(words, -0.2, 0.01), words)
    found = run_second_pass(result, Reader(QUIET, Prompted(marked(LONG, in_sentences)), "en", 5))
    assert text(found.words).count(".") == 2


def test_only_the_passage_without_marks_changes() -> None:
    before, after = "It rained. We stayed, all of us.", "That was it."
    words = said(f"{before} {LONG}. {after}", step=0.5)
    found, _ = read_again(words, marked(LONG, in_sentences))
    assert text(found).startswith(before + " we0")
    assert text(found).endswith("again8. " + after)
    assert text(found) != text(words)


def test_a_reading_of_other_words_changes_nothing() -> None:
    """As "My name is Bob.", which continues the text before instead of the sound."""
    words = said(LONG, step=0.5)
    for reading in (
        Reading(said("My name is Bob."), -0.2, 0.01),
        Reading((), -0.2, 0.01),
        marked(LONG.replace("e", "o"), in_sentences),
        Reading(marked(LONG, in_sentences).words, -0.6, 0.9),  # no speech
    ):
        assert read_again(words, reading)[0] == words


def test_other_languages_and_passages_too_long_for_a_window_stay() -> None:
    words = said(LONG, step=0.5)
    assert read_again(words, marked(LONG, in_sentences), "nl") == (words, [])
    words = said(LONG, step=1.3)
    assert read_again(words, marked(LONG, in_sentences)) == (words, [])


@given(st.lists(st.tuples(PLAIN, MARKED, st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_no_word_changes_and_no_mark_that_stands_is_lost(drawn: list[tuple[str, str, bool, bool]]) -> None:
    """Whatever another reading leaves out, and however it is written."""
    words = said(" ".join(word for word, *_ in drawn))
    parts = [(word.capitalize() if upper else word) + mark for word, mark, upper, kept in drawn if kept]
    found = with_ends(words, said(" ".join(parts)))
    assert [(audible(word.text), word.start, word.end) for word in found] == [
        (audible(word.text), word.start, word.end) for word in words
    ]
    assert all(word.text.isalnum() or ends_sentence(word.text) for word in found)
    assert found[0] == words[0]
    assert found[-1] == words[-1]
    if sum(kept for *_, kept in drawn) < 0.7 * len(words):
        assert found == list(words)


def test_all_ends_of_a_reading_of_the_same_words_are_taken() -> None:
    found = with_ends(said("we met in ghent it was cold i stayed"), said("We met in Ghent. It was cold, I stayed."))
    assert text(found) == "we met in Ghent. It was cold I stayed"


@pytest.mark.parametrize(
    ("ours", "theirs", "written"),
    [
        ("US", "U.S.", "US"),
        ("am", "a.m.", "am"),
        ("35", "3.5", "35"),
        ("3.5", "35.", "3.5."),
        ("$5", "5", "$5"),
        ("10000", "10,000", "10000"),
        ("well-known", "wellknown?", "well-known?"),
        ("we’re", "we're", "we’re"),
        ("so", "-So", "so"),
        ("so", "...so", "so"),
        ("Dr Smith", "Dr. Smith", "Dr Smith"),
        ("Inc", "Inc.", "Inc"),
        ("bruges", "Bruges,", "Bruges"),
        ("stop", "“Stop!", "stop!"),
        ("and so", "and... So", "and so"),  # a trail of dots ends no sentence
        ("and so", "and… so", "and so"),
        ("Rich and iPhone", "rich and Iphone", "Rich and iPhone"),
        ("cold because", "bold. Because", "cold because"),  # no capital without its end
        ("cold because", "cold. Because", "cold. Because"),
        ("why so", 'why?" So', "why so"),
        ("did you", "did you?!", "did you?!"),
    ],
)
def test_only_an_end_or_a_capital_comes_to_a_word(ours: str, theirs: str, written: str) -> None:
    """No other way of writing it: what is heard alike may be something else."""
    before, after = "we stayed in ghent again and", "it was far away then"
    found = with_ends(said(f"{before} {ours} {after}"), said(f"{before} {theirs} {after}"))
    assert text(found) == f"{before} {written} {after}"


def test_the_end_of_a_reading_that_breaks_off_is_none() -> None:
    """Whisper writes a full stop where it stops, too."""
    words = said("we met again in ghent and it was cold there so we left")
    assert with_ends(words, said("We met again in ghent and it was cold there.")) == list(words)


def test_a_reading_that_begins_inside_a_passage_begins_no_sentence_there() -> None:
    words = said("we met again in ghent and it was cold there so we left")
    assert with_ends(words, said("In ghent and it was cold there so we left")) == list(words)


def test_words_that_only_the_reading_has_around_a_passage_change_nothing_at_its_ends() -> None:
    words = said("we met again in ghent and it was cold there so we left")
    read = said("And We met again in ghent and it was cold there so we left. And then.")
    assert with_ends(words, read) == list(words)


@pytest.mark.parametrize(("other", "expected"), [(3, "a1 a2 A3 a4. a5"), (4, "a1 a2 a3 a4 a5")])
def test_a_reading_that_shares_seven_of_ten_words_is_used(other: int, expected: str) -> None:
    words = said("a0 a1 a2 a3 a4 a5 a6 a7 a8 a9")
    read = ["a0", "a1", "a2", "A3", "a4.", "a5", "a6", "a7", "a8", "a9"]
    read[-other:] = [f"b{i}" for i in range(other)]
    found = with_ends(words, said(" ".join(read)))
    assert text(found[1:6]) == expected
