"""Blanks in a draft take the page time in proportion, and break it where they always did."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.parse import parse
from tests.support.growth import assert_time_in_proportion
from transcribe.drafts import turn_edits
from transcribe.drafts.turn_edits import PageTurn, apply_turns, page_turns

BREAKS = {  # as anybody would write them
    "_PARAGRAPH_BREAK": r"([ \t]*\r?\n(?:[ \t]*\r?\n)+)",
    "_LINE_BREAK": r"[ \t]*\r?\n[ \t]*",
}


@pytest.mark.parametrize("name", BREAKS)
@given(st.text("a \t\r\n\xa0"))
def test_breaks_are_where_blanks_and_line_feeds_are(name: str, text: str) -> None:
    assert getattr(turn_edits, name).split(text) == re.split(BREAKS[name], text)


@pytest.mark.parametrize("blank", [" ", "\t", " \t", "\n ", "\n", "\r\n", "\r", "a \n", "a  "])
@pytest.mark.parametrize("before", ["a\n", "a", "\n\n**Bob**"])
def test_blanks_take_the_page_time_in_proportion(blank: str, before: str) -> None:
    assert_time_in_proportion(
        lambda source: page_turns(parse(source)),
        lambda n: f"**Ada**: Hi.\n\n**Bob**: {before}{blank * (n // len(blank))}x",
    )


@pytest.mark.parametrize("blank", [" ", "\n", "\n \t", "\r\n"])
def test_a_long_break_takes_an_edit_time_in_proportion(blank: str) -> None:
    def edited(source: str) -> None:
        draft = parse(source)
        turns = [PageTurn("Ada", ("Bye.",)), *page_turns(draft)[1:]]
        assert apply_turns(draft, turns, wrap=80).turns[0].text == "Bye."

    assert_time_in_proportion(
        edited, lambda n: f"**Ada**: Hi.\n\n**Bob**: a{blank * (n // len(blank))}\nx{blank * n}\n\n**A**: b"
    )
