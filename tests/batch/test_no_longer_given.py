"""A run that gives no names says which were given for the draft it replaces, and the option that keeps them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.batch_desk import Desk
from tests.support.scripted_stages import tone
from transcribe.batch.report import Result, State
from transcribe.drafts.merge_recognition import merge_recognition
from transcribe.drafts.sync import sync

_TOLD = ("given before and", "typed in the draft before and")
UNNAMED = "Well then. Who are you? I am fine. Thank you, sir."


def told(result: Result) -> list[str]:
    return said_in(result.warnings)


def said_in(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if any(text in line for text in _TOLD)]


@pytest.mark.parametrize("now", ["", "2"])
def test_names_that_are_no_longer_given_are_said_once_with_the_option_that_keeps_them(desk: Desk, now: str) -> None:
    path = tone(desk.folder / "a.wav")
    assert not told(desk.one(path, speakers="Ann Lind,Bob"))
    draft = desk.drafts()["a.md"][0]
    (warning,) = told(desk.one(path, speakers=now))
    begin = (
        f"{desk.folder / 'drafts' / 'a.md'}: the names Ann Lind, Bob were given before and are not now; to keep them"
    )
    assert warning.startswith(begin)
    assert not told(desk.one(path, speakers=now))
    option, names = shlex.split(warning.rpartition("run it again with ")[2])
    assert option == "--speakers"
    assert not told(desk.one(path, speakers=names))
    assert desk.drafts()["a.md"][0] == draft


def test_of_a_transcript_without_a_draft_its_own_file_is_named(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path, speakers="Ann,Bob", formats=("json",))
    (warning,) = told(desk.one(path, formats=("json",)))
    assert warning.startswith(f"{desk.folder / 'drafts' / 'a.json'}: the names Ann, Bob ")


def test_names_kept_by_the_draft_of_an_editor_are_not_said_to_be_gone(desk: Desk) -> None:
    path, draft = tone(desk.folder / "a.wav"), desk.folder / "drafts" / "a.md"
    desk.one(path, speakers="Ann,Bob")
    draft.write_text(draft.read_text().replace("Thank you", "Thanks to you"))
    assert not said_in(desk.forecast(path))
    assert not told(desk.one(path))
    assert told(desk.one(path, force=True))


@pytest.mark.parametrize(("option", "usual", "name"), [("host", "Rich", "Anna"), ("guest", "Guest", "Caller")])
def test_a_name_for_unknown_people_that_is_no_longer_given_is_said(
    tmp_path: Path, option: str, usual: str, name: str
) -> None:
    desk, path = Desk(tmp_path, said=UNNAMED), tone(tmp_path / "a.wav")
    desk.one(path, **{option: name})
    assert f"**{name}**" in desk.drafts()["a.md"][0].decode()
    forecast, (warning,) = said_in(desk.forecast(path)), told(desk.one(path))
    assert forecast == [warning]
    assert warning.endswith(
        f"a.md: the name {name} was given before and is not now; to keep it, run it again with --{option} {name}"
    )
    assert f"**{usual}**" in desk.drafts()["a.md"][0].decode()
    assert not told(desk.one(path, **{option: name}))
    assert not told(desk.one(path, **{option: "Zoe"}))


@pytest.mark.parametrize(("option", "name"), [("host", "Anna"), ("guest", "Caller"), ("speakers", "Ann,Bob")])
def test_a_given_name_that_a_merge_kept_is_said_where_its_draft_is_replaced(
    tmp_path: Path, option: str, name: str
) -> None:
    desk, path, draft = Desk(tmp_path, said=UNNAMED), tone(tmp_path / "a.wav"), tmp_path / "drafts" / "a.md"
    desk.one(path, **{option: name})
    draft.write_text(draft.read_text().replace("Thank you", "Thanks to you"))
    desk.stages.said = UNNAMED.replace("fine", "very well")
    assert not told(desk.one(path, ignore_cache=True))
    merge_recognition(draft, draft.with_name("a.new.md"))
    assert all(f"**{one}**" in draft.read_text() for one in name.split(","))
    forecast, (warning,) = said_in(desk.forecast(path, force=True)), told(desk.one(path, force=True))
    assert forecast == [warning]
    assert all(one in warning and f"**{one}**" not in draft.read_text() for one in name.split(","))
    assert warning.endswith(f"run it again with --{option} {name}")
    assert not told(desk.one(path, force=True, **{option: name}))
    assert all(f"**{one}**" in draft.read_text() for one in name.split(","))


@pytest.mark.parametrize("typed", ["Lee, Ann", "3PO"])
def test_a_typed_name_that_no_option_gives_is_to_be_typed_again(desk: Desk, typed: str) -> None:
    path, draft = tone(desk.folder / "a.wav"), desk.folder / "drafts" / "a.md"
    desk.one(path)
    draft.write_text(draft.read_text().replace("Grace**", f"{typed}**").replace("**G**", f"**{typed}**"))
    forecast, (warning,) = said_in(desk.forecast(path, force=True)), told(desk.one(path, force=True))
    assert forecast == [warning]
    assert warning.endswith(": to keep it, type it in the draft again")
    assert "run it again" not in warning


def test_a_name_for_unknown_people_is_not_missed_where_their_names_are_known(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path, host="Anna", guest="Caller")
    assert not told(desk.one(path))


@pytest.mark.parametrize("is_synced", [True, False])
def test_a_name_that_was_typed_is_said_where_its_draft_is_replaced(desk: Desk, is_synced: bool) -> None:
    path, draft = tone(desk.folder / "a.wav"), desk.folder / "drafts" / "a.md"
    desk.one(path)
    draft.write_text(draft.read_text().replace("Grace**", "Bob**").replace("**G**", "**B**"))
    if is_synced:
        sync(draft)
    assert not said_in([*desk.forecast(path), *desk.one(path).warnings])
    forecast, (warning,) = said_in(desk.forecast(path, force=True)), told(desk.one(path, force=True))
    assert forecast == [warning]
    assert ": the name Bob was typed in the draft before and is not now; to keep it, run it again with " in warning
    assert warning.endswith(" --speakers Ada,Bob")
    assert not told(desk.one(path, force=True))


def test_a_typed_name_is_said_if_its_draft_was_deleted(desk: Desk) -> None:
    path, draft = tone(desk.folder / "a.wav"), desk.folder / "drafts" / "a.md"
    desk.one(path)
    draft.write_text(draft.read_text().replace("Grace**", "Bob**").replace("**G**", "**B**"))
    sync(draft)
    draft.unlink()
    assert "the name Bob was typed" in told(desk.one(path))[0]


@settings(max_examples=15)
@given(st.lists(st.sampled_from(["", "2", "Ann,Bob", "Ann,Zoe", "Rich,Max"]), min_size=2, max_size=5))
def test_no_name_that_was_given_is_lost_without_a_word(
    tmp_path_factory: pytest.TempPathFactory, asked: list[str]
) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    path, before = tone(desk.folder / "a.wav"), ""
    for speakers in asked:
        forecast, result = said_in(desk.forecast(path, speakers=speakers)), desk.one(path, speakers=speakers)
        assert forecast == told(result)
        draft = desk.drafts()["a.md"][0].decode()
        lost = [name for name in before.split(",") if name.isalpha() and f"**{name}**" not in draft]
        assert bool(told(result)) == (bool(lost) and speakers in ("", "2"))
        assert all(name in warning for warning in told(result) for name in lost)
        assert result.state is (State.UNCHANGED if speakers == before and before else result.state)
        before = speakers
