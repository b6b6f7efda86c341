"""Planning many files costs the same for each of them: the work is counted, not timed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.counting import counting
from tests.support.scripted_stages import ScriptedStages, tone
from transcribe.batch.dry_run import forecast
from transcribe.batch.planning import select_jobs
from transcribe.batch.runner import Setup
from transcribe.settings import Settings


def different_names(folder: Path, count: int) -> list[str]:
    for number in range(count):
        tone(folder / f"{number}.wav", seconds=0.01)
    return [str(folder)]


def one_name(folder: Path, count: int) -> list[str]:
    for number in range(count):
        (folder / str(number)).mkdir()
        tone(folder / str(number) / "audio.wav", seconds=0.01)
    return [str(folder / "*" / "audio.wav")]


def cost(folder: Path, sources: list[str]) -> Counter[str]:
    settings = Settings(output=str(folder / "drafts"))
    setup = Setup(settings, ScriptedStages(), folder / "cache")
    with counting() as calls:
        jobs, failures = select_jobs(sources, settings)
        lines = list(forecast(jobs, setup))
    assert not failures
    assert len(lines) == len(jobs) + 1
    return calls


@pytest.mark.parametrize("files", [different_names, one_name])
def test_the_work_grows_with_the_number_of_files(
    tmp_path: Path, files: Callable[[Path, int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    costs = []
    for count in (100, 400):
        folder = tmp_path / str(count)
        folder.mkdir()
        costs.append(cost(folder, files(folder, count)))
    few, many = costs
    for kind in ("python", "c", "stat", "open"):
        assert many[kind] < 4.6 * few[kind], kind
    assert "file_digest" not in many
    assert many["open_code"] + many["open"] < 3 * 400, "each file is looked at, none is read"
