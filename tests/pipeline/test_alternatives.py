"""What a doubtful passage says it may be instead: its own words, with another reading in the place of some."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.words import said
from transcribe.diarization.diarize import Diarization
from transcribe.pipeline.alternatives import Alternatives
from transcribe.pipeline.doubts import rank_doubts
from transcribe.pipeline.track_timeline import on_timeline
from transcribe.recognition.other_readings import OtherReading, other_readings
from transcribe.recognition.recognize import Recognition
from transcribe.tracks.layout import Clock, Layout, OwnSpeech
from transcribe.transcript import Doubt, Turn, Word
from transcribe.transcript_warnings import DoubtReason

SPOKEN = said("So, he sells ice. She buys it now", step=1.0)
TURNS = (Turn("S1", SPOKEN[:4]), Turn("S2", SPOKEN[4:]))


@given(st.integers(0, 7), st.integers(1, 4), st.integers(0, 7), st.integers(1, 4))
def test_it_is_the_passage_with_the_replaced_words_changed_and_no_others(a: int, n: int, x: int, m: int) -> None:
    words = said("a b c d e f g h", step=1.0)
    passage, replaced = words[a : a + n], words[x : x + m]
    other = OtherReading(replaced[0].start, replaced[-1].end, " ".join(word.text for word in replaced), "y z")
    read = Alternatives((Turn("S1", words),), [other]).of(passage)
    if x < a or x + len(replaced) > a + len(passage):
        assert read == "", "it would change words that are not in the passage"
    else:
        texts = [word.text for word in passage]
        texts[x - a : x - a + len(replaced)] = ["Y", "z"] if x == 0 else ["y", "z"]
        assert read == " ".join(texts)


@pytest.mark.parametrize(
    ("first", "last", "heard", "alternative"),
    [
        (3, 4, "he sells dice, she", "dice."),
        (2, 4, "so he sell dice, she", "sell dice."),
        (1, 4, "so she sells dice, she", "she sells ice."),  # of two places the first
        (4, 5, "ice, we buys it now", "We"),
        (0, 1, "no, he sells", "No,"),
        (5, 6, "she buy's it", "buy's"),
        (3, 5, "sells ice he buys", ""),  # of two people
        (7, 8, "buys it now then", "now then"),
    ],
)
def test_the_marks_and_the_capital_of_the_sentence_stay(first: int, last: int, heard: str, alternative: str) -> None:
    others = list(other_readings(SPOKEN, heard, is_whole=False)) or list(other_readings(SPOKEN, heard))
    assert Alternatives(TURNS, others).of(SPOKEN[first:last]) == alternative


def test_words_that_do_not_stand_any_more_have_none() -> None:
    others = tuple(other_readings(SPOKEN, "So, he smells ice. She buys it now"))
    turn = Turn("S1", (*SPOKEN[:2], replace(SPOKEN[2], text="sold"), SPOKEN[3]))
    assert Alternatives(TURNS, others).of(SPOKEN[2:3]) == "smells"
    assert Alternatives((turn,), others).of(turn.words[2:3]) == ""


def test_letters_without_blanks_stay_attached() -> None:
    words = tuple(Word(sign, i, i + 1, attached=i > 0) for i, sign in enumerate("我用它写。"))
    others = list(other_readings(words, "我有它写。"))
    assert Alternatives((Turn("S1", words),), others).of(words[:3]) == "我有它"


def test_every_doubt_about_words_has_the_alternative_but_its_own_comes_first() -> None:
    likely = [replace(word, error=0.9 if word.text == "buys" else 0.0) for word in SPOKEN]
    turns = (Turn("S1", tuple(likely[:4])), Turn("S2", tuple(likely[4:])))
    others = list(other_readings(SPOKEN, "So, he sells rice. She busy it now"))
    known = Doubt(3.0, 4.0, "overlap"), Doubt(0.0, 3.0, "discarded", alternative="No."), Doubt(9.0, 9.5, "silent")
    found = rank_doubts(turns, known, share=0.2, others=others)
    assert [(doubt.reason, doubt.alternative) for doubt in found] == [
        ("discarded", "No."),
        ("overlap", "rice."),
        (DoubtReason.LIKELY_WRONG, "busy"),
        ("silent", ""),
    ]


def test_words_of_tracks_have_their_other_readings_on_the_timeline() -> None:
    """The second person answers before the first has ended; on the joined speech one is heard after the other."""
    own = OwnSpeech(0, 10.0, 14.0, 10.1, 13.9), OwnSpeech(1, 12.5, 16.5, 12.6, 16.4)
    layout = Layout(20.0, (Clock(), Clock()), own)
    words = tuple(
        replace(word, start=word.start + place, end=word.end + place, error=0.9)
        for text, place in zip(("he sells ice today", "she buys it now"), layout.places, strict=True)
        for word in said(text, step=1.0)
    )
    others = tuple(other_readings(words, "he sells eyes today we buys it know"))
    doubt = Doubt(layout.places[0] + 3.0, layout.places[1] + 2.0, "mumbled", alternative="Well.")
    placed = on_timeline(layout, Recognition(words, "en", (doubt,), (), others=others), Diarization((), {}))
    found = [(word.text, Alternatives(placed.turns, placed.words.others).of([word])) for word in placed.words.words]
    assert {text: other for text, other in found if other} == {"ice": "eyes", "she": "We", "now": "know"}
    told = [(each.start, each.end, each.alternative) for each in placed.words.doubts]
    assert told == [(12.5, 14.5, "Well."), (13.0, 14.0, "")], "with the longest part of the passage, and only once"
