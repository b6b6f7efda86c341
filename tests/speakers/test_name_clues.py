"""Clues to names in turns written for these tests."""

from __future__ import annotations

import pytest

from tests.support.transcripts import talk
from transcribe.speakers.name_clues import count_questions, find_calls, find_clues, welcomes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I'm Rich Bowen and this is the show.", "Rich Bowen"),
        ("I am Rich.", "Rich"),
        ("Hello, my name is Zoë O'Neill.", "Zoë"),
        ("My name's Jean-Luc.", "Jean-Luc"),
        ("Hello everybody, this is Ada Lovelace.", "Ada Lovelace"),
        ("Hi. Ada here.", "Ada"),
        ("I'm your host, Rich Bowen.", "Rich Bowen"),
    ],
)
def test_introductions_name_the_speaker(text: str, expected: str) -> None:
    clues = [clue for clue in find_clues(talk(("S1", text), ("S2", "Mhm."))) if clue.weight > 0]
    assert [(clue.name, clue.speaker) for clue in clues] == [(expected, "S1")]


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry about that.",
        "I'm Dutch.",
        "I'm not sure.",
        "I'm IT.",
        "Thank you, everybody.",
        "Thanks, Mr. Smith.",
        "This is Monday.",
        "Welcome, Everybody.",
        "i'm rich now",
        "You know what?",
        "Same here. I'm up to my neck in work.",
        "Still here.",
        "No, what do you mean?",
        "Come here. Sit here.",
    ],
)
def test_other_words_are_no_names(text: str) -> None:
    assert find_clues(talk(("S1", text), ("S2", "Mhm."))) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Today I'm speaking with Haikel Guemar about packages.", "Haikel Guemar"),
        ("I'm here with Ada.", "Ada"),
        ("I'm joined today by Ada Lovelace.", "Ada Lovelace"),
        ("With me today is Ada.", "Ada"),
        ("My guest today is Grace Hopper.", "Grace Hopper"),
        ("Please welcome Grace.", "Grace"),
        ("Thank you, Rich.", "Rich"),
        ("Thanks so much, Rich. It was fun.", "Rich"),
        ("Hi Ada, how are you?", "Ada"),
        ("Good morning, Ada.", "Ada"),
        ("Well. Ada, what happened then?", "Ada"),
        ("Thank you for having me, Rich.", "Rich"),
        ("It is so good to have you, Ada!", "Ada"),
    ],
)
def test_introductions_and_addresses_name_the_other_speaker(text: str, expected: str) -> None:
    clues = find_clues(talk(("S1", text), ("S2", "Mhm.")))
    assert {(clue.name, clue.speaker, clue.weight > 0) for clue in clues} == {
        (expected, "S1", False),
        (expected, "S2", True),
    }


def test_a_citation_has_the_quote_and_the_time() -> None:
    turns = talk(("S1", " ".join(["so"] * 200) + ". I'm Ada Lovelace."))
    assert find_clues(turns)[0].citation == "“I'm Ada Lovelace” at 1:20"


def test_questions_are_counted_and_welcomes_recognised() -> None:
    (turn,) = talk(("S1", 'Why? Because. He said "who?" Welcome to the show.'))
    assert count_questions(turn) == 2
    assert welcomes(turn)


@pytest.mark.parametrize("text", ["Reilly.", "Really?", "And Reilly?", "Reilly, then?", "Reilly Brown?"])
def test_other_sentences_with_a_name_are_no_calls(text: str) -> None:
    assert find_calls(talk(("S1", "Who was it?"), ("S2", text)), ["Reilly Stone"]) == ()


def test_calls_match_full_and_first_names_in_any_case() -> None:
    calls = find_calls(talk(("S1", "Good morning. reilly stone! Reilly?"), ("S2", "Yes?")), ["Reilly Stone"])
    assert [(call.name, call.speaker, call.weight > 0) for call in calls] == [
        ("reilly stone", "S1", False),
        ("reilly stone", "S2", True),
        ("Reilly", "S1", False),
        ("Reilly", "S2", True),
    ]


def test_a_call_with_capitals_of_another_alphabet_matches() -> None:
    turns = talk(("S1", "\u0130brahim?"), ("S2", "Yes?"))  # in lower case two characters
    assert [call.speaker for call in find_calls(turns, ["Ibrahim", ""])] == ["S1", "S2"]
    assert find_calls(turns, [""]) == ()


def test_a_question_about_a_doctor_is_no_call() -> None:
    turns = talk(("S2", "Do you know Dr. Jane Hill? Have you met Dr. Hill?"), ("S1", "I do."))
    assert find_calls(turns, ("Dr. Jane Hill", "Mark")) == ()
