"""Names known beforehand: people of the feed and the title, and enrolled voices."""

from __future__ import annotations

from audio.episode import Person
from tests.support.naming import INTERVIEW, PLAIN, certainties, codes, name, names_by_id
from tests.support.transcripts import talk
from transcribe.person_names import NameCertainty
from transcribe.speakers.naming import name_speakers
from transcribe.speakers.published_names import people_in
from transcribe.speakers.voiceprints import VoiceMatch
from transcribe.transcript_warnings import WarningCode


def test_a_host_known_by_conduct_alone_is_a_guess() -> None:
    (warning,) = name(talk(*PLAIN)).warnings
    assert warning.code is WarningCode.HOST_ASSUMED
    assert "asks 3 of 4 questions" in warning.message
    feed = (Person("Rich Bowen", "host"),)
    assert name(talk(*PLAIN), people=feed).warnings == ()  # clearly the host, and the feed says who that is
    (warning,) = name(talk(("S1", "It was so."), ("S2", "It was.")), people=feed).warnings
    assert (warning.code, "Rich Bowen" in warning.message) == (WarningCode.HOST_UNCLEAR, True)


def test_the_feed_names_people_who_are_the_only_one_of_a_role() -> None:
    people = (Person("Rich Bowen", "host"), Person("Haikel Guemar", "guest"))
    naming = name(talk(*PLAIN), people=people)
    assert names_by_id(naming) == {"S1": "Rich Bowen", "S2": "Haikel Guemar"}
    assert "feed" in naming.speakers[0].evidence
    assert "feed" in naming.speakers[1].evidence


def test_two_guests_of_the_feed_are_not_guessed() -> None:
    people = (Person("Rich Bowen", "host"), Person("Ada", "guest"), Person("Grace", "guest"))
    assert names_by_id(name(talk(*PLAIN), people=people)) == {"S1": "Rich Bowen", "S2": "Guest"}


RICH = VoiceMatch("Rich Bowen", 0.91)


def test_a_voiceprint_outranks_the_speech() -> None:
    turns = talk(*INTERVIEW)
    naming = name_speakers(turns, names=(), host="Grete", guest="Guest", enrolled={"S2": RICH})
    assert names_by_id(naming) == {"S1": "Grete Holm", "S2": "Rich Bowen"}
    assert naming.speakers[1].evidence == "matches the enrolled voice, cosine 0.91"
    assert certainties(naming) == [NameCertainty.STATED, NameCertainty.VOICEPRINT]
    assert naming.warnings == ()


def test_an_enrolled_voice_that_states_another_name_is_a_warning() -> None:
    naming = name_speakers(talk(*INTERVIEW), names=(), host="Rich", guest="Guest", enrolled={"S1": RICH})
    assert names_by_id(naming)["S1"] == "Rich Bowen"
    (warning,) = naming.warnings
    assert (warning.code, warning.speakers) == (WarningCode.NAME_CONTRADICTED, ("S1",))
    assert "Rich Bowen (matches" in warning.message
    assert "“I'm Grete Holm” at 0:01" in warning.message
    assert certainties(naming)[0] is NameCertainty.GUESS


def test_the_settings_host_is_the_enrolled_voice_of_that_name() -> None:
    naming = name_speakers(talk(*PLAIN), names=(), host="Rich", guest="Guest", enrolled={"S2": RICH})
    assert names_by_id(naming) == {"S1": "Guest", "S2": "Rich Bowen"}


def test_people_of_the_feed_are_assigned_once() -> None:
    people = (Person("Rich Bowen", "host"), Person("Ada Lovelace", "guest"))
    naming = name_speakers(talk(*PLAIN), names=(), host="X", guest="Guest", people=people, enrolled={"S2": RICH})
    assert names_by_id(naming) == {"S1": "Ada Lovelace", "S2": "Rich Bowen"}


def test_given_names_are_assigned_by_voiceprint() -> None:
    turns = talk(*PLAIN)
    naming = name_speakers(turns, names=("Haikel", "Rich"), host="X", guest="Guest", enrolled={"S1": RICH})
    assert names_by_id(naming) == {"S1": "Rich", "S2": "Haikel"}
    assert naming.warnings == ()
    naming = name_speakers(turns, names=("Ada", "Bob"), host="X", guest="Guest", enrolled={"S1": RICH})
    assert set(names_by_id(naming).values()) == {"Ada", "Bob"}
    assert WarningCode.ENROLLED_NOT_GIVEN in codes(naming)


def test_the_title_completes_a_spoken_name() -> None:
    turns = talk(("S1", "So Nora, what is new to you?"), ("S2", "I look for a mistake."))
    people = people_in("Nora Lind on mistakes", "<p>Hosted by Rich Bowen.</p>")
    assert names_by_id(name(turns, people=people)) == {"S1": "Rich Bowen", "S2": "Nora Lind"}
    assert names_by_id(name(talk(*PLAIN), people=people_in("Open Source Days", None)))["S2"] == "Guest"
