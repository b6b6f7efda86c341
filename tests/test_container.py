"""The Dockerfile, as far as it can be held without a container engine: what it copies is there, and who runs what.

Its RUN lines were carried out by hand in an empty environment (docs/scale.md); that takes minutes.
"""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.support.paths import ROOT


def instructions() -> list[tuple[str, str]]:
    """Every instruction of the Dockerfile with its arguments, continuation lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    return found[max(number for number, (name, _) in enumerate(found) if name == "FROM") :]


def copied() -> list[str]:
    """The sources in the build's folder that COPY names."""
    of_context = [rest.split()[:-1] for name, rest in instructions() if name == "COPY" and "--from" not in rest]
    return [source for sources in of_context for source in sources if not source.startswith("--")]


def let_in() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("!") for line in lines if line.startswith("!")]


def test_whatever_is_copied_is_there_and_let_in_and_nothing_else() -> None:
    assert [source for source in copied() if not (ROOT / source).exists()] == []
    assert sorted(let_in()) == sorted(copied())
    assert "*" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_what_the_build_needs_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {project["project"]["readme"], *project["project"]["license-files"]}
    needed |= set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    needed |= set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"])
    assert needed <= set(copied())


def test_the_command_is_run_by_somebody_who_is_not_root() -> None:
    stage = dict(last_stage())
    user = stage["USER"]
    assert re.fullmatch(r"\d+:\d+", user)
    assert "0" not in user.split(":")
    assert stage["ENTRYPOINT"] == '["transcribe"]'
    assert stage["STOPSIGNAL"] == "SIGINT"


def test_extras_and_python_are_ones_there_are() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (extras,) = re.findall(r"'\.\[([a-z,]+)\]'", text)
    assert set(extras.split(",")) <= project["optional-dependencies"].keys()
    assert "openai" not in extras.split(","), "torch has gigabytes"
    (python,) = re.findall(r"^ARG PYTHON=(\S+)", text, re.M)
    assert project["requires-python"] == ">=3.11"
    assert tuple(map(int, python.split("."))) >= (3, 11)


@pytest.mark.parametrize("stage", ["models get", "run short.mp3", "cache clear"])
def test_the_models_are_made_at_build_time_where_they_are_looked_for_later(stage: str) -> None:
    runs = " ".join(rest for name, rest in instructions() if name == "RUN")
    assert f"transcribe {stage}" in runs
    folders = re.findall(r"XDG_CACHE_HOME=(\S+)", " ".join(rest for name, rest in instructions() if name == "ENV"))
    assert len(folders) == 2
    assert len(set(folders)) == 1
