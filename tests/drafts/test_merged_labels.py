"""After a merge the labels are those of a new draft with the same names, except where an editor typed other ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.markdown import render
from output.parse import parse, read_draft
from tests.support.transcripts import transcript
from transcribe.drafts.merge_recognition import merge_recognition
from transcribe.drafts.style import style_recorded
from transcribe.drafts.sync import sync
from transcribe.drafts.turn_edits import PageTurn, apply_turns, page_turns
from transcribe.style import LabelStyle
from transcribe.transcript import MadeWith, Speaker, Transcript

SAID = (
    ("S1", "Well hello and welcome to the show, it is good to have you here again."),
    ("S2", "Thank you, I am glad to be here after a long ride through the rain."),
    ("S3", "And so am I, because nobody else would have brought the old maps along."),
    ("S1", "How long was that ride, and how did you keep dry on the way to us?"),
    ("S2", "Two days, and nobody keeps dry in the month of November up there."),
    ("S3", "Except for the maps, which we had rolled into a tin for the journey."),
    ("S1", "Then let us begin with the ships, of which there were not so many."),
)


def run(
    names: tuple[str, ...], *, mark: str, style: LabelStyle = "name-then-initial", given: bool = True
) -> Transcript:
    """What a run with these names writes; with as many voices as there are names."""
    speakers = tuple(Speaker(f"S{number}", name) for number, name in enumerate(names, start=1))
    said = [turn for turn in SAID if turn[0] in {speaker.id for speaker in speakers}]
    settings = {"labels": style, **({"speakers": ",".join(names)} if given else {})}
    made_with = MadeWith("0.2.0", "none", "none", "", "1" * 64, settings, {"talk.md": mark * 64})
    return replace(transcript(*said, speakers=speakers), made_with=made_with)


def write(path: Path, made: Transcript, *edits: tuple[str, str]) -> None:
    text = render(made, style_recorded(made))
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    path.with_suffix(".json").write_text(made.to_json(), encoding="utf-8")


def labels_after(folder: Path, old: Transcript, new: Transcript, *edits: tuple[str, str]) -> list[str]:
    """The labels of the draft of `old` with these edits after `new` was merged into it."""
    draft, beside = folder / "talk.md", folder / "talk.new.md"
    write(draft, old, *edits)
    write(beside, new)
    with patch.dict("os.environ", {"XDG_DATA_HOME": str(folder / "data")}):
        merge_recognition(draft, beside)
        assert sync(draft).report == "nothing changed"
    return [turn.label for turn in read_draft(draft).turns]


NAMES = ("Rich", "Robert", "Rachel Lind", "Nora", "Ned", "Nora Berg", "Eve")
PEOPLE = st.lists(st.sampled_from(NAMES), min_size=3, max_size=3, unique_by=lambda name: name.split()[0]).map(tuple)


@given(old=PEOPLE, new=PEOPLE, n_voices=st.sampled_from([2, 3]), style=st.sampled_from(get_args(LabelStyle)))
def test_the_labels_are_those_of_a_new_draft(
    tmp_path_factory: pytest.TempPathFactory,
    old: tuple[str, ...],
    new: tuple[str, ...],
    n_voices: int,
    style: LabelStyle,
) -> None:
    before, after = (run(names[:n_voices], mark=mark, style=style) for names, mark in ((old, "2"), (new, "3")))
    fresh = [turn.label for turn in parse(render(after, style_recorded(after))).turns]
    assert labels_after(tmp_path_factory.mktemp("drafts"), before, after, ("glad", "happy")) == fresh


RICH = ("Rich", "Nora")


@pytest.mark.parametrize(
    ("edits", "new", "labels"),
    [
        ((), ("Robert", "Nora"), "Robert Nora R N R"),
        ((), ("Rich", "Rachel"), "Rich Rachel Rich Rachel Rich"),
        ((("**R**", "**Rich**"),), ("Robert", "Nora"), "Robert Nora Robert N Robert"),
        ((("**R**", "**Rich**"),), ("Rich", "Eve"), "Rich Eve Rich E Rich"),
        ((("**R**: How", "**Rich**: How"),), ("Rich", "Eve"), "Rich Eve Rich E R"),
        ((("**Nora**: Thank you, I", "**Zoe**: I"),), ("Rich", "Eve"), "Rich Zoe R Eve R"),
    ],
)
def test_what_an_editor_typed_in_another_way_stays(
    tmp_path: Path, edits: tuple[tuple[str, str], ...], new: tuple[str, ...], labels: str
) -> None:
    assert (
        " ".join(labels_after(tmp_path, run(RICH, mark="2"), run(new, mark="3"), ("glad", "happy"), *edits)) == labels
    )


def test_the_initial_of_a_name_that_is_gone_is_free_for_another() -> None:
    """As when a speaker is renamed on the page."""
    draft = parse(render(run(RICH, mark="2")))
    turns = [PageTurn(turn.speaker.replace("Rich", "Robert"), turn.paragraphs) for turn in page_turns(draft)]
    assert [turn.label for turn in apply_turns(draft, turns, wrap=88).turns] == ["Robert", "Nora", "R", "N", "R"]
