"""Where a machine lacks what others have, the program works, or says in one line what is missing and what helps.

Each machine is made with what a shell can do without rights: limits, variables, permissions, closed streams. What needs
rights of its own (another clock, a root that is read-only) uses a namespace, where the system gives one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.paths import CLIPS, ROOT
from tests.support.weights import UNREACHABLE

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell and its limits"),
]

DRAFT = "---\ntitle: A talk\n---\n\n**Ada**: Who are you? I am here.\n\n**Bob**: I am Bob. Hello.\n"
COMMANDS = {
    "help": "-m transcribe.cli.main --help",
    "lint": "-m transcribe.cli.main lint talk.md",
    "doctor": "-m transcribe.cli.main doctor --offline",
    "run": "-m tests.support.faulty_stages quick run short.mp3 -o out",
}
WORKS = ""


@dataclass(frozen=True)
class Machine:
    """What is odd: variables (None: not set) and a shell's words around COMMAND. `run`, `doctor` and `lint` are what
    these commands have to say; `--help` works everywhere."""

    variables: Mapping[str, str | None] = field(default_factory=dict)
    shell: str = "exec COMMAND"
    run: str = WORKS
    doctor: str = WORKS
    lint: str = WORKS
    is_bound: bool = False  # permissions are in the way of root, too: a user number without a name


NO_HOME = "set HOME, or set XDG_"
MACHINES = {
    "no HOME": Machine({"HOME": None}),
    "a HOME that does not exist": Machine({"HOME": "/nonexistent/home"}),
    "a HOME that cannot be written to": Machine(shell="chmod 500 $HOME; exec COMMAND", is_bound=True),
    "neither HOME nor a name": Machine(
        {"HOME": None, "XDG_DATA_HOME": None}, run=NO_HOME, doctor=NO_HOME, is_bound=True
    ),
    "a user number without a name": Machine(is_bound=True),
    "a cache that cannot be written to": Machine(
        shell="mkdir -p $XDG_CACHE_HOME; chmod 500 $XDG_CACHE_HOME; exec COMMAND",
        run="results cannot be kept there for later runs",
        doctor="cannot be written to (Permission denied)",
        is_bound=True,
    ),
    "a cache that is a file": Machine(
        shell="export XDG_CACHE_HOME=$PWD/talk.md; exec COMMAND",
        run="results cannot be kept there",
        doctor="cannot be written to",
    ),
    "no TMPDIR": Machine({"TMPDIR": "/nonexistent/tmp"}),
    "a TMPDIR that cannot be written to": Machine(shell="chmod 500 $TMPDIR; exec COMMAND", is_bound=True),
    "no locale": Machine({"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    "a locale that does not exist": Machine({"LANG": "xx_YY.koi8", "LC_ALL": None}),
    "no stdin": Machine(shell="exec COMMAND <&-"),
    "no PATH": Machine({"PATH": None}),
    "a working folder that is gone": Machine(
        shell="mkdir gone && cd gone && rmdir ../gone && exec COMMAND",
        run="change to another",
        doctor="change to another",
        lint="no such file; check the name and the current folder",
    ),
    "a working folder that may not be looked into": Machine(
        shell="mkdir shut && cd shut && chmod 0 ../shut && exec COMMAND",
        run="change to a folder of your own",
        doctor="change to a folder of your own",
        lint="Permission denied; check the path and its permissions",
        is_bound=True,
    ),
    "little memory": Machine(
        shell="ulimit -v 200000; exec COMMAND", run="too little memory", doctor="too little memory"
    ),
    "64 open files": Machine(shell="ulimit -n 64; exec COMMAND"),
    "10 open files": Machine(shell="ulimit -n 10; exec COMMAND", run="ulimit -n"),
    "small files only": Machine(shell="ulimit -f 1; exec COMMAND", run="ulimit -f"),
    "a small stack": Machine(shell="ulimit -s 256; exec COMMAND"),
    "one processor": Machine(shell="exec taskset -c 0 COMMAND"),
}
SPACES = {  # in a mount namespace of its own
    "a full TMPDIR": Machine(
        shell="mount -t tmpfs -o size=64k none $TMPDIR && head -c 60000 /dev/zero > $TMPDIR/full; COMMAND",
        run="free some space, or set TMPDIR",
        doctor="make room",
    ),
    "a root that cannot be written to": Machine(
        shell="mount --bind . . && mount -o remount,bind,ro / && cd $PWD && COMMAND",
        run="results cannot be kept there",
        doctor="cannot be written to (Read-only file system)",
    ),
    "nothing that can be written to": Machine(
        shell="for each in $(cut -d' ' -f2 /proc/mounts); do mount -o remount,bind,ro $each; done 2>&-; COMMAND",
        run="choose another folder",
        doctor="set TMPDIR",
    ),
    "no /proc": Machine(shell="mount -t tmpfs none /proc && COMMAND"),
    "no /sys": Machine(shell="mount -t tmpfs none /sys && COMMAND"),
}
NOBODY_KNOWN = ["unshare", "--user", "--map-user=23456", "--map-group=23456"]
OWN_MOUNTS = ["unshare", "--mount"]


def works(prefix: list[str]) -> bool:
    """Whether this system runs something so."""
    command = [*prefix, "-V" if len(prefix) == 1 else "true"]
    return bool(shutil.which(prefix[0])) and not subprocess.run(command, capture_output=True, check=False).returncode


def results(machine: Machine, command: str, folder: Path, prefix: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command on the machine, in a folder with a recording and a draft."""
    for name in ("work", "home", "tmp"):
        (folder / name).mkdir()
    shutil.copy(CLIPS / "short.mp3", folder / "work")
    (folder / "work" / "talk.md").write_text(DRAFT, encoding="utf-8")
    variables: dict[str, str | None] = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("TRANSCRIBE_", "XDG_"))},
        **UNREACHABLE,
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_DATA_HOME": str(folder / "data"),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        **machine.variables,
    }
    shell = machine.shell.replace("COMMAND", f"{sys.executable} {COMMANDS[command]}")
    return subprocess.run(
        [*prefix, "/bin/sh", "-c", shell],
        env={name: value for name, value in variables.items() if value is not None},
        cwd=folder / "work",
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )


def verify(machine: Machine, command: str, done: subprocess.CompletedProcess[str]) -> None:
    """It works, or says what it should in one line."""
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    assert "defect" not in said, said
    expected = {"run": machine.run, "doctor": machine.doctor, "lint": machine.lint}.get(command, WORKS)
    assert expected in said, said
    if command == "run" and done.returncode:
        assert expected, said
        assert len([line for line in done.stderr.splitlines() if line.startswith("Error: ")]) == 1, said
    elif command == "help" or not expected:
        assert done.returncode == 0, said
    if expected and command == "run":
        assert sum(expected in line for line in said.splitlines()) == 1, said


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", MACHINES)
def test_it_works_or_says_in_a_line_what_helps(name: str, command: str, tmp_path: Path) -> None:
    machine = MACHINES[name]
    if machine.is_bound and not works(NOBODY_KNOWN):
        pytest.skip("this system gives no user namespace")
    if "taskset" in machine.shell and not works(["taskset"]):
        pytest.skip("the program taskset is missing")
    verify(machine, command, results(machine, command, tmp_path, NOBODY_KNOWN if machine.is_bound else []))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", SPACES)
def test_it_works_or_says_what_helps_in_a_space_of_its_own(name: str, command: str, tmp_path: Path) -> None:
    if not works(OWN_MOUNTS):
        pytest.skip("this system gives no mount namespace")
    verify(SPACES[name], command, results(SPACES[name], command, tmp_path, OWN_MOUNTS))
