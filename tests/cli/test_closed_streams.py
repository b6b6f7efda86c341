"""Standard streams that are closed or full, as services and logs may be: the work is done, and no file is spoilt."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.scripted_stages import tone

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no shell that closes streams"),
]


def run(folder: Path, redirection: str, *args: str) -> tuple[int, bytes, dict[str, bytes]]:
    """The exit code, stdout and stderr together, and the drafts of a run with worker processes under a shell."""
    command = f'"{sys.executable}" -m tests.support.faulty_stages quick run . -o drafts "$@" {redirection}'
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")}
    ended = subprocess.run(
        ["sh", "-c", command, "sh", *args],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    drafts = folder / "drafts"
    return ended.returncode, ended.stdout, {path.name: path.read_bytes() for path in drafts.glob("[a-z]*.*")}


@pytest.fixture(scope="module")
def drafts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The drafts of a run with all its streams."""
    folder = tmp_path_factory.mktemp("open")
    tone(folder / "a.wav")
    code, told, found = run(folder, "")
    assert (code, sorted(found)) == (0, ["a.json", "a.md"]), told
    return found


@pytest.mark.parametrize("progress", ["auto", "json"])
@pytest.mark.parametrize("redirection", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_run_is_the_same_without_a_stream(
    tmp_path: Path, drafts: dict[str, bytes], redirection: str, progress: str
) -> None:
    tone(tmp_path / "a.wav")
    code, told, found = run(tmp_path, redirection, "--progress", progress)
    assert code == (1 if closes_stdout(redirection) else 0), told
    assert b"Traceback" not in told
    assert found == drafts
    assert (b"drafts/a.md\n" in told) == (not closes_stdout(redirection))


@pytest.mark.parametrize(
    "args", [("parse", "a.md"), ("render", "a.md"), ("models", "list"), ("cache", "show"), ("-h",)]
)
@pytest.mark.parametrize("redirection", [">&-", ">/dev/full", "2>&- >&-"])
def test_what_could_not_be_printed_is_no_success(tmp_path: Path, redirection: str, args: tuple[str, ...]) -> None:
    (tmp_path / "a.md").write_text("**Ada:** Good morning.\n")
    command = f'"{sys.executable}" -m transcribe.cli.main "$@" {redirection}'
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    ended = subprocess.run(
        ["sh", "-c", command, "sh", *args], cwd=tmp_path, env=environ, capture_output=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert ended.stderr.count(b"\n") == (0 if "2>" in redirection else 1)
    assert ended.stderr.startswith(b"Error: the results could not all be printed (") or "2>" in redirection


def closes_stdout(redirection: str) -> bool:
    return ">&-" in redirection.replace("2>&-", "")


def test_a_failure_has_its_exit_code_without_a_stream(tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_text("I am not music.\n" * 50)
    code, told, drafts = run(tmp_path, "2>&-")
    assert (code, told, drafts) == (1, b"", {})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("progress", ["auto", "json"])
@pytest.mark.parametrize(("redirection", "code"), [("2>/dev/full", 0), (">/dev/full", 1), (">/dev/full 2>&1", 1)])
def test_a_full_disk_under_the_streams_costs_no_episode(
    tmp_path: Path, redirection: str, code: int, progress: str
) -> None:
    for name in "abc":
        tone(tmp_path / f"{name}.wav")
    ended, told, found = run(tmp_path, redirection, "--progress", progress)
    assert (ended, sorted(found)) == (code, [f"{name}.{suffix}" for name in "abc" for suffix in ("json", "md")])
    assert b"Traceback" not in told
    if redirection == ">/dev/full":
        assert b"the results could not all be printed (No space left on device)" in told


def test_a_reader_that_goes_away_costs_no_episode_and_no_message(tmp_path: Path) -> None:
    for name in "abc":
        tone(tmp_path / f"{name}.wav")
    _, told, found = run(tmp_path, "2>err | true")
    assert len(found) == 6
    assert told == b""
    assert "Error" not in (tmp_path / "err").read_text()
