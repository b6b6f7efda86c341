"""Turns of people who may talk at the same time."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from transcribe.speakers.interleaving import interleave
from transcribe.transcript import Word

TIMES = st.lists(st.tuples(st.floats(0, 60), st.sampled_from(["so", "yes.", "and,"])), max_size=20)


def said(text: str, *, start: float) -> list[Word]:
    return [Word(word, start + 0.4 * n, start + 0.4 * n + 0.3) for n, word in enumerate(text.split())]


@given(st.dictionaries(st.sampled_from(["S1", "S2", "S3"]), TIMES))
def test_every_word_is_in_one_turn_of_its_speaker(rows: dict[str, list[tuple[float, str]]]) -> None:
    words = {who: [Word(text, at, at + 0.3) for at, text in own] for who, own in rows.items()}
    turns = interleave(words)
    for who, own in words.items():
        in_turns = [word for turn in turns if turn.speaker == who for word in turn.words]
        assert sorted(map(repr, in_turns)) == sorted(map(repr, own))
        assert [word.start for word in in_turns] == sorted(word.start for word in own)
    assert all(before.speaker != after.speaker for before, after in pairwise(turns))
    assert [turn.start for turn in turns] == sorted(turn.start for turn in turns)


def test_a_backchannel_tears_no_sentence() -> None:
    turns = interleave({"S1": said("So we went to the lake. It was cold.", start=0.0), "S2": said("Yeah.", start=1.0)})
    assert [(turn.speaker, turn.text) for turn in turns] == [
        ("S1", "So we went to the lake."),
        ("S2", "Yeah."),
        ("S1", "It was cold."),
    ]
