"""The order of the packages, as docs/architecture.md draws it: who may import whom, and that every file has a place."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

# Package → the packages it may import, lowest first. `values` are the modules directly in transcribe/.
ORDER: dict[str, set[str]] = {
    "audio": set(),
    "audio.decoding": {"audio"},
    "audio.net": {"audio"},
    "audio.sources": {"audio", "audio.net"},
    "audio.fetching": {"audio", "audio.net", "audio.sources"},
    "values": {"audio"},
    "output": {"audio", "values"},
    "recognition": {"audio", "values"},
    "diarization": {"audio", "values"},
    "alignment": {"audio", "values"},
    "speakers": {"audio", "values", "diarization"},
    "pipeline": {"audio", "values", "recognition", "diarization", "speakers"},
    "workers": {"audio", "values", "speakers", "pipeline"},
    "drafts": {"audio", "values", "output", "recognition", "alignment", "speakers", "pipeline"},
    "editor": {"audio", "values", "output", "alignment", "drafts"},
    "evaluation": {"audio", "values", "output", "speakers", "pipeline", "drafts"},
    "batch": {"audio", "values", "output", "recognition", "speakers", "pipeline", "workers", "drafts"},
    "cli": {
        *("audio", "values", "output", "recognition", "diarization", "alignment", "speakers", "pipeline"),
        *("workers", "drafts", "editor", "evaluation", "batch"),
    },
}
VALUES = {
    *("transcribe", "config", "declaration", "errors", "parallel", "person_names", "settings"),
    *("shows", "style", "terminal", "transcript", "transcript_json", "transcript_warnings", "units"),
}
AUDIO = {"audio", "disk", "episode", "errors", "media", "progress"}
OUTPUT_READS = {"transcribe.transcript", "transcribe.person_names", "transcribe.style"}  # transcripts and their style
LARGEST_MODULE = 300  # lines
MOST_VALUES = 14  # files directly in transcribe/


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    module_name(path): path for top in ("audio", "transcribe", "output") for path in sorted((ROOT / top).rglob("*.py"))
}


def package_of(module: str) -> str:
    """The row of `ORDER` a module belongs to. Raises `KeyError` for a module that belongs nowhere."""
    top, *rest = module.split(".")
    if top == "output":
        return "output"
    if top == "audio":
        inner = f"audio.{rest[0]}" if rest else ""
        if inner in ORDER:
            return inner
        if module.rpartition(".")[2] in AUDIO and len(rest) < 2:
            return "audio"
    elif rest and rest[0] in ORDER and "." not in rest[0]:
        return rest[0]
    elif module.rpartition(".")[2] in VALUES and len(rest) < 2:
        return "values"
    raise KeyError(f"{module} is in no package of the order")


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
    return {name for name in found if name.split(".")[0] in ("audio", "transcribe", "output")}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_lies_below_it(module: str) -> None:
    own = package_of(module)
    for other in imports(MODULES[module]):
        package = package_of(other)
        allowed = package in {own, *ORDER[own]} or (package.startswith("audio.") and not own.startswith("audio"))
        assert allowed, f"{module} imports {other}"
        if own == "output" and package == "values":
            assert other in OUTPUT_READS, f"{module} imports {other}"


def test_the_order_is_one() -> None:
    """A row names only rows above it, so that no two packages can need each other."""
    seen: set[str] = set()
    for package, below in ORDER.items():
        assert below <= seen, package
        seen.add(package)


def test_the_page_on_architecture_has_the_same_packages_in_the_same_order() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (.*?) \|", page, re.M)
    packages = [package for package in ORDER if not package.startswith("audio.")]
    named = {"audio": "audio/", "values": "transcribe/*.py", "output": "output/"}
    assert [row for row, _ in rows] == [named.get(package, f"transcribe/{package}/") for package in packages]
    inside_audio = [package.removeprefix("audio.") for package in ORDER if package.startswith("audio.")]
    assert re.findall(r"`(\w+)/`", rows[0][1]) == inside_audio


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_short(module: str) -> None:
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= LARGEST_MODULE


def test_few_files_are_outside_a_package() -> None:
    assert len([module for module in MODULES if package_of(module) == "values"]) <= MOST_VALUES


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


def test_a_file_in_no_package_is_refused() -> None:
    for stray in ("transcribe.stray", "transcribe.stray.module", "audio.stray", "audio.stray.module"):
        with pytest.raises(KeyError, match=stray):
            package_of(stray)


@pytest.mark.processes
def test_help_loads_nothing_heavy() -> None:
    heavy = "{'torch', 'numpy', 'faster_whisper', 'whisper', 'ctranslate2', 'onnxruntime', 'scipy', 'pydub', 'tqdm'}"
    code = (
        "import sys\nfrom transcribe.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"sys.exit(', '.join(sorted({heavy} & set(sys.modules))) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"loaded: {result.stderr}"
    assert "Usage: transcribe" in result.stdout
