"""Fillers: by hand and by property."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.words import said, text
from transcribe.recognition.fillers import remove_fillers


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("I, uh, think so.", "I think so."),
        ("Um, regular, please.", "Regular, please."),
        ("Yes. Uh, no.", "Yes. No."),
        ("We went to the, um.", "We went to the."),
        ("Is it, er, ready?", "Is it ready?"),
        ("Is that it, uh?", "Is that it?"),
        ("Right. Uhm... what now?", "Right. What now?"),
        ("and uh the rest", "and the rest"),
        ("Uh, um, hello.", "Hello."),
        ('Um, "quoted" words', '"Quoted" words'),
        ("Um.", ""),
        ("the ER, the UM campus, uh-huh, summer, her", "the ER, the UM campus, uh-huh, summer, her"),
    ],
)
def test_by_hand(before: str, after: str) -> None:
    assert text(remove_fillers(said(before), language="en")) == after


def test_german_um_is_a_word() -> None:
    assert text(remove_fillers(said("um zehn kommt er, uh, heim"), language="de")) == "um zehn kommt er heim"


@given(st.lists(st.sampled_from(["uh,", "Um", "er.", "so,", "we", "Go.", "uhm?", "and"]), max_size=12))
def test_only_fillers_are_removed_and_twice_is_as_once(texts: list[str]) -> None:
    words = said(" ".join(texts))
    once = remove_fillers(words, language="en")
    assert remove_fillers(once, language="en") == once
    bare = [re.sub(r"\W", "", t).lower() for t in texts]
    assert [re.sub(r"\W", "", w.text).lower() for w in once] == [b for b in bare if b in {"so", "we", "go", "and"}]
    times = {(word.start, word.end) for word in words}
    assert all((word.start, word.end) in times for word in once)
