"""Beam search over made-up probabilities, against all texts there are."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from transcribe.recognition.engines.beam_search import Prediction, Rules, WindowTexts, search

END, TOKENS = 0, 5
EVERYTHING = 10_000

Text = tuple[int, ...]


class Table:
    """Probabilities of the next token, drawn for each text of each window; or given for the texts that matter."""

    def __init__(self, seeds: Sequence[int], given: Mapping[Text, Mapping[int, float]] | None = None) -> None:
        self.seeds = seeds
        self._given = given or {}
        self.rows: list[Text] = [() for _ in seeds]
        self.windows = list(range(len(seeds)))
        self.of = self.windows  # the window of each row
        self.steps: list[list[Text]] = []  # the texts that go on, of each step, over all windows

    def logprobs(self, window: int, text: Text) -> NDArray[np.float64]:
        given = self._given.get(text)
        if given is not None:
            rest = (1 - sum(given.values())) / (TOKENS - len(given))
            return np.log([given.get(token, rest) for token in range(TOKENS)])
        rng = np.random.default_rng([self.seeds[window], len(text), *text])
        return np.log(rng.dirichlet(np.full(TOKENS, 0.5)) + 1e-9)

    def step(self, tokens: Sequence[int], parents: Sequence[int], counts: Sequence[int]) -> Prediction:
        assert min(counts) > 0
        of = [window for window, n in zip(self.windows, counts, strict=True) for _ in range(n)]
        assert [self.of[parent] for parent in parents] == of  # no hypothesis continues another window's
        self.of = of
        self.rows = [(*self.rows[parent], token) for parent, token in zip(parents, tokens, strict=True)]
        self.steps.append([row[2:] for row in self.rows])
        logs = np.array([self.logprobs(w, row[2:]) for w, row in zip(of, self.rows, strict=True)])
        order = np.argsort(-logs, axis=1, kind="stable")
        special = np.array([[w, len(row)] for w, row in zip(of, self.rows, strict=True)], np.float32)
        return Prediction(
            np.take_along_axis(logs, order, axis=1).astype(np.float32), order, special, special[:, None] + 0.5
        )

    def keep(self, windows: Sequence[int]) -> None:
        self.windows = [self.windows[i] for i in windows]


def rules(beam_size: int, *, longest: int = 3, prune_margin: float = 1e9, compared_tokens: int = EVERYTHING) -> Rules:
    return Rules(
        (8, 9),
        END,
        beam_size,
        longest,
        most_texts=EVERYTHING,
        prune_margin=prune_margin,
        compared_tokens=compared_tokens,
    )


def found(seeds: Sequence[int], how: Rules) -> list[WindowTexts]:
    return search(Table(seeds), len(seeds), how)


def all_texts(table: Table, window: int, longest: int) -> dict[Text, float]:
    """The logarithm of each text, which the longest need no end for."""
    logprobs = {}
    for n in range(longest + 1):
        for text in itertools.product(range(1, TOKENS), repeat=n):
            total = sum(table.logprobs(window, text[:i])[token] for i, token in enumerate(text))
            logprobs[text] = total + (table.logprobs(window, text)[END] if n < longest else 0.0)
    return logprobs


@given(st.lists(st.integers(0, 999), min_size=1, max_size=3))
def test_a_beam_as_wide_as_there_are_texts_finds_the_likeliest(seeds: list[int]) -> None:
    """And ranks it among those that ended before."""
    for window, result in enumerate(found(seeds, rules(EVERYTHING))):
        logprobs = all_texts(Table(seeds), window, 3)
        assert max(logprobs, key=logprobs.__getitem__) in {text.tokens for text in result.texts}
        for text in result.texts:
            assert text.logprob == pytest.approx(logprobs[text.tokens], abs=1e-4)
        scores = [text.logprob / max(1, len(text.tokens)) for text in result.texts]
        assert scores == sorted(scores, reverse=True)


@given(st.integers(0, 999), st.integers(1, 6))
def test_the_greedy_text_takes_the_likeliest_token_each_time(seed: int, longest: int) -> None:
    table, text = Table([seed]), ()
    while len(text) < longest and (token := int(np.argmax(table.logprobs(0, text)))) != END:
        text = (*text, token)
    (result,) = found([seed], rules(1, longest=longest))
    assert [each.tokens for each in result.texts] == [text]


@given(st.lists(st.integers(0, 999), min_size=2, max_size=5), st.integers(1, 5), st.sampled_from([0.5, 1.5, 1e9]))
def test_the_texts_of_a_window_do_not_depend_on_the_others(seeds: list[int], beam_size: int, pruned: float) -> None:
    how = rules(beam_size, longest=6, prune_margin=pruned, compared_tokens=2)
    for seed, together in zip(seeds, found(seeds, how), strict=True):
        (alone,) = found([seed], how)
        assert [(each.tokens, each.logprob) for each in together.texts] == [
            (each.tokens, each.logprob) for each in alone.texts
        ]


@given(st.integers(0, 999), st.integers(1, 5), st.sampled_from([0.0, 1.0, 2.0]))
def test_no_hypothesis_goes_on_that_another_is_likelier_than_by_the_factor(seed: int, size: int, pruned: float) -> None:
    table = Table([seed])
    search(table, 1, rules(size, longest=6, prune_margin=pruned))
    for texts in table.steps[2:]:
        sums = [sum(table.logprobs(0, text[:i])[token] for i, token in enumerate(text)) for text in texts]
        assert max(sums) - min(sums) <= pruned + 1e-4


@given(st.lists(st.integers(0, 999), min_size=1, max_size=3), st.integers(1, 4))
def test_what_is_told_of_each_token_is_from_the_step_that_chose_it(seeds: list[int], beam_size: int) -> None:
    for window, result in enumerate(found(seeds, rules(beam_size, longest=5))):
        assert result.special.tolist() == [window, 1]
        assert result.queries.tolist() == [[[window + 0.5, 1.5]]]
        for text in result.texts:
            ends = len(text.tokens) < 5
            steps = [[window, 2 + i] for i in range(len(text.tokens) + ends)]
            assert [choice.special.tolist() for choice in text.choices] == steps
            assert [(choice.queries - 0.5).tolist() for choice in text.choices] == [[step] for step in steps]
            assert sum(choice.logprob for choice in text.choices) == pytest.approx(text.logprob, abs=1e-4)


def test_a_text_does_not_begin_with_what_it_must_not() -> None:
    table = Table([0], {(): {END: 0.6, 1: 0.3}, (1,): {END: 0.9}})
    how = Rules((8, 9), END, 1, 3, not_first=[END, 2])
    assert [text.tokens for text in search(table, 1, how)[0].texts] == [(1,)]


def test_of_many_texts_the_best_are_told() -> None:
    (all_of_them,), (few,) = (
        search(Table([7]), 1, Rules((8, 9), END, 99, 3, most_texts=n, prune_margin=9)) for n in (99, 3)
    )
    assert len(all_of_them.texts) > 3
    assert [text.tokens for text in few.texts] == [text.tokens for text in all_of_them.texts[:3]]


@given(st.integers(0, 999), st.lists(st.integers(1, 7), max_size=4))
def test_what_is_told_of_the_prompt_is_of_its_own_tokens_whatever_is_before_it(seed: int, context: list[int]) -> None:
    class After(Table):
        """The same probabilities as without the context."""

        def logprobs(self, window: int, text: Text) -> NDArray[np.float64]:
            return super().logprobs(window, text[len(context) :])

    (alone,) = found([seed], rules(3))
    table = After([seed])
    (result,) = search(table, 1, replace(rules(3), context=context))
    assert [(each.tokens, each.logprob) for each in result.texts] == [
        (each.tokens, each.logprob) for each in alone.texts
    ]
    assert result.special.tolist() == [0, len(context) + 1]
    assert result.queries.shape == alone.queries.shape


def test_a_search_needs_a_prompt() -> None:
    with pytest.raises(ValueError, match="after a prompt"):
        search(Table([0]), 1, Rules((), END, 1, 3))


class OddTable(Table):
    """Of which some probabilities are nothing, or no numbers; the same after the same last two tokens: it loops."""

    def logprobs(self, window: int, text: Text) -> NDArray[np.float64]:
        rng = np.random.default_rng([self.seeds[window], *text[-2:]])
        odd = rng.choice([0.0, 0.0, 0.0, -np.inf, np.nan], TOKENS)
        return super().logprobs(window, text[-2:]) + odd


@given(
    st.sampled_from([Table, OddTable]),
    st.lists(st.integers(0, 999), min_size=1, max_size=2),
    st.builds(
        Rules,
        st.just((8, 9)),
        st.just(END),
        beam_size=st.integers(1, 6),
        longest=st.integers(1, 8),
        not_first=st.sets(st.sampled_from(range(TOKENS)), max_size=TOKENS - 1),
        prune_margin=st.floats(0, 5),
        compared_tokens=st.integers(1, 5),
        ends_sentence=st.sets(st.sampled_from(range(TOKENS))),
    ),
)
def test_each_window_has_texts_whatever_is_pruned_and_whichever_go_on_alike(
    kind: type[Table], seeds: list[int], how: Rules
) -> None:
    for result in search(kind(seeds), len(seeds), how):
        texts = [text.tokens for text in result.texts]
        assert 1 <= len(set(texts)) == len(texts) <= how.most_texts
        assert len(texts[0]) <= how.longest
        assert not any(text[0] in how.not_first for text in texts if text)
        if () in texts:
            assert END not in how.not_first


_ALIKE = {  # 1 or 2, and then 3, 4, 1, END
    (): {1: 0.55, 2: 0.43},
    **{(first, *text): {after: 0.98} for first in (1, 2) for text, after in (((), 3), ((3,), 4), ((3, 4), END))},
}


def test_of_two_that_go_on_alike_only_the_likelier_goes_on_and_both_are_told() -> None:
    table = Table([0], _ALIKE)
    (result,) = search(table, 1, rules(2, longest=6, prune_margin=1.5, compared_tokens=2))
    assert [text.tokens for text in result.texts[:2]] == [(1, 3, 4), (2, 3, 4)]
    assert [len(texts) for texts in table.steps[2:]] == [2, 2, 1]
    factor = result.texts[0].logprob - result.texts[1].logprob
    assert factor == pytest.approx(math.log(0.55 / 0.43), abs=1e-5)


def test_two_that_end_sentences_differently_both_go_on() -> None:
    """2 ends a sentence; the text with it is the less likely one at first, and the likelier one at its end."""
    late = {(1, 3, 4): {1: 0.5}, (2, 3, 4): {1: 0.98}, (1, 3, 4, 1): {END: 0.98}, (2, 3, 4, 1): {END: 0.98}}
    how = replace(rules(2, longest=6, prune_margin=1.5, compared_tokens=2), ends_sentence={2})
    best = [
        search(Table([0], _ALIKE | late), 1, each)[0].texts[0].tokens for each in (how, replace(how, ends_sentence=()))
    ]
    assert best == [(2, 3, 4, 1), (1, 3, 4, 1)]


_BEHIND = {  # 2 may be left out
    (): {1: 0.98},
    (1,): {2: 0.55, 3: 0.43},
    (1, 2): {3: 0.98},
    **{(1, *text): {after: 0.98} for text, after in (((3,), 4), ((3, 4), 2), ((3, 4, 2), END))},
    **{(1, 2, *text): {after: 0.98} for text, after in (((3,), 4), ((3, 4), 2), ((3, 4, 2), END))},
}


def test_one_that_is_a_token_behind_goes_on_with_the_likelier_too() -> None:
    """The shorter text is ahead: it has its last tokens a step earlier."""
    table = Table([0], _BEHIND)
    (result,) = search(table, 1, rules(2, longest=6, prune_margin=1.5, compared_tokens=2))
    texts = [text.tokens for text in result.texts]
    assert set(texts[:2]) == {(1, 3, 4, 2), (1, 2, 3, 4, 2)}
    assert len(table.steps[-1]) == 1


def test_what_repeats_itself_does_not_go_on_when_the_likeliest_text_has_ended() -> None:
    """Though the mean of its logarithms would be the greatest."""
    loop = {(1, *[2] * n): {2: 0.99} for n in range(1, 30)}
    table = Table([0], {(): {1: 0.9}, (1,): {END: 0.6, 2: 0.37}} | loop)
    (result,) = search(table, 1, rules(3, longest=30, prune_margin=1.5))
    assert [text.tokens for text in result.texts] == [(1,)]
    assert len(table.steps) == 3


def test_a_phrase_that_is_said_again_is_not_taken_for_one_that_is_behind() -> None:
    """1 2 1 2: its last tokens are those of its own beginning."""
    given = {text: {after: 0.97} for text, after in (((), 1), ((1,), 2), ((1, 2), 1), ((1, 2, 1), 2))}
    table = Table([0], given | {(1, 2, 1, 2): {END: 0.97}})
    (result,) = search(table, 1, rules(2, longest=6, prune_margin=1.5, compared_tokens=4))
    assert result.texts[0].tokens == (1, 2, 1, 2)
