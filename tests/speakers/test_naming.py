"""Voices to names by what is said, on dialogues written for these tests."""

from __future__ import annotations

import pytest

from tests.support.naming import INTERVIEW, PLAIN, certainties, codes, name, names_by_id
from tests.support.transcripts import talk
from transcribe.person_names import NameCertainty
from transcribe.speakers.name_certainty import open_warnings
from transcribe.speakers.naming import Naming
from transcribe.speakers.speaker_labels import with_wordless
from transcribe.transcript import Speaker
from transcribe.transcript_warnings import WarningCode, warn


def test_names_come_from_the_speech_host_first() -> None:
    naming = name(talk(*INTERVIEW))
    assert [(s.id, s.name, s.label) for s in naming.speakers] == [
        ("S1", "Grete Holm", "Grete"),
        ("S2", "Haikel Ben Salem", "Haikel"),
    ]
    assert "“I'm Grete Holm” at 0:01" in naming.speakers[0].evidence
    assert naming.warnings == ()


def test_the_host_is_first_even_when_the_guest_speaks_first() -> None:
    turns = talk(("S1", "Is it on? Yes."), *[("S2" if who == "S1" else "S1", text) for who, text in INTERVIEW])
    assert [speaker.name for speaker in name(turns).speakers] == ["Grete Holm", "Haikel Ben Salem"]


def test_short_sentences_alone_name_nobody() -> None:
    turns = talk(*[("S1", "Really?"), ("S2", "It did.")] * 4)
    assert names_by_id(name(turns)) == {"S1": "Rich", "S2": "Guest"}


def test_a_returned_greeting_addresses_who_returns_it() -> None:
    turns = talk(
        ("S1", "Welcome to the podcast."),
        ("S2", "Hi, Petra."),
        ("S3", "Hello, both of you."),
        ("S1", "Today we have Petra Lund as our guest. Petra, how are you?"),
    )
    assert names_by_id(name(turns))["S3"] == "Petra Lund"


def test_the_guest_is_not_the_speaker_who_presents_the_guest() -> None:
    for text in ("We have Petra Lund as our guest.", "I've got Petra Lund with me.", "We have Petra Lund on the show."):
        turns = talk(("S1", text), ("S2", "That is an honour."))
        assert names_by_id(name(turns))["S2"] == "Petra Lund"


@pytest.mark.parametrize("text", ["Around here.", "Sitting here.", "Born here. Enough here."])
def test_a_word_before_here_alone_names_nobody(text: str) -> None:
    naming = name(talk(("S1", text), ("S2", "Mhm.")))
    assert {speaker.name for speaker in naming.speakers} == {"Rich", "Guest"}


def test_unknown_people_become_the_default_host_and_numbered_guests() -> None:
    turns = talk(*PLAIN, ("S3", "I agree."), ("S4", "So do I."))
    naming = name(turns)
    assert [(s.id, s.name, s.label) for s in naming.speakers] == [
        ("S1", "Rich", "Rich"),
        ("S2", "Guest", "Guest"),
        ("S3", "Guest 2", "Guest 2"),
        ("S4", "Guest 3", "Guest 3"),
    ]


def test_a_warning_about_a_name_goes_with_the_name() -> None:
    naming = name(talk(*PLAIN))
    warnings = (
        *naming.warnings,
        warn(WarningCode.AUDIO, message="the name Rich is a guess"),
        warn(WarningCode.HOST_UNCLEAR, ["S2"], name="Guest"),
    )
    assert open_warnings(warnings, before=naming.speakers, after=naming.speakers) == warnings
    renamed = (Speaker("S1", "Ada"), *naming.speakers[1:])
    assert open_warnings(warnings, before=naming.speakers, after=renamed) == warnings[1:]


def test_a_single_voice_is_the_host() -> None:
    naming = name(talk(("S1", "I went to the sea.")))
    assert names_by_id(naming) == {"S1": "Rich"}
    assert codes(naming) == [WarningCode.HOST_ASSUMED]
    assert certainties(naming) == [NameCertainty.GUESS]
    assert name(talk(("S1", "I went to the sea.")), "Rich").warnings == ()  # the user says so


def test_a_named_guest_leaves_the_host_to_the_default() -> None:
    turns = talk(("S1", "Tell me, my guest today is Nora Lind. How are you?"), ("S2", "Fine."), ("S1", "Where from?"))
    assert names_by_id(name(turns)) == {"S1": "Rich", "S2": "Nora Lind"}


def test_a_name_in_passing_names_nobody() -> None:
    turns = talk(("S1", "How was it?"), ("S2", "Hello, Kitty is a brand. Good."), ("S1", "Is it?"))
    assert names_by_id(name(turns)) == {"S1": "Rich", "S2": "Guest"}


def test_the_default_host_is_assigned_once() -> None:
    turns = talk(("S1", "What is it?"), ("S2", "My name is Rich Bowen."), ("S1", "Is it?"), ("S2", "It is."))
    names = sorted(names_by_id(name(turns)).items())
    assert names == [("S1", "Guest"), ("S2", "Rich Bowen")]


def test_no_turns_give_no_speakers() -> None:
    assert name([], "Rich") == Naming(())


def test_a_voice_without_words_is_a_guest_too() -> None:
    named = (Speaker("S2", "Ada"), Speaker("S1", "Guest"))
    speakers = with_wordless(named, ["S4", "S1", "S2", "S3"], guest="Guest")
    assert speakers[:2] == named
    assert [(who.id, who.name) for who in speakers[2:]] == [("S3", "Guest 2"), ("S4", "Guest 3")]
    assert {who.certainty for who in speakers[2:]} == {NameCertainty.PLACEHOLDER}
    assert [who.name for who in with_wordless(named[:1], ["S2", "S9"], guest="Guest")] == ["Ada", "Guest"]
    assert with_wordless((), ["S1"], guest="Guest") == ()


def test_an_unnamed_voice_has_what_may_name_it_as_evidence() -> None:
    """Evidence that is too little for a name is told, not denied; one that nothing names is told to have none."""
    asked = name(talk(("S1", "So that is it. Do you agree, Nora? What is new?"), ("S2", "I look for a mistake.")))
    assert names_by_id(asked) == {"S1": "Rich", "S2": "Guest"}
    assert "Nora” at 0:02 may name this voice" in asked.speakers[1].evidence
    assert "--speakers" in asked.speakers[1].evidence
    assert asked.speakers[1].suggestion == "Nora"
    unnamed = name(talk(*PLAIN)).speakers[1]
    assert (unnamed.evidence, unnamed.suggestion) == ("no clear clue to this voice's name", "")
    (warning,) = name(talk(("S1", "What is new?"), ("S2", "Not that, Rich."), ("S1", "So."))).warnings
    assert warning.code is WarningCode.HOST_ASSUMED
    assert "nobody" not in warning.message  # somebody says the name, but that is no proof


def test_one_greeting_at_the_beginning_names_who_is_greeted() -> None:
    naming = name(talk(("S1", "Good morning, Nora. What is new?"), ("S2", "I look for a mistake.")))
    assert names_by_id(naming) == {"S1": "Rich", "S2": "Nora"}


def test_a_voice_that_two_names_fit_has_neither() -> None:
    turns = talk(("S1", "Nora and Ben, welcome to the show."), ("S2", "Hi."), ("S1", "Thanks, Nora. Thanks, Ben."))
    naming = name(turns)
    assert names_by_id(naming)["S2"] == "Guest"
    assert naming.speakers[1].suggestion in {"Nora", "Ben"}


def test_a_short_form_and_the_whole_name_are_one() -> None:
    turns = talk(
        ("S1", "My guest today is Robert Lund. Bob, welcome."),
        ("S2", "Thanks. I'm Bob."),
        ("S1", "Thank you, Bob."),
    )
    assert names_by_id(name(turns))["S2"] == "Robert Lund"


def test_a_common_beginning_does_not_make_two_names_one() -> None:
    turns = talk(("S1", "I'm Jon. Welcome, Jonas."), ("S2", "Thanks, Jon. I'm Jonas."))
    assert names_by_id(name(turns)) == {"S1": "Jon", "S2": "Jonas"}
