"""Aligned pieces to printed words: by hand and by property."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.recognition.engines.token_words import Piece, words_from_pieces
from transcribe.transcript import Word


def spelled(*texts: str, language: str = "en") -> list[str]:
    pieces = [Piece(text, i, i + 1, 0.5) for i, text in enumerate(texts)]
    return [word.text for word in words_from_pieces(pieces, language=language, duration=len(texts))]


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ((" I", "'m", " here", "."), ["I'm", "here."]),
        ((" $", "1", ",", "000", " is"), ["$1,000", "is"]),
        ((" he", " said", ",", ' "', "Go", '."'), ["he", "said,", '"Go."']),
        ((" one", " -", " two"), ["one", "-", "two"]),
        ((" ", " so", "\ufffd"), ["so"]),
        ((" a", " (", "b", ")", "?"), ["a", "(b)?"]),
        ((), []),
    ],
)
def test_marks_stay_with_their_words(pieces: tuple[str, ...], words: list[str]) -> None:
    assert spelled(*pieces) == words


def test_a_language_without_blanks_is_split_by_piece() -> None:
    assert spelled("你", "好", "。", language="zh") == ["你", "好。"]


def test_a_word_is_timed_by_its_letters() -> None:
    pieces = [Piece(" well", 0.1, 0.5, 0.9), Piece("-known", 0.5, 0.8, 0.7), Piece(",", 0.8, 2.0, 0.1)]
    assert words_from_pieces(pieces, language="en", duration=3.0) == (Word("well-known,", 0.1, 0.8, 0.8),)


@given(
    st.lists(
        st.tuples(st.text(" ab,.\"'-(", max_size=4), st.floats(-1, 40), st.floats(-1, 40), st.floats(0, 1)), max_size=20
    )
)
def test_words_are_in_order_and_within_the_window(raw: list[tuple[str, float, float, float]]) -> None:
    words = words_from_pieces([Piece(*piece) for piece in raw], language="en", duration=30.0)
    starts = [word.start for word in words]
    assert starts == sorted(starts)
    assert all(0 <= word.start <= word.end <= 30 for word in words)
    assert "".join(text for text, *_ in raw).replace(" ", "") == "".join(w.text for w in words).replace(" ", "")
