"""Voices to names on dialogues written for these tests."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Person
from tests.support.transcripts import talk
from transcribe import transcript_warnings
from transcribe.person_names import NameCertainty
from transcribe.speakers.name_certainty import is_guess, open_warnings
from transcribe.speakers.naming import Naming, name_speakers
from transcribe.speakers.published_names import people_in
from transcribe.speakers.speaker_labels import with_wordless
from transcribe.speakers.voiceprints import VoiceMatch
from transcribe.transcript import Speaker, Turn
from transcribe.transcript_warnings import WarningCode, warn


def name(turns: list[Turn], *names: str, people: tuple[Person, ...] = ()) -> Naming:
    return name_speakers(turns, names=names, host="Rich", guest="Guest", people=people)


def names_by_id(naming: Naming) -> dict[str, str]:
    return {speaker.id: speaker.name for speaker in naming.speakers}


def codes(naming: Naming) -> list[WarningCode]:
    return [warning.code for warning in naming.warnings]


def certainties(naming: Naming) -> list[str]:
    return [speaker.certainty for speaker in naming.speakers]


INTERVIEW = (
    ("S1", "Welcome to the show. I'm Grete Holm, and today I'm speaking with Haikel Ben Salem. Hello, Haikel."),
    ("S2", "Thank you, Grete. I am glad to be here."),
    ("S1", "How did you come to packaging?"),
    ("S2", "By accident, through a friend in Tunis."),
    ("S1", "Was it hard?"),
    ("S2", "At first it was."),
)
PLAIN = (
    ("S1", "So how long does a release take?"),
    ("S2", "Two weeks when all goes well."),
    ("S1", "And when it doesn't?"),
    ("S2", "Then it takes a month. Is that long?"),
    ("S1", "Who decides?"),
    ("S2", "We all do."),
)


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


def test_short_sentences_alone_name_nobody() -> None:
    turns = talk(*[("S1", "Really?"), ("S2", "It did.")] * 4)
    assert names_by_id(name(turns)) == {"S1": "Rich", "S2": "Guest"}


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


def test_a_greeting_in_return_addresses_who_greeted_first() -> None:
    turns = talk(
        ("S1", "Hello everyone. Welcome, Jane."),
        ("S2", "Hi, Rich."),
        ("S3", "Hello. Good to be here."),
        ("S1", "How are you? And you? Both well?"),
    )
    assert names_by_id(name(turns, "Rich", "Jane", "Mark")) == {"S1": "Rich", "S2": "Jane", "S3": "Mark"}


@pytest.mark.parametrize("text", ["Around here.", "Sitting here.", "Born here. Enough here."])
def test_a_word_before_here_alone_names_nobody(text: str) -> None:
    naming = name(talk(("S1", text), ("S2", "Mhm.")))
    assert {speaker.name for speaker in naming.speakers} == {"Rich", "Guest"}


def test_a_guess_is_a_warning() -> None:
    naming = name(talk(("S1", "Yes, that was so."), ("S2", "It was indeed.")), "Rich", "Haikel")
    assert names_by_id(naming) == {"S1": "Rich", "S2": "Haikel"}
    (warning,) = naming.warnings
    assert (warning.code, warning.speakers) == (WarningCode.HOST_UNCLEAR, ("S1",))
    assert warning.message.startswith("Rich may be another voice: ")
    assert certainties(naming) == [NameCertainty.GUESS, NameCertainty.ELIMINATION]
    assert all(is_guess(speaker, naming.warnings) for speaker in naming.speakers)


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


def test_a_host_known_by_conduct_alone_is_a_guess() -> None:
    (warning,) = name(talk(*PLAIN)).warnings
    assert warning.code is WarningCode.HOST_ASSUMED
    assert "asks 3 of 4 questions" in warning.message
    feed = (Person("Rich Bowen", "host"),)
    assert name(talk(*PLAIN), people=feed).warnings == ()  # clearly the host, and the feed says who that is
    (warning,) = name(talk(("S1", "It was so."), ("S2", "It was.")), people=feed).warnings
    assert (warning.code, "Rich Bowen" in warning.message) == (WarningCode.HOST_UNCLEAR, True)


def test_a_known_guest_does_not_make_the_host_clear() -> None:
    turns = talk(("S1", "I am Ada Lovelace. It was so."), ("S2", "It was."), ("S3", "Indeed."))
    for names in (("Rich", "Ada"), ("Rich", "Ada", "Bo")):
        assert codes(name(turns, *names))[0] is WarningCode.HOST_UNCLEAR


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


def test_the_feed_names_people_who_are_the_only_one_of_a_role() -> None:
    people = (Person("Rich Bowen", "host"), Person("Haikel Guemar", "guest"))
    naming = name(talk(*PLAIN), people=people)
    assert names_by_id(naming) == {"S1": "Rich Bowen", "S2": "Haikel Guemar"}
    assert "feed" in naming.speakers[0].evidence
    assert "feed" in naming.speakers[1].evidence


def test_two_guests_of_the_feed_are_not_guessed() -> None:
    people = (Person("Rich Bowen", "host"), Person("Ada", "guest"), Person("Grace", "guest"))
    assert names_by_id(name(talk(*PLAIN), people=people)) == {"S1": "Rich Bowen", "S2": "Guest"}


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


def test_no_turns_give_no_speakers() -> None:
    assert name([], "Rich") == Naming(())


SAID = st.sampled_from(
    ["I'm Ada.", "Thank you, Rich.", "How so?", "My name is Rich Bowen.", "Hm.", "Hello, Guest.", "I'm here with Bo."]
)
LINES = st.lists(st.tuples(st.sampled_from(["S1", "S2", "S3"]), SAID), max_size=12)


@given(LINES, st.lists(st.sampled_from(["Rich", "Ada", "Bo Li", "Rich Roe", "Guest"]), max_size=4, unique=True))
def test_every_voice_gets_one_name_of_its_own(lines: list[tuple[str, str]], names: list[str]) -> None:
    speakers = name(talk(*lines), *names).speakers
    assert {speaker.id for speaker in speakers} == {who for who, _ in lines}
    assert len({speaker.id for speaker in speakers}) == len(speakers)
    assert len({speaker.name.casefold() for speaker in speakers}) == len(speakers)
    assert len({speaker.label.casefold() for speaker in speakers}) == len(speakers)
    assert all(speaker.evidence for speaker in speakers)
    if names and speakers:
        assert set(names) <= {speaker.name for speaker in speakers} or len(names) > len(speakers)


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


def test_a_voice_without_words_is_a_guest_too() -> None:
    named = (Speaker("S2", "Ada"), Speaker("S1", "Guest"))
    speakers = with_wordless(named, ["S4", "S1", "S2", "S3"], guest="Guest")
    assert speakers[:2] == named
    assert [(who.id, who.name) for who in speakers[2:]] == [("S3", "Guest 2"), ("S4", "Guest 3")]
    assert {who.certainty for who in speakers[2:]} == {NameCertainty.PLACEHOLDER}
    assert [who.name for who in with_wordless(named[:1], ["S2", "S9"], guest="Guest")] == ["Ada", "Guest"]
    assert with_wordless((), ["S1"], guest="Guest") == ()


NAMES = st.sampled_from(["Rich", "Ada", "Bo Li", "Rich Roe", "Guest"])
PEOPLE = st.lists(st.builds(Person, NAMES, st.sampled_from(["host", "guest"])), max_size=3).map(tuple)
MATCHES = st.dictionaries(
    st.sampled_from(["S1", "S2", "S3"]), st.builds(VoiceMatch, NAMES, st.just(0.9)), max_size=2
).filter(lambda matches: len({match.name for match in matches.values()}) == len(matches))
ABOUT_A_GUESS = {
    *(WarningCode.HOST_UNCLEAR, WarningCode.HOST_ASSUMED, WarningCode.NAME_BY_ORDER, WarningCode.NAME_CONTRADICTED)
}


@given(LINES, st.lists(NAMES, max_size=3, unique=True), PEOPLE, MATCHES)
def test_certainties_agree_with_warnings_and_no_decision_depends_on_a_sentence(
    lines: list[tuple[str, str]], names: list[str], people: tuple[Person, ...], matches: dict[str, VoiceMatch]
) -> None:
    def decisions() -> tuple[Naming, list[bool], list[tuple[WarningCode, ...]]]:
        naming = name_speakers(talk(*lines), names=names, host="Rich", guest="Guest", people=people, enrolled=matches)
        guesses = [is_guess(replace(speaker, evidence=""), naming.warnings) for speaker in naming.speakers]
        remaining = []
        for speaker in naming.speakers:
            others = [other for other in naming.speakers if other != speaker]
            after = [*others, Speaker(speaker.id, "Xavier", certainty=NameCertainty.EDITED)]
            remaining.append(open_warnings(naming.warnings, before=naming.speakers, after=after))
        return naming, guesses, [tuple(warning.code for warning in warnings) for warnings in remaining]

    naming, guesses, remaining = decisions()
    assert {speaker.certainty for speaker in naming.speakers}.isdisjoint({NameCertainty.UNKNOWN, NameCertainty.EDITED})
    assert {id for warning in naming.warnings for id in warning.speakers} <= {speaker.id for speaker in naming.speakers}
    doubted = {id for warning in naming.warnings if warning.code in ABOUT_A_GUESS for id in warning.speakers}
    guessed = {speaker.id for speaker in naming.speakers if speaker.certainty is NameCertainty.GUESS}
    assert doubted <= guessed
    if guessed - doubted:  # the only name, or the only voice, in order of appearance
        assert {WarningCode.NAMES_WITHOUT_VOICE, WarningCode.VOICES_WITHOUT_NAME} & set(codes(naming))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transcript_warnings, "_MESSAGES", dict.fromkeys(WarningCode, "reworded"))
        reworded, guesses_reworded, remaining_reworded = decisions()
    assert [replace(warning, message="reworded") for warning in naming.warnings] == list(reworded.warnings)
    assert (reworded.speakers, guesses_reworded, remaining_reworded) == (naming.speakers, guesses, remaining)


def test_an_unnamed_voice_has_what_may_name_it_as_evidence() -> None:
    """Evidence that is too little for a name is told, not denied; one that nothing names is told to have none."""
    asked = name(talk(("S1", "So that is it. Do you agree, Nora? What is new?"), ("S2", "I look for a mistake.")))
    assert names_by_id(asked) == {"S1": "Rich", "S2": "Guest"}
    assert "Nora” at 0:02 may name this voice" in asked.speakers[1].evidence
    assert "--speakers" in asked.speakers[1].evidence
    assert asked.speakers[1].suggestion == "Nora"
    unnamed = name(talk(*PLAIN)).speakers[1]
    assert ("for this voice" in unnamed.evidence, unnamed.suggestion) == (True, "")
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


def test_what_a_voice_does_all_through_outweighs_one_quoted_name() -> None:
    """The guest quotes somebody who calls them by name; the host asks all the questions."""
    asked = [("S1", "And what came then? Who did it?"), ("S2", "It went on.")] * 12
    turns = talk(*asked, ("S2", "So they said, hey Ben, you should come."), *asked)
    assert names_by_id(name(turns, "Nora", "Ben")) == {"S1": "Nora", "S2": "Ben"}


def test_given_names_follow_who_says_them() -> None:
    """Whoever speaks of Ben and asks Ben is not Ben, even if the first name given is Ben's."""
    turns = talk(("S1", "As Ben knows, it is cold."), ("S2", "Yes."), ("S1", "Ben has a coat, and Ben wears it."))
    assert names_by_id(name(turns, "Ben", "Nora")) == {"S1": "Nora", "S2": "Ben"}


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


def test_the_title_completes_a_spoken_name() -> None:
    turns = talk(("S1", "So Nora, what is new to you?"), ("S2", "I look for a mistake."))
    people = people_in("Nora Lind on mistakes", "<p>Hosted by Rich Bowen.</p>")
    assert names_by_id(name(turns, people=people)) == {"S1": "Rich Bowen", "S2": "Nora Lind"}
    assert names_by_id(name(talk(*PLAIN), people=people_in("Open Source Days", None)))["S2"] == "Guest"
