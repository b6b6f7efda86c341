"""Which passages are marked for listening: within the budget, the likeliest errors first, each with what to expect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.transcripts import transcript
from transcribe.pipeline.doubts import LEAST_ERROR, rank_doubts
from transcribe.pipeline.marked_words import Marked
from transcribe.transcript import Doubt, Transcript, Turn, Word
from transcribe.transcript_warnings import DoubtReason

errors = st.none() | st.floats(0, 1)
shares = st.sampled_from([0.0, 0.05, 0.1, 0.5, 1.0])


def turns_of(*turns: Sequence[float | None]) -> tuple[Turn, ...]:
    """Turns of words of half a second, with these probabilities of error."""
    made, n = [], 0
    for i, turn in enumerate(turns):
        words = tuple(Word(f"w{k}", k / 2, k / 2 + 0.4, error=error) for k, error in enumerate(turn, start=n))
        made.append(Turn(f"S{1 + i % 2}", words))
        n += len(turn)
    return tuple(made)


def with_doubts(turns: tuple[Turn, ...], *doubts: Doubt, share: float) -> Transcript:
    talk = transcript(("S1", "Hi."), ("S2", "Ho."))
    return replace(talk, turns=turns, spans=(), doubts=rank_doubts(turns, doubts, share=share))


@given(st.lists(st.lists(errors, min_size=1, max_size=12), min_size=1, max_size=5), shares)
def test_the_words_marked_are_the_likeliest_errors_within_the_budget(
    given_errors: list[list[float | None]], share: float
) -> None:
    talk = with_doubts(turns_of(*given_errors), share=share)
    words = list(talk.words)
    inside = [word for word in words if any(d.start <= word.start and word.end <= d.end for d in talk.doubts)]
    outside = [word.error or 0.0 for word in words if word not in inside]
    marked = Marked.of(talk)
    assert marked.words == len(inside) <= round(share * len(words))
    assert all((word.error or 0.0) >= LEAST_ERROR for word in inside)
    if len(inside) < round(share * len(words)):
        assert all(error < LEAST_ERROR for error in outside), "the budget is spent, or nothing is left worth it"
    elif inside:
        assert max(outside, default=0.0) <= min(word.error or 0.0 for word in inside)
    expected = sum(word.error or 0.0 for word in words)
    assert marked.errors == (pytest.approx(sum(w.error or 0.0 for w in inside) / expected) if expected else None)


def test_words_next_to_each_other_are_one_passage_and_turns_are_not_joined() -> None:
    talk = with_doubts(turns_of([0.01, 0.5, 0.25, 0.01, 0.125], [0.75, 0.01]), share=1.0)
    assert talk.doubts == (
        Doubt(0.5, 1.4, DoubtReason.LIKELY_WRONG, 0.75),
        Doubt(2.0, 2.4, DoubtReason.LIKELY_WRONG, 0.125),
        Doubt(2.5, 2.9, DoubtReason.LIKELY_WRONG, 0.75),
    )


def test_what_recognition_doubts_stays_whatever_the_budget_and_is_not_listed_twice() -> None:
    turns = turns_of([0.5, 0.25, 0.01], [0.01, 0.01])
    mumbled = Doubt(0.0, 0.9, "mumbled", alternative="He said.")
    assert with_doubts(turns, mumbled, share=0.0).doubts == (replace(mumbled, errors=0.75),)
    assert with_doubts(turns, mumbled, share=1.0).doubts == (replace(mumbled, errors=0.75),)
    silent = Doubt(5.0, 7.0, "speech, not transcribed")
    assert with_doubts(turns, silent, share=0.2).doubts == (Doubt(0.0, 0.4, DoubtReason.LIKELY_WRONG, 0.5), silent)


def test_words_that_were_moved_are_passages_of_their_own() -> None:
    first, second = turns_of([0.5], [0.25])
    talk = with_doubts((Turn("S1", (*second.words, *first.words)),), share=1.0)
    assert [(doubt.start, doubt.end) for doubt in talk.doubts] == [(0.0, 0.4), (0.5, 0.9)]
