"""Recordings with one name, or at another place: no draft is given to another recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio.episode import Episode
from tests.support.batch_desk import Desk
from tests.support.scripted_stages import tone
from transcribe.batch.planning import states
from transcribe.batch.report import State


def test_a_draft_written_next_to_an_edited_one_does_not_replace_another_recording(desk: Desk) -> None:
    talk, other = tone(desk.folder / "talk.wav"), tone(desk.folder / "talk.new.wav", hertz=550)
    desk.run(talk, other)
    draft = desk.folder / "drafts" / "talk.md"
    draft.write_text("my own")
    before = desk.drafts()
    for _ in range(2):
        result = desk.one(talk, wrap=20)
        assert [path.name for path in result.paths] == ["talk.new2.md", "talk.new2.json"]
        assert {name: desk.drafts()[name] for name in before} == before
    assert desk.one(other).state is State.UNCHANGED


def test_nor_one_of_a_recording_later_in_the_same_run(desk: Desk) -> None:
    talk, other = tone(desk.folder / "talk.wav"), tone(desk.folder / "talk.NEW.wav", hertz=550)
    (desk.folder / "drafts").mkdir()
    (desk.folder / "drafts" / "talk.md").write_text("my own")
    paths = [path.name for result in desk.run(talk, other).results for path in result.paths]
    assert paths == ["talk.new2.md", "talk.new2.json", "talk.NEW.md", "talk.NEW.json"]


def test_an_unreadable_recording_costs_only_itself_although_its_name_is_taken(desk: Desk) -> None:
    memory = Path("/proc/self/mem")  # a regular file that not even root can read from its start
    if not memory.is_file():
        pytest.skip("this system has no /proc")
    desk.one(tone(desk.folder / "mem.wav"))
    (desk.folder / "b").mkdir()
    (desk.folder / "b" / "mem.wav").symlink_to(memory)
    before = desk.drafts()
    report = desk.run(desk.folder / "b" / "mem.wav", tone(desk.folder / "b" / "talk.wav", hertz=550))
    assert [(Path(result.source).name, result.state) for result in report.results] == [
        ("mem.wav", State.FAILED),
        ("talk.wav", State.WRITTEN),
    ]
    assert "mem.wav: cannot be read" in report.results[0].error
    assert {name: desk.drafts()[name] for name in before} == before
    assert states([Episode.of_file(desk.folder / "b" / "mem.wav")], desk.settings()) == ["fetched"]


def test_two_recordings_with_one_name_stay_separate_in_this_run_and_the_next(desk: Desk) -> None:
    for folder, hertz in (("x", 440), ("y", 550)):
        (desk.folder / folder).mkdir()
        tone(desk.folder / folder / "talk.wav", hertz=hertz)
    sources = (desk.folder / "x" / "talk.wav", desk.folder / "y" / "talk.wav")
    names = [["talk.md", "talk.json"], ["talk-2.md", "talk-2.json"]]
    assert [[p.name for p in r.paths] for r in desk.run(*sources).results] == names
    again = desk.run(*sources)
    assert [[p.name for p in r.paths] for r in again.results] == names
    assert {result.state for result in again.results} == {State.UNCHANGED}
    assert [p.name for p in desk.one(sources[1]).paths] == names[1]


def test_a_recording_that_moved_keeps_its_draft_and_another_does_not_get_it(desk: Desk) -> None:
    for folder, hertz in (("x", 440), ("q", 550)):
        (desk.folder / folder).mkdir()
        tone(desk.folder / folder / "talk.wav", hertz=hertz)
    desk.one(desk.folder / "x" / "talk.wav")
    (desk.folder / "x").rename(desk.folder / "z")
    assert [p.name for p in desk.one(desk.folder / "z" / "talk.wav").paths] == ["talk.md", "talk.json"]
    assert b'"../z/talk.wav"' in desk.drafts()["talk.json"][0]
    assert [p.name for p in desk.one(desk.folder / "q" / "talk.wav").paths] == ["talk-2.md", "talk-2.json"]


def test_a_linked_folder_of_drafts_keeps_recordings_separate_too(desk: Desk) -> None:
    for folder, hertz in (("x", 440), ("y", 550), ("deep/er/drafts", 1)):
        (desk.folder / folder).mkdir(parents=True)
        tone(desk.folder / folder / "talk.wav", hertz=hertz)
    (desk.folder / "drafts").symlink_to(desk.folder / "deep" / "er" / "drafts")
    for folder in ("x", "y"):
        desk.one(desk.folder / folder / "talk.wav")
    assert {"talk.md", "talk-2.md"} <= desk.drafts().keys()


def test_one_recording_named_twice_is_one_job(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    assert len(desk.run(path, path, desk.folder).results) == 1
