"""Where drafts still have what was corrected twice: by hand, by property, and as the command prints it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click.testing
import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.markdown import render
from tests.support.transcripts import transcript
from transcribe.cli.main import cli
from transcribe.drafts.repeated_corrections import doubts_left, places_left
from transcribe.transcript import MadeWith, Transcript

TWICE = "then Wooler came and Wooler spoke and", "then Wuille came and Wuille spoke and"


def left(rest: str, *, corrected: tuple[str, str] = TWICE, known: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """What is proposed in `rest`, which follows on the corrected words and was left as the machine wrote it."""
    (places,) = places_left([(f"{corrected[0]} {rest}".split(), f"{corrected[1]} {rest}".split())], known=known)
    return [(place.text, place.name) for place in places]


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("so Wooler left", ["Wooler"]),
        ("so (Wooler's) son left", ["Wooler"]),
        ("so Woller and Wuller left", ["Woller", "Wuller"]),
        ("so wooler left", ["wooler"]),
        ("so Wuille left", []),
        ("so Cooler left", []),  # begins otherwise
        ("so Walter left", []),  # a common name
        ("so Woolering left", []),  # with an ending
        ("so woller left", []),  # sounds alike, but is no name
        ("so the woller left and Woller came", []),  # a word of the text
    ],
)
def test_by_hand(rest: str, found: list[str]) -> None:
    assert left(rest) == [(text, "Wuille") for text in found]


def test_what_was_corrected_once_stays_alone() -> None:
    assert left("so Wooler left", corrected=("then Wooler came and", "then Wuille came and")) == []


def test_the_same_correction_in_two_drafts_is_twice() -> None:
    once = "then Wooler came and".split(), "then Wuille came and".split()
    rest = "and Wooler left".split()
    assert [[place.text for place in each] for each in places_left([once, once, (rest, rest)])] == [[], [], ["Wooler"]]


def test_another_persons_name_is_not_proposed_for_its_sound() -> None:
    assert left("so Woller left", known=("Anna Woller",)) == []
    assert left("so Wooler left", known=("Anna Wooler",)) == [("Wooler", "Wuille")]  # the very words


def test_words_replaced_by_a_name_that_sounds_otherwise_are_rewriting() -> None:
    assert left("and he left", corrected=("then he came and he spoke", "then Wuille came and Wuille spoke")) == []
    assert left("and job left", corrected=("then job came and job spoke", "then Wuille came and Wuille spoke")) == []


def test_phrases() -> None:
    twice = "the high cell came and the high cell spoke", "the Haïkel came and the Haïkel spoke"
    assert left("so the high cell left", corrected=twice) == [("high cell", "Haïkel")]
    assert left("so high, cell walls", corrected=twice) == []
    often = "so high cell walls " * 3
    assert left(often, corrected=twice) == []  # a phrase of the text


WORDS = "Wooler Wuille Woller wooler the high cell, came. Wooler's Mr. (Woller)".split()


@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS))), st.lists(st.sampled_from(WORDS)))
def test_places_are_in_order_unedited_and_other_than_the_name(pairs: list[tuple[str, str]], same: list[str]) -> None:
    heard, written = [one for one, _ in pairs] + same, [other for _, other in pairs] + same
    (places,) = places_left([(heard, written)])
    done = 0
    for place in places:
        assert done <= place.first < place.stop <= len(written)
        assert set(written[place.first : place.stop]) <= set(heard)
        assert place.name != place.text
        assert place.name in " ".join(written)  # as the editor wrote it
        done = place.stop


def timed(*texts: str) -> Transcript:
    made = transcript(*(("S1", text) for text in texts))
    made_with = MadeWith("0.1.0", "none", "none", "", audio_sha256="1" * 64, outputs={"talk.md": "2" * 64})
    return Transcript(made.episode, "en", made.speakers, made.turns, made.spans, made_with)


def test_a_place_is_a_doubt_with_the_name_as_its_alternative() -> None:
    surely = timed(f"{TWICE[1]} Woller left")
    assert doubts_left(timed(f"{TWICE[0]} Woller left"), surely) == ()  # an editor confirmed it
    words = tuple(replace(word, probability=0.9) for word in surely.turns[0].words)
    now = replace(surely, turns=(replace(surely.turns[0], words=words),))
    (doubt,) = doubts_left(timed(f"{TWICE[0]} Woller left"), now)
    word = now.turns[0].words[7]
    assert (doubt.start, doubt.end, doubt.alternative) == (word.start, word.end, "Wuille")


def test_the_command_prints_the_places_and_leaves_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    talk = timed(f"{TWICE[0]} Woller left.")
    draft = tmp_path / "talk.md"
    draft.write_text(render(talk).replace("Wooler", "Wuille"), encoding="utf-8")
    draft.with_suffix(".json").write_text(talk.to_json(), encoding="utf-8")
    before = draft.read_bytes()
    arguments = ["learn", str(draft), "--glossary", str(tmp_path / "glossary.txt"), "--yes"]
    result = click.testing.CliRunner().invoke(cli, arguments, standalone_mode=False)
    line = before.decode().splitlines().index(next(one for one in before.decode().splitlines() if "Wuille" in one)) + 1
    assert f"? {draft}:{line}: Woller, perhaps Wuille: … and Wuille spoke and Woller left" in result.stdout
    assert "one place with ? may be a name you corrected twice elsewhere; nothing was changed there" in result.stderr
    assert draft.read_bytes() == before
    assert (tmp_path / "glossary.txt").read_text(encoding="utf-8") == "Wooler -> Wuille\n"
