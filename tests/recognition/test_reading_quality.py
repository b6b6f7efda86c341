"""Judgements of readings: by hand and by property."""

from __future__ import annotations

import pytest

from tests.support.words import said, text
from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.reading_quality import (
    agreeing_words,
    is_acceptable,
    is_own_speech,
    outside_speech,
    remove_overlap,
    untranscribed_speech,
)
from transcribe.recognition.vad import Chunk, Region
from transcribe.transcript import Word


def test_a_missing_sentence_is_a_gap() -> None:
    chunk = Chunk(0.0, 12.0, (Region(0.4, 4.0), Region(4.5, 8.0), Region(9.0, 11.6)))
    words = (*said("this is said", start=0.5, step=0.5), *said("and this too", start=9.0, step=0.8))
    (gap,) = untranscribed_speech(words, chunk)
    assert gap.start == pytest.approx(2.0)  # "said" ends after its own half second
    assert gap.end == 9.0


def test_a_long_pause_is_no_gap() -> None:
    chunk = Chunk(0.0, 12.0, (Region(0.4, 2.0), Region(9.0, 11.6)))
    words = (*said("this is said", start=0.5, step=0.5), *said("and this too", start=9.0, step=0.8))
    assert untranscribed_speech(words, chunk) == ()


def test_a_chunk_without_words_is_one_gap() -> None:
    assert untranscribed_speech((), Chunk(1.0, 6.0, (Region(1.4, 5.6),))) == (Region(1.0, 6.0),)


def test_an_unsure_fast_empty_or_looping_reading_is_not_acceptable() -> None:
    good = Reading(said("so we went on"), -0.4, 0.05)
    assert is_acceptable(good, 2.0)
    assert not is_acceptable(Reading(good.words, -0.95, 0.05), 2.0)
    assert not is_acceptable(Reading(good.words, -0.4, 0.7), 2.0)
    assert not is_acceptable(Reading((), -0.4, 0.05), 2.0)
    assert not is_acceptable(good, 0.5)
    assert not is_acceptable(Reading(said("on and " * 9, step=0.02), -0.2, 0.05), 10.0)
    assert is_acceptable(Reading(said("on and " * 9), -0.2, 0.05), 10.0)


def test_existing_words_are_not_inserted_again() -> None:
    before, after = said("I have had it."), said("I am done now.")
    assert text(remove_overlap(before, said("had it! Really I am"), after)) == "Really"
    assert remove_overlap(before, said("I have had it"), after) == ()
    assert text(remove_overlap((), said("all new"), ())) == "all new"
    here, later = said("I see, you know, what this is."), said("so I went and you know")
    assert remove_overlap(here[:4], said("you know"), ()) == ()
    assert text(remove_overlap(here, said("you know"), later)) == "you know"  # two words come again soon
    assert remove_overlap((), said("went"), later) == ()


def test_a_sentence_with_its_own_time_is_said_again() -> None:
    speech = (Region(0.0, 1.2), Region(2.0, 3.2), Region(4.0, 5.2))
    before, after = said("I have had it."), said("I am done now.", start=4.0)
    assert is_own_speech(before, said("I have had it.", start=2.0), after, speech)
    assert not is_own_speech(before, said("I have had it.", start=1.3), after, speech)  # without a pause
    assert not is_own_speech(before, said("I have had it.", start=2.0, step=0.02), after, speech)
    assert not is_own_speech(before, said("I have had it.", start=1.6, step=0.1), after, speech)  # in silence


def test_agreeing_words_are_equal_at_the_same_time() -> None:
    words = (Word("Right,", 10.2, 12.1), Word("so", 12.1, 12.3), Word("you", 14.0, 14.2))
    others = (Word("right", 11.5, 12.2), Word("go", 12.1, 12.3), Word("You", 14.6, 14.8))
    assert agreeing_words(words, others) == words[:1]


def test_a_word_in_silence_is_outside_speech() -> None:
    words = (Word("near", 2.3, 2.6), Word("far", 5.0, 5.3))
    assert outside_speech(words, (Region(1.0, 2.0),)) == [False, True]
