"""What a merge says of a place where the editor and the machine both changed the words: who, when, and what is kept."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain
from pathlib import Path

import click.testing
import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.markdown import render
from output.parse import parse
from tests.support.counting import counting
from tests.support.transcripts import transcript
from transcribe.cli.main import cli
from transcribe.drafts.merge_conflicts import PARAGRAPH, TURN, Conflict, conflicts, difference, told
from transcribe.drafts.merge_words import merge_words
from transcribe.drafts.sync import transcript_of
from transcribe.drafts.turn_edits import PageTurn
from transcribe.transcript import MadeWith, Speaker

PEOPLE = (Speaker("S1", "Rich"), Speaker("S2", "Guest"))
HEARD = (
    ("S1", "Well hello and welcome to the show, it is good to have you here again."),
    ("S2", "Thank you, I am glad to be here after a long ride through the rain and the tall fog."),
    ("S1", "How long was that ride, and how did you keep dry on the way to us?"),
    ("S2", "Two days, and nobody keeps dry in the month of November up there."),
)
BETTER = (
    HEARD[0],
    *(("S2", HEARD[1][1].replace("tall", "thick")), ("S1", HEARD[2][1].replace("way to us?", "road to you?"))),
    HEARD[3],
)
EDITS = (("tall", "autumn"), ("way to us?", "way?\n\n**Zoe**: Yes?\n\n**R**: To our studio?"))


def merged(draft: Path, edits: tuple[tuple[str, str], ...] = EDITS) -> list[str]:
    """The lines of the command that say what was kept."""
    for path, turns, mark in ((draft, HEARD, "2"), (draft.with_name("talk.new.md"), BETTER, "3")):
        made_with = MadeWith("0.2.0", "none", "none", "", "1" * 64, {}, {path.name: mark * 64})
        heard = replace(transcript(*turns, speakers=PEOPLE), made_with=made_with)
        path.write_text(render(heard), encoding="utf-8")
        path.with_suffix(".json").write_text(heard.to_json(), encoding="utf-8")
    text = draft.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    draft.write_text(text, encoding="utf-8")
    result = click.testing.CliRunner().invoke(cli, ["merge", str(draft), str(draft.with_name("talk.new.md"))])
    assert result.exit_code == 0
    lines = [line.removeprefix(f"{draft}: ") for line in result.stderr.splitlines()]
    return [line for line in lines if line.startswith("line ")]


@given(st.lists(st.sampled_from(["\n", "\n\n", " ", "  "]), min_size=4, max_size=4), st.integers(0, 2), st.booleans())
def test_the_line_of_a_conflict_is_that_of_its_words(blanks: list[str], place: int, is_crlf: bool) -> None:
    """However the turn is wrapped, and whatever its label is."""
    words = ["well", "it", "rained", "there"]
    said = "".join(word + blank for word, blank in zip(words, blanks, strict=True))
    source = f"**Ann**: Hi.\n\n**Rich**: {said}\n\n**A**: Bye.\n".replace("\n", "\r\n" if is_crlf else "\n")
    parsed = parse(source)
    one = difference([words[place]], ["x"], turn=1, word=place)
    (found,) = conflicts([one], parsed, after=transcript(("S1", "Hi.")))
    assert words[place] in source.split("\n")[found.line - 1]


def test_the_lines_of_many_conflicts_in_a_long_turn_take_time_in_proportion() -> None:
    def work(n: int) -> int:
        parsed = parse("**Ann**: " + "\n".join(f"word{i}" for i in range(n)) + "\n")
        many = [difference(["a"], ["b"], turn=0, word=i) for i in range(n)]
        with counting() as calls:
            assert [one.line for one in conflicts(many, parsed, after=transcript())] == list(range(1, n + 1))
        return calls["python"] + calls["c"]

    assert work(400) < 2.2 * work(200)


@pytest.fixture
def draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "talk.md"


def test_a_conflict_says_who_and_when_and_what_was_kept(draft: Path) -> None:
    words, turns = merged(draft)
    (autumn,) = (word for word in transcript_of(draft).words if word.text == "autumn")
    kept = 'kept "autumn"; the new recognition has "thick"'
    number = 1 + next(i for i, line in enumerate(draft.read_text(encoding="utf-8").split("\n")) if "autumn" in line)
    assert words == f"line {number}, 0:{int(autumn.start):02}, Guest: {kept}"
    assert turns.endswith(
        'Rich: kept "way?", Zoe: "Yes?", Rich: "To our studio?"; the new recognition has "road to you?"'
    )
    assert "/" not in words + turns


def test_the_list_of_doubts_says_it_in_the_same_words(draft: Path) -> None:
    merged(draft)
    reasons = [doubt.reason for doubt in transcript_of(draft).doubts]
    assert reasons[0] == "new recognition: thick"
    assert not any("/" in reason or TURN in reason for reason in reasons)


UNITS = st.lists(st.sampled_from(["fog", "rain", "us?", f"{TURN}Zoe", f"{TURN}Rich Bowen", PARAGRAPH]), max_size=8)


@given(UNITS, UNITS)
def test_no_word_and_no_speaker_of_a_conflict_is_left_out(mine: list[str], new: list[str]) -> None:
    line = difference(mine, new, turn=0, word=0).told
    kept, instead = line.split("; the new recognition has ")
    for units, shown in ((mine, kept), (new, instead)):
        names = chain.from_iterable(unit.removeprefix(TURN).split() for unit in units if unit != PARAGRAPH)
        found = [
            word for word in re.findall(r"[\w?]+", shown) if word in {"fog", "rain", "us?", "Zoe", "Rich", "Bowen"}
        ]
        assert found == list(names)
        assert shown.count("a new paragraph") == units.count(PARAGRAPH)
    assert not any(sign in line for sign in (TURN, PARAGRAPH, "/"))


@given(st.integers(2, 40))
def test_turns_of_which_only_the_speaker_differs_are_one_line(count: int) -> None:
    base = [PageTurn("AB"[i % 2], (f"turn{i} has {i} words of its own {i}",)) for i in range(count * 2)]
    mine, new = ([replace(t, speaker=name) if t.speaker == "B" else t for t in base] for name in ("Mine", "New"))
    differences = [one for one in merge_words(base, mine, new).differences if one.speakers]
    places = [Conflict(one, 10 + i, one.speakers[0], float(i)) for i, one in enumerate(differences) if one.speakers]
    assert len(places) == count
    (line,) = told(places)
    assert line.endswith(": Mine kept as the speaker; the new recognition has New")
    shown, _, more = line.partition(":")[0].partition(" and ")
    assert len(shown.split(", ")) + int(more.split()[0] if more else 0) == count
