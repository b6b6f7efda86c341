"""What would fail on Windows or macOS, as far as it shows on another system.

Nothing here replaces a run on these systems; mypy runs once per platform in `make types`.
"""

from __future__ import annotations

import ast
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.disk import patiently
from audio.episode import Episode
from output.files import stem_for
from tests.support.paths import ROOT
from transcribe.settings import Settings
from transcribe.workers import local, task

# https://docs.python.org/3/library/unix.html, and what `os` and `signal` lack on Windows
POSIX_MODULES = {
    *("fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"),
    *("crypt", "nis", "spwd", "asyncio.unix_events", "multiprocessing.popen_fork"),
}
POSIX_NAMES = {
    "os": {
        *("chown", "fchmod", "fchown", "fork", "forkpty", "getegid", "geteuid", "getgid", "getloadavg", "getpgid"),
        *("getuid", "killpg", "lchown", "major", "mkfifo", "mknod", "nice", "pread", "pwrite", "O_NOFOLLOW"),
        *("O_NONBLOCK", "O_DIRECTORY", "O_CLOEXEC", "posix_fadvise", "sched_getaffinity", "sendfile", "setpgid"),
        *("setsid", "statvfs", "sysconf", "uname", "wait3", "wait4", "WNOHANG"),
    },
    "signal": {
        "SIGHUP",
        "SIGKILL",
        "SIGALRM",
        "SIGUSR1",
        "SIGUSR2",
        "SIGPIPE",
        "SIG_BLOCK",
        "pthread_sigmask",
        "alarm",
    },
}
MODULES = sorted(path for package in ("audio", "output", "transcribe") for path in (ROOT / package).rglob("*.py"))
RESERVED = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
RESERVED += [f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³"]


def unguarded(tree: ast.Module) -> Iterator[str]:
    """The names that fail on Windows where they are: at the top level, or in a function that never looks."""
    for node in tree.body:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Import):
                names = [alias.name for alias in inner.names]
            elif isinstance(inner, ast.ImportFrom):
                names = [str(inner.module), *(f"{inner.module}.{alias.name}" for alias in inner.names)]
            elif isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
                if inner.attr in POSIX_NAMES.get(inner.value.id, ()) and not _looks(node):
                    yield f"{inner.value.id}.{inner.attr} in line {inner.lineno}"
                continue
            else:
                continue
            if POSIX_MODULES & set(names) and not (isinstance(node, ast.FunctionDef | ast.ClassDef) and _looks(node)):
                yield f"{names[0]} in line {inner.lineno}"


def _looks(node: ast.AST) -> bool:
    """Whether the code asks for the platform, or whether the name exists."""
    text = ast.unparse(node)
    return "sys.platform" in text or "hasattr(" in text


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_needs_what_windows_lacks(path: Path) -> None:
    assert list(unguarded(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import fcntl",
        "from resource import getrusage",
        "import os\nos.getuid()",
        "def f():\n    return os.killpg(1, 2)",
    ],
)
def test_such_a_module_would_be_found(source: str) -> None:
    assert list(unguarded(ast.parse(source)))


def is_portable(stem: str) -> bool:
    """Microsoft, "Naming Files, Paths, and Namespaces"."""
    device = stem.split(".")[0].rstrip(" ").upper()
    return (
        bool(stem)
        and device not in RESERVED
        and not set(stem) & set('<>:"/\\|?*')
        and min(map(ord, stem)) > 31
        and stem[-1] not in " ."
        and len(stem.encode()) <= 200
    )


PARTS = st.sampled_from(
    [*RESERVED, *(name.lower() for name in RESERVED), ".", " ", ":", "-", "a", "é", "\x07", "…", "_"]
)


@given(st.lists(PARTS, min_size=1, max_size=6).map("".join))
def test_any_file_name_becomes_one_that_windows_accepts(name: str) -> None:
    stem = stem_for(Episode(title="", path=Path(f"folder/{name}.mp3")), lambda stem: False)
    assert is_portable(stem), stem


@given(st.lists(PARTS, min_size=1, max_size=6).map("".join))
def test_any_title_becomes_a_name_that_windows_accepts(title: str) -> None:
    stem = stem_for(Episode(title=title, audio_url="https://x.example/1.mp3"), lambda stem: False)
    assert is_portable(stem), stem


def in_use(number: int) -> PermissionError:
    error = PermissionError(13, "Access is denied")
    error.winerror = number  # type: ignore[attr-defined,unused-ignore]
    return error


@pytest.mark.parametrize("number", [5, 32])
def test_a_rename_waits_for_a_file_that_is_open_elsewhere(number: int) -> None:
    errors = [in_use(number), in_use(number)]

    def rename() -> None:
        if errors:
            raise errors.pop()

    patiently(rename, waits=(0.0, 0.0, 0.0))
    assert not errors


def test_a_file_that_stays_open_elsewhere_is_said_to_be() -> None:
    calls = 0

    def rename() -> None:
        nonlocal calls
        calls += 1
        raise in_use(32)

    with pytest.raises(PermissionError, match="open in another program; close it there"):
        patiently(rename, waits=(0.0, 0.0))
    assert calls == 3


def test_a_folder_that_may_not_be_written_is_not_waited_for() -> None:
    calls = 0

    def rename() -> None:
        nonlocal calls
        calls += 1
        raise PermissionError(13, "Permission denied")

    with pytest.raises(PermissionError, match="Permission denied"):
        patiently(rename)
    assert calls == 1


def test_what_a_worker_process_gets_survives_a_pickle() -> None:
    """Windows and macOS start workers anew: nothing is inherited."""
    assert pickle.loads(pickle.dumps(Settings())) == Settings()
    functions = [each for module in (task, local) for each in vars(module).values() if callable(each)]
    own = [each for each in functions if getattr(each, "__module__", "") in (task.__name__, local.__name__)]
    assert len(own) > 5
    for each in own:
        assert pickle.loads(pickle.dumps(each)) is each


@pytest.mark.processes
@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "utf-8"])
@pytest.mark.parametrize("arguments", [["--help"], ["models", "list"], ["list", "Ω → ×.mp3"], ["lint", "draft → ×.md"]])
def test_output_of_any_console_encoding(encoding: str, arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "Ω → ×.mp3").write_bytes((ROOT / "tests" / "clips" / "packaging-notes.mp3").read_bytes())
    (tmp_path / "draft → ×.md").write_text("**A**: Hello → × 中文 😀\n\nB: 中 ?\n", encoding="utf-8")
    environment = os.environ | {
        "PYTHONIOENCODING": encoding,
        "PYTHONPATH": str(ROOT),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    command = [sys.executable, "-m", "transcribe.cli.main", *arguments]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=120, check=False)
    assert b"Traceback" not in ran.stderr
    assert ran.returncode in (0, 1)
    assert ran.stdout or ran.stderr
    (ran.stdout + ran.stderr).decode(encoding)
