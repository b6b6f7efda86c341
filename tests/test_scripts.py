"""Letters, accents and the ends of sentences of all scripts, held to Unicode's own tables."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from output.labels import fold_name, printable_name
from output.parse import parse
from transcribe.scripts import MARKS, SENTENCE_MARKS, composed, ends_sentence, has_end_mark, units

NAMES = [
    "राहुल",
    "สมชาย",
    "அன்பு",
    "দীপা",
    "ක්‍රිෂ්ණ",
    "نی‌لوفر",
    "דָּוִד",
    "محمّد",
    "李雷",
    "さくら",
    "민수",
    "Ελένη",
    "Zoë",
    "Юлия",
]
ENDINGS = {
    "Hindi": ("ठीक हूँ", "।"),
    "Urdu": ("ہوں", "۔"),
    "Arabic": ("حالك", "؟"),
    "Chinese": ("大家好", "。"),
    "Japanese": ("ですか", "？"),
    "Armenian": ("բարեւ", "։"),
    "Amharic": ("ነው", "።"),
    "Burmese": ("ပါတယ်", "။"),
    "Khmer": ("ណាស់", "។"),
    "Greek": ("κάνεις", ";"),
    "interrobang": ("What", "‽"),
}


def test_the_marks_are_those_of_unicode() -> None:
    inside, signs = re.compile(rf"[{MARKS}]"), list(map(chr, range(sys.maxunicode + 1)))
    found = {sign for sign in signs if inside.match(sign)}
    assert found - {"\u200c", "\u200d"} == {sign for sign in signs if unicodedata.category(sign).startswith("M")}


def test_the_ends_of_sentences_are_those_of_unicode() -> None:
    """Those of scripts nobody writes any more are missing."""
    property_ = regex.compile(r"[\p{SB=STerm}\p{SB=ATerm}]")
    assert [sign for sign in sorted(SENTENCE_MARKS - {"…"}) if not property_.match(sign)] == []
    living = regex.findall(property_.pattern, "".join(map(chr, (*range(0x20, 0xD800), *range(0xE000, 0x10000)))))
    assert set(living) <= SENTENCE_MARKS


@pytest.mark.parametrize("language", ENDINGS)
@pytest.mark.parametrize("closer", ["", "»", "」", "）", '"'])
def test_a_sentence_ends_in_any_script(language: str, closer: str) -> None:
    word, mark = ENDINGS[language]
    assert has_end_mark(word + mark + closer)
    assert ends_sentence(word + mark + closer)
    assert not has_end_mark(word + closer)


def test_a_semicolon_ends_no_sentence_but_in_greek() -> None:
    assert not has_end_mark("well;")
    assert has_end_mark("Τι;»")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_script_is_a_label_and_its_initial_too(name: str, form: str) -> None:
    written = unicodedata.normalize(form, name)
    other = unicodedata.normalize("NFD" if form == "NFC" else "NFC", name)
    source = f"**{written}**: x\n\n**Bo**: y\n\n**{other}**: z\n\n**{composed(name)[0]}**: w\n"
    draft = parse(source)
    assert [turn.speaker for turn in draft.turns] == [composed(name), "Bo", composed(name), composed(name)]
    assert draft.source() == source


@given(st.text(st.characters(categories=("L", "M")), min_size=1, max_size=8))
def test_equivalent_names_are_equal(name: str) -> None:
    other = unicodedata.normalize("NFD", name)
    assert fold_name(name) == fold_name(other)
    assert printable_name(name) == printable_name(other)


@given(st.text(st.sampled_from("aé1 ,.(我们。「」カーน้ำท ากា\u0301-")))
def test_units_are_the_text_and_say_where_its_blanks_are(text: str) -> None:
    parts = units(text)
    assert "".join(unit if attached else f" {unit}" for unit, attached in parts).split() == text.split()
    assert all(unit for unit, _ in parts)
    assert units(unit_text := "".join(f" {unit}" for unit, _ in parts)) == [(unit, False) for unit in unit_text.split()]
