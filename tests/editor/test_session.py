"""Editing sessions: what is merged, refused and written when the file changes meanwhile."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from output.errors import OutputError
from output.markdown import render
from output.parse import Draft, parse
from tests.support.transcripts import BOB, transcript
from tests.support.turn_edits import TALK, with_paragraph
from transcribe.drafts.sync import transcript_of
from transcribe.drafts.turn_edits import EditError, PageTurn, page_turns
from transcribe.drafts.versions import version_at, versions_of
from transcribe.editor.page_state import page_state
from transcribe.editor.save_result import StaleError
from transcribe.editor.session import Session
from transcribe.transcript import Doubt, Speaker


def test_every_word_on_the_page_has_its_time(session: Session) -> None:
    state = session.state()
    words = list(transcript(*TALK).words)
    times = [time for turn in state["turns"] for time in turn["times"]]
    assert times == [round(1000 * time) for word in words for time in (word.start, word.end)]


def test_the_page_has_the_full_name_of_a_speaker_with_their_own_label() -> None:
    made = transcript(*TALK, speakers=(Speaker("S1", "Ada Lovelace", "AL"), BOB))
    assert page_state("talk", render(made).encode(), made)["people"] == [
        {"name": "AL", "full": "Ada Lovelace", "suggestion": ""},
        {"name": "Bob", "full": "Bob Moog", "suggestion": ""},
    ]


HIDDEN = "".join(map(chr, (0x202E, 0x2066, 0x1B, 0x07, 0x200F, 0xE0041, 0xFEFF)))  # seen by nobody


def test_what_a_transcript_offers_is_what_is_seen_and_can_be_read() -> None:
    """A checkout's own files are from anybody: what is taken with a key goes into the draft."""
    names = ("Bob" + HIDDEN + " Moog", "B" * 10_000_000, "Bob: Moog", "", "نرگس می\u200cخواهم")
    speakers = tuple(Speaker(f"S{i}", f"Guest{i}", suggestion=name) for i, name in enumerate(names))
    readings = ("so" + HIDDEN + " it\n\n**Ann**: was", "so " * 4_000_000, "x" * 10_000, "می\u200cخواهم")
    doubts = tuple(Doubt(i, i + 1, HIDDEN + "y" * 1_000_000, 0.5, text) for i, text in enumerate(readings))
    talk = transcript(*((f"S{i}", "So it was.") for i in range(len(names))), speakers=speakers)
    made = replace(talk, doubts=doubts)
    state = page_state("talk", render(made).encode(), made)
    assert [each["suggestion"] for each in state["people"]] == ["Bob Moog", "", "", "", names[-1]]
    assert [each["alternative"] for each in state["doubts"]] == [
        "so it \\*\\*Ann\\*\\*: was",
        "",
        *readings[2:],
    ]
    assert {each["reason"] for each in state["doubts"]} == {"y" * (300 - len(HIDDEN)) + " …"}


def test_notes_have_no_time_on_the_page(session: Session) -> None:
    session.path.write_text(session.path.read_text().replace("How did", "How [she means: why] did"), encoding="utf-8")
    times = session.state()["turns"][2]["times"]
    assert times[2:8] == [-1] * 6
    assert min(times[8:]) > times[1] > 0


def test_a_draft_without_transcript_can_be_edited(session: Session) -> None:
    session.path.with_suffix(".json").unlink()
    state = session.state()
    assert "talk.json: no such file" in state["trouble"]
    turns = [PageTurn(turn["speaker"], tuple(turn["paragraphs"])) for turn in state["turns"]]
    session.save(state["revision"], with_paragraph(tuple(turns), 2, "How come?"), names={})
    assert "**A**: How come?" in session.path.read_text(encoding="utf-8")


def turns_in(session: Session) -> list[PageTurn]:
    return list(page_turns(parse(session.path.read_bytes().decode())))


def test_an_edit_on_an_old_revision_is_merged(session: Session) -> None:
    revision, turns = session.revision, turns_in(session)
    session.save(revision, with_paragraph(turns, 2, "How come?"), names={})
    mine = with_paragraph(turns, 3, "We soldered.")
    with pytest.raises(StaleError):
        session.save(revision, mine, names={})
    saved = session.save(revision, mine, names={}, base=turns)
    assert [turn.paragraphs for turn in saved.turns or ()][2:] == [("How come?",), ("We soldered.",)]


def test_edits_during_a_merge_do_not_conflict(session: Session) -> None:
    """The page's second edit is based on its first one, and the file has more edits."""
    revision, turns = session.revision, turns_in(session)
    session.save(revision, with_paragraph(turns, 2, "How come?"), names={})
    first, second = with_paragraph(turns, 3, "We sold"), with_paragraph(turns, 3, "We soldered.")
    merged = session.save(revision, first, names={}, base=turns)
    saved = session.save(merged.revision, second, names={}, base=first)
    assert saved.conflicts == ()
    assert [turn.paragraphs for turn in turns_in(session)][2:] == [("How come?",), ("We soldered.",)]


def test_a_conflict_returns_the_files_turns_and_writes_nothing(session: Session) -> None:
    revision, turns = session.revision, turns_in(session)
    session.save(revision, with_paragraph(turns, 2, "How come?"), names={})
    before = session.path.read_bytes()
    saved = session.save(revision, with_paragraph(turns, 2, "Why then?"), names={}, base=turns)
    assert saved.conflicts == ((2, 0, "How come?"),)
    assert list(saved.theirs) == turns_in(session)
    assert session.path.read_bytes() == before
    session.save(saved.revision, saved.turns or (), names={})
    assert turns_in(session)[2].paragraphs == ("Why then?",)


def test_what_an_edit_replaces_is_kept_as_a_version(session: Session) -> None:
    before = session.path.read_text(encoding="utf-8")
    session.save(session.revision, with_paragraph(turns_in(session), 2, "How come?"), names={})
    session.save(session.revision, with_paragraph(turns_in(session), 2, "Why?"), names={})
    (moment,) = versions_of(session.path)
    assert version_at(session.path, moment) == before


class Interrupted(list[PageTurn]):
    """Turns that, when read, write the draft once as another program."""

    def __init__(self, turns: list[PageTurn], path: Path, *edit: str) -> None:
        super().__init__(turns)
        self.path, self.edit = path, edit

    def __iter__(self) -> Iterator[PageTurn]:
        self.path.write_text(self.path.read_text(encoding="utf-8").replace(*self.edit), encoding="utf-8")
        return super().__iter__()


def test_a_file_changed_during_a_save_is_merged(session: Session) -> None:
    turns = turns_in(session)
    mine = with_paragraph(turns, 2, "How come?")
    saved = session.save(session.revision, Interrupted(mine, session.path, "hills", "dales"), names={}, base=turns)
    text = session.path.read_text(encoding="utf-8")
    assert "dales" in text
    assert "How come?" in text
    assert saved.revision == session.revision


def test_byte_order_mark_and_line_ends_are_kept(session: Session) -> None:
    source = b"\xef\xbb\xbf" + session.path.read_bytes().replace(b"\n", b"\r\n")
    session.path.write_bytes(source)
    turns = turns_in(session)
    session.save(session.revision, with_paragraph(turns, 1, turns[1].paragraphs[0].replace("hills", "dales")), names={})
    assert session.path.read_bytes() == source.replace(b"hills", b"dales")


def test_a_link_stays_a_link(session: Session, tmp_path: Path) -> None:
    there = tmp_path / "elsewhere" / "draft.md"
    there.parent.mkdir()
    session.path.rename(there)
    session.path.symlink_to(there)
    session.save(session.revision, with_paragraph(turns_in(session), 2, "How come?"), names={})
    assert session.path.is_symlink()
    assert "How come?" in there.read_text(encoding="utf-8")


def test_a_missing_or_binary_draft_takes_no_edits(session: Session) -> None:
    source, revision, turns = session.path.read_bytes(), session.revision, turns_in(session)
    mine = with_paragraph(turns, 2, "How come?")
    session.path.unlink()
    with pytest.raises(OutputError, match="cannot be read"):
        session.save(revision, mine, names={})
    assert not session.path.exists()
    session.path.write_bytes(source + b"\xff")
    with pytest.raises(OutputError, match="not UTF-8"):
        session.save(revision, mine, names={})
    assert session.path.read_bytes() == source + b"\xff"
    session.path.write_bytes(source)
    session.save(revision, mine, names={})
    assert turns_in(session) == mine


FULL_DISK = """
import resource, sys
from pathlib import Path
from output.errors import OutputError
from output.parse import parse
from transcribe.drafts.turn_edits import PageTurn, page_turns
from transcribe.editor.session import Session

session = Session(Path(sys.argv[1]))
turns = list(page_turns(parse(session.path.read_text(encoding="utf-8"))))
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    session.save(session.revision, [*turns, PageTurn("Ada", ("More.",))], names={})
except OutputError as error:
    print(error)
session.close()
print(session.trouble)
"""


@pytest.mark.processes
@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot limit the size of files")
def test_a_full_disk_does_not_change_the_draft(session: Session) -> None:
    before = sorted(session.path.parent.iterdir()), session.path.read_bytes()
    session.path.write_text(session.path.read_text(encoding="utf-8").replace("hills", "dales"), encoding="utf-8")
    edited_elsewhere = session.path.read_bytes()
    command = [sys.executable, "-c", FULL_DISK, str(session.path)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    error, trouble = result.stdout.splitlines()
    assert re.search(r"talk\.md: cannot be written \(.+\); free disk space", error)
    assert "cannot be written to" in trouble  # the transcript could not be updated either
    assert (sorted(session.path.parent.iterdir()), session.path.read_bytes()) == (before[0], edited_elsewhere)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root can write every file")
def test_a_write_protected_draft_is_not_replaced(session: Session) -> None:
    session.path.chmod(0o444)
    with pytest.raises(OutputError, match="it is write-protected"):
        session.save(session.revision, with_paragraph(turns_in(session), 2, "How come?"), names={})


def test_the_transcript_is_updated_when_the_session_closes(tmp_path: Path, session: Session) -> None:
    session.save(session.revision, with_paragraph(turns_in(session), 2, "How come?"), names={})
    session.close()
    assert "come?" in session.path.with_suffix(".json").read_text(encoding="utf-8")


def test_a_page_that_is_loaded_after_an_edit_has_its_times(session: Session) -> None:
    """Without a pause of the editor; what another program wrote, too."""
    session.save(session.revision, with_paragraph(turns_in(session), 2, "How come?"), names={})
    assert min(session.state(waits=True)["turns"][2]["times"]) >= 0
    assert "come?" in [word.text for word in transcript_of(session.path).words]
    session.path.write_bytes(session.path.read_bytes().replace(b"come?", b"so?"))
    assert session.revision == session.state(waits=True)["revision"]
    assert "so?" in [word.text for word in transcript_of(session.path).words]


def test_a_draft_unlike_its_transcript_is_reported(session: Session) -> None:
    session.save(session.revision, [PageTurn("Kim", ("Ships and harbours, and nothing of the rest.",))], names={})
    session.close()
    assert "belongs to another text" in session.trouble
    assert session.state()["trouble"] == session.trouble


@pytest.mark.parametrize("name", ["", " ", "\t\n", "...", "\ud800", "Ada\x00"])
def test_an_invalid_name_is_refused_and_the_next_edit_updates_the_transcript(session: Session, name: str) -> None:
    before = session.path.read_bytes()
    with pytest.raises(EditError, match="cannot be a speaker's name"):
        session.save(session.revision, with_paragraph(turns_in(session), 2, "How come?"), names={"Ada": name})
    assert session.path.read_bytes() == before
    session.save(session.revision, with_paragraph(turns_in(session), 2, "How come?"), names={"Ada": "Ada King"})
    session.close()
    assert session.trouble == ""
    timed = transcript_of(session.path)
    assert "come?" in [word.text for word in timed.words]
    assert timed.speakers[0].name == "Ada King"


def test_names_of_no_speaker_are_ignored(session: Session) -> None:
    """For example a name that was refused and undone: the page still sends it."""
    session.save(session.revision, with_paragraph(turns_in(session), 2, "How come?"), names={"**:": "**: x"})
    session.close()
    assert (session.trouble, "come?" in session.path.read_text(encoding="utf-8")) == ("", True)


def test_a_bug_is_reported_and_the_next_edit_updates_the_transcript(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected error while the transcript is updated appears on the page, and the thread goes on."""
    drafts: list[Draft] = []
    called = threading.Event()

    def fail_once(path: Path, draft: Draft, names: Mapping[str, str]) -> None:
        drafts.append(draft)
        called.set()
        if len(drafts) == 1:
            raise ZeroDivisionError("by nothing")

    with contextlib.closing(Session(session.path, update=fail_once)) as mine:
        mine.save(mine.revision, with_paragraph(turns_in(mine), 2, "How come?"), names={})
        assert called.wait(60)
        while not mine.trouble:  # it is set a moment later
            time.sleep(0.01)
        assert "your edits are saved" in mine.trouble
        assert "by nothing" in mine.trouble
        assert mine.state()["trouble"] == mine.trouble
        mine.save(mine.revision, with_paragraph(turns_in(mine), 2, "Why then?"), names={})
    assert mine.trouble == ""
    assert "Why then?" in drafts[-1].source()
    assert any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("half", [0xD83D, 0xDE00, 0xDC80])
def test_half_a_character_is_refused(session: Session, half: int) -> None:
    """Half of an emoji's surrogate pair; one of these would become a byte that is not UTF-8."""
    before = session.path.read_bytes()
    with pytest.raises(EditError, match="half a character"):
        session.save(session.revision, with_paragraph(turns_in(session), 2, f"How {chr(half)} come?"), names={})
    assert session.path.read_bytes() == before


def test_a_doubt_says_how_many_errors_are_expected_in_it() -> None:
    """The sum over its words; half a one where nothing was written."""
    made = transcript(*TALK)
    first, *rest = made.turns
    words = (replace(first.words[0], probability=0.2), replace(first.words[1], probability=0.4), *first.words[2:])
    gap = Doubt(first.end, rest[0].start, "speech, not transcribed")
    made = replace(made, turns=(replace(first, words=words), *rest), doubts=(gap,))
    doubts = page_state("talk", render(made).encode(), made)["doubts"]
    assert [(doubt["reason"], doubt["errors"]) for doubt in doubts] == [
        ("low confidence", 1.4),
        ("speech, not transcribed", 0.5),
    ]
