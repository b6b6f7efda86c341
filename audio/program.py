"""How this program, and the installer of its environment, are started: for messages that advise a command.

The law: what a message advises can be typed where it is read. After `make run` of a fresh clone the program is not on
the PATH; then messages have it as it was started, `.venv/bin/transcribe`. This is the one place that says so.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from functools import cache
from pathlib import Path

_NAME = "transcribe"
_ROOT = Path(__file__).parents[1]  # of a checkout, or of where packages are installed


def program() -> str:
    """What to type for this program: `transcribe` if that starts it, else the path by which it was started; quoted for
    a shell."""
    return program_as_started(sys.argv[0] if sys.argv else "", os.environ.get("PATH"))


@cache
def program_as_started(started: str, path: str | None) -> str:
    """`program` for the first argument of a process, and the folders in which commands are looked for. Only the console
    script has the program's name; whoever uses the packages otherwise gets that name."""
    if Path(started).stem != _NAME:
        return _NAME
    found = shutil.which(_NAME, path=path)
    return _NAME if found is not None and _is_same(found, started) else shlex.quote(started)


def installing(extra: str = "") -> str:
    """How to install turnscript, or one of its extras, for a message about something that is not installed: with the
    pip of this environment, and from the checkout, if it runs from one."""
    what = f"[{extra}]" if extra else ""
    if (_ROOT / "pyproject.toml").is_file():
        where = "." if _is_same(_ROOT, Path.cwd()) else str(_ROOT)
        return f"{_pip()} install --editable {_quoted(where + what)}"
    from_here = f"{_pip()} install {_quoted('.' + what)}"
    return f"{_pip()} install {_quoted('turnscript' + what)} (in a checkout: {from_here})"


def _pip() -> str:
    """What to type for the pip of this environment; quoted for a shell."""
    found = shutil.which("pip")
    if not sys.executable or (found is not None and _is_same(Path(found).parent, Path(sys.executable).parent)):
        return "pip"
    python, here = Path(sys.executable), Path.cwd()
    shown = python.relative_to(here) if python.is_relative_to(here) else python
    return f"{shlex.quote(str(shown))} -m pip"


def _quoted(what: str) -> str:
    """As one argument in a shell: `[` is a pattern in some."""
    return f"'{what}'" if what.isprintable() and "'" not in what and "[" in what else shlex.quote(what)


def _is_same(one: str | Path, other: str | Path) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:
        return False
