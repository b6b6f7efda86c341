"""What is in a folder of weights is what was published, every file, no more, and by nobody else."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from transcribe.errors import ModelError
from transcribe.weights.store import StoredModel

FILES = {"model.bin": b"weights", "tokenizer.json": b"tokens", "config.json": b"{}", "vocabulary.txt": b"words"}
PINS = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
KINDS = {"pinned": PINS, "recorded only": {}}


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def fill(folder: Path) -> None:
    for name, content in FILES.items():
        (folder / name).write_bytes(content)


def model(pinned: Mapping[str, str] = PINS) -> StoredModel:
    made = StoredModel("made-up", "model made-up", ("model.bin", "tokenizer.json"), pinned)
    made.find(fill)
    return made


def falsify(folder: Path, name: str, content: bytes) -> None:
    """Write a file, and a record that says that it is right."""
    (folder / name).write_bytes(content)
    (folder / name).chmod(0o644)
    status = (folder / name).stat()
    record = json.loads((folder / "turnscript.json").read_bytes())
    sha256 = hashlib.sha256(content).hexdigest()
    record["files"][name] = {"bytes": len(content), "mtime_ns": status.st_mtime_ns, "sha256": sha256}
    (folder / "turnscript.json").write_text(json.dumps(record))


def is_refused(made: StoredModel, name: str) -> None:
    """`verify` names the file; a list does not call the weights cached; they are made again, and right."""
    with pytest.raises(ModelError, match=rf"^model made-up: .*{name}.*; delete .* models get made-up`$"):
        made.verify()
    assert made.hashes() is None
    assert made.find(fill) == PINS
    assert {path.name for path in made.folder.iterdir()} == {*FILES, "turnscript.json"}
    assert made.damage() == ""
    assert [path.name for path in made.folder.parent.iterdir()] == ["made-up"]


@pytest.mark.parametrize("name", FILES)
def test_a_falsified_file_is_refused_though_its_record_agrees(name: str) -> None:
    made = model()
    falsify(made.folder, name, b"x" * len(FILES[name]))
    is_refused(made, name)


@pytest.mark.parametrize("name", ["preprocessor_config.json", "vocabulary.json", "0"])
def test_a_file_besides_the_published_ones_is_refused(name: str) -> None:
    made = model()
    falsify(made.folder, name, b"{}")
    is_refused(made, name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_without_a_record_is_refused(kind: str) -> None:
    made = model(KINDS[kind])
    (made.folder / "preprocessor_config.json").write_text("{}")
    is_refused(made, "preprocessor_config.json")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [*FILES, "turnscript.json", "."])
@pytest.mark.skipif(os.name == "nt", reason="Windows has other means")
def test_what_others_may_write_is_refused(name: str, kind: str) -> None:
    made = model(KINDS[kind])
    path = made.folder / name
    path.chmod(path.stat().st_mode | 0o002)
    is_refused(made, "everybody may write to it")


def test_of_more_files_than_are_published_only_those_are_kept() -> None:
    made = StoredModel("made-up", "model made-up", ("model.bin",), {"model.bin": PINS["model.bin"]})
    assert made.find(fill) == {"model.bin": PINS["model.bin"]}
    assert {path.name for path in made.folder.iterdir()} == {"model.bin", "turnscript.json"}
    assert made.damage() == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has other means")
def test_weights_are_believed_whatever_the_umask_was() -> None:
    before = os.umask(0)
    try:
        made = model()
    finally:
        os.umask(before)
    assert (made.damage(), made.hashes()) == ("", PINS)
