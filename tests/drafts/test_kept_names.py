"""A name that somebody gave or typed is not replaced by one that the machine found, in however many merges."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from output.markdown import render
from output.parse import read_draft
from tests.support.named_runs import MACHINES, UNNAMED, VOICES, Named, made, named
from tests.support.transcripts import transcript
from transcribe.cli.main import cli
from transcribe.drafts.given_names import given_names
from transcribe.drafts.kept_names import keep_names, lost_names
from transcribe.drafts.merge_recognition import MergeResult, merge_recognition
from transcribe.drafts.sync import sync, transcript_of
from transcribe.person_names import NameCertainty
from transcribe.transcript import MadeWith, Speaker, Transcript

EVIDENT = (NameCertainty.VOICEPRINT, NameCertainty.STATED)


def says_more(old: float, run: Named, voice: int) -> bool:
    """Whether more is said about an old name (1.5 for an enrolled voice's) than about one of the new run."""
    return run.said(voice) < old and not (old == 1.5 and run.how[voice] in EVIDENT)


@given(named(), st.lists(named(), min_size=1, max_size=3))
def test_a_name_is_replaced_only_by_one_of_which_somebody_said_as_much(first: Named, later: list[Named]) -> None:
    """In however many merges, and whichever voice the new recognition calls so."""
    now, said = made(first), [first.said(i) for i in range(len(VOICES))]
    for run in later:
        before, merged = now.speakers, keep_names(made(run), now).transcript
        for i, (old, after) in enumerate(zip(before, merged.speakers, strict=True)):
            holds: float = said[i]
            if holds == 1 and old.name in (run.host, run.guest):
                holds = 0  # the new run could have said so again
            if holds == 1 and old.certainty is NameCertainty.PLACEHOLDER and run.how[i] not in UNNAMED:
                holds = 0  # a guest whose name is found
            if old.certainty is NameCertainty.VOICEPRINT:
                holds = max(holds, 1.5)
            others = [says_more(holds, run, k) for k, name in enumerate(run.names) if name == old.name]
            if says_more(holds, run, i) and all(others):
                assert after.name == old.name
            else:
                assert after.name.removesuffix(" 2").removesuffix(" 3") == run.names[i]
                said[i] = run.said(i) if after.name == run.names[i] else 0
        assert len({who.name for who in merged.speakers}) == len(VOICES)
        now = merged


@given(named(), named())
def test_what_is_said_to_be_kept_is_what_differs(old: Named, new: Named) -> None:
    kept = keep_names(made(new), made(old))
    for name, instead in kept.names:
        voice, before = new.names.index(instead), old.names.index(name)
        assert kept.transcript.speakers[voice].name == name
        is_enrolled = old.how[before] is NameCertainty.VOICEPRINT
        assert says_more(max(old.said(before), 1.5 if is_enrolled else 0), new, voice)
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


def write_run(path: Path, speakers: tuple[Speaker, ...], *, given: str = "", mark: str, **options: str) -> None:
    """The files of a run with these names, and options such as the host."""
    settings = {"speakers": given, **options}
    made_with = MadeWith("0.2.0", "none", "none", "", "1" * 64, settings, {path.name: mark * 64})
    spoken = replace(transcript(*SAID, speakers=speakers), made_with=made_with)
    path.write_text(render(spoken), encoding="utf-8")
    path.with_suffix(".json").write_text(spoken.to_json(), encoding="utf-8")


def edit(path: Path, *edits: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def merged(
    draft: Path, speakers: tuple[Speaker, ...], *, given: str = "", mark: str, **options: str
) -> tuple[MergeResult, list[str]]:
    """Merge a new run with these names; the result and the labels of the turns after it."""
    write_run(draft.with_name("talk.new.md"), speakers, given=given, mark=mark, **options)
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
        assert result.conflicts == ()
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
        assert result.conflicts == ()
        assert "the name Bob kept (the new recognition has Haikel)" in result.report


def test_another_person_of_a_kept_name_gets_a_number(draft: Path) -> None:
    write_run(draft, (BY_ORDER[0], GUESSES[1]), given="Ann Lind", mark="2")
    edit(draft, ("glad", "happy"))
    result, labels = merged(draft, (GUESSES[0], Speaker("S2", "Ann", certainty=NameCertainty.STATED)), mark="3")
    assert labels == ["Ann", "Ann 2", "Ann", "Ann 2"]
    assert "Guest renamed Ann 2" in result.report


def test_names_given_for_an_unknown_host_and_guest_stay_where_the_new_run_guesses(draft: Path) -> None:
    """And until a run is given others, or knows the guest's."""
    anna, caller = replace(GUESSES[0], name="Anna", label="Anna"), replace(GUESSES[1], name="Caller", label="Caller")
    write_run(draft, (anna, caller), mark="2", host="Anna", guest="Caller")
    edit(draft, ("glad", "happy"))
    for mark in "345":
        result, labels = merged(draft, GUESSES, mark=mark)
        assert labels == ["Anna", "Caller", "A", "C"]
        assert "the name Anna kept (the new recognition has Rich)" in result.report
    found = Speaker("S2", "Erik", certainty=NameCertainty.STATED)
    _, labels = merged(draft, (Speaker("S1", "Zoe", certainty=NameCertainty.STATED), found), mark="6")
    assert labels == ["Anna", "Erik", "A", "E"]
    _, labels = merged(draft, (replace(GUESSES[0], name="Max", label="Max"), found), mark="7", host="Max")
    assert labels == ["Max", "Erik", "M", "E"]


def test_the_name_of_an_enrolled_voice_stays_where_the_new_run_guesses(draft: Path) -> None:
    enrolled = Speaker("S1", "Ann Lind", certainty=NameCertainty.VOICEPRINT)
    write_run(draft, (enrolled, GUESSES[1]), mark="2")
    edit(draft, ("glad", "happy"))
    for mark in "345":
        result, labels = merged(draft, GUESSES, mark=mark)
        assert labels == ["Ann", "Guest", "A", "G"]
        assert "the name Ann Lind kept (the new recognition has Rich)" in result.report
        assert transcript_of(draft).speakers[0] == enrolled
    _, labels = merged(draft, (Speaker("S1", "Eve", certainty=NameCertainty.STATED), GUESSES[1]), mark="6")
    assert labels == ["Eve", "Guest", "E", "G"]


def write_one_voice(path: Path, *, mark: str) -> None:
    """A run that heard one person."""
    write_run(path, GUESSES, mark=mark)
    record = path.with_suffix(".json")
    turns = (("S1", text) for _, text in SAID)
    heard = replace(
        transcript(*turns, speakers=GUESSES[:1]), made_with=Transcript.from_json(record.read_text()).made_with
    )
    path.write_text(render(heard), encoding="utf-8")
    record.write_text(heard.to_json(), encoding="utf-8")


@pytest.mark.parametrize(
    ("given_before", "options"), [("Ann Lind,Bob", {}), ("", {"host": "Ann Lind", "guest": "Bob"})]
)
def test_a_given_name_whose_voice_is_not_found_any_more_is_said(
    draft: Path, given_before: str, options: dict[str, str]
) -> None:
    write_run(draft, BY_ORDER, given=given_before, mark="2", **options)
    edit(draft, ("glad", "happy"))
    write_one_voice(draft.with_name("talk.new.md"), mark="3")
    result = CliRunner().invoke(cli, ["merge", str(draft), str(draft.with_name("talk.new.md"))])
    assert [turn.label for turn in read_draft(draft).turns] == ["Ann", "A", "A", "A"]
    (warning,) = (line for line in result.stderr.splitlines() if line.startswith("Warning: "))
    gone = "nobody is called Bob any more, a name you gave or typed: its words are Ann Lind's now"
    assert warning == f"Warning: {draft}: {gone}, by the new recognition"


def test_a_typed_name_whose_voice_is_not_found_any_more_stays_in_its_turns(draft: Path) -> None:
    write_run(draft, GUESSES, mark="2")
    edit(draft, ("**Guest**", "**Bob**"), ("**G**", "**B**"))
    write_one_voice(draft.with_name("talk.new.md"), mark="3")
    result = merge_recognition(draft, draft.with_name("talk.new.md"))
    assert [turn.label for turn in read_draft(draft).turns] == ["Rich", "Bob", "R", "B"]
    assert result.names_lost == ()


@given(named(), named())
def test_a_name_that_somebody_said_is_kept_or_replaced_by_one_or_said_to_be_lost(old: Named, new: Named) -> None:
    before, merged = made(old), keep_names(made(new), made(old)).transcript
    lost = dict(lost_names(before, merged))
    for i, name in enumerate(old.names):
        if old.said(i) and name not in {who.name for who in merged.speakers}:
            assert lost.pop(name) == merged.speakers[i].name
    assert not lost
