"""What people say about who they are, found in turns written for these tests."""

from __future__ import annotations

import pytest

from tests.support.transcripts import talk
from transcribe.speakers.name_clues import find_calls, find_clues, questions, welcomes


@pytest.mark.parametrize(
    ("said", "found"),
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
def test_people_say_who_they_are(said: str, found: str) -> None:
    clues = [clue for clue in find_clues(talk(("S1", said), ("S2", "Mhm."))) if clue.weight > 0]
    assert [(clue.name, clue.speaker) for clue in clues] == [(found, "S1")]


@pytest.mark.parametrize(
    "said",
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
def test_not_everything_said_is_a_name(said: str) -> None:
    assert find_clues(talk(("S1", said), ("S2", "Mhm."))) == ()


@pytest.mark.parametrize(
    ("said", "found"),
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
def test_people_say_who_the_other_is(said: str, found: str) -> None:
    clues = find_clues(talk(("S1", said), ("S2", "Mhm.")))
    assert {(clue.name, clue.speaker, clue.weight > 0) for clue in clues} == {(found, "S1", False), (found, "S2", True)}


def test_a_clue_is_told_with_its_words_and_its_moment() -> None:
    turns = talk(("S1", " ".join(["so"] * 200) + ". I'm Ada Lovelace."))
    assert find_clues(turns)[0].told == "“I'm Ada Lovelace” at 1:20"


def test_questions_and_welcomes_are_recognised() -> None:
    (turn,) = talk(("S1", 'Why? Because. He said "who?" Welcome to the show.'))
    assert questions(turn) == 2
    assert welcomes(turn)


@pytest.mark.parametrize("said", ["Reilly.", "Really?", "And Reilly?", "Reilly, then?", "Reilly Brown?"])
def test_not_every_sentence_with_a_name_calls_somebody(said: str) -> None:
    assert find_calls(talk(("S1", "Who was it?"), ("S2", said)), ["Reilly Stone"]) == ()


def test_a_call_is_found_by_the_whole_name_and_the_first_in_any_case() -> None:
    calls = find_calls(talk(("S1", "Good morning. reilly stone! Reilly?"), ("S2", "Yes?")), ["Reilly Stone"])
    assert [(call.name, call.speaker, call.weight > 0) for call in calls] == [
        ("reilly stone", "S1", False),
        ("reilly stone", "S2", True),
        ("Reilly", "S1", False),
        ("Reilly", "S2", True),
    ]


def test_a_call_in_another_alphabets_capitals_is_the_same_name() -> None:
    turns = talk(("S1", "\u0130brahim?"), ("S2", "Yes?"))  # in lower case two characters
    assert [call.speaker for call in find_calls(turns, ["Ibrahim", ""])] == ["S1", "S2"]
    assert find_calls(turns, [""]) == ()


def test_asking_about_a_doctor_calls_nobody() -> None:
    turns = talk(("S2", "Do you know Dr. Jane Hill? Have you met Dr. Hill?"), ("S1", "I do."))
    assert find_calls(turns, ("Dr. Jane Hill", "Mark")) == ()
