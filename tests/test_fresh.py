"""A new recognition under an edited draft: every edit kept, every improvement taken, clashes listed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click.testing
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.disk import sha256_of
from output.markdown import render
from tests.samples import transcript
from transcribe.commands.editing import merge
from transcribe.editor.document import PageTurn
from transcribe.editor.fresh import Difference, merged_words, renew
from transcribe.editor.heard import heard
from transcribe.editor.sync import sync, transcript_of
from transcribe.errors import TranscriptError
from transcribe.transcript import MadeWith, Transcript

FIRST = (
    ("S1", "Hello and welcome to the show, Bob. It is good to have you here again."),
    ("S2", "Thank you Ada, I am glad to be hear after a long ride through the rain and the wall fog."),
)
BETTER = (
    ("S1", "Hello and welcome to the show, Bob. It is good to have you here again, at last."),
    ("S2", "Thank you Ada, I am glad to be here after a long ride through the rain and the tall fog."),
)


def talk(*turns: tuple[str, str], draft_sha256: str) -> Transcript:
    made = MadeWith("0.1.0", "none", "none", "", audio_sha256="1" * 64, outputs={"talk.md": draft_sha256})
    return replace(transcript(*turns), made_with=made)


@pytest.fixture
def drafts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """An edited draft, synced, and what a new run wrote beside it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    mine, fresh = tmp_path / "talk.md", tmp_path / "talk.new.md"
    for path, turns, mark in ((mine, FIRST, "2"), (fresh, BETTER, "3")):
        path.write_text(render(transcript(*turns)), encoding="utf-8")
        path.with_suffix(".json").write_text(talk(*turns, draft_sha256=mark * 64).to_json(), encoding="utf-8")
    text = mine.read_text(encoding="utf-8").replace("long ride", "short ride").replace("wall", "autumn")
    mine.write_text(text, encoding="utf-8")
    sync(mine)
    return mine, fresh


def test_edits_are_kept_and_the_rest_is_new(drafts: tuple[Path, Path]) -> None:
    mine, fresh = drafts
    edited = mine.read_bytes()
    done = renew(mine, fresh)
    text = " ".join(mine.read_text(encoding="utf-8").split())
    assert "again, at last." in text
    assert "to be here after a short ride through the rain and the autumn fog." in text
    assert done.differences == (Difference("autumn", "tall", 1, 18),)
    assert mine.with_name("talk.md.bak").read_bytes() == edited
    after = transcript_of(mine)
    assert [doubt.reason for doubt in after.doubts] == ["heard now: tall"]
    autumn = next(word for word in after.words if word.text == "autumn")
    assert after.doubts[0].start == autumn.start
    assert after.made_with.outputs == {"talk.md": sha256_of(fresh)}
    assert [word.text for word in heard(after, mine).words][-2] == "tall"
    assert sync(mine).report == "nothing changed"


def test_a_second_time_changes_nothing_more(drafts: tuple[Path, Path]) -> None:
    renew(*drafts)
    text = drafts[0].read_bytes()
    assert renew(*drafts).differences == ()
    assert drafts[0].read_bytes() == text


def test_nothing_to_take_over_leaves_no_backup(drafts: tuple[Path, Path]) -> None:
    renew(*drafts)
    before = sorted(drafts[0].parent.iterdir())
    renew(*drafts)
    assert sorted(drafts[0].parent.iterdir()) == before


def test_another_recording_is_refused_and_nothing_is_written(drafts: tuple[Path, Path]) -> None:
    mine, fresh = drafts
    other = (("S1", "Ships lay in every harbour of that northern coast, and none of them had a crew to sail with."),)
    fresh.write_text(render(transcript(*other)), encoding="utf-8")
    fresh.with_suffix(".json").write_text(talk(*other, draft_sha256="3" * 64).to_json(), encoding="utf-8")
    before = {path: path.read_bytes() for path in mine.parent.glob("*.*")}
    with pytest.raises(TranscriptError, match=r"talk\.md with talk\.new\.md: its timed transcript belongs to another"):
        renew(mine, fresh)
    assert {path: path.read_bytes() for path in mine.parent.glob("*.*")} == before


def test_line_ends_and_strange_settings_are_survived(drafts: tuple[Path, Path]) -> None:
    mine, fresh = drafts
    mine.write_bytes(b"\xef\xbb\xbf" + mine.read_bytes().replace(b"\n", b"\r\n"))
    timed = fresh.with_suffix(".json")
    timed.write_text(timed.read_text(encoding="utf-8").replace('"settings": {}', '"settings": {"wrap": "wide"}'))
    renew(mine, fresh)
    source = mine.read_bytes()
    assert b"at last." in source.replace(b"\r\n", b" ")
    assert source.startswith(b"\xef\xbb\xbf")
    assert source.count(b"\n") == source.count(b"\r\n")


def test_the_command_lists_what_clashed(drafts: tuple[Path, Path]) -> None:
    result = click.testing.CliRunner().invoke(merge, list(map(str, drafts)), standalone_mode=False)
    assert [Path(line).name for line in result.stdout.splitlines()] == ["talk.md", "talk.json"]
    assert result.stderr == f"{drafts[0]}: turn 2: yours: 'autumn', heard now: 'tall'\n"


TEXTS = st.lists(st.sampled_from("a b c d e".split()), min_size=1, max_size=12).map(" ".join)


@given(TEXTS, TEXTS, TEXTS)
def test_no_edit_is_lost(base: str, mine: str, fresh: str) -> None:
    """Words of the editor's own, which neither text of the machine has, are in the merge, all of them in order."""
    own = " ".join(f"{word}!" if i % 3 == 0 else word for i, word in enumerate(mine.split()))
    turns, _ = merged_words([PageTurn("A", (base,))], [PageTurn("A", (own,))], [PageTurn("A", (fresh,))])
    kept = [word for turn in turns for text in turn.paragraphs for word in text.split() if word.endswith("!")]
    assert kept == [word for word in own.split() if word.endswith("!")]
    same, differences = merged_words([PageTurn("A", (base,))], [PageTurn("A", (base,))], [PageTurn("A", (fresh,))])
    assert same == (PageTurn("A", (fresh,)),)
    assert differences == ()
