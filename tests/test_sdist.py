"""What is released: an archive of every file of the repository, and a wheel of the program and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import transcribe
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


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (path,) = folder.iterdir()
    return path


@pytest.mark.processes
def test_wheel_has_the_packages_and_nothing_else(wheel: Path) -> None:
    packages = {"audio", "output", "transcribe"}
    wanted = {name for name in kept_by_git() if name.split("/")[0] in packages}
    info = f"turnscript-{transcribe.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(f"{info}/METADATA").decode()
    manual = f"turnscript-{transcribe.__version__}.data/data/share/man/man1/transcribe.1"
    assert manual in names
    ours = {name for name in names - {manual} if not name.startswith(f"{info}/")}
    assert (sorted(ours - wanted), sorted(wanted - ours)) == ([], [])
    assert {f"{info}/licenses/LICENSE", f"{info}/entry_points.txt"} <= names
    assert {f"{package}/py.typed" for package in packages} <= names
    assert {"transcribe/editor/assets/page.html", "transcribe/editor/assets/editor.js"} <= names
    assert f"\nVersion: {transcribe.__version__}\n" in metadata
    assert "\nLicense-Expression: MIT\n" in metadata


@pytest.mark.processes
def test_wheel_installs_and_runs(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", str(target), str(wheel)]
    subprocess.run(install, capture_output=True, check=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PYTHONPATH"] = str(target)
    (program,) = (path for path in (target / "bin").iterdir() if path.name == "transcribe")
    for arguments, said in ((["--help"], "Turn interview"), (["--version"], transcribe.__version__)):
        command = [sys.executable, str(program), *arguments]
        ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        assert said in ran.stdout
    where = [sys.executable, "-c", "import transcribe; print(transcribe.__file__)"]
    ran = subprocess.run(where, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert Path(ran.stdout.strip()).is_relative_to(target)
