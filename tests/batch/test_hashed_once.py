"""A recording is hashed once, however it came and whatever its drafts are."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio.disk import sha256_of
from tests.support.batch_desk import Desk
from tests.support.scripted_stages import tone
from transcribe.batch.planned import PlannedAction
from transcribe.batch.planning import planned, select_jobs
from transcribe.batch.report import State


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the recordings that are hashed, in order."""
    names: list[str] = []

    def count(path: Path, *, max_bytes: int | None = None) -> str:
        names.extend([path.name] if path.suffix == ".wav" else [])
        return sha256_of(path, max_bytes=max_bytes)

    for module in ("audio.fingerprint", "transcribe.drafts.records"):
        monkeypatch.setattr(f"{module}.sha256_of", count)
    return names


def test_a_recording_is_hashed_once(desk: Desk, hashed: list[str]) -> None:
    assert desk.one(tone(desk.folder / "a.wav")).state is State.WRITTEN
    assert hashed == ["a.wav"]


def test_a_moved_recording_is_hashed_once(desk: Desk, hashed: list[str]) -> None:
    path = tone(desk.folder / "talk.wav")
    desk.one(path)
    hashed.clear()
    (desk.folder / "moved").mkdir()
    moved = path.rename(desk.folder / "moved" / "talk.wav")
    (job,), _ = select_jobs([str(moved)], desk.settings())
    assert planned(job, desk.settings()).action is PlannedAction.CHANGED
    assert hashed == ["talk.wav"]
    hashed.clear()
    assert [path.name for path in desk.one(moved).paths] == ["talk.md", "talk.json"]
    assert hashed == ["talk.wav"]


def test_a_recording_with_a_new_draft_next_to_an_edited_one_is_hashed_once(desk: Desk, hashed: list[str]) -> None:
    talk, other = tone(desk.folder / "talk.wav"), tone(desk.folder / "talk.new.wav", hertz=550)
    desk.run(talk, other)
    (desk.folder / "drafts" / "talk.md").write_text("my own")
    hashed.clear()
    assert desk.one(talk, wrap=20).paths[0].name == "talk.new2.md"
    assert hashed == ["talk.wav"]
