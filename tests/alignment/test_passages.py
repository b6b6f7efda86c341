"""Which matches count as evidence: those in dense passages, and none that agree by chance."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.counting import counting
from tests.support.random_talk import random_talk, rewritten
from transcribe.alignment.passages import LEAST_SHARE, evident, least_score
from transcribe.alignment.text_diff import NO_MATCH, matches


def share(old: list[str], new: list[str]) -> float:
    """The share of the shorter text in evident passages."""
    return sum(index != NO_MATCH for index in evident(matches(old, new), len(old))) / min(len(old), len(new))


@given(st.lists(st.sampled_from("abcdef"), max_size=60), st.lists(st.sampled_from("abcdef"), max_size=60))
def test_no_match_is_invented(old: list[str], new: list[str]) -> None:
    found = matches(old, new)
    believed = evident(found, len(old))
    assert all(index in (NO_MATCH, found[i]) for i, index in enumerate(believed))


@pytest.mark.parametrize("count", [1, 3, 20, 500])
def test_a_text_is_evidence_of_itself_however_short(count: int) -> None:
    words = random_talk(random.Random(count), count)
    assert evident(matches(words, words), count) == list(range(count))


@pytest.mark.parametrize("seed", range(20))
def test_texts_of_one_language_are_told_apart(seed: int) -> None:
    chance = random.Random(seed)
    old, other = random_talk(chance, 300), random_talk(chance, 250)
    new = [word for word, _ in rewritten(old, 0.4, chance)]
    assert share(old, other) < LEAST_SHARE < 0.4 < share(old, new)


def test_words_in_a_passage_of_another_text_are_no_evidence() -> None:
    chance = random.Random(1)
    old, intro, cut = random_talk(chance, 200), random_talk(chance, 80), random_talk(chance, 80)
    believed = evident(matches(cut + old, intro + old), 280)
    assert believed[80:] == list(range(80, 280))
    assert sum(index != NO_MATCH for index in believed[:75]) == 0


def test_longer_texts_need_more_evidence_and_short_ones_all_their_words() -> None:
    assert least_score(100, 100) < least_score(10_000, 100) < least_score(10_000, 10_000) < 8
    assert least_score(10_000, 2) == 2


def test_the_work_grows_with_the_length() -> None:
    def calls(count: int) -> int:
        matched = [i if i % 3 else NO_MATCH for i in range(count)]
        with counting() as made:
            evident(matched, count)
        return made.total()

    assert calls(40_000) < 5 * calls(10_000)
