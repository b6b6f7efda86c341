"""Who may import whom, as docs/architecture.md says; and what `transcribe --help` may not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PACKAGES = ("audio", "transcribe", "output")
MAY_IMPORT_OUTPUT = {"batch", "check", "cli", "commands", "cut", "editor", "plan", "references", "results"}
STAGES = ("transcribe.pipeline", "transcribe.realign", "transcribe.config")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}


def imports(path: Path) -> set[str]:
    """Every module of ours that a file imports, at its top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found |= {f"{module}.{a.name}" if f"{module}.{a.name}" in MODULES else module for a in node.names}
    return {name for name in found if name.split(".")[0] in PACKAGES}


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("audio")])
def test_audio_knows_nothing_of_speech(module: str) -> None:
    assert {name.split(".")[0] for name in imports(MODULES[module])} <= {"audio"}


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("output")])
def test_output_reads_transcripts_and_nothing_else_of_transcribe(module: str) -> None:
    ours = {name for name in imports(MODULES[module]) if name.startswith("transcribe")}
    assert ours <= {"transcribe.transcript"}


def reached_from(*rooms: str) -> set[str]:
    """Every module of ours that is imported by these, or by what they import."""
    reached: set[str] = set()
    waiting = list(rooms)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += imports(MODULES[name]) & set(MODULES)
    return reached


def test_the_stages_know_nothing_of_drafts_and_nothing_of_those_above_them() -> None:
    reached = reached_from(*STAGES)
    assert "transcribe.recognize" in reached
    assert not {name for name in reached if name.startswith("output")}
    assert not reached & {"transcribe.batch", "transcribe.results", "transcribe.check", "transcribe.score"}


@pytest.mark.parametrize(
    "module",
    [f"transcribe.{name}" for name in ("attribute", "transcript", "names", "name_clues", "name_forms", "name_doubts")],
)
def test_pure_rooms_stand_on_values_alone(module: str) -> None:
    values = {"transcribe.transcript", "transcribe.errors", "audio.episode", "transcribe.name_clues"}
    values |= {"transcribe.transcript_json", "transcribe.name_forms", "transcribe.name_doubts"}
    assert imports(MODULES[module]) <= values


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("transcribe.")])
def test_only_the_top_rooms_know_of_drafts(module: str) -> None:
    if module.split(".")[1] not in MAY_IMPORT_OUTPUT:
        assert not {name for name in imports(MODULES[module]) if name.startswith("output")}


def is_command_line(module: str) -> bool:
    return module == "transcribe.cli" or module.split(".")[:2] == ["transcribe", "commands"]


def test_nothing_imports_the_command_line() -> None:
    for name, path in MODULES.items():
        if not is_command_line(name):
            assert not [other for other in imports(path) if is_command_line(other)], name


def test_no_import_goes_round_in_circles() -> None:
    graph = {name: imports(path) & set(MODULES) for name, path in MODULES.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join((*trail, name))
        if name not in done:
            for other in graph[name] - {name}:
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_help_loads_nothing_heavy() -> None:
    heavy = "{'torch', 'numpy', 'faster_whisper', 'whisper', 'ctranslate2', 'onnxruntime', 'scipy', 'pydub', 'tqdm'}"
    code = (
        "import sys\nfrom transcribe.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"sys.exit(', '.join(sorted({heavy} & set(sys.modules))) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"loaded: {result.stderr}"
    assert "Usage: transcribe" in result.stdout
