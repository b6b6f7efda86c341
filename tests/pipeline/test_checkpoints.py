"""Checkpoints: what is stored, what is a miss."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.pipeline.checkpoints import Checkpoints, Key
from transcribe.settings import Stage

KEY = Key("ab" * 32, Stage.RECOGNIZE, "1 digest model")
DATA = {"words": [["Café", 0.1, 0.5, 0.9]], "language": "fr"}


def test_saved_data_is_loaded(tmp_path: Path) -> None:
    store = Checkpoints(tmp_path)
    assert store.load(KEY) is None
    store.save(KEY, DATA)
    assert Checkpoints(tmp_path).load(KEY) == DATA


@pytest.mark.parametrize(
    "other",
    [
        Key("cd" * 32, Stage.RECOGNIZE, "1 digest model"),
        Key("ab" * 32, Stage.DIARIZE, "1 digest model"),
        Key("ab" * 32, Stage.RECOGNIZE, "2 digest model"),
    ],
)
def test_other_circumstances_are_another_result(other: Key, tmp_path: Path) -> None:
    store = Checkpoints(tmp_path)
    store.save(KEY, DATA)
    assert store.load(other) is None


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"0\n{}", None, "cut", "flip"])
def test_a_damaged_checkpoint_is_a_miss(damage: bytes | str | None, tmp_path: Path) -> None:
    store = Checkpoints(tmp_path)
    store.save(KEY, DATA)
    path = tmp_path / KEY.file_name
    whole = path.read_bytes()
    if damage == "cut":
        path.write_bytes(whole[:-3])
    elif damage == "flip":
        path.write_bytes(whole.replace(b"0.9", b"0.8"))
    elif damage is None:
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(damage)  # type: ignore[arg-type]
    assert store.load(KEY) is None


def test_a_folder_that_cannot_be_written_is_logged_and_not_raised(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    for _ in range(3):
        Checkpoints(blocked).save(KEY, DATA)
    assert caplog.text.count("results cannot be kept there for later runs") == 1
    assert "set XDG_CACHE_HOME" in caplog.text
