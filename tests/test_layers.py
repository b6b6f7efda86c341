"""The order of the packages, as docs/architecture.md draws it: who may import whom, and that every file has a place."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

# Package → the packages it may import, lowest first. `values` are the modules directly in transcribe/.
ORDER: dict[str, set[str]] = {
    "audio": set(),
    "audio.structure": {"audio"},
    "audio.decoding": {"audio", "audio.structure"},
    "audio.net": {"audio"},
    "audio.sources": {"audio", "audio.structure", "audio.net"},
    "audio.fetching": {"audio", "audio.net", "audio.sources"},
    "values": {"audio", "audio.net"},
    "config": {"audio", "values"},
    "output": {"audio", "audio.net", "audio.fetching", "values"},
    "weights": {"audio", "values"},
    "readers": {"audio", "values", "output"},
    "recognition": {"audio", "audio.decoding", "values", "config", "weights"},
    "diarization": {"audio", "audio.decoding", "values", "weights"},
    "alignment": {"audio", "values"},
    "speakers": {"audio", "audio.decoding", "values", "diarization"},
    "tracks": {"audio", "audio.decoding", "values"},
    "pipeline": {"audio", "audio.decoding", "values", "weights", "recognition", "diarization", "speakers", "tracks"},
    "workers": {"audio", "values", "speakers", "pipeline"},
    "drafts": {
        *("audio", "audio.decoding", "values", "output", "readers"),
        *("recognition", "alignment", "speakers", "pipeline"),
    },
    "editor": {"audio", "audio.decoding", "values", "output", "alignment", "drafts"},
    "evaluation": {
        *("audio", "audio.decoding", "values", "config", "output", "readers", "speakers", "pipeline", "drafts"),
    },
    "batch": {
        *("audio", "audio.decoding", "audio.net", "audio.sources", "audio.fetching"),
        *("values", "config", "output", "recognition", "speakers", "tracks", "pipeline", "workers", "drafts"),
    },
    "posts": {
        *("audio", "audio.decoding", "audio.sources", "values", "output", "readers", "recognition", "alignment"),
        *("pipeline", "workers", "drafts", "batch"),
    },
    "diagnosis": {
        *("audio", "audio.decoding", "audio.net", "values", "config", "weights"),
        *("recognition", "diarization", "workers"),
    },
    "cli": {
        *("audio", "audio.decoding", "audio.net", "audio.sources", "audio.fetching"),
        *("values", "output", "weights", "readers", "recognition", "diarization", "speakers", "pipeline", "workers"),
        *("config", "drafts", "editor", "evaluation", "batch", "posts", "diagnosis"),
    },
}
TOPS = ("audio", "transcribe", "output")
FOLDERS = {package for package in ORDER if "." not in package} - {"audio", "values", "output"}  # in transcribe/
VALUES = {
    *("declaration", "errors", "parallel", "person_names", "settings"),
    *("scripts", "style", "terminal", "transcript", "transcript_json", "transcript_warnings", "units"),
}
AUDIO = {
    "disk",
    "encodings",
    "episode",
    "errors",
    "fingerprint",
    "intervals",
    "letters",
    "media",
    "progress",
    "program",
    "scratch",
    "shortage",
    "trust",
}
OUTPUT_READS = {f"transcribe.{name}" for name in ("transcript", "person_names", "scripts", "style")}
PURE = {
    *(
        "audio.intervals",
        "audio.letters",
        "transcribe.person_names",
        "transcribe.scripts",
        "transcribe.diarization.viterbi",
    ),
    *(f"transcribe.speakers.{name}" for name in ("attribution", "addressees", "host_conduct", "known_names", "naming")),
    "transcribe.speakers.self_answers",
    *(f"transcribe.speakers.name_{name}" for name in ("certainty", "choice", "clues", "patterns", "words")),
    *(f"transcribe.speakers.{name}" for name in ("published_names", "reported_speech", "speaker_labels")),
    *(
        f"transcribe.alignment.{name}"
        for name in (
            "interpolation",
            "merge3",
            "moved_items",
            "moves",
            "passages",
            "realign",
            "replacements",
            "same_people",
            "text_diff",
            "tokens",
            "turn_pairing",
            "unspoken",
        )
    ),
}
PURE_READS = {"audio.episode", "transcribe.transcript", "transcribe.transcript_json", "transcribe.transcript_warnings"}
LARGEST_MODULE = 300  # lines
MOST_VALUES = 13  # files directly in transcribe/


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for top in TOPS for path in sorted((ROOT / top).rglob("*.py"))}


def package_of(module: str) -> str:
    """The row of `ORDER` a module belongs to. Raises `KeyError` for a module that belongs nowhere."""
    top, *rest = module.split(".")
    if top == "output":
        return "output"
    if top == "audio":
        inner = f"audio.{rest[0]}" if rest else ""
        if inner in ORDER:
            return inner
        if not rest or (rest[0] in AUDIO and len(rest) < 2):
            return "audio"
    elif rest and rest[0] in FOLDERS:
        return rest[0]
    elif not rest or (rest[0] in VALUES and len(rest) < 2):
        return "values"
    raise KeyError(f"{module} is in no package of the order")


def imports(source: str, *, types: bool = True) -> set[str]:
    """Every module of ours that a file imports, at its top or inside a function; with or without those for types."""
    found: set[str] = set()
    for node in nodes(ast.parse(source), types=types):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            module = node.module or ""
            found |= {f"{module}.{a.name}" if f"{module}.{a.name}" in MODULES else module for a in node.names}
    return {name for name in found if name.split(".")[0] in TOPS}


def nodes(node: ast.AST, *, types: bool) -> Iterator[ast.AST]:
    yield node
    is_for_types = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    if types or not is_for_types:
        for child in ast.iter_child_nodes(node):
            yield from nodes(child, types=types)


def named_in_strings(source: str) -> set[str]:
    """The modules of ours that strings of a file name, such as those in a registry: `output.captions`."""
    strings = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    names = {text for text in strings if isinstance(text, str) and re.fullmatch(r"\w+(\.\w+)+(:\w+)?", text)}
    return {module for name in names if (module := longest_module(name.partition(":")[0]))}


def longest_module(name: str) -> str:
    """The module of ours that a dotted name begins with; empty if it is none of ours."""
    while "." in name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name if "." in name else ""


def forbidden(module: str, source: str) -> set[str]:
    """What a module with this source imports, or names in a string, against the order."""
    own = package_of(module)
    others = {other: package_of(other) for other in imports(source) | named_in_strings(source)}
    return {
        other
        for other, package in others.items()
        if package not in {own, *ORDER[own]} or (own == "output" and package == "values" and other not in OUTPUT_READS)
    }


def source_of(module: str) -> str:
    return MODULES[module].read_text(encoding="utf-8")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_lies_below_it(module: str) -> None:
    assert not forbidden(module, source_of(module))


@pytest.mark.parametrize(
    ("module", "source", "other"),
    [
        ("transcribe.alignment.tokens", "import transcribe.drafts.sync", "transcribe.drafts.sync"),
        ("transcribe.alignment.tokens", "def f():\n    from audio.net import http", "audio.net.http"),
        ("transcribe.recognition.reader", "from audio.fetching.fetch import fetch", "audio.fetching.fetch"),
        ("output.formats", "WRITER = ('.x', 'transcribe.drafts.sync')", "transcribe.drafts.sync"),
        ("audio.disk", "load('transcribe.settings:Settings')", "transcribe.settings"),
        ("output.formats", "import transcribe.settings", "transcribe.settings"),
    ],
)
def test_an_import_against_the_order_is_refused(module: str, source: str, other: str) -> None:
    assert forbidden(module, source) == {other}


def test_a_row_names_only_packages_in_use() -> None:
    for package, below in ORDER.items():
        used = {
            package_of(other) for name in MODULES if package_of(name) == package for other in imports(source_of(name))
        }
        assert used - {package} == below, package


@pytest.mark.parametrize("module", sorted(PURE))
def test_a_pure_module_imports_only_values_and_other_pure_modules(module: str) -> None:
    """Except for types. Their tests need no audio, no model and no file."""
    assert imports(source_of(module), types=False) <= PURE | PURE_READS


def test_every_module_of_alignment_is_pure() -> None:
    assert {name for name in MODULES if name.startswith("transcribe.alignment.")} <= PURE


def test_code_is_in_the_packages_of_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == sorted(TOPS)
    folders = {path.relative_to(ROOT).parts[0] for path in ROOT.glob("[!.]*/*.py")}
    assert folders == {*TOPS, "benchmarks", "docs", "tests"}


def test_every_module_is_in_use() -> None:
    """Imported by another, or named by a registry: a format or an engine without its entry is found here."""
    used = {other for name in MODULES for other in imports(source_of(name)) | named_in_strings(source_of(name))}
    modules = {name for name, path in MODULES.items() if path.name != "__init__.py"}
    assert modules - used == {"transcribe.cli.start"}, "add them to the registry they are for"


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
    assert len(source_of(module).splitlines()) <= LARGEST_MODULE


def test_few_files_are_outside_a_package() -> None:
    assert len([module for module in MODULES if package_of(module) == "values"]) <= MOST_VALUES


def test_no_import_goes_round_in_circles() -> None:
    graph = {name: imports(source_of(name)) & set(MODULES) for name in MODULES}
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
    inside = ("stray", "stray.module", "audio.module", "audio", "output.module", "values.module")
    for stray in (
        *(f"transcribe.{name}" for name in inside),
        "transcribe.transcribe",
        "audio.stray",
        "audio.stray.module",
    ):
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
