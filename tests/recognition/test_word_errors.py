"""The probability of error of a word: of every word, from what is known, less for what is surer."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from transcribe.recognition.reading_quality import ChunkEvidence
from transcribe.recognition.word_errors import WEIGHTS, measures_of, with_errors
from transcribe.transcript import Word

probabilities = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def words_of(probabilities: list[float]) -> tuple[Word, ...]:
    return tuple(Word(f"word{i}", i / 2, i / 2 + 0.4, probability) for i, probability in enumerate(probabilities))


def chunk(start: float, avg_logprob: float) -> ChunkEvidence:
    return ChunkEvidence(start, start + 10, 8.0, 20, 0.0, avg_logprob, 0.01, 1.5, 1)


@given(probabilities, st.lists(st.floats(-3, 0), max_size=3))
def test_every_word_has_a_probability_and_nothing_else_changes(given: list[float], logprobs: list[float]) -> None:
    words = words_of(given)
    after = with_errors(words, [chunk(10.0 * i, logprob) for i, logprob in enumerate(logprobs)])
    assert tuple(replace(word, error=None) for word in after) == words
    assert all(word.error is not None and 0 <= word.error <= 1 for word in after)


@given(probabilities, st.integers(0, 29), st.floats(0, 1))
def test_a_surer_word_and_a_surer_word_after_it_are_no_likelier_wrong(
    given: list[float], at: int, other: float
) -> None:
    at %= len(given)
    surer = [*given[:at], max(given[at], other), *given[at + 1 :]]
    before, after = (with_errors(words_of(each), [chunk(0, -0.3)]) for each in (given, surer))
    assert all((new.error or 0) <= (old.error or 0) for old, new in zip(before, after, strict=True))


def test_a_poor_chunk_has_more_errors() -> None:
    good, poor = with_errors(words_of([0.9] * 40), [chunk(0.0, -0.1), chunk(10.0, -0.9)])[5:40:30]
    assert (good.error or 0) < (poor.error or 0)


def test_no_words_have_no_errors() -> None:
    assert with_errors((), ()) == ()
    assert [each.keys() for each in measures_of(words_of([0.5]), ())] == [WEIGHTS.keys()]
