"""Ctrl-C in the first moments, while modules are imported, ends the program without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib

import pytest

from tests.support.paths import ROOT

INTERRUPTED = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[-1]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
from transcribe.cli.start import main
main()
"""
MODULES = """
import sys
before = set(sys.modules)
import transcribe.cli.start
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))
"""


def python(code: str, *args: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.processes
@pytest.mark.parametrize("module", ["transcribe.cli.main", "click", "audio.errors", "transcribe.settings"])
def test_an_interruption_while_a_module_is_imported_has_the_exit_code_of_later_ones(module: str) -> None:
    ended = python(INTERRUPTED, module)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


@pytest.mark.processes
def test_one_that_is_ignored_stays_ignored() -> None:
    """As of a job in the background of a script."""
    ended = python("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" + INTERRUPTED, "--version", "click")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.processes
def test_the_console_script_begins_where_nothing_else_is_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"transcribe": "transcribe.cli.start:main"}
    assert python(MODULES).stdout.split() == ["audio", "transcribe"]


@pytest.mark.processes
def test_it_runs_the_command_line() -> None:
    ended = python("from transcribe.cli.start import main\nmain()", "--nope")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("Error: No such option")
