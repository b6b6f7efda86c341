"""Drafts are linted, parsed, rendered, synchronised, exported, merged and learnt from with the packages of
requirements/drafts.txt alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Collection
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from output.formats import FORMATS, file_name, write
from tests.support.paths import CASES, CLIPS, ROOT
from tests.support.transcripts import transcript
from transcribe.cli.main import cli

LIST = ROOT / "requirements" / "drafts.txt"
LISTED = tuple(
    re.split(r"[<>=~;]", line)[0].strip()
    for line in LIST.read_text(encoding="utf-8").splitlines()
    if not line.startswith("#") and "win32" not in line
)
EXPORTED = [name for name in FORMATS if name not in ("md", "json")]  # those two are there already

DRAFTS = [
    ["lint", "talk.md"],
    ["lint", "--fix", "untidy.md"],
    ["parse", "talk.md"],
    ["sync", "talk.md"],
    ["learn", "talk.md", "--yes"],
    *(["render", "talk.json", "-f", name] for name in FORMATS if name != "docx"),  # a docx has dates: it is exported
    ["export", "talk.md", "-f", ",".join(EXPORTED)],
    *([command, f"{path.stem}.md"] for path in sorted(CASES.glob("*.md")) for command in ("parse", "render")),
    ["merge", "again.md", "again.new.md"],
]
OTHERS = [
    ["run", "short.mp3"],
    ["run", "short.mp3", "--dry-run"],
    ["list", "short.mp3"],
    ["align", "talk.md", "short.mp3"],
    ["fetch", "https://127.0.0.1/a.mp3"],
    ["edit", "talk.md"],
    ["learn", "talk.md", "--voices", "--yes"],
    ["check", "."],
    ["score", "talk.ref.txt", "talk.md"],
    ["clip", "short.mp3", "--from", "0", "--to", "5", "-o", "clips"],
    ["models", "list"],
    ["models", "get"],
    ["voices", "add", "Ada", "short.mp3"],
]

ONLY = """
import json, os, sys

class Only:  # finds what a finder finds, if it is of the standard library, turnscript's, or one of these
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        known = {*sys.stdlib_module_names, "audio", "output", "transcribe", *json.loads(os.environ["ONLY"])}
        return self.finder.find_spec(name, path, target) if name.partition(".")[0] in known else None

sys.meta_path[:] = map(Only, sys.meta_path)
"""
EACH = """
import contextlib, io, json, sys
from transcribe.cli.main import main
seen = []
for args in json.loads(sys.argv[1]):
    out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(args)
        except SystemExit as ending:
            code = ending.code
        out.flush()
    seen.append([code, out.buffer.getvalue().decode(), err.getvalue()])
print(json.dumps(seen))
"""


def test_the_list_begins_where_the_ranges_of_the_whole_program_begin() -> None:
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    lines = LIST.read_text(encoding="utf-8").splitlines()
    ours = {line.split(",")[0] for line in lines if ">=" in line and "# for" not in line}
    assert len(ours) == 6
    assert ours <= set(whole)
    assert all(re.match(r"[\w-]+>=[\d.]+,<\d+", line) for line in lines if ">=" in line)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An edited draft with its timed transcript, a draft that `lint --fix` changes, the golden drafts, a recording."""
    made = transcript(("S1", "Hello Bob, it is good to have you."), ("S2", "Thank you Ada."), ("S1", "How was it?"))
    for name, content in (("talk.md", write(made, "md")), ("talk.json", write(made, "json"))):
        (tmp_path / name).write_text(str(content).replace("Thank you Ada.", "Many thanks, Ada."), encoding="utf-8")
    (tmp_path / "talk.json").write_text(str(write(made, "json")), encoding="utf-8")
    for name in ("md", "json"):
        for stem in ("again", "again.new"):
            (tmp_path / f"{stem}.{name}").write_text(str(write(made, name)), encoding="utf-8")
    (tmp_path / "untidy.md").write_text("---\ntitle: A talk\n---\n\n**Ada**: Who?\n\n**Bob:**I.\n", encoding="utf-8")
    (tmp_path / "talk.ref.txt").write_text("Ada: Hello.\n", encoding="utf-8")
    for path in (*CASES.glob("*.md"), CLIPS / "short.mp3"):
        shutil.copy(path, tmp_path)
    for suffix in (".md", ".json"):
        shutil.copy(tmp_path / f"talk{suffix}", tmp_path / f"short{suffix}")
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TRANSCRIBE_", "GITHUB_"))}
    for name in ("PYTHONPATH", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        own.pop(name, None)
    return own | {"HOME": str(folder / "home")}


def results(
    commands: list[list[str]], *, folder: Path, distributions: Collection[str] | None
) -> list[tuple[int, str, str]]:
    """Exit code, stdout and stderr of each command where only these distributions are installed; None: everything.

    Empty if the command line itself cannot be imported.
    """
    site = folder.with_name(folder.name + "-site")
    site.mkdir(exist_ok=True)
    modules = [
        module
        for module, names in packages_distributions().items()
        if {name.lower().replace("_", "-") for name in names} & set(distributions or ())
    ]
    (site / "sitecustomize.py").write_text("" if distributions is None else ONLY)
    own = environment(folder) | {"ONLY": json.dumps(modules), "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}
    command = [sys.executable, "-c", EACH, json.dumps(commands)]
    done = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)
    return [] if done.returncode else [(code, out, err) for code, out, err in json.loads(done.stdout)]


@pytest.mark.processes
def test_the_listed_packages_give_what_all_packages_give(folder: Path, tmp_path: Path) -> None:
    other = tmp_path.with_name(tmp_path.name + "-with-all")
    shutil.copytree(folder, other)
    seen = results(DRAFTS, folder=folder, distributions=LISTED)
    assert [code for code, _, _ in seen] == [0] * len(DRAFTS), seen
    assert seen == results(DRAFTS, folder=other, distributions=None)
    assert all((folder / file_name("talk", name)).stat().st_size for name in EXPORTED)
    assert "Many thanks" in (folder / "talk.vtt").read_text(encoding="utf-8")
    assert "\n\n**Bob**: I." in (folder / "untidy.md").read_text(encoding="utf-8")


@pytest.mark.processes
@pytest.mark.parametrize("package", LISTED)
def test_each_listed_package_is_needed(folder: Path, package: str) -> None:
    seen = results(DRAFTS, folder=folder, distributions=[name for name in LISTED if name != package])
    assert [code for code, _, _ in seen] != [0] * len(DRAFTS)


@pytest.mark.processes
def test_other_commands_say_in_one_line_what_to_install(folder: Path) -> None:
    assert {args[0] for args in OTHERS} | {args[0] for args in DRAFTS} | {
        "cache",
        "completion",
        "doctor",
    } == set(cli.commands)
    seen = results(OTHERS, folder=folder, distributions=LISTED)
    assert len(seen) == len(OTHERS)
    for args, (code, _, err) in zip(OTHERS, seen, strict=True):
        assert code == 2, args
        assert re.fullmatch(r"(nothing to add .*\n)?Error: .*needs .*pip install .*\n", err), (args, err)


@pytest.mark.processes
def test_doctor_runs_and_names_what_is_missing(folder: Path) -> None:
    ((code, out, err),) = results([["doctor", "--offline"]], folder=folder, distributions=LISTED)
    assert code == 1
    assert "numpy is not installed" in out
    assert "pip install " in out
    assert "Traceback" not in err
    assert "report it" not in out


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with turnscript, installed as pre-commit does."""
    folder = tmp_path_factory.mktemp("installed") / "env"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip"]
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (words,) = {tuple(hook["additional_dependencies"]) for hook in hooks}
    subprocess.run([*pip, "install", ".", *words], cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.mark.processes
@pytest.mark.slow
def test_a_small_environment_is_enough(installed: Path, folder: Path) -> None:
    files = [path for path in installed.rglob("*") if path.is_file() and not path.is_symlink()]
    assert sum(path.stat().st_size for path in files) < 100e6
    for args in [*DRAFTS, *OTHERS]:
        command = [str(installed / "bin" / "transcribe"), *args]
        done = subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, check=False)
        assert done.returncode == (2 if args in OTHERS else 0), (args, done.stderr)
        assert (b"pip install" in done.stderr) == (args in OTHERS), (args, done.stderr)
        assert b"Traceback" not in done.stderr
    assert all((folder / file_name("talk", name)).stat().st_size for name in EXPORTED)
