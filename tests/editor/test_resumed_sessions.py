"""What was settled before the editor was closed is known when it is opened again: undone edits are doubtful again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.markdown import render
from output.parse import parse
from tests.support.transcripts import ADA, transcript
from transcribe.drafts.settled import Settled
from transcribe.drafts.sync import sync, transcript_of
from transcribe.drafts.transcript_update import update_transcript
from transcribe.drafts.turn_edits import PageTurn
from transcribe.editor.confirmation import Confirmation, confirmed
from transcribe.editor.session import Session
from transcribe.person_names import NameCertainty
from transcribe.transcript import Doubt, MadeWith, Speaker, Transcript, Turn

GUEST = Speaker("S2", "Guest", certainty=NameCertainty.PLACEHOLDER, suggestion="Bob Moog")
TALK = (
    ("S1", "Every morning the harbour master counted seven boats and wrote them down."),
    ("S2", "Nobody remembers who paid for the ninth boat, or why it had no name."),
)
WORDS = [word for _, text in TALK for word in text.split()]


def talk_with(places: list[int]) -> Transcript:
    """The talk with a doubt at each of these words; none of its words is certain."""
    talk = transcript(*TALK, speakers=(ADA, GUEST))
    turns = [Turn(turn.speaker, tuple(replace(word, probability=0.4) for word in turn.words)) for turn in talk.turns]
    words = [word for turn in turns for word in turn.words]
    doubts = tuple(Doubt(words[i].start, words[i].end, "unclear", 0.5, "x1") for i in sorted(places))
    made_with = MadeWith("0.2.0", "none", "none", "", "1" * 64, {}, {"talk.md": "2" * 64})
    return replace(talk, turns=tuple(turns), doubts=doubts, made_with=made_with)


@pytest.fixture
def draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A draft of a transcript with two doubts, which an editor has never opened."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    talk, path = talk_with([3, 16]), tmp_path / "talk.md"
    path.write_text(render(talk), encoding="utf-8")
    path.with_suffix(".json").write_text(talk.to_json(), encoding="utf-8")
    return path


def change(path: Path, old: str, new: str) -> Transcript:
    """What an editing session leaves that replaces this text, or this name."""
    session = Session(path)
    state = session.state()
    turns = [
        PageTurn(turn["speaker"].replace(old, new), tuple(text.replace(old, new) for text in turn["paragraphs"]))
        for turn in state["turns"]
    ]
    session.save(state["revision"], turns, names={})
    session.close()
    return transcript_of(path)


def test_an_edit_that_is_undone_after_a_restart_is_doubtful_again(draft: Path) -> None:
    before = transcript_of(draft)
    assert change(draft, "harbour", "harbor").doubts == before.doubts[1:]
    assert change(draft, "remembers", "knows").doubts == before.doubts[1:]
    after = change(draft, "harbor", "harbour")
    assert after.doubts == before.doubts
    assert list(after.words)[3] == list(before.words)[3]


def test_a_name_that_is_undone_after_a_restart_is_as_unsure_as_before(draft: Path) -> None:
    assert change(draft, "Guest", "Kim").speaker("S2").name == "Kim"
    assert change(draft, "Kim", "Guest").speaker("S2") == GUEST


def test_what_was_confirmed_before_a_restart_comes_back_only_if_that_is_undone(draft: Path) -> None:
    first, second = transcript_of(draft).doubts
    session = Session(draft)
    taken = session.accept(first.start, first.end)
    session.close()
    assert change(draft, "ninth", "tenth").doubts == (second,)
    assert change(draft, "tenth", "ninth").doubts == (second,)
    session = Session(draft)
    session.restore(taken)
    session.close()
    assert transcript_of(draft).doubts == (first, second)


def confirm(path: Path, doubt: Doubt) -> Confirmation:
    session = Session(path)
    taken = session.accept(doubt.start, doubt.end)
    session.close()
    return taken


@pytest.mark.parametrize("is_edited_first", [False, True])
def test_what_was_confirmed_and_edited_before_a_restart_stays_confirmed(draft: Path, *, is_edited_first: bool) -> None:
    """Until the confirmation is undone; and a `sync` knows it, too."""
    first, second = transcript_of(draft).doubts
    text = draft.read_text(encoding="utf-8")
    taken = None if is_edited_first else confirm(draft, first)
    change(draft, "harbour", "harbor")
    taken = taken or confirm(draft, first)
    assert change(draft, "harbor", "harbour").doubts == (second,)
    change(draft, "harbour", "harbor")
    draft.write_text(text, encoding="utf-8")
    sync(draft)
    assert transcript_of(draft).doubts == (second,)
    change(draft, "harbour", "harbor")
    session = Session(draft)
    session.restore(taken)
    session.close()
    after = change(draft, "harbor", "harbour") if is_edited_first else transcript_of(draft)
    assert after.doubts == (first, second)


def edited(talk: Transcript, texts: list[str]) -> Transcript:
    """The transcript updated from a draft with a text in place of each of its first words."""
    shown = [text or word for text, word in zip(texts, WORDS, strict=True)]
    first = len(TALK[0][1].split())
    draft = f"**Ada**: {' '.join(shown[:first])}\n\n**Guest**: {' '.join(shown[first:])}\n"
    return update_transcript(parse(draft), talk).transcript


@given(st.data())
def test_a_session_that_was_closed_between_brings_back_what_one_session_does(data: st.DataObject) -> None:
    """Some doubtful words were edited, some confirmed, and some or all of the edits are undone."""
    places = data.draw(st.lists(st.integers(1, len(WORDS) - 3), min_size=1, max_size=5, unique=True))
    fates = [data.draw(st.sampled_from(["edited", "undone", "confirmed", "left"])) for _ in places]
    talk = now = talk_with(places)
    one, texts, again = Settled(), [""] * len(WORDS), [""] * len(WORDS)
    for place, fate in zip(places, fates, strict=True):
        word = list(talk.words)[place]
        if fate == "confirmed":
            accepted, _ = confirmed(now, word.start + 0.01, word.end - 0.01)
            one.note(now, accepted)
            one.confirm(word.start + 0.01, word.end - 0.01)
            now = accepted
        elif fate != "left":
            texts[place] = "x1 x2"
            again[place] = "x1 x2" if fate == "edited" else ""
    changed = edited(now, texts)
    one.note(now, changed)
    later = Settled()
    later.resume(changed, heard=talk)
    undone = edited(changed, again)
    for each in (one, later):
        each.note(changed, undone)
    assert later.brought_back(undone) == one.brought_back(undone)
    there = {place for place, fate in zip(places, fates, strict=True) if fate in ("undone", "left")}
    assert later.brought_back(undone).doubts == talk_with(list(there)).doubts
