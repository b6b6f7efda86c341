"""A draft that is written again takes the files with it that `export` made of it; one edited by hand stays, named."""

from __future__ import annotations

from pathlib import Path

import pytest

from output.formats import REGISTRY, file_name
from tests.support.batch_desk import Desk
from tests.support.scripted_stages import tone
from transcribe.drafts.derived_files import comparable_content
from transcribe.drafts.export import export
from transcribe.drafts.style import style_recorded
from transcribe.drafts.sync import sync, transcript_of

EXPORTED = sorted(set(REGISTRY) - {"md", "json", "podcast"})


def exported(draft: Path, *formats: str) -> list[Path]:
    export(draft, formats, style=style_recorded(transcript_of(draft)))
    return [draft.with_name(file_name(draft.stem, name)) for name in formats]


@pytest.mark.parametrize("is_synced", [False, True])
def test_force_writes_what_was_exported_of_the_edited_draft_again(desk: Desk, *, is_synced: bool) -> None:
    """The same as an export of the new draft gives: every format, and the run names it."""
    path, draft = tone(desk.folder / "a.wav"), desk.folder / "drafts" / "a.md"
    desk.one(path)
    if is_synced:
        draft.write_text(draft.read_text().replace("Thank you", "Thanks to you"))
    files = exported(draft, *EXPORTED)
    if not is_synced:
        draft.write_text(draft.read_text().replace("Thank you", "Thanks to you"))
    old = {file: comparable_content(file.read_bytes()) for file in files}
    result = desk.one(path, force=True, speakers="Ann,Bob")
    new = {file: comparable_content(file.read_bytes()) for file in files}
    assert {file for file in files if old[file] != new[file]} == {f for f in files if f in result.also_written}
    for file in files:
        file.unlink()
    exported(draft, *EXPORTED)
    assert {file: comparable_content(file.read_bytes()) for file in files} == new
    assert draft.with_name("a.srt") in result.also_written


def test_what_was_exported_of_a_draft_that_nobody_edited_follows_it_and_its_style(desk: Desk) -> None:
    path, draft = tone(desk.folder / "a.wav"), desk.folder / "drafts" / "a.md"
    desk.one(path)
    exported(draft, "txt", "srt")
    result = desk.one(path, speakers="Ann,Bob", labels="full-name-then-name", wrap=30)
    assert {file.name for file in result.also_written} == {"a.txt", "a.srt"}
    assert sync(draft).skipped == {}
    assert "Ann" in draft.with_name("a.srt").read_text()


def test_a_caption_edited_by_hand_stays_and_is_named(desk: Desk) -> None:
    path, draft = tone(desk.folder / "a.wav"), desk.folder / "drafts" / "a.md"
    desk.one(path)
    (caption,) = exported(draft, "srt")
    caption.write_text(caption.read_text() + "\nmine\n")
    mine = caption.read_bytes()
    result = desk.one(path, force=True, speakers="Ann,Bob")
    assert [w for w in result.warnings if str(caption) in w] == [
        f"{caption}: was edited by hand and is not updated; to have it written again, delete it"
    ]
    assert caption.read_bytes() == mine
    assert caption not in (*result.paths, *result.also_written)


def test_a_file_beside_a_first_draft_is_nobodys(desk: Desk) -> None:
    caption = desk.folder / "drafts" / "a.srt"
    caption.parent.mkdir()
    caption.write_text("another program's\n")
    result = desk.one(tone(desk.folder / "a.wav"))
    assert not [warning for warning in result.warnings if "a.srt" in warning]
    assert caption.read_text() == "another program's\n"
