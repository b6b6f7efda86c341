"""The probability of error of a word: of every word, from what is known, less for what is surer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.errors import ModelError
from transcribe.recognition.models import ModelFiles
from transcribe.recognition.other_readings import OtherReading
from transcribe.recognition.reading_quality import ChunkEvidence
from transcribe.recognition.word_errors import WEIGHTS, measures_of, with_errors
from transcribe.transcript import Word

probabilities = st.lists(st.floats(0, 1), min_size=1, max_size=30)
texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(lambda text: text == text.strip())


def letters(text: str) -> Sequence[int]:
    """A token for each letter, the number of a Latin letter in the alphabet."""
    return [max(0, min(ord(sign) - ord("a"), 1000)) for sign in text.strip()]


def words_of(probabilities: list[float], text: str = "word") -> tuple[Word, ...]:
    return tuple(Word(text, i / 2, i / 2 + 0.4, probability) for i, probability in enumerate(probabilities))


def chunk(start: float, *, avg_logprob: float = -0.2, words: int = 20) -> ChunkEvidence:
    return ChunkEvidence(start, start + 10, 8.0, words, 0.0, avg_logprob, 0.01, 1.5, 1)


def error_of(word: Word, evidence: ChunkEvidence = chunk(0.0)) -> float:  # noqa: B008 - frozen
    (known,) = with_errors([word], [evidence], tokenize=letters)
    assert known.error is not None
    return known.error


@given(probabilities, texts, st.lists(st.floats(-3, 0), max_size=3))
def test_every_word_has_a_probability_and_nothing_else_changes(
    given: list[float], text: str, logprobs: list[float]
) -> None:
    words = words_of(given, text)
    evidence = [chunk(10.0 * i, avg_logprob=logprob) for i, logprob in enumerate(logprobs)]
    after = with_errors(words, evidence, tokenize=letters)
    assert tuple(replace(word, error=None) for word in after) == words
    assert all(word.error is not None and 0 <= word.error <= 1 for word in after)


@given(probabilities, st.integers(0, 29), st.floats(0, 1))
def test_a_surer_word_makes_no_word_likelier_wrong(given: list[float], at: int, other: float) -> None:
    at %= len(given)
    surer = [*given[:at], max(given[at], other), *given[at + 1 :]]
    before, after = (with_errors(words_of(each), [chunk(0)], tokenize=letters) for each in (given, surer))
    assert all((new.error or 0) <= (old.error or 0) for old, new in zip(before, after, strict=True))


def test_rare_and_hurried_words_and_poor_or_fast_chunks_are_likelier_wrong() -> None:
    plain = Word("a", 0.0, 0.4, 0.9)
    assert error_of(replace(plain, text="Adirando")) > error_of(replace(plain, text="z")) > error_of(plain)
    assert error_of(replace(plain, text="brink", end=0.1)) > error_of(replace(plain, text="brink"))
    assert error_of(plain, chunk(0, avg_logprob=-0.9)) > error_of(plain) < error_of(plain, chunk(0, words=40))


def test_capitals_and_marks_make_no_word_rare() -> None:
    """The first word of a sentence is as frequent as inside it, whatever stands around it."""
    names = ("pieces", "doubt of a rare word")
    spellings = [Word(text, 0, 1, 0.5) for text in ("a", "A", "“A,", "(a)", "z")]
    *same, rare = [[row[name] for name in names] for row in measures_of(spellings, [chunk(0)], tokenize=letters)]
    assert [each == same[0] for each in same] == [True] * 4
    assert rare != same[0]


def test_the_word_after_a_rare_one_is_doubted_less() -> None:
    """What is uncertain there is mostly how the rare one ends."""
    rare, plain, after = Word("Adirando", 0.0, 0.4), Word("a", 0.0, 0.4), Word("a", 0.5, 0.9, 0.8)
    behind = [with_errors([before, after], [chunk(0)], tokenize=letters)[1].error or 0 for before in (rare, plain)]
    assert behind[0] < behind[1]


def test_a_word_that_other_readings_do_not_have_is_likelier_wrong_and_its_neighbours_are_not() -> None:
    words = tuple(replace(word, text="buy") for word in words_of([0.9] * 4))
    words = (words[0], words[1], replace(words[2], text="it"), words[3])
    others = [OtherReading(0.5, 1.4, "buy it", text) for text in ("Bye, it", "by it", "Buy in", *["by it"] * 99)]

    def likelier(before: int, after: int) -> list[bool]:
        errors = [
            [word.error or 0 for word in with_errors(words, [chunk(0)], tokenize=letters, others=others[:count])]
            for count in (before, after)
        ]
        return [new > old for old, new in zip(*errors, strict=True)]

    assert likelier(0, 1) == likelier(1, 2) == likelier(3, 4) == [False, True, False, False]
    assert likelier(2, 3) == [False, False, True, False]
    assert not any(likelier(10, 100)), "a hostile or endless list says no more than a few"


def test_the_measures_are_those_of_the_weights() -> None:
    assert with_errors((), (), tokenize=letters) == ()
    assert [list(each) for each in measures_of(words_of([0.5]), (), tokenize=letters)] == [list(WEIGHTS)]


def test_a_model_divides_a_text_into_the_tokens_of_its_file(tmp_path: Path) -> None:
    vocabulary = {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}}
    (tmp_path / "tokenizer.json").write_text(json.dumps({"version": "1.0", "added_tokens": []} | vocabulary))
    assert list(ModelFiles("tiny", tmp_path, "0").tokenizer()("abb")) == [2, 1]
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match=r"tokenizer\.json cannot be read, or is not a Whisper model's"):
        ModelFiles("tiny", tmp_path, "0").tokenizer()
