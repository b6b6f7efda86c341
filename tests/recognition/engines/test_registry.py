"""Every registered engine satisfies the protocol, without loading its libraries; every engine is registered."""

from __future__ import annotations

import ast
import inspect
from dataclasses import fields
from importlib import import_module

import pytest

from tests.support.paths import ROOT
from transcribe.recognition.engines import ENGINES
from transcribe.recognition.engines.protocol import Recognizer
from transcribe.settings import Settings

FOLDER = ROOT / "transcribe" / "recognition" / "engines"
METHODS = ("recognize", "detect_language")


def engine_class(name: str) -> type:
    found = getattr(import_module(ENGINES[name].module), ENGINES[name].name)
    assert isinstance(found, type), f"ENGINES[{name!r}] names no class"
    return found


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_has_the_methods_of_the_protocol(name: str) -> None:
    engine = engine_class(name)
    assert isinstance(inspect.getattr_static(engine, "languages", None), property), f"{name}: no property languages"
    for method in METHODS:
        assert hasattr(engine, method), f"{name}: no method {method}"
        wanted = inspect.signature(getattr(Recognizer, method)).parameters.values()
        given = inspect.signature(getattr(engine, method)).parameters
        for parameter in wanted:
            assert parameter.name in given, f"{name}.{method}: no parameter {parameter.name}"
            same = (given[parameter.name].kind, given[parameter.name].default)
            assert same == (parameter.kind, parameter.default), (
                f"{name}.{method}: {parameter.name} is another parameter"
            )


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_is_made_of_a_models_files_and_the_settings_it_registers(name: str) -> None:
    settings = ENGINES[name].settings
    assert set(settings) <= {field.name for field in fields(Settings)}, f"ENGINES[{name!r}] names an unknown setting"
    inspect.signature(engine_class(name)).bind(object(), **dict.fromkeys(settings))


def test_every_engine_in_the_folder_is_registered() -> None:
    registered = {engine.module.rpartition(".")[2] for engine in ENGINES.values()}
    for path in FOLDER.glob("*.py"):
        classes = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)]
        defined = {item.name for node in classes for item in node.body if isinstance(item, ast.FunctionDef)}
        if path.stem != "protocol" and "recognize" in defined:
            assert path.stem in registered, f"add {path.name} to ENGINES in engines/__init__.py"
