"""Earlier versions of a draft that is edited on the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from output.errors import OutputError
from transcribe.drafts.versions import EVERY, OLDEST, keep_version, version_at, versions_of


@pytest.fixture
def draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "talk.md"


def test_a_version_is_kept_every_ten_minutes(draft: Path) -> None:
    start = 1_800_000_000
    for minute in range(0, 35, 5):
        keep_version(draft, f"minute {minute}".encode(), now=start + 60 * minute)
    assert [moment - start for moment in versions_of(draft)] == [1800, 1200, 600, 0]
    assert version_at(draft, start + 1200) == "minute 20"
    assert versions_of(draft.with_name("other.md")) == []


def test_a_version_goes_after_a_week(draft: Path) -> None:
    start = 1_800_000_000
    for day in range(10):
        keep_version(draft, b"x", now=start + 24 * 3600 * day)
    assert min(versions_of(draft)) == start + 24 * 3600 * 9 - OLDEST


def test_a_version_that_cannot_be_kept_costs_nothing(draft: Path) -> None:
    (draft.parent / "data").write_text("no folder", encoding="utf-8")
    keep_version(draft, b"x", now=EVERY)
    assert versions_of(draft) == []
    with pytest.raises(OutputError, match=r"talk\.md: this version cannot be read"):
        version_at(draft, EVERY)
