"""The source distribution has every file of the repository: its tests, its action and its hooks work from there."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.support.paths import ROOT

ADDED = {"PKG-INFO"}
LEFT_OUT: set[str] = set()


def kept_by_git() -> set[str]:
    """Every tracked file, and those that would be with `git add`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not in a git repository, so there is nothing to compare with")
    return {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}


@pytest.mark.processes
def test_sdist_has_what_git_has(tmp_path: Path) -> None:
    wanted = kept_by_git()
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (archive,) = tmp_path.iterdir()
    with tarfile.open(archive) as packed:
        names = {member.name.partition("/")[2] for member in packed.getmembers() if member.isfile()}
    assert sorted(names - wanted) == sorted(ADDED)
    assert sorted(wanted - names) == sorted(LEFT_OUT)
    assert {"action.yml", ".pre-commit-hooks.yaml", "constraints.txt", "Makefile"} <= names
