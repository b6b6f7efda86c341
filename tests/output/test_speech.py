"""The words of a turn are the same by the reader of Markdown and without it, which most turns do not need."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.block_reader import PLACE, turn_blocks
from output.speech import spoken, spoken_text
from output.text import resolve_marks
from tests.support.counting import counting

SIGNS = "\\`*_~[]<>&#|:!=+-.)('\"${}^%/@;0aäдб大 \t\n\r\xa0\x0b\x85\u2028\0\ufdd2"
PIECES = ["[0:01] ", "[12:34]", "[word?]", "\n\n", "\r\n", "\n- ", "\n===", "\n---\n", "\n    ", "  \n"]
PIECES += ["&amp;", "![", "](x)", "Yes, well.", "1. ", "\n# ", "\n|", "|-|\n", "https://a.b", "<br>", "_laughs_"]
PIECES += ["**Break:**", "is_admin", "a__b_", "_a_b", "Q & A", "&#65;", "\\#", "~~a~~", "<b>"]
TURNS = st.lists(st.sampled_from(PIECES) | st.text(alphabet=SIGNS, max_size=8), max_size=12).map("".join)


def read_as_markdown(source: str) -> str:
    return spoken(turn_blocks(resolve_marks(source, clock=PLACE)))


@given(TURNS)
def test_the_words_are_those_that_the_reader_of_markdown_finds(source: str) -> None:
    assert spoken_text(source) == read_as_markdown(source)


@pytest.mark.parametrize(
    "form", ["a{}b", "a {}", "{} a", "a\n{}b", "a\n{} b", "a\n\n{} b", "{0}a{0}", "a\n{0}{0}{0}\n"]
)
def test_no_sign_alone_is_read_otherwise(form: str) -> None:
    for sign in {*map(chr, range(256)), *SIGNS, *PIECES}:
        source = form.format(sign)
        assert spoken_text(source) == read_as_markdown(source), repr(sign)


def test_a_turn_without_a_sign_of_markup_costs_little() -> None:
    turns = [f"Well, yes - the {i} of us!\nAnd so.\n\n" for i in range(1000)]
    with counting() as calls:
        texts = list(map(spoken_text, turns))
    assert texts[7] == "Well, yes - the 7 of us! And so."
    assert calls["python"] < 10 * len(turns)
