"""How the code uses the settings: each is read somewhere, and what a stage reads is in the key of its results."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from transcribe.recognition.engines import ENGINES
from transcribe.settings import Settings, Stage

FIELDS = {field.name: field for field in fields(Settings)}
DECLARED_IN = [ROOT / "transcribe" / name for name in ("settings.py", "style.py", "declaration.py")]
PRODUCT = sorted(path for top in ("audio", "transcribe", "output") for path in (ROOT / top).rglob("*.py"))
STAGES = ("recognition", "diarization", "speakers", "pipeline")  # packages whose results are cached
HOLDERS = {"settings", "_settings", "style", "_style", "recorded", "seen"}  # names of variables that hold settings
ONLY_SPEED = {name for name, field in FIELDS.items() if field.metadata["everywhere"]}


def reads(tree: ast.AST, holders: set[str]) -> Iterator[str]:
    """The attributes read of a variable or attribute with one of these names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Name, ast.Attribute)):
            holder = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if holder in holders:
                yield node.attr
        elif isinstance(node, ast.Attribute) and getattr(getattr(node.value, "func", None), "attr", "") == "seen_by":
            yield node.attr


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def properties() -> dict[str, set[str]]:
    """Property of `Settings` or `Style` → what it reads of the object."""
    functions = [node for path in DECLARED_IN for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef)]
    return {node.name: set(reads(node, {"self"})) for node in functions if not node.name.startswith("_")}


def settings_behind(names: set[str]) -> set[str]:
    """The settings that these attributes are, or are derived from."""
    derived = properties()
    while more := {name for known in names & derived.keys() for name in derived[known]} - names:
        names = names | more
    return names & FIELDS.keys()


def test_every_setting_is_read() -> None:
    names = {name for path in PRODUCT if path not in DECLARED_IN for name in reads(parsed(path), HOLDERS)}
    names |= {name for engine in ENGINES.values() for name in engine.settings}
    assert FIELDS.keys() - settings_behind(names) == set(), "these settings are declared, and nothing reads them"


@pytest.mark.parametrize("package", STAGES)
def test_a_setting_that_a_stage_reads_names_the_stage(package: str) -> None:
    names = {name for path in (ROOT / "transcribe" / package).rglob("*.py") for name in reads(parsed(path), HOLDERS)}
    for name in settings_behind(names) - ONLY_SPEED:
        stages = FIELDS[name].metadata["stages"] - {Stage.RENDER}  # no result of these packages depends on that one
        assert stages, f"{name}: declare the stages that read it, or old results are used"


def test_the_stages_read_settings_through_their_view_only() -> None:
    """Which raises for a setting that the stage did not declare; read past it, an old result would be used."""
    (real_stages,) = [
        node
        for node in parsed(ROOT / "transcribe" / "pipeline" / "stages.py").body
        if isinstance(node, ast.ClassDef) and node.name == "RealStages"
    ]
    assert set(reads(real_stages, {"_settings"})) & FIELDS.keys() <= settings_seen(real_stages) | ONLY_SPEED


def settings_seen(tree: ast.AST) -> set[str]:
    """What is read directly of `…seen_by(…)`."""
    calls = {id(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and id(node.value) in calls}


def test_a_setting_that_an_engine_takes_names_the_stage() -> None:
    for name in {name for engine in ENGINES.values() for name in engine.settings} - ONLY_SPEED:
        assert FIELDS[name].metadata["stages"], f"{name}: declare the stages that read it, or old results are used"
