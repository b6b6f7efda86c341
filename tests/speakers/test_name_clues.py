"""Clues to names in turns written for these tests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.growth import assert_time_in_proportion
from tests.support.transcripts import talk
from transcribe.speakers.known_names import find_calls, find_mentions
from transcribe.speakers.name_clues import count_questions, find_clues, welcomes
from transcribe.speakers.name_patterns import Kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I'm Rich Bowen and this is the show.", "Rich Bowen"),
        ("I am Rich.", "Rich"),
        ("Hello, my name is Zoë O'Neill.", "Zoë O'Neill"),
        ("I'm Dr. Jane Hill, and I work here.", "Jane Hill"),
        ("This is Carol speaking.", "Carol"),
        ("Hi everyone, this is Ada van den Berg. I'm a smith.", "Ada van den Berg"),
        ("I am one of your hosts. I'm AJ Lund.", "AJ Lund"),
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


@pytest.mark.parametrize(
    "text",
    [
        "Yesterday I was talking to Susan Miller about it.",
        "And so you're Google, what do you do?",
        "Imagine you're Alice.",
        'Then he goes, "Hi, I\'m Matthew" and leaves.',
        "And he was like, hey, I'm Matthew, and he left.",
        "Say I'm United States and you sell wheat.",
        "Thank you for listening to Tales, Explained.",
        "My co-host Daniel is not with us today.",
        "Usually I have my co-host, Daniel Moor, with me.",
        "We moved to Austin, Texas.",
        "Why the Red Hat?",
    ],
)
def test_stories_companies_and_the_absent_name_nobody(text: str) -> None:
    clues = find_clues(talk(("S1", "So it began. " + text), ("S2", "Mhm.")))
    assert [clue for clue in clues if clue.weight >= 1.0] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("My guests today are Ada Holm and Bo Lund.", {"Ada Holm", "Bo Lund"}),
        ("Joining me today are Ada and Bo.", {"Ada", "Bo"}),
        ("With me as always is my co-host, Ada Holm, who builds boats.", {"Ada Holm"}),
        ("Joining me is the author of two books, Mr. Bo Lund.", {"Bo Lund"}),
        ("It is my pleasure to introduce Ada Holm, a smith.", {"Ada Holm"}),
        ("I'm joined once again by the ever famous Bo Lund.", {"Bo Lund"}),
        ("Please join me in welcoming Ada Holm.", {"Ada Holm"}),
        ("In these episodes, Ada and I keep you up to date.", {"Ada"}),
        ("Ada, welcome to the show.", {"Ada"}),
        ("So Ada welcome back to the show.", {"Ada"}),
        ("Welcome to the podcast, Ada.", {"Ada"}),
        ("Yes, Ada, you told us about it.", {"Ada"}),
        ("Thanks, Mr. Lund.", {"Mr. Lund"}),
    ],
)
def test_who_takes_part_is_introduced_in_many_ways(text: str, names: set[str]) -> None:
    turns = talk(("S1", text), ("S2", "Hello."), ("S1", "We speak with Ada and Bo."))
    found = {clue.name for clue in find_clues(turns[:2]) if clue.speaker == "S2" and clue.weight >= 0.4}
    assert found == names


def test_a_word_that_is_written_small_elsewhere_is_no_name() -> None:
    story = "It was like a river, more like a lake, like a sea, like that. "
    turns = talk(("S1", story + "Like, what do you say? Like, how do you do?"), ("S2", "Well."))
    assert find_clues(turns) == ()
    addressed = talk(("S1", story + "Nora, what do you say? So Nora, how do you do?"), ("S2", "Well."))
    assert {clue.name for clue in find_clues(addressed)} == {"Nora"}


def test_a_name_that_is_mostly_talked_about_is_hardly_addressed() -> None:
    talked = "We run Postgrid at work. They sell Postgrid to banks. " * 8
    clues = find_clues(talk(("S1", talked + "So Postgrid, how do you like it?"), ("S2", "Well.")))
    assert all(clue.weight < 0.5 for clue in clues)


def test_an_introduction_counts_less_where_none_belongs() -> None:
    """The law: the same words weigh most at the beginning."""
    filler = [(who, "and so it went on for a long while " * 20) for who in ("S1", "S2")] * 5
    early = find_clues(talk(("S1", "I'm here with Ada Holm."), ("S2", "Yes."), *filler))
    late = find_clues(talk(*filler, ("S1", "I'm here with Ada Holm."), ("S2", "Yes."), *filler))
    assert max(clue.weight for clue in early) > 2 * max(clue.weight for clue in late)


WORDS = st.lists(
    st.sampled_from(
        "Hello, I'm Ada Holm. thanks, Bo. my guest today is Dr. and van you're \"Nora what do you we have Mr. co-host "
        "welcome to the show, Ben? He said hi (Al) — … I".split()
    ),
    min_size=1,
    max_size=40,
)


@given(st.lists(st.tuples(st.sampled_from(["S1", "S2", "S3"]), WORDS), min_size=1, max_size=5))
def test_whoever_says_a_name_of_another_does_not_bear_it(lines: list[tuple[str, list[str]]]) -> None:
    """Clues are finite, quote the turn, and those about others never point at the speaker."""
    turns = talk(*((who, " ".join(words)) for who, words in lines))
    for clue in find_clues(turns):
        assert clue.name
        assert clue.name.split()[-1][0].isupper()
        assert any(clue.quote in turn.text for turn in turns)
        said_by = {turn.speaker for turn in turns if turn.words[0].start <= clue.time <= turn.words[-1].start}
        if clue.weight > 0 and len({turn.speaker for turn in turns}) > 1:
            assert (clue.speaker in said_by) == (clue.kind is Kind.SELF)
        if clue.weight < 0:
            assert clue.speaker in said_by


def test_mentions_of_a_given_name_speak_against_the_speaker() -> None:
    turns = talk(("S1", "Bo told me. Bo knows. Bo! Bo. Bo and Bo."), ("S2", "I did."))
    clues = find_mentions(turns, ["Bo Lund", "Ada"])
    assert {(clue.name, clue.speaker) for clue in clues} == {("Bo", "S1")}
    assert 0 > sum(clue.weight for clue in clues) > -2
    assert find_mentions(turns, ["", " "]) == ()


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


@pytest.mark.parametrize("word", ["Ada?", "I'm Ada.", "Thanks, Ada.", "Hello Ada, this is Ada Lovelace."])
def test_the_time_grows_with_a_monologue_of_clues(word: str) -> None:
    def clues(text: str) -> object:
        turns = talk(("S1", text), ("S2", "Mhm."))
        return find_clues(turns), find_calls(turns, ["Ada"]), find_mentions(turns, ["Ada"])

    assert_time_in_proportion(clues, lambda n: f"{word} " * (n // (len(word) + 1)))
