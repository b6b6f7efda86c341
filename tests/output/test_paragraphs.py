"""Paragraphs: all sentences, whole, with breaks at changes of topic and at pauses."""

from __future__ import annotations

from itertools import combinations
from math import exp, log, log1p

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.paragraphs import SINCE, _best_breaks, paragraphs, sentences
from tests.support.transcripts import turn
from transcribe.style import Style

LOOMS = "The looms weave cotton, and the weaver minds every cotton thread on the looms."
BOATS = "A harbour pilot steers foreign vessels towards sheltered anchorage before nightfall comes."


def test_short_turns_are_one_paragraph_despite_pauses() -> None:
    words = turn("S1", "One two. Three four.", pauses={2: 9.0}).words
    assert paragraphs(words) == [words]


def test_a_long_turn_breaks_at_a_long_pause() -> None:
    sentence = "This is one of the twelve words that a sentence has here."
    words = turn("S1", " ".join([sentence] * 12), pauses={12 * 5: 2.0}).words
    assert [len(part) for part in paragraphs(words)] == [60, 84]


@given(st.lists(st.sampled_from(["word", "end.", "Dr.", "So", "(why?)"]), min_size=1, max_size=400))
def test_paragraphs_contain_all_sentences_whole(tokens: list[str]) -> None:
    words = turn("S1", " ".join(tokens)).words
    parts = paragraphs(words)
    assert tuple(word for part in parts for word in part) == words
    assert all(part[-1].text in ("end.", "(why?)") for part in parts[:-1])


def first_words(text: str, **kwargs: dict[int, float]) -> list[str]:
    return [part[0].text for part in paragraphs(turn("S1", text, **kwargs).words)]


def test_a_paragraph_breaks_where_the_vocabulary_changes() -> None:
    assert first_words(" ".join([LOOMS] * 13 + [BOATS] * 13)) == ["The", "A"]


@pytest.mark.parametrize(
    "opening", ["And the other thing is", "Now, the second thing is", "Another one is", "In Liberty"]
)
def test_a_paragraph_breaks_at_an_opening_phrase(opening: str) -> None:
    text = " ".join([LOOMS] * 8 + [f"{opening} boats."] + [BOATS] * 8)
    assert first_words(text) == ["The", opening.split()[0]]


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("I met Dr. Who. He ran.", ["Who.", "ran."]),
        ("by J. R. Smith. It is.", ["Smith.", "is."]),
        ("We ship RDO. So do you and I. Yes?", ["RDO.", "I.", "Yes?"]),
        ("He said (so.) and “no.” Then", ["(so.)", "“no.”", "Then"]),
    ],
)
def test_sentences_end_at_the_right_words(text: str, ends: list[str]) -> None:
    assert [sentence[-1].text for sentence in sentences(turn("S1", text).words)] == ends


def test_regular_pauses_do_not_break_paragraphs() -> None:
    slow = {14 * i: 3.0 for i in range(1, 12)}
    text = " ".join([LOOMS] * 12)
    assert first_words(text, pauses=slow) == first_words(text)


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(-6, 6)), min_size=1, max_size=9))
def test_best_breaks_are_the_most_likely_of_all(gaps: list[tuple[int, float]]) -> None:
    """Compared with every possible set of breaks."""
    starts = [0]
    for length, _ in gaps:
        starts.append(starts[-1] + length)
    odds, count = [odd for _, odd in gaps], len(gaps)

    def likelihood(cuts: tuple[int, ...]) -> float:
        total, last = 0.0, 0
        for gap in range(1, count):
            odd = odds[gap] + SINCE * log(starts[gap] - starts[last])
            total -= log1p(exp(-odd if gap in cuts else odd))
            last = gap if gap in cuts else last
        return total

    every = [cuts for k in range(count) for cuts in combinations(range(1, count), k)]
    made = _best_breaks(starts, odds)
    assert (made[0], made[-1]) == (0, count)
    if starts[-1] <= Style.LONGEST_PARAGRAPH_WORDS:
        assert likelihood(tuple(made[1:-1])) == pytest.approx(max(map(likelihood, every)))


def test_a_three_hour_turn_has_bounded_paragraphs() -> None:
    words = turn("S1", " ".join([LOOMS, "It is so."] * 2500)).words
    assert max(map(len, paragraphs(words))) <= Style.LONGEST_PARAGRAPH_WORDS
