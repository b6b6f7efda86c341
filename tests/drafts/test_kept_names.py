"""A name that somebody gave or typed is not replaced by one that the machine found, in however many merges."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.markdown import render
from output.parse import read_draft
from tests.support.transcripts import transcript
from transcribe.drafts.given_names import given_names
from transcribe.drafts.kept_names import keep_names
from transcribe.drafts.merge_recognition import MergeResult, merge_recognition
from transcribe.drafts.sync import sync, transcript_of
from transcribe.person_names import NameCertainty
from transcribe.transcript import MadeWith, Speaker, Transcript

VOICES = ("S1", "S2", "S3")
TURNS = tuple((id, f"so {id} says a {id} thing of its own and then {id} ends") for id in (*VOICES, *VOICES))
MACHINES = sorted({*NameCertainty} - {NameCertainty.EDITED, NameCertainty.GIVEN})
CERTAINTY = st.sampled_from(sorted(NameCertainty))
NAMES = st.permutations(["Ann", "Bob", "Rich", "Guest", "Zoe"])


Named = tuple[list[tuple[str, NameCertainty]], list[str]]
"""The name of each voice and its certainty, and the names given with --speakers."""


@st.composite
def named(draw: st.DrawFn) -> Named:
    names = draw(NAMES)[: len(VOICES)]
    asked = draw(st.lists(st.sampled_from(names), unique=True, max_size=2))
    return [(name, draw(CERTAINTY)) for name in names], asked


def made(run: Named) -> Transcript:
    speakers = tuple(Speaker(id, name, certainty=how) for id, (name, how) in zip(VOICES, run[0], strict=True))
    made_with = MadeWith("0.2.0", "none", "none", "", settings={"speakers": ", ".join(run[1])})
    return replace(transcript(*TURNS, speakers=speakers), made_with=made_with)


def by_somebody(run: Named) -> set[str]:
    """The names that somebody gave or typed."""
    return {*run[1], *(name for name, how in run[0] if how not in MACHINES)}


def name_of(voice: str, of: Transcript) -> str:
    return of.speaker(voice).name


@given(named(), st.lists(named(), min_size=1, max_size=3))
def test_only_a_name_that_was_given_replaces_one_that_was(first: Named, later: list[Named]) -> None:
    now, safe = made(first), by_somebody(first)
    for run in later:
        new, given_now = made(run), by_somebody(run)
        merged, still_safe = keep_names(new, now).transcript, set(given_now)
        for voice in VOICES:
            before, machine, after = (name_of(voice, each) for each in (now, new, merged))
            if machine in given_now:
                assert after == machine
            elif before in safe - given_now:
                assert after == before
                still_safe.add(before)
            else:
                assert after.removesuffix(" 2").removesuffix(" 3") == machine
        assert len({who.name for who in merged.speakers}) == len(VOICES)
        now, safe = merged, still_safe


@given(named(), named())
def test_what_is_said_to_be_kept_is_what_differs(old: Named, new: Named) -> None:
    kept = keep_names(made(new), made(old))
    for name, instead in kept.names:
        (voice,) = (who.id for who in made(new).speakers if who.name == instead)
        assert name_of(voice, kept.transcript) == name
        assert name in by_somebody(old)
        assert instead not in by_somebody(new)
    assert keep_names(made(new), kept.transcript).transcript.speakers == kept.transcript.speakers


SAID = (
    ("S1", "Well hello and welcome to the show, it is good to have you here again."),
    ("S2", "Thank you, I am glad to be here after a long ride through the rain."),
    ("S1", "How long was that ride, and how did you keep dry on the way to us?"),
    ("S2", "Two days, and nobody keeps dry in the month of November up there."),
)
GUESSES = (
    Speaker("S1", "Rich", certainty=NameCertainty.GUESS),
    Speaker("S2", "Guest", certainty=NameCertainty.PLACEHOLDER),
)
BY_ORDER = (
    Speaker("S1", "Ann Lind", certainty=NameCertainty.GUESS),
    Speaker("S2", "Bob", certainty=NameCertainty.GUESS),
)


def write_run(path: Path, speakers: tuple[Speaker, ...], *, given: str = "", mark: str) -> None:
    """The files of a run with these names."""
    made_with = MadeWith("0.2.0", "none", "none", "", "1" * 64, {"speakers": given}, {path.name: mark * 64})
    spoken = replace(transcript(*SAID, speakers=speakers), made_with=made_with)
    path.write_text(render(spoken), encoding="utf-8")
    path.with_suffix(".json").write_text(spoken.to_json(), encoding="utf-8")


def edit(path: Path, *edits: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def merged(draft: Path, speakers: tuple[Speaker, ...], *, given: str = "", mark: str) -> tuple[MergeResult, list[str]]:
    """Merge a new run with these names; the result and the labels of the turns after it."""
    write_run(draft.with_name("talk.new.md"), speakers, given=given, mark=mark)
    result = merge_recognition(draft, draft.with_name("talk.new.md"))
    assert sync(draft).report == "nothing changed"
    return result, [turn.label for turn in read_draft(draft).turns]


@pytest.fixture
def draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "talk.md"


def test_names_that_were_given_stay_in_every_merge_with_guesses_and_the_report_says_so(draft: Path) -> None:
    write_run(draft, BY_ORDER, given="Ann Lind,Bob", mark="2")
    edit(draft, ("glad", "happy"))
    for mark in "345":
        result, labels = merged(draft, GUESSES, mark=mark)
        assert labels == ["Ann", "Bob", "A", "B"]
        assert "the name Ann Lind kept (the new recognition has Rich)" in result.report
        assert "the name Bob kept (the new recognition has Guest)" in result.report
        assert result.differences == ()
        assert [who.certainty for who in transcript_of(draft).speakers] == [NameCertainty.GUESS] * 2
    assert given_names(transcript_of(draft)) == ("Ann Lind", "Bob")
    result, labels = merged(draft, (Speaker("S1", "Zoe"), Speaker("S2", "Max")), given="Zoe,Max", mark="6")
    assert labels == ["Zoe", "Max", "Z", "M"]
    assert set(result.report.split(", ")) == {"Ann renamed Zoe", "Bob renamed Max", "1 edit kept"}
    assert "happy" in draft.read_text(encoding="utf-8")


def test_a_typed_name_is_no_difference_in_each_turn(draft: Path) -> None:
    """Whether the draft was synced or not, and whatever the new recognition calls the voice."""
    write_run(draft, GUESSES, mark="2")
    edit(draft, ("**Guest**", "**Bob**"), ("**G**", "**B**"))
    for certainty, mark in zip(MACHINES, "3456789", strict=True):
        result, labels = merged(draft, (GUESSES[0], Speaker("S2", "Haikel", certainty=certainty)), mark=mark)
        assert labels == ["Rich", "Bob", "R", "B"]
        assert result.differences == ()
        assert "the name Bob kept (the new recognition has Haikel)" in result.report


def test_another_person_of_a_kept_name_gets_a_number(draft: Path) -> None:
    write_run(draft, (BY_ORDER[0], GUESSES[1]), given="Ann Lind", mark="2")
    edit(draft, ("glad", "happy"))
    result, labels = merged(draft, (GUESSES[0], Speaker("S2", "Ann", certainty=NameCertainty.STATED)), mark="3")
    assert labels == ["Ann", "Ann 2", "Ann", "Ann 2"]
    assert "Guest renamed Ann 2" in result.report
