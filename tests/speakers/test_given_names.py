"""Names that the user gives: whose voice each is, and warnings where they do not fit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.naming import INTERVIEW, PLAIN, certainties, codes, name, names_by_id
from tests.support.transcripts import talk
from transcribe.person_names import NameCertainty
from transcribe.speakers.name_certainty import is_guess, open_warnings
from transcribe.transcript_warnings import WarningCode, warn


def test_given_names_follow_the_evidence_not_the_order_of_speaking() -> None:
    turns = talk(("S1", "I'm Haikel. I look after packages."), ("S2", "And what do you like about it?"), ("S1", "All."))
    naming = name(turns, "Rich", "Haikel")
    assert names_by_id(naming) == {"S1": "Haikel", "S2": "Rich"}
    assert [speaker.name for speaker in naming.speakers] == ["Rich", "Haikel"]
    assert naming.warnings == ()


def test_a_misrecognised_name_matches_the_given_one() -> None:
    turns = talk(("S1", "Hello, Haykel. What is new?"), ("S2", "Not much, thank you Ritch."))
    assert names_by_id(name(turns, "Rich Bowen", "Haikel Guemar")) == {"S1": "Rich Bowen", "S2": "Haikel Guemar"}


def test_one_form_of_address_is_enough_for_a_given_name() -> None:
    turns = talk(("S1", "Well."), ("S2", "Thank you, Rich."), ("S1", "Not at all. What would you like?"))
    assert names_by_id(name(turns, "Haikel", "Rich")) == {"S1": "Rich", "S2": "Haikel"}


@pytest.mark.parametrize(
    ("opening", "reply"), [("Jane?", "Mark? Hi! How are you?"), ("Hi.", "Oh, hi. Mark! How are you?")]
)
def test_a_call_by_name_outranks_the_order_of_the_names(opening: str, reply: str) -> None:
    turns = talk(("S1", opening), ("S2", reply), ("S1", "Good, thanks."), ("S2", "And the family?"))
    naming = name(turns, "Jane", "Mark")
    assert names_by_id(naming) == {"S1": "Mark", "S2": "Jane"}
    assert naming.warnings == ()


def test_without_spoken_names_the_host_is_who_asks() -> None:
    turns = talk(("S2", "Two weeks."), *PLAIN)
    naming = name(turns, "Rich", "Haikel")
    assert names_by_id(naming) == {"S1": "Rich", "S2": "Haikel"}
    assert "asks 3 of 4 questions" in naming.speakers[0].evidence
    assert naming.warnings == ()


def test_titles_are_not_part_of_a_first_name() -> None:
    turns = talk(("S1", "Jane?"), ("S2", "Mark? Hi! It's been ages."), ("S1", "Two weeks."))
    naming = name(turns, "Prof. Dr. Jane Hill", "Dr. Mark Field")
    assert names_by_id(naming) == {"S2": "Prof. Dr. Jane Hill", "S1": "Dr. Mark Field"}
    assert [speaker.label for speaker in naming.speakers] == ["Jane", "Mark"]


def test_a_voice_that_states_another_name_than_those_given_is_a_warning() -> None:
    turns = talk(
        ("S1", "Hello, I'm Michelle. How can I help? What is it?"),
        ("S2", "I'm Michelle. My name is Jack. It is broken."),
        *PLAIN,
    )
    messages = [warning.message for warning in name(turns, "Bob", "Alice").warnings]
    assert messages == [
        "Bob says “I'm Michelle” at 0:00, which is none of the names given; check --speakers",
        "Alice says “My name is Jack” at 0:04, which is none of the names given; check --speakers",
    ]
    for names in (("Michel", "Jack Low"), ("Mich", "Mr. Jack"), ("Мишель", "Джек")):
        assert WarningCode.NAME_NOT_GIVEN not in codes(name(turns, *names))


def test_a_voice_that_others_call_by_another_name_than_those_given_is_a_warning_too() -> None:
    naming = name(talk(*INTERVIEW), "Bob", "Alice")
    assert [warning.message for warning in naming.warnings] == [
        "Bob says “I'm Grete Holm” at 0:01, which is none of the names given; check --speakers",
        "Alice is called Haikel Ben Salem (“I'm speaking with Haikel Ben Salem” at 0:03; “Hello, Haikel” at 0:06), "
        "which is none of the names given; check --speakers",
    ]
    called = naming.warnings[1]
    assert (called.code, called.speakers) == (WarningCode.CALLED_OTHERWISE, ("S2",))
    assert dict(called.values) == {"name": "Alice", "spoken": "Haikel Ben Salem"}
    for names in (("Grete", "Haikel"), ("Greta", "Salem"), ("Haikel", "Grete")):
        assert name(talk(*INTERVIEW), *names).warnings == ()
    assert codes(name(talk(*INTERVIEW), "Grete", "Alice")) == [WarningCode.CALLED_OTHERWISE]
    assert codes(name(talk(*INTERVIEW), "Bob", "Haikel")) == [WarningCode.NAME_NOT_GIVEN]


def test_such_a_warning_goes_with_the_name_it_is_about() -> None:
    naming = name(talk(*INTERVIEW), "Bob", "Alice")
    renamed = [replace(each, name="Haikel") if each.id == "S2" else each for each in naming.speakers]
    left = open_warnings(naming.warnings, before=naming.speakers, after=renamed)
    assert [warning.speakers for warning in left] == [("S1",)]


SAID = ("I'm Ada.", "Thank you, Rich.", "How so?", "My name is Bo Li.", "Hm.", "Welcome, Ada.", "I'm here with Bo.")


@given(st.lists(st.tuples(st.sampled_from(["S1", "S2", "S3"]), st.sampled_from(SAID)), max_size=12))
def test_every_voice_that_the_speech_names_and_the_user_calls_otherwise_is_told(lines: list[tuple[str, str]]) -> None:
    """The evidence that names a voice without --speakers is enough for a warning with them, whoever said it."""
    told = {
        id
        for warning in name(talk(*lines), "Xerxes", "Zoltan", "Quirin").warnings
        if warning.code in (WarningCode.NAME_NOT_GIVEN, WarningCode.CALLED_OTHERWISE)
        for id in warning.speakers
    }
    assert {who.id for who in name(talk(*lines)).speakers if who.certainty is NameCertainty.STATED} <= told


def test_a_greeting_in_return_addresses_who_greeted_first() -> None:
    turns = talk(
        ("S1", "Hello everyone. Welcome, Jane."),
        ("S2", "Hi, Rich."),
        ("S3", "Hello. Good to be here."),
        ("S1", "How are you? And you? Both well?"),
    )
    assert names_by_id(name(turns, "Rich", "Jane", "Mark")) == {"S1": "Rich", "S2": "Jane", "S3": "Mark"}


def test_a_guess_is_a_warning() -> None:
    naming = name(talk(("S1", "Yes, that was so."), ("S2", "It was indeed.")), "Rich", "Haikel")
    assert names_by_id(naming) == {"S1": "Rich", "S2": "Haikel"}
    (warning,) = naming.warnings
    assert (warning.code, warning.speakers) == (WarningCode.HOST_UNCLEAR, ("S1",))
    assert warning.message.startswith("Rich may be another voice: ")
    assert certainties(naming) == [NameCertainty.GUESS, NameCertainty.ELIMINATION]
    assert all(is_guess(speaker, naming.warnings) for speaker in naming.speakers)


def test_a_known_guest_does_not_make_the_host_clear() -> None:
    turns = talk(("S1", "I am Ada Lovelace. It was so."), ("S2", "It was."), ("S3", "Indeed."))
    for names in (("Rich", "Ada"), ("Rich", "Ada", "Bo")):
        assert codes(name(turns, *names))[0] is WarningCode.HOST_UNCLEAR


def test_more_voices_than_names_are_guests_with_a_warning() -> None:
    naming = name(talk(*INTERVIEW, ("S3", "Coffee?")), "Grete", "Haikel")
    assert names_by_id(naming) == {"S1": "Grete", "S2": "Haikel", "S3": "Guest"}
    (warning,) = naming.warnings
    assert warning == warn(WarningCode.VOICES_WITHOUT_NAME, ["S3"], voices=3, given=2, unnamed=1)
    assert warning.message == "voices detected: 3, names given: 2; 1 left as guest"


def test_more_names_than_voices_is_a_warning() -> None:
    naming = name(talk(*INTERVIEW), "Grete", "Haikel", "Bo")
    assert names_by_id(naming) == {"S1": "Grete", "S2": "Haikel"}
    assert naming.warnings == (warn(WarningCode.NAMES_WITHOUT_VOICE, voices=2, given=3, names="Bo"),)


def test_equal_first_names_give_full_labels() -> None:
    naming = name(talk(*PLAIN), "Ada Lovelace", "Ada Yonath")
    assert [speaker.label for speaker in naming.speakers] == ["Ada Lovelace", "Ada Yonath"]


def test_what_a_voice_does_all_through_outweighs_one_quoted_name() -> None:
    """The guest quotes somebody who calls them by name; the host asks all the questions."""
    asked = [("S1", "And what came then? Who did it?"), ("S2", "It went on.")] * 12
    turns = talk(*asked, ("S2", "So they said, hey Ben, you should come."), *asked)
    assert names_by_id(name(turns, "Nora", "Ben")) == {"S1": "Nora", "S2": "Ben"}


def test_given_names_follow_who_says_them() -> None:
    """Whoever speaks of Ben and asks Ben is not Ben, even if the first name given is Ben's."""
    turns = talk(("S1", "As Ben knows, it is cold."), ("S2", "Yes."), ("S1", "Ben has a coat, and Ben wears it."))
    assert names_by_id(name(turns, "Ben", "Nora")) == {"S1": "Nora", "S2": "Ben"}
