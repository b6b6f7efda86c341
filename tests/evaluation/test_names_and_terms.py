"""Whose name is whose, and which mentions of a term are wrong, in every language."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.checked_clip import Telling, found
from tests.support.command_line import Run
from tests.support.scripted_stages import tone
from transcribe.evaluation.score import score
from transcribe.evaluation.scoring import Scoring
from transcribe.evaluation.word_comparison import too_many_speakers
from transcribe.readers.values import SpeakerTranscript, Utterance

TITLES = ("Dr.", "Dr", "Prof.", "Prof. Dr.", "Mr.", "Mrs", "Ms.", "Sir")


def talk(*rows: tuple[str, str], language: str = "") -> SpeakerTranscript:
    return SpeakerTranscript(tuple(Utterance(speaker, text) for speaker, text in rows), language=language)


# ---- speakers


@given(
    st.sampled_from(["Ann", "Ann Lee", "Zoë"]),
    st.sampled_from(["", *TITLES]),
    st.sampled_from(["", *TITLES]),
    st.booleans(),
)
def test_a_title_does_not_make_another_name(name: str, ours: str, theirs: str, swapped: bool) -> None:
    """Swapped names are misnamed words, and right names none, whatever titles the two sides give."""
    one, two = f"{ours} {name}".strip(), f"{theirs} {name}".strip()
    reference = talk((one, "one two three"), ("Bo Ray", "four five"))
    rows = ("Bo Ray", two) if swapped else (two, "Bo Ray")
    result = score(reference, talk((rows[0], "one two three"), (rows[1], "four five")), Scoring("none"))
    assert result.misnamed == ((5, 5) if swapped else (0, 5))


@pytest.mark.parametrize(
    ("people", "name", "measured"),
    [
        (("Rich Bowen", "Nora"), "Mr. Bowen", True),
        (("Rich Bowen", "Nora Bowen"), "Mr. Bowen", False),  # either
        (("Dr. Ann", "Ann"), "Ann", True),  # as it is written
        (("Dr. Ann", "Mr. Ann"), "Ann", False),  # either
        (("Ann", "Nora"), "Dr.", False),
    ],
)
def test_a_name_that_two_people_have_is_nobodys(people: tuple[str, str], name: str, measured: bool) -> None:
    reference = talk((people[0], "one two three"), (people[1], "four five"))
    assert (score(reference, talk((name, "one two three"), ("x", "four five"))).misnamed is not None) == measured


# ---- terms

SENTENCES = {
    "zh": ("今天我们在北京聊聊开源软件。", "北京", "背景"),
    "ja": ("きょうは東京タワーの話です。", "東京タワー", "東京カワー"),
    "th": ("วันนี้เราอยู่ที่เชียงใหม่กับเพื่อน", "เชียงใหม่", "เชียงราย"),
    "lo": ("ມື້ນີ້ພວກເຮົາຢູ່ວຽງຈັນ", "ວຽງຈັນ", "ວຽງຈານ"),
    "km": ("យើងនៅភ្នំពេញថ្ងៃនេះ", "ភ្នំពេញ", "ភ្នំពេល"),
    "my": ("ဒီနေ့ ရန်ကုန်မှာ ရှိပါတယ်", "ရန်ကုန်", "ရန်ကုမ်"),
    "ko": ("오늘은 서울 이야기입니다", "서울", "서을"),
    "ru": ("Сегодня мы в Москве с гостем", "Москве", "Мискве"),
    "en": ("Today we can't leave Berlin early", "can't", "can"),
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_term_is_counted_in_every_language(language: str) -> None:
    text, term, wrong = SENTENCES[language]
    reference = talk(("A", text), ("A", text), language=language)
    for heard, missed in ((text, 1), (text.replace(term, wrong), 2)):
        result = score(reference, talk(("A", text.replace(term, wrong)), ("A", heard)), terms=[term])
        assert [(one.name, one.mentions, one.missed) for one in result.names] == [(term, 2, missed)]
    assert [one.missed for one in score(reference, reference, terms=[term]).names] == [0]


def test_a_term_over_the_end_of_an_utterance_is_no_mention() -> None:
    reference = talk(("A", "我们在北"), ("B", "京聊聊"), language="zh")
    assert score(reference, reference, terms=["北京"]).names == ()


def test_a_check_counts_and_explains_a_term_without_blanks(check: Run, tmp_path: Path) -> None:
    text, term, wrong = SENTENCES["zh"]
    (tmp_path / "clips").mkdir()
    tone(tmp_path / "clips" / "garden.wav", seconds=2.0)
    (tmp_path / "clips" / "garden.ref.txt").write_text(f"Ada: {text}\n")
    (tmp_path / "clips" / "clips.toml").write_text(f'[[clip]]\naudio = "garden.wav"\nterms = ["{term}"]\n')
    said = [("A", text.replace(term, wrong))]
    code, out, _ = check("clips", "--json", "--explain", "garden", stages=Telling(talk=said))
    assert (code, found(out)["names"]) == (1, 1)
    assert f'"name": "{term}"' in out
    assert f'"transcript": "{" ".join(wrong)}"' in out


# ---- more speakers than are compared


def test_why_measures_of_speakers_are_left_out_is_said(check: Run, run: Run, tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    reference = tmp_path / "clips" / "garden.ref.txt"
    tone(tmp_path / "clips" / "garden.wav", seconds=2.0)
    for count, noted in ((100, False), (101, True)):
        reference.write_text("".join(f"Line {at}: word{at} is said.\n" for at in range(count)))
        _, out, _ = run("score", str(reference), str(reference))
        assert ("cpWER and tcpWER are not measured: 101 speakers are named" in out) == noted
        assert any(line.startswith("cpWER") for line in out.splitlines()) == (not noted)
        _, out, _ = run("score", str(reference), str(reference), "--json")
        assert ("101 speakers" in out) == noted
    _, out, _ = check("clips")
    assert "note: garden: cpWER and tcpWER are not measured: 101 speakers" in out
    (tmp_path / "clips" / "clips.toml").write_text("[limits]\ncpwer = 0.5\n")
    assert "cpwer: not measured: cpWER and tcpWER are not measured: 101 speakers" in check("clips")[1]


@given(st.integers(1, 130), st.integers(0, 130))
def test_a_measure_of_speakers_is_there_or_a_note_says_why(ours: int, theirs: int) -> None:
    sides = [talk(*((f"S{at}", "yes") for at in range(count))) for count in (ours, theirs)]
    assert (score(*sides, Scoring("none")).cp is None) == bool(too_many_speakers(*sides))
