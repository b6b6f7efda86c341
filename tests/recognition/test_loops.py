"""Loops and true repeats: by hand and by property."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.words import said, text
from transcribe.recognition.loops import (
    collapse_loops,
    is_loop,
    is_piled_up,
    key,
    repeated_parts,
    repeated_phrase,
    repeats,
)
from transcribe.recognition.vad import Region


def test_a_loop_is_reduced_to_one_phrase_and_located() -> None:
    words = (*said("well thank you so much", step=0.5), *said("thank you so much " * 5, start=2.5, step=0.02))
    kept, cut = collapse_loops((*words, *said("bye", start=4.0)))
    assert text(kept) == "well thank you so much bye"
    assert cut == (Region(2.5, 2.9),)


def test_a_repeat_without_time_is_cut_among_repeats_that_are_said() -> None:
    """As read from a chorus: the fourth of five lies at one moment."""
    line = "we will never go home"
    at = [0.0, 3.0, 6.0, 7.5, 9.0]
    words = [word for i, start in enumerate(at) for word in said(line, start=start, step=0.0 if i == 3 else 0.3)]
    kept, cut = collapse_loops(words)
    assert text(kept) == " ".join([line] * 4)
    assert len(cut) == 1


@pytest.mark.parametrize(
    "phrase", ["no, no, no, no.", "I know, I know, I know.", "twenty twenty", "", "we are here " * 9, "no " * 12]
)
def test_natural_repetition_is_no_loop(phrase: str) -> None:
    assert collapse_loops(said(phrase)) == (said(phrase), ())
    assert collapse_loops(said(phrase), [Region(0.0, 30.0)]) == (said(phrase), ())
    assert not is_loop(said(phrase))


def test_where_phrases_repeat_often_is_known() -> None:
    words = (*said("yes " * 6), *said("so we go " * 4, start=10.0, step=0.5), *said("no " * 7, start=20.0, step=0.5))
    assert repeated_parts(words) == (Region(10.0, 16.0), Region(20.0, 23.5))
    assert repeated_parts(said("so we go " * 3)) == ()


def test_a_repeat_over_silence_is_no_speech() -> None:
    kept, cut = collapse_loops(said("thank you " * 6), [Region(0.0, 1.2)])
    assert text(kept) == "thank you thank you"
    assert cut == (Region(1.2, 3.6),)


@given(
    st.lists(st.sampled_from(["yes", "we will go", "a b", "I am happy"]), min_size=1, max_size=3),
    st.integers(1, 9),
    st.floats(0.15, 0.6),
    st.floats(0.0, 2.0),
)
def test_what_is_said_stays_and_what_takes_no_time_goes(
    phrases: list[str], times: int, step: float, pause: float
) -> None:
    """Whatever is said however often, each time on its own speech, stays; the same text at one moment is a loop."""
    line = " ".join(phrases)
    length = step * len(line.split())
    starts = [i * (length + pause) for i in range(times)]
    spoken = [word for start in starts for word in said(line, start=start, step=step)]
    speech = [Region(start, start + length) for start in starts]
    assert collapse_loops(spoken, speech) == (tuple(spoken), ())
    assert not is_loop(spoken)
    looped = [*spoken, *said(" ".join([line] * 9), start=spoken[-1].end, step=0.01)]
    kept, cut = collapse_loops(looped, speech)
    assert kept[: len(spoken)] == tuple(spoken)
    assert len(kept) < len(looped)
    assert cut


def test_a_repeated_phrase_is_found_in_another_reading() -> None:
    words = said("so we go. We go, we go. WE GO!", step=0.3)
    assert repeated_phrase(words) == ("we", "go")
    assert repeats(said("and we go we go"), ("we", "go"))
    assert not repeats(said("and we go so we go"), ("we", "go"))
    assert repeated_phrase(said("so we go")) == ()


def test_words_without_letters_have_keys() -> None:
    assert [key(word) for word in said("Don't … 50%")] == ["dont", "…", "50"]
    assert is_piled_up(said("one two three", step=0.0))
