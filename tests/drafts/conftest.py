"""The draft that tests of sync edit."""

from __future__ import annotations

from pathlib import Path

import pytest

from output.formats import write
from tests.support.synced_talk import talk


@pytest.fixture
def draft(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A draft with its transcript and captions in an empty folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
    for name, suffix in (("md", ".md"), ("json", ".json"), ("vtt", ".vtt"), ("docx", ".docx")):
        content = write(talk(), name)
        (tmp_path / f"talk{suffix}").write_bytes(content.encode() if isinstance(content, str) else content)
    return tmp_path / "talk.md"
