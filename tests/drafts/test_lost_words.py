"""Words that were heard and are nobody's in the draft, or another person's, are told by sync, export and the page."""

from __future__ import annotations

from pathlib import Path

import click.testing
import pytest

from output.markdown import render
from output.parse import parse
from tests.support.transcripts import transcript
from transcribe.cli.main import cli
from transcribe.drafts.lost_words import Lost, lost_words, told
from transcribe.drafts.sync import sync
from transcribe.editor.page_state import page_state
from transcribe.style import Style
from transcribe.transcript import MadeWith, Transcript

SAID = (
    ("S1", "Hello and welcome to the show, Bob. It is good to have you here."),
    ("S2", "Thank you Ada, I am glad to be here after such a long ride through the rain."),
    ("S1", "How did the very first machine come about in the cellar?"),
    ("S2", "It was raining for weeks, so we soldered and soldered until it made a sound."),
)
HEARD: Transcript = transcript(*SAID)
DRAFT = render(HEARD, Style(labels="name", wrap=0))


def lost(*changes: tuple[str, str]) -> list[tuple[int, str, str]]:
    text = DRAFT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return [(one.words, one.now, one.where) for one in lost_words(parse(text), HEARD)]


def test_nothing_is_lost_in_a_draft_as_the_machine_wrote_it() -> None:
    assert lost() == []


@pytest.mark.parametrize(
    ("marker", "words", "now"),
    [("**Ada** Well, ", 14, ""), ("Ada - ", 14, ""), ("<!-- x -->", 14, "")],
)
def test_words_before_the_first_turn_are_nobodys(marker: str, words: int, now: str) -> None:
    assert lost(("**Ada**: ", marker)) == [(words, now, "before the first turn")]


def test_words_below_a_heading_are_nobodys() -> None:
    assert lost(("**Bob**: It was", "## Weather\n\nIt was")) == [(15, "", "after the last turn")]
    assert lost(("**Ada**: How did", "## Machines\n\nHow did")) == [
        (11, "", "below a heading after the turn in line 13")
    ]
    assert lost(("It was raining", "It was.\n\n## So\n\nraining")) == [(13, "", "after the last turn")]


@pytest.mark.parametrize(
    "marker", ["**Bob** It was", "**Bob/Ada** It was", "**Bobby** - It was", "__B__ It was", "B It was"]
)
def test_words_below_what_almost_is_a_marker_are_now_anothers(marker: str) -> None:
    (one,) = lost(("**Bob**: It was", marker))
    assert one[:2] == (15, "Ada")
    assert one[2].startswith("line 17 begins with ")
    assert one[2].endswith(", which is no marker")


def test_bold_words_of_the_same_person_are_not_lost() -> None:
    assert lost(("so we soldered", "so\n\n**Bob** We soldered")) == []


def test_a_passage_that_is_not_in_the_draft_is_told_unless_it_was_rewritten() -> None:
    text = "I am glad to be here after such a long ride through the rain."
    assert lost((f"Ada, {text}", "Ada.")) == [(14, "", "not in the draft")]
    assert lost((text, "my pleasure entirely, though the weather on my way over was terrible")) == []
    assert lost((" a long ride through the rain", "")) == []


def test_silent_blocks_in_a_turn_are_nobodys() -> None:
    assert lost(("**Bob**: It was raining", "**Bob**: Oh.\n\n```\nIt was raining")) == [
        (15, "", "in what is no speech in the turn in line 17")
    ]


def test_moved_turns_are_not_lost() -> None:
    head, *turns = DRAFT.rstrip().split("\n\n**")
    assert lost_words(parse("\n\n**".join([head, *reversed(turns)])), HEARD) == ()


def test_the_message_counts_and_names_places() -> None:
    places = [Lost(i, i + 1, 2, "before the first turn") for i in range(7)]
    assert told([*places, Lost(61, 62, 1, "line 3 begins with **Ann**, which is no marker", "Bob")], "a.md") == (
        "a.md: 14 words the machine heard are nobody's now: "
        + ", ".join(f"0:0{i}-0:0{i + 1} (2 words, before the first turn)" for i in range(5))
        + " and 2 more places",
        "a.md: 1 word the machine heard is Bob's now: "
        "1:01-1:02 (1 word, line 3 begins with **Ann**, which is no marker)",
    )
    assert told([], "a.md") == ()


@pytest.fixture
def draft(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
    made = MadeWith("0.1.0", "ctranslate2", "base", "0" * 64, outputs={"talk.md": "1" * 64})
    heard = Transcript(HEARD.episode, "en", HEARD.speakers, HEARD.turns, HEARD.spans, made)
    (tmp_path / "talk.json").write_text(heard.to_json(), encoding="utf-8")
    path = tmp_path / "talk.md"
    path.write_text(DRAFT.replace("**Bob**: It was", "**Bob** It was"), encoding="utf-8")
    return path


def test_sync_and_export_tell_each_time(draft: Path) -> None:
    told_once, told_again = sync(draft).lost, sync(draft).lost
    assert told_once == told_again
    assert "15 words the machine heard are Ada's now: " in told_once[0]
    for command in (["sync", str(draft)], ["export", str(draft), "-f", "vtt"]):
        result = click.testing.CliRunner().invoke(cli, command)
        assert f"Warning: {told_once[0]}" in result.stderr


def test_the_page_has_the_places() -> None:
    source = DRAFT.replace("**Ada**: Hello", "Ada; Hello", 1).encode()
    (place,) = page_state("talk", source, HEARD, heard=HEARD)["lost"]
    end = round(HEARD.turns[0].end * 1000)
    said = [{"speaker": "Ada", "text": SAID[0][1], "start": 500, "end": end}]
    where = {"where": "before the first turn", "now": "", "marker": ""}
    assert place == {"start": 500, "end": end, "words": 14, **where, "said": said}
    source = DRAFT.replace("**Bob**: It was", "**Bobby** - It was", 1).encode()
    (place,) = page_state("talk", source, HEARD, heard=HEARD)["lost"]
    assert (place["now"], place["marker"], place["said"][0]["speaker"]) == ("Ada", "**Bobby** -", "Bob")
    assert page_state("talk", source, HEARD)["lost"] == []
