"""Other readings: each differs from the words that stand in just its place, and all of one text make that text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.words import said, text
from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.other_readings import (
    OtherReading,
    audible,
    heard_otherwise,
    other_readings,
    without_fillers,
)
from transcribe.recognition.vad import Region
from transcribe.transcript import Word

STEP = 0.3  # seconds of a word
texts = st.lists(st.sampled_from(["a", "b", "c", "on", "no", "Ah,", "ah!", "…"]), max_size=12).map(" ".join)


def place_of(other: OtherReading) -> range:
    """The positions of the words it replaces, by their times."""
    return range(round(other.start / STEP), round(other.end / STEP))


@given(texts.filter(audible), texts)
def test_all_places_together_make_the_other_text_and_each_stands_in_the_words(before: str, after: str) -> None:
    words = said(before, step=STEP)
    others = list(other_readings(words, after))
    made, last = list(map(str, before.split())), len(words)
    for other in reversed(others):
        place = place_of(other)
        assert place.stop <= last, "they are in order and do not overlap"
        assert audible(other.replaced) == audible(text(words[place.start : place.stop])) != ""
        assert audible(other.text) != ""
        made[place.start : place.stop] = [other.text]
        last = place.start
    assert audible("".join(made)) == audible(after) or not audible(after)


@given(texts.filter(audible), texts)
def test_a_text_of_a_part_says_nothing_about_its_edges(before: str, after: str) -> None:
    words = said(before, step=STEP)
    others = list(other_readings(words, after, is_whole=False))
    assert all(place_of(other).start > 0 and place_of(other).stop < len(words) for other in others)
    assert set(others) <= set(other_readings(words, after))


@pytest.mark.parametrize(
    ("stands", "heard", "places"),
    [
        ("It's nice to be here.", "It’s an ice, to be here", [("nice", "an ice,")]),
        ("Well, go", "We'll go", [("Well,", "We'll")]),
        ("We use Jenkins.", "we use jenkins", []),
        ("A well-known one", "a well known one", []),
        ("We waited there", "We have waited there", [("We", "We have")]),
        ("Waited there", "We waited there", [("Waited", "We waited")]),
        ("You said you said so", "You said so", [("You said you", "You")]),
        ("So we", "", []),
        ("one " * 14, "two " * 14, []),
    ],
)
def test_places_are_where_something_else_is_heard(stands: str, heard: str, places: list[tuple[str, str]]) -> None:
    assert [(other.replaced, other.text) for other in other_readings(said(stands), heard)] == places


def test_languages_without_blanks_differ_by_letters() -> None:
    words = [Word(sign, i, i + 1, attached=i > 0) for i, sign in enumerate("我用它写。")]
    assert list(other_readings(words, "我有它写，")) == [OtherReading(1, 2, "用", "有")]


def test_readings_of_parts_count_in_their_time_and_loops_do_not() -> None:
    words = said("one two three four five six", step=1.0)
    whole = Reading(
        said("one too three four five six", step=1.0), -0.2, 0.0, alternatives=("one two three for five six",)
    )
    part = Reading(said("three fore five", step=1.0), -0.2, 0.0)
    loop = Reading(said("four " * 40, step=0.1), -0.2, 0.0)
    unsure = Reading(said("three door five", step=1.0), -1.5, 0.0)
    heard = [(Region(0.0, 6.0), whole), *((Region(2.5, 5.0), each) for each in (part, loop, unsure))]
    found = {(other.start, other.replaced, other.text) for other in heard_otherwise(words, heard)}
    assert found == {(1.0, "two", "too"), (3.0, "four", "for"), (3.0, "four", "fore")}


def test_fillers_are_no_other_reading() -> None:
    others = [OtherReading(0, 1, "so", "so, uh,"), OtherReading(1, 2, "um we", "um he"), OtherReading(2, 3, "er", "or")]
    assert list(without_fillers(others, language="en")) == [OtherReading(1, 2, "we", "he")]
