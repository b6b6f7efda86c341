"""Tests of one group run on one worker, so that what they load is loaded once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

GROUPED = """
import pytest

@pytest.mark.xdist_group("weights")
@pytest.mark.parametrize("number", range(8))
def test_one(number, worker_id):
    print("ran on", worker_id)
"""


@pytest.mark.processes
def test_one_worker_runs_a_group(tmp_path: Path) -> None:
    """Versions of pytest-xdist and pytest that do not fit leave the groups out and say nothing."""
    (tmp_path / "pytest.ini").touch()
    (tmp_path / "test_grouped.py").write_text(GROUPED)
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-rP", "-p", "no:cacheprovider"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    workers = [line for line in result.stdout.splitlines() if line.startswith("ran on")]
    assert len(workers) == 8
    assert len(set(workers)) == 1
