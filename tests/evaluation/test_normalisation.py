"""What counts as the same word: compared with openai-whisper's normaliser and with tables of equal and other words."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.paths import ROOT
from transcribe.evaluation.normalisation import (
    NORMALISERS,
    Script,
    Unit,
    fold,
    is_compared_as_before,
    language_code,
    normaliser,
    script_of,
)
from transcribe.evaluation.score import score
from transcribe.evaluation.scoring import Scoring
from transcribe.readers.values import SpeakerTranscript, Utterance


def said(*texts: str, language: str = "") -> SpeakerTranscript:
    return SpeakerTranscript(tuple(Utterance("A", text) for text in texts), language=language)


def wer(reference: str, hypothesis: str, *, language: str = "", name: str = "auto") -> float:
    return float(score(said(reference, language=language), said(hypothesis), Scoring(name)).as_dict()["wer"])


def test_normalisers() -> None:
    text = "It's twenty-five Colours, um, OK?"
    assert {name: normaliser(name)(text) for name in NORMALISERS} == {
        "english": "it is 25 colors ok",
        "basic": "it s twenty five colours um ok",
        "none": text,
    }


# ---- the reference implementation

PHRASES = (
    "don't won't it's we're I'd been he's gone cause because kinda sorta dunno gonna y'all ma'am let's "
    "twenty five two hundred and one three point five one oh one double seven $20 million per cent 50% first 1960s "
    "Mr. Dr. St. colour honour theatre um uh hmm [laughs] (coughs) <i> naïve Café façade œuvre a-b 1,000.50 ... "
    "plus minus five and a half dollars cents £5 €3.20 ½ ² word, word; word! A.B.C. x/y one's ones twenties"
).split()


@given(st.lists(st.sampled_from(PHRASES), max_size=30))
def test_english_rules_are_openai_whispers(words: list[str]) -> None:
    whisper = import_module("whisper.normalizers")
    text = " ".join(words)
    assert normaliser("english")(text).split() == whisper.EnglishTextNormalizer()(fold(text)).split()


@given(st.text(st.characters(max_codepoint=0x17F), max_size=60))
def test_basic_rules_are_openai_whispers_for_latin_letters(text: str) -> None:
    """Except for open brackets inside closed ones, where theirs takes quadratic time."""
    whisper = import_module("whisper.normalizers")
    folded = fold(text)
    if not set("<>[]()") & set(folded):
        assert normaliser("basic")(text).split() == whisper.BasicTextNormalizer()(folded).split()


def test_every_sentence_of_this_project_is_normalised_as_by_openai_whisper() -> None:
    whisper = import_module("whisper.normalizers")
    theirs, ours = whisper.EnglishTextNormalizer(), normaliser("english")
    sentences = [
        line
        for path in sorted((*Path(ROOT, "docs").glob("*.md"), *Path(ROOT, "tests", "clips").glob("*.txt")))
        for line in path.read_text(encoding="utf-8").splitlines()
        if not set("<>[]()") & set(line)
    ]
    assert len(sentences) > 500
    for line in sentences:
        assert ours(line).split() == theirs(fold(line)).split(), line


# ---- forms of the same word

INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0f\u034f"
SAME = {
    "apostrophes": ("don't", [f"don{sign}t" for sign in "’‘‛′ʼ＇´՚"]),
    "quotes": ('"so"', [f"{a}so{b}" for a, b in ("“”", "„“", "«»", "‹›", "″″", "＂＂", "「」")]),
    "hyphens": ("mid-day", [f"mid{sign}day" for sign in "‐‑‒–—−－﹣"]),
    "no form of their own": ("cooperate", [f"co{sign}operate" for sign in INVISIBLE]),
    "full width": ("abc 123", ["ａｂｃ　１２３"]),
    "blanks": ("a b", ["a\u00a0b", "a\u2009b", "a\u3000b", "a\tb"]),
    "composed": ("café", [unicodedata.normalize("NFD", "café")]),
    "ligatures": ("office", ["oﬃce"]),
    "ellipsis": ("wait what", ["wait… what", "wait … what"]),
    "case": ("straße istanbul", ["Straße İstanbul"]),
    "points": ("محمد שלום", ["مُحَمَّد שָׁלוֹם", "محـــمد שלום"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", SAME)
def test_forms_of_one_word_are_one_word(kind: str) -> None:
    plain, forms = SAME[kind]
    names = ("basic",) if kind in ("points", "case") else ("english", "basic")
    for form in forms:
        for name in names:
            assert normaliser(name)(form) == normaliser(name)(plain), (name, form, ascii(form))


DIFFERENT = [
    ("hi", "की", "का"), ("hi", "दिन", "दान"), ("th", "มา", "ไม่"), ("bn", "কি", "কা"), ("ta", "கி", "கா"),
    ("sv", "får", "far"), ("de", "schon", "schön"), ("ar", "كتب", "كتاب"), ("vi", "ma", "má"), ("ja", "か", "が"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "one", "other"), DIFFERENT)
def test_marks_that_distinguish_words_are_kept(language: str, one: str, other: str) -> None:
    """Whisper's own basic rules find no error in the first."""
    assert wer(one, other, language=language) > 0
    assert wer(one, one, language=language) == 0


@given(st.text(max_size=80))
def test_folding_is_idempotent_and_leaves_ascii_alone(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    ascii_text = text.encode("ascii", "ignore").decode()
    assert fold(ascii_text) == ascii_text


@given(st.text(max_size=60), st.sampled_from(["english", "basic", "none"]), st.sampled_from(list(Unit)))
def test_any_text_is_normalised_to_words_with_single_blanks(text: str, name: str, unit: Unit) -> None:
    result = normaliser(name, unit)(text)
    assert result == " ".join(result.split())
    if name == "none":
        assert result.replace(" ", "") == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "english", "basic"),
    [
        ("<" * 50_000, "", ""),
        ("(" * 50_000, "", ""),
        ("[(" * 25_000, "", ""),
        (" " * 50_000 + "'", "", ""),
        ("1" * 50_000, "1" * 50_000, "1" * 50_000),
        ("one " * 20_000, "1" * 20_000, " ".join(["one"] * 20_000)),
    ],
    ids=["angles", "brackets", "open brackets", "blanks", "digits", "numbers"],
)
def test_hostile_texts_are_normalised(text: str, english: str, basic: str) -> None:
    """Whisper's own rules take minutes for the brackets, and fail on the digits."""
    assert normaliser("english")(text) == english
    assert normaliser("basic")(text) == basic


# ---- which rules, and which unit


@pytest.mark.parametrize(
    ("language", "text", "name", "unit"),
    [
        ("en", "hello", "english", Unit.WORDS),
        ("", "hello", "english", Unit.WORDS),
        ("English", "hello", "english", Unit.WORDS),
        ("en-GB", "hello", "english", Unit.WORDS),
        ("de", "hallo", "basic", Unit.WORDS),
        ("", "привет", "basic", Unit.WORDS),
        ("en", "привет", "basic", Unit.WORDS),
        ("ko", "안녕 하세요", "basic", Unit.WORDS),
        ("zh", "我用手机", "basic", Unit.CHARACTERS),
        ("", "我用手机", "basic", Unit.CHARACTERS),
        ("en", "我用手机", "basic", Unit.CHARACTERS),
        ("ja", "テストです", "basic", Unit.CHARACTERS),
        ("", "ภาษาไทย", "basic", Unit.CHARACTERS),
        ("", "ພາສາລາວ", "basic", Unit.CHARACTERS),
        ("", "ភាសាខ្មែរ", "basic", Unit.CHARACTERS),
        ("", "မြန်မာ", "basic", Unit.CHARACTERS),
        ("", "བོད་སྐད", "basic", Unit.CHARACTERS),
        ("zh", "wo yong shouji", "basic", Unit.WORDS),
        ("", "12", "english", Unit.WORDS),
    ],
)
def test_language_or_script_decides(language: str, text: str, name: str, unit: Unit) -> None:
    resolved = Scoring().resolved(said(text, language=language), said(text))
    assert (resolved.normaliser, resolved.unit) == (name, unit)
    assert not resolved.warning
    result = score(said(text), said(text, language=language)).as_dict()["scoring"]
    assert (result["normaliser"], result["unit"]) == (name, unit)


def test_an_explicit_choice_stays_and_is_warned_of() -> None:
    chosen = Scoring("english").resolved(said("hallo", language="de"), said("hallo"))
    assert (chosen.normaliser, "not English" in chosen.warning) == ("english", True)
    assert Scoring("none").resolved(said("我用"), said("我用")).unit is Unit.CHARACTERS


def test_characters_are_what_a_reader_sees_and_foreign_words_are_one() -> None:
    """One character wrong of six, and the product name counts as one; Thai vowels belong to their consonant."""
    reference, hypothesis = said("我用iPhone打电话。"), said("我用 iphone 打电视")
    result = score(reference, hypothesis)
    assert result.words is not None
    assert (result.words.substitutions, result.words.errors, result.words.words) == (1, 1, 6)
    assert "characters" in result.scoring.description
    assert normaliser("basic", Unit.CHARACTERS)("กำลัง").split() == ["กำ", "ลั", "ง"]


def test_language_codes() -> None:
    assert [language_code(text) for text in ("en_US", "Chinese", "und", "", "auto", "x")] == [
        "en",
        "zh",
        "",
        "",
        "",
        "",
    ]
    assert script_of([]) is Script.NONE


# ---- older baselines


def test_what_a_baseline_is_compared_by_is_unchanged_for_plain_english() -> None:
    """The keys and values that version 3 hashed; anything else makes a baseline be renewed."""
    before = {"normaliser": "english", "collar": 0.25, "skip_overlap": False, "tcp_collar": 5.0}
    plain, curly, chinese = said("It's a café"), said("It’s"), said("我用手机")
    assert Scoring().resolved(plain, plain).key(plain) == before
    assert Scoring().resolved(curly, curly).key(curly) != before
    assert Scoring().resolved(chinese, chinese).key(chinese) != before
    assert Scoring("none").resolved(curly, curly).key(curly) == {**before, "normaliser": "none"}
    assert not is_compared_as_before("की", "basic")
    assert replace(Scoring().resolved(plain, plain), normaliser="basic").key(plain) == {**before, "normaliser": "basic"}
