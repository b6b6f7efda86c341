"""The page's list of doubts and confirming one, for transcripts that know their errors and for those that do not."""

from __future__ import annotations

from dataclasses import replace

from output.formats import write
from tests.support.transcripts import transcript
from transcribe.alignment.realign import realign
from transcribe.editor.confirmation import confirmed, restored
from transcribe.editor.page_state import page_state
from transcribe.transcript import Doubt, Transcript, Turn

TALK = transcript(("S1", "Good evening dear listeners."), ("S2", "Good evening."))


def with_words(*values: tuple[float, float | None]) -> Transcript:
    """The talk with a probability and a probability of error for each word."""
    given = iter(values)
    turns = []
    for turn in TALK.turns:
        words = [(word, *next(given)) for word in turn.words]
        turns.append(Turn(turn.speaker, tuple(replace(w, probability=p, error=e) for w, p, e in words)))
    return replace(TALK, turns=tuple(turns))


def listed(talk: Transcript) -> list[str]:
    draft = write(talk, "md")
    return [doubt["reason"] for doubt in page_state("a", draft.encode(), talk)["doubts"]]


def test_improbable_words_are_listed_only_where_no_error_is_known() -> None:
    assert listed(with_words((0.2, None), *[(0.9, None)] * 3, (0.3, None), (0.9, None))) == ["low confidence"] * 2
    known = with_words((0.2, 0.3), *[(0.9, 0.01)] * 3, (0.3, 0.2), (0.9, 0.01))
    assert listed(known) == []
    first = next(iter(known.words))
    assert listed(replace(known, doubts=(Doubt(first.start, first.end, "likely wrong", 0.3),))) == ["likely wrong"]


def test_a_confirmed_word_is_no_error_and_undoing_brings_all_back() -> None:
    before = with_words((0.2, 0.3), (1.0, 0.1), (0.9, None), (1.0, None), (0.3, 0.2), (0.9, 0.01))
    before = replace(before, doubts=(Doubt(0.5, 1.2, "likely wrong", 0.4),))
    after, taken = confirmed(before, 0.5, 1.6)
    assert [(word.probability, word.error) for word in after.words][:4] == [(1, 0), (1, 0), (1, None), (1, None)]
    assert after.doubts == ()
    assert restored(after, taken) == before


def test_words_that_stay_keep_their_error_and_typed_ones_have_none() -> None:
    talk = with_words(*[(0.9, 0.25)] * 6)
    turns = realign(["Good evening my listeners.", "Good evening."], [turn.words for turn in talk.turns]).turns
    assert [word.error for turn in turns for word in turn.words] == [0.25, 0.25, None, 0.25, 0.25, 0.25]
