"""What is made of the texts that a decoder finds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from transcribe.recognition.engines.beam_search import Choice, Hypothesis, Rules, WindowTexts
from transcribe.recognition.engines.decoders import Vocabulary
from transcribe.recognition.engines.text_searches import NetworkSearch, Query, Texts

_NO_QUERIES = np.zeros((1, 2), np.float32)
EXCLAMATION, STOP, QUESTION, COMMA, END = 10, 11, 12, 13, 20
WORD, CAPITAL, PART = 14, 15, 16  # "word", "Word", and what goes on with the word before it

VOCABULARY = Vocabulary(
    end=END,
    special=(STOP, EXCLAMATION, 30, COMMA, 31, 32),
    languages={"en": 4, "nl": 5},
    suppressed=(),
    not_first=(),
    begins_word={WORD, CAPITAL},
    ends_sentence={STOP, EXCLAMATION},
    capitals={WORD: CAPITAL},
)


class Decoder:
    """Finds what it is told to."""

    longest = 7

    def __init__(self, *found: WindowTexts, vocabulary: Vocabulary = VOCABULARY) -> None:
        self.vocabulary = vocabulary
        self.found = list(found)
        self.rules: list[Rules] = []

    def search(self, states: NDArray[np.float32], rules: Rules) -> list[WindowTexts]:
        assert states.shape == (len(self.found), 2, 4)
        self.rules.append(rules)
        return self.found

    def attended(self, states: NDArray[np.float32], found: WindowTexts) -> NDArray[np.float32]:
        """One head, which looks at a token for two frames."""
        n_tokens = len(found.texts[0].choices)
        return np.repeat(np.eye(n_tokens, dtype=np.float32), 2, axis=1)[None, :, : len(states)]


def text(tokens: Sequence[int], odds: float, logprob: float = -1.0) -> Hypothesis:
    """With the logarithm of the odds of "!" against what was chosen at each token, or a full stop for a word."""
    choices = []
    for token in (*tokens, END):
        special = np.full(6, -9.0)
        special[VOCABULARY.special.index(token if token in (STOP, COMMA) else STOP)] = -3
        special[VOCABULARY.special.index(EXCLAMATION)] = -3 + odds
        choices.append(Choice(logprob / (len(tokens) + 1), special, _NO_QUERIES))
    return Hypothesis(tuple(tokens), logprob, tuple(choices))


def searched(decoder: Decoder, language: str = "en", length: int = 4, **options: Any) -> list[Texts]:
    states = [np.zeros((1, 4, 4), np.float32) for _ in decoder.found]
    query = replace(Query((1, 2), (1,), END, language, beam_size=3), **options)
    return NetworkSearch(decoder)(states, [length] * len(states), query)  # type: ignore[arg-type]


def window(*texts: Hypothesis, told: Sequence[float] = (-9, -9, -2.0, -9, -1.0, -3.0)) -> WindowTexts:
    return WindowTexts(texts, np.array(told, np.float32), _NO_QUERIES[None])


@given(st.floats(-5, 5).filter(lambda odds: abs(odds + 1.609) > 0.01), st.sampled_from([STOP, COMMA]))
def test_a_mark_that_is_hardly_likelier_is_an_exclamation_mark(odds: float, mark: int) -> None:
    """From a fifth of its probability on, whose natural logarithm is -1.609."""
    (found,) = searched(Decoder(window(text([WORD, mark], odds))))
    assert found.tokens == [[WORD, EXCLAMATION if odds > -1.609 else mark]]


@given(st.lists(st.sampled_from([STOP, QUESTION, COMMA, WORD, CAPITAL, PART]), max_size=9), st.floats(-1.6, 5))
def test_a_word_after_an_exclamation_mark_has_a_capital_and_nothing_else_changes(
    tokens: list[int], odds: float
) -> None:
    (found,) = searched(Decoder(window(text(tokens, odds))))
    expected = " ".join(f"{token}" for token in [*tokens, END])
    for mark in (STOP, COMMA):
        expected = re.sub(rf"\b{mark} ({WORD}|{CAPITAL})\b", f"{EXCLAMATION} {CAPITAL}", expected)
        expected = expected.replace(f"{mark} {END}", f"{EXCLAMATION} {END}")
    assert [[*found.tokens[0], END]] == [[*map(int, expected.split())]]


@pytest.mark.parametrize("mark", [STOP, COMMA])
def test_what_is_no_end_of_a_word_stays(mark: int) -> None:
    """A point in an address or a number, dots."""
    for tokens in ([WORD, mark, PART], [WORD, mark, mark, mark, PART], [WORD, PART]):
        (found,) = searched(Decoder(window(text(tokens, 3.0))))
        assert found.tokens == [tokens]


def test_in_other_languages_nothing_is_exclaimed() -> None:
    (found,) = searched(Decoder(window(text([WORD, STOP], 3.0))), "nl")
    assert found.tokens == [(WORD, STOP)]


def test_a_text_of_which_nothing_was_told_stays() -> None:
    other = Hypothesis((WORD, STOP), -4.0, ())
    (found,) = searched(Decoder(window(text([WORD, STOP, WORD, STOP], 3.0), other)))
    assert found.tokens == [[WORD, EXCLAMATION, CAPITAL, EXCLAMATION], (WORD, STOP)]


def test_the_mean_of_the_logarithms_includes_the_end() -> None:
    found = searched(Decoder(window(text([WORD] * 3, 0.0, -2.0)), window(text([], 0.0, -0.5))))
    assert [each.avg_logprob for each in found] == [-0.5, -0.5]


def test_the_languages_of_a_first_reading_sum_to_one() -> None:
    first, second = (searched(Decoder(window(text([WORD], 0.0))), is_first=first)[0] for first in (True, False))
    assert first.spoken.probabilities == pytest.approx({"en": 1 / (1 + np.exp(-2)), "nl": 1 / (1 + np.exp(2))})
    assert second.spoken is None


@given(st.floats(0.001, 0.999))
def test_the_odds_of_no_speech_are_told_as_a_probability(probability: float) -> None:
    """The token is suppressed, so what is told of it is relative to all others."""
    told = -9, -9, np.log(probability / (1 - probability)), -9, -1.0, -3.0
    (found,) = searched(Decoder(window(text([WORD], 0.0), told=told)))
    assert found.no_speech_probability == pytest.approx(probability, abs=1e-5)


def test_weights_without_languages_tell_none() -> None:
    found = window(text([WORD], 0.0))
    (texts,) = searched(Decoder(found, vocabulary=replace(VOCABULARY, languages={})), is_first=True)
    assert texts.spoken is None


@pytest.mark.parametrize("length", [1, 4])
def test_tokens_begin_in_frames_that_have_sound(length: int) -> None:
    """The longest text has no choice of an end, so its last token ends with them."""
    best = text([WORD, STOP], 0.0, -0.6)
    ended, longest = (
        searched(Decoder(window(each)), length=length)[0].times
        for each in (best, replace(best, choices=best.choices[:2]))
    )
    assert [times.starts[0] for times in (ended, longest)] == [0, 0]
    assert 0 <= longest.starts[1] < longest.starts[2] == length
    assert 0 <= ended.starts[1] <= ended.starts[2] < length
    assert list(ended.probabilities) == pytest.approx([np.exp(-0.2)] * 2)


def test_what_is_asked_reaches_the_search() -> None:
    decoder = Decoder(window(text([WORD], 0.0)))
    searched(decoder)
    (rules,) = decoder.rules
    assert (tuple(rules.prompt), rules.end, rules.beam_size, rules.longest) == ((1, 2), END, 3, 7)
    assert rules.ends_sentence == {STOP, EXCLAMATION}


def test_the_text_before_is_read_before_the_prompt_and_takes_positions_from_the_text() -> None:
    """Of twice seven positions, all tokens together."""
    decoder = Decoder(window(text([WORD], 0.0)))
    searched(decoder, prompt=(40, 41, 42, 43, 44, 45, 46, 1, 2))
    (rules,) = decoder.rules
    assert (tuple(rules.context), tuple(rules.prompt)) == ((40, 41, 42, 43, 44, 45, 46), (1, 2))
    assert len(rules.context) + len(rules.prompt) + rules.longest == 2 * decoder.longest


def test_it_does_not_sample() -> None:
    with pytest.raises(ValueError, match="does not sample"):
        searched(Decoder(window(text([WORD], 0.0))), temperature=0.5)
