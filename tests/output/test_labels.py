"""Labels: the parser reads back the label of any name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Episode
from output.captions import srt, vtt
from output.documents import txt
from output.markdown import render
from output.parse import parse
from tests.support.transcripts import BOB, transcript
from transcribe.style import LabelStyle, Style
from transcribe.transcript import MadeWith, Speaker, Transcript, Turn, Word

NAMES = st.one_of(
    st.sampled_from(["Q/A", "Yahoo!", "J+R", "Rich; Bob", "Note", "Ad", "Intro", "Break", 'Rich "RB" Bowen', "x" * 90]),
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1).filter(
        lambda name: bool(name.strip())
    ),
)


@pytest.mark.parametrize("labels", ["name-then-initial", "initial", "name", "full-name-then-name"])
@given(name=NAMES)
def test_any_name_is_parsed_back_as_one_speaker(labels: LabelStyle, name: str) -> None:
    said = [("S1", "Hello."), ("S2", "Yes."), ("S1", "Bye.")]
    transcript = Transcript(
        episode=Episode("A talk", path=Path("a.mp3")),
        language="en",
        speakers=(Speaker("S1", name), Speaker("S2", "Zed Young")),
        turns=tuple(Turn(who, (Word(text, i, i + 1),)) for i, (who, text) in enumerate(said)),
        spans=(),
        made_with=MadeWith("0", "scripted", "base", ""),
    )
    draft = parse(render(transcript, Style(labels=labels)))
    assert [turn.spoken for turn in draft.turns] == ["Hello.", "Yes.", "Bye."]
    assert draft.turns[0].speaker == draft.turns[2].speaker != draft.turns[1].speaker


@pytest.mark.parametrize(
    ("label", "first", "later"),
    [("RB", "RB", "R"), ("Rich Bowen", "Rich Bowen", "R"), ('"Ricky"', "Ricky", "R"), ("bo", "bo", "bo")],
)
def test_a_speakers_own_label_is_printed(label: str, first: str, later: str) -> None:
    """As an editor's short name, or as the full name where first names clash."""
    made = transcript(
        ("S1", "Hello."), ("S2", "Yes."), ("S1", "Bye."), speakers=(Speaker("S1", "Rich Bowen", label), BOB)
    )
    draft, captions = parse(render(made)), srt(made)
    assert [turn.label for turn in draft.turns] == [first, "Bob", later]
    assert [turn.speaker for turn in draft.turns] == [first, "Bob", first]
    assert captions.count(f"\n{first}: ") == 2
    assert txt(made).startswith(f"{first}: Hello.")
    assert vtt(made).count("<v Rich Bowen>") == 2
