"""Capitals of sentence beginnings, "I" and names."""

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from transcribe.recognition.capitals import capitalised, names_in
from transcribe.transcript import Word

ORDINARY = frozenset("mark rich river the and we met saw he will de".split())


def tokenize(text: str) -> list[int]:
    """A vocabulary in which ordinary words are one token."""
    return [1] if text.strip() in ORDINARY else [1, 2]


def words_of(text: str) -> list[Word]:
    return [Word(token, i, i + 1) for i, token in enumerate(text.split())]


def written(text: str, *, language: str = "en", given_names: tuple[str, ...] = ()) -> str:
    words = words_of(text)
    names = names_in(words, given_names, language=language, tokenize=tokenize)
    return " ".join(word.text for word in capitalised(words, language=language, names=names))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("don't be late. we met.", "Don't be late. We met."),
        ("He said (no). “why?” i'm sure, i'd say, i.", "He said (no). “Why?” I'm sure, I'd say, I."),
        ("At 8 a.m. we met, in the U.S. we met, etc. We", "At 8 a.m. we met, in the U.S. we met, etc. We"),
        ("Well... we met… we", "Well... we met… we"),
        (
            "Dr. said. iPhone. info@example.org. example.com/a. 8th. 'cause",
            "Dr. said. iPhone. info@example.org. example.com/a. 8th. 'cause",
        ),
        (
            "He works at Acme Inc. in Ohio, vol. 2 of John Jr. too",
            "He works at Acme Inc. in Ohio, vol. 2 of John Jr. too",
        ),
        ("“Why?” she asked. “no.” (ask!) we", "“Why?” she asked. “No.” (ask!) we"),
        ("[music] we met. [laughs] so", "[music] We met. [laughs] So"),
        ("Dot the i, spell s i r, and i know.", "Dot the i, spell s i r, and I know."),
        ("See example.com. we met", "See example.com. We met"),
    ],
)
def test_sentence_beginnings_and_i(text: str, expected: str) -> None:
    assert written(text) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("i was. ja.", "nl", "I was. Ja."),
        ("en i was.", "nl", "En i was."),
        (
            "am 3. und 4. Mai ca. zehn, z. B. so bzw. usw. und",
            "de",
            "Am 3. und 4. Mai ca. zehn, z. B. so bzw. usw. und",
        ),
        ("в 1990 г. было, т.е. так и др. потом", "ru", "В 1990 г. было, т.е. так и др. потом"),
        ("ijs. ijzer", "nl", "IJs. IJzer"),
        ("ışık. iyi.", "tr", "Işık. İyi."),
        ("ნინო. არა.", "ka", "ნინო. არა."),
        ("家。大家。", "ja", "家。大家。"),
        ("straße. ßa.", "de", "Straße. ßa."),
    ],
)
def test_other_languages(text: str, language: str, expected: str) -> None:
    assert written(text, language=language) == expected


def test_names_that_are_given_are_written_so() -> None:
    text = "We met haikel and mark and guemar's river"
    assert written(text, given_names=("Haikel Guemar", "Mark de Rich")) == "We met Haikel and mark and Guemar's river"


def test_a_given_name_that_is_a_noun_too_is_left() -> None:
    text = "We met an attendee and the rdo, and weaver said"
    given = ("Attendee", "Ada Weaver", "RDO")
    assert written(text, given_names=given) == "We met an attendee and the RDO, and Weaver said"


def test_names_that_mostly_have_a_capital_have_it_everywhere() -> None:
    text = "We met Ondalia and Ondalia, the Ondalia and ondalia and Mark and Mark and mark."
    assert written(text) == text.replace("ondalia", "Ondalia")
    assert written("We met Ondalia and ondalia.") == "We met Ondalia and ondalia."  # seen once
    both = "We saw Web and Web and web and web."
    assert written(both) == both


def test_in_other_languages_ordinary_words_are_no_names() -> None:
    """Most of them are several tokens, as names are."""
    text = "Das Einkaufen und das Einkaufen, wenn wir einkaufen."
    assert written(text, language="de") == text
    text = "Con Iglesias en las iglesias."
    assert written(text, language="es", given_names=("Ondalia Iglesias",)) == text


TOKENS = st.sampled_from("the i i'm ondalia Ondalia we. a.m. iPhone “why?” no... x@y.z ß iyi 8 家。 . ,".split())


@profile(max_examples=50)
@given(st.lists(TOKENS, max_size=12), st.sampled_from(["en", "nl", "tr"]))
def test_only_case_changes_and_a_second_time_nothing(tokens: list[str], language: str) -> None:
    words = words_of(" ".join(tokens))
    names = names_in(words, ["Ondalia"], language=language, tokenize=tokenize)
    once = capitalised(words, language=language, names=names)
    assert [w.text.casefold().replace("\u0307", "") for w in once] == [w.text.casefold() for w in words]
    assert [(w.start, w.end) for w in once] == [(w.start, w.end) for w in words]
    assert capitalised(once, language=language, names=names) == once
