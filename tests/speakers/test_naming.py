"""Voices to names on dialogues written for these tests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Person
from tests.support.transcripts import talk
from transcribe.speakers.name_certainty import still_told
from transcribe.speakers.naming import Naming, name_speakers, with_wordless
from transcribe.transcript import Speaker, Turn


def name(turns: list[Turn], *names: str, people: tuple[Person, ...] = ()) -> Naming:
    return name_speakers(turns, names=names, host="Rich", guest="Guest", people=people)


def given_to(naming: Naming) -> dict[str, str]:
    return {speaker.id: speaker.name for speaker in naming.speakers}


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


def test_names_are_found_in_the_speech_host_first() -> None:
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
    assert given_to(naming) == {"S1": "Haikel", "S2": "Rich"}
    assert [speaker.name for speaker in naming.speakers] == ["Rich", "Haikel"]
    assert naming.warnings == ()


def test_a_misheard_name_is_still_the_given_one() -> None:
    turns = talk(("S1", "Hello, Haykel. What is new?"), ("S2", "Not much, thank you Ritch."))
    assert given_to(name(turns, "Rich Bowen", "Haikel Guemar")) == {"S1": "Rich Bowen", "S2": "Haikel Guemar"}


def test_being_addressed_is_enough_for_a_given_name() -> None:
    turns = talk(("S1", "Well."), ("S2", "Thank you, Rich."), ("S1", "Not at all. What would you like?"))
    assert given_to(name(turns, "Haikel", "Rich")) == {"S1": "Rich", "S2": "Haikel"}


@pytest.mark.parametrize(
    ("opening", "reply"), [("Jane?", "Mark? Hi! How are you?"), ("Hi.", "Oh, hi. Mark! How are you?")]
)
def test_a_call_by_name_outranks_the_order_of_the_names(opening: str, reply: str) -> None:
    turns = talk(("S1", opening), ("S2", reply), ("S1", "Good, thanks."), ("S2", "And the family?"))
    naming = name(turns, "Jane", "Mark")
    assert given_to(naming) == {"S1": "Mark", "S2": "Jane"}
    assert naming.warnings == ()


def test_short_sentences_name_nobody_whom_nothing_else_names() -> None:
    turns = talk(*[("S1", "Really?"), ("S2", "It did.")] * 4)
    assert given_to(name(turns)) == {"S1": "Rich", "S2": "Guest"}


def test_without_a_name_said_the_host_is_who_asks() -> None:
    turns = talk(("S2", "Two weeks."), *PLAIN)
    naming = name(turns, "Rich", "Haikel")
    assert given_to(naming) == {"S1": "Rich", "S2": "Haikel"}
    assert "asks 3 of 4 questions" in naming.speakers[0].evidence
    assert naming.warnings == ()


def test_titles_are_no_part_of_what_people_are_called() -> None:
    turns = talk(("S1", "Jane?"), ("S2", "Mark? Hi! It's been ages."), ("S1", "Two weeks."))
    naming = name(turns, "Prof. Dr. Jane Hill", "Dr. Mark Field")
    assert given_to(naming) == {"S2": "Prof. Dr. Jane Hill", "S1": "Dr. Mark Field"}
    assert [speaker.label for speaker in naming.speakers] == ["Jane", "Mark"]


def test_a_greeting_that_is_returned_was_said_to_whoever_returns_it() -> None:
    turns = talk(
        ("S1", "Welcome to the podcast."),
        ("S2", "Hi, Petra."),
        ("S3", "Hello, both of you."),
        ("S1", "Today we have Petra Lund as our guest. Petra, how are you?"),
    )
    assert given_to(name(turns))["S3"] == "Petra Lund"


def test_who_is_presented_as_guest_is_not_whoever_says_so() -> None:
    for said in ("We have Petra Lund as our guest.", "I've got Petra Lund with me.", "We have Petra Lund on the show."):
        turns = talk(("S1", said), ("S2", "That is an honour."))
        assert given_to(name(turns))["S2"] == "Petra Lund"


def test_a_voice_that_calls_itself_by_none_of_the_names_given_is_a_warning() -> None:
    turns = talk(
        ("S1", "Hello, I'm Michelle. How can I help? What is it?"),
        ("S2", "I'm Michelle. My name is Jack. It is broken."),
        *PLAIN,
    )
    told = name(turns, "Bob", "Alice").warnings
    assert told == (
        "Bob says “I'm Michelle” at 0:00, which is none of the names given; check --speakers",
        "Alice says “My name is Jack” at 0:04, which is none of the names given; check --speakers",
    )
    for right in (("Michel", "Jack Low"), ("Mich", "Mr. Jack"), ("Мишель", "Джек")):
        assert not any("none of the names" in told for told in name(turns, *right).warnings)


def test_who_greets_in_return_greets_whoever_greeted() -> None:
    turns = talk(
        ("S1", "Hello everyone. Welcome, Jane."),
        ("S2", "Hi, Rich."),
        ("S3", "Hello. Good to be here."),
        ("S1", "How are you? And you? Both well?"),
    )
    assert given_to(name(turns, "Rich", "Jane", "Mark")) == {"S1": "Rich", "S2": "Jane", "S3": "Mark"}


@pytest.mark.parametrize("said", ["Around here.", "Sitting here.", "Born here. Enough here."])
def test_a_word_before_here_names_nobody_on_its_own(said: str) -> None:
    naming = name(talk(("S1", said), ("S2", "Mhm.")))
    assert {speaker.name for speaker in naming.speakers} == {"Rich", "Guest"}


def test_a_guess_is_a_warning() -> None:
    naming = name(talk(("S1", "Yes, that was so."), ("S2", "It was indeed.")), "Rich", "Haikel")
    assert given_to(naming) == {"S1": "Rich", "S2": "Haikel"}
    assert len(naming.warnings) == 1
    assert naming.warnings[0].startswith("who is Rich is a guess")


def test_unknown_people_are_the_default_host_and_numbered_guests() -> None:
    turns = talk(*PLAIN, ("S3", "I agree."), ("S4", "So do I."))
    naming = name(turns)
    assert [(s.id, s.name, s.label) for s in naming.speakers] == [
        ("S1", "Rich", "Rich"),
        ("S2", "Guest", "Guest"),
        ("S3", "Guest 2", "Guest 2"),
        ("S4", "Guest 3", "Guest 3"),
    ]


def test_a_guess_about_a_name_that_nobody_has_any_more_is_told_no_more() -> None:
    naming = name(talk(*PLAIN))
    told = (*naming.warnings, "Rich and others hiss", "who is Guest is a guess: no voice is clearly the host")
    assert still_told(told, before=naming.speakers, after=naming.speakers) == told
    renamed = (Speaker("S1", "Ada"), *naming.speakers[1:])
    assert still_told(told, before=naming.speakers, after=renamed) == told[1:]


def test_one_voice_alone_is_the_host() -> None:
    naming = name(talk(("S1", "I went to the sea.")))
    assert given_to(naming) == {"S1": "Rich"}
    assert naming.warnings[0].startswith("that Rich speaks is a guess: nobody says so")
    assert name(talk(("S1", "I went to the sea.")), "Rich").warnings == ()  # the user says so


def test_a_host_known_by_conduct_alone_is_a_guess() -> None:
    (warning,) = name(talk(*PLAIN)).warnings
    assert warning.startswith("that Rich speaks is a guess")
    assert "asks 3 of 4 questions" in warning
    feed = (Person("Rich Bowen", "host"),)
    assert name(talk(*PLAIN), people=feed).warnings == ()  # clearly the host, and the feed says who that is
    (warning,) = name(talk(("S1", "It was so."), ("S2", "It was.")), people=feed).warnings
    assert warning.startswith("who is Rich Bowen is a guess")


def test_a_guest_who_is_known_does_not_make_another_the_host() -> None:
    turns = talk(("S1", "I am Ada Lovelace. It was so."), ("S2", "It was."), ("S3", "Indeed."))
    for names in (("Rich", "Ada"), ("Rich", "Ada", "Bo")):
        assert name(turns, *names).warnings[0].startswith("who is Rich is a guess")


def test_a_named_guest_leaves_the_host_to_the_default() -> None:
    turns = talk(("S1", "Tell me, my guest today is Nora Lind. How are you?"), ("S2", "Fine."), ("S1", "Where from?"))
    assert given_to(name(turns)) == {"S1": "Rich", "S2": "Nora Lind"}


def test_one_word_in_passing_names_nobody() -> None:
    turns = talk(("S1", "How was it?"), ("S2", "Hello, Kitty is a brand. Good."), ("S1", "Is it?"))
    assert given_to(name(turns)) == {"S1": "Rich", "S2": "Guest"}


def test_the_default_host_is_not_given_away_twice() -> None:
    turns = talk(("S1", "What is it?"), ("S2", "My name is Rich Bowen."), ("S1", "Is it?"), ("S2", "It is."))
    names = sorted(given_to(name(turns)).items())
    assert names == [("S1", "Guest"), ("S2", "Rich Bowen")]


def test_the_feeds_people_are_used_where_there_is_one_of_a_role() -> None:
    people = (Person("Rich Bowen", "host"), Person("Haikel Guemar", "guest"))
    naming = name(talk(*PLAIN), people=people)
    assert given_to(naming) == {"S1": "Rich Bowen", "S2": "Haikel Guemar"}
    assert "feed" in naming.speakers[0].evidence
    assert "feed" in naming.speakers[1].evidence


def test_two_guests_of_the_feed_are_not_guessed() -> None:
    people = (Person("Rich Bowen", "host"), Person("Ada", "guest"), Person("Grace", "guest"))
    assert given_to(name(talk(*PLAIN), people=people)) == {"S1": "Rich Bowen", "S2": "Guest"}


def test_more_voices_than_names_are_guests_with_a_warning() -> None:
    naming = name(talk(*INTERVIEW, ("S3", "Coffee?")), "Grete", "Haikel")
    assert given_to(naming) == {"S1": "Grete", "S2": "Haikel", "S3": "Guest"}
    assert naming.warnings == ("3 voices were found for 2 names; 1 left as guest",)


def test_more_names_than_voices_is_a_warning() -> None:
    naming = name(talk(*INTERVIEW), "Grete", "Haikel", "Bo")
    assert given_to(naming) == {"S1": "Grete", "S2": "Haikel"}
    assert naming.warnings == ("2 voices were found for 3 names; not heard: Bo",)


def test_first_names_that_clash_are_printed_in_full() -> None:
    naming = name(talk(*PLAIN), "Ada Lovelace", "Ada Yonath")
    assert [speaker.label for speaker in naming.speakers] == ["Ada Lovelace", "Ada Yonath"]


def test_nobody_speaks() -> None:
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


FILED = ("Rich Bowen", "the voice on file, likeness 0.91")


def test_a_voice_on_file_comes_before_all_that_is_said() -> None:
    turns = talk(*INTERVIEW)
    naming = name_speakers(turns, names=(), host="Grete", guest="Guest", on_file={"S2": FILED})
    assert given_to(naming) == {"S1": "Grete Holm", "S2": "Rich Bowen"}
    assert naming.speakers[1].evidence == FILED[1]
    assert naming.warnings == ()


def test_a_voice_on_file_that_calls_itself_otherwise_is_a_warning() -> None:
    naming = name_speakers(talk(*INTERVIEW), names=(), host="Rich", guest="Guest", on_file={"S1": FILED})
    assert given_to(naming)["S1"] == "Rich Bowen"
    assert any("Rich Bowen" in warning and "“I'm Grete Holm” at 0:01" in warning for warning in naming.warnings)


def test_the_settings_host_is_nobody_else_than_the_voice_on_file() -> None:
    naming = name_speakers(talk(*PLAIN), names=(), host="Rich", guest="Guest", on_file={"S2": FILED})
    assert given_to(naming) == {"S1": "Guest", "S2": "Rich Bowen"}


def test_people_of_the_feed_are_not_given_out_twice() -> None:
    people = (Person("Rich Bowen", "host"), Person("Ada Lovelace", "guest"))
    naming = name_speakers(talk(*PLAIN), names=(), host="X", guest="Guest", people=people, on_file={"S2": FILED})
    assert given_to(naming) == {"S1": "Ada Lovelace", "S2": "Rich Bowen"}


def test_the_users_names_stand_and_a_voice_on_file_tells_whose_they_are() -> None:
    turns = talk(*PLAIN)
    naming = name_speakers(turns, names=("Haikel", "Rich"), host="X", guest="Guest", on_file={"S1": FILED})
    assert given_to(naming) == {"S1": "Rich", "S2": "Haikel"}
    assert naming.warnings == ()
    naming = name_speakers(turns, names=("Ada", "Bob"), host="X", guest="Guest", on_file={"S1": FILED})
    assert set(given_to(naming).values()) == {"Ada", "Bob"}
    assert any("Rich Bowen's" in warning for warning in naming.warnings)


def test_who_is_heard_without_words_is_a_guest_too() -> None:
    named = (Speaker("S2", "Ada"), Speaker("S1", "Guest"))
    there = with_wordless(named, ["S4", "S1", "S2", "S3"], guest="Guest")
    assert there[:2] == named
    assert [(who.id, who.name) for who in there[2:]] == [("S3", "Guest 2"), ("S4", "Guest 3")]
    assert [who.name for who in with_wordless(named[:1], ["S2", "S9"], guest="Guest")] == ["Ada", "Guest"]
    assert with_wordless((), ["S1"], guest="Guest") == ()
