"""One voice that may be two people's, in dialogues written for these tests."""

from __future__ import annotations

import pytest

from tests.support.transcripts import talk
from transcribe.speakers.self_answers import self_answers

INTERVIEW = "Where were you born? I was born in Turin. And do you miss it? Yes, every day. It was a town of brick."


def test_one_voice_that_asks_and_answers_may_be_two() -> None:
    assert self_answers(talk(("S1", INTERVIEW))) == "asks and answers 2 times"
    assert self_answers(talk(("S1", "Hello, Nora. Hi, Ben. Good morning, Nora."))).startswith("greets Nora and Ben")


@pytest.mark.parametrize(
    "text",
    [
        "It was a town of brick. I walked home.",
        "What is a brick? A brick is clay. Why clay? Because it was there.",
        "Do you know the town? It has a square.",
        "Thank you, Nora. That is all.",
    ],
)
def test_a_monologue_is_one(text: str) -> None:
    assert self_answers(talk(("S1", text))) == ""


def test_two_voices_are_two() -> None:
    assert self_answers(talk(("S1", INTERVIEW), ("S2", "Well."))) == ""
    assert self_answers([]) == ""
