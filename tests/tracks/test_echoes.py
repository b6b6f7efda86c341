"""Words that two tracks hear are one person's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from transcribe.tracks.echoes import OwnWord, without_echoes
from transcribe.tracks.layout import OwnSpeech
from transcribe.transcript import Word

DIRECT = OwnSpeech(0, 0.0, 20.0, 0.3, 19.7, 40.0)
FAINT = OwnSpeech(1, 0.0, 20.0, 0.3, 19.7, 2.0)
BRIEF = OwnSpeech(1, 4.7, 6.0, 5.0, 5.7, 20.0)


def said(text: str, stretch: OwnSpeech, *, start: float = 1.0) -> list[OwnWord]:
    return [
        OwnWord(Word(word, start + n * 0.3, start + n * 0.3 + 0.25), stretch) for n, word in enumerate(text.split())
    ]


def texts(words: list[OwnWord]) -> list[tuple[int, str]]:
    return [(each.stretch.track, each.word.text) for each in words]


@given(st.lists(st.sampled_from(["so", "what", "are", "you", "doing"]), min_size=3, max_size=20), st.floats(-0.1, 0.1))
def test_a_sentence_heard_twice_is_the_direct_ones(words: list[str], late: float) -> None:
    sentence = " ".join(words)
    direct, echo = said(sentence, DIRECT), said(sentence, FAINT, start=1.0 + late)
    assert texts(without_echoes([*direct, *echo])) == texts(direct)
    assert texts(without_echoes([*echo, *direct])) == texts(direct)


def test_two_people_may_say_a_word_at_once() -> None:
    both = [*said("Yeah. Right.", DIRECT), *said("Yeah. Right.", FAINT)]
    assert len(without_echoes(both)) == 4


def test_a_word_at_the_edge_of_a_stretch_is_the_other_persons() -> None:
    words = [
        *said("and then we left", DIRECT, start=4.0),
        *said("then", BRIEF, start=4.72),
        *said("No.", BRIEF, start=5.1),
    ]
    left = without_echoes([OwnWord(Word("then", 4.3, 4.55), DIRECT), *said("No.", BRIEF, start=5.1)])
    assert texts(left) == [(0, "then"), (1, "No.")]
    echo = OwnWord(Word("left", 4.75, 4.95), BRIEF)
    kept = without_echoes([*words[:4], echo, words[-1]])
    assert texts(kept) == [(0, "and"), (0, "then"), (0, "we"), (0, "left"), (1, "No.")]


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 1), st.floats(0, 15)), max_size=30))
def test_no_word_is_lost_that_nobody_else_says(rows: list[tuple[str, int, float]]) -> None:
    words = [OwnWord(Word(f"{letter}{track}", at, at + 0.2), (DIRECT, FAINT)[track]) for letter, track, at in rows]
    assert len(without_echoes(words)) == len(words)
