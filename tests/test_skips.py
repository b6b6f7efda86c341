"""A test skips for what `make test` cannot install: a platform, a privilege, a tool of the system, the shared corpus.

Python packages and weights are no reason: the extra `dev` has the packages, and a test that needs weights gets them. A
missing one is a failure, or a test could stop running without a word.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

FORGIVING = ("skip", "skipif", "xfail", "importorskip")
FILES = sorted((ROOT / "tests").rglob("*.py"))


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """The calls of pytest that skip or forgive, by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FORGIVING:
            yield node.func.attr, node


def reason_of(name: str, call: ast.Call) -> str:
    texts = [each.value for each in call.keywords if each.arg == "reason"] or call.args[name == "skipif" :]
    return "".join(str(part.value) for text in texts for part in ast.walk(text) if isinstance(part, ast.Constant))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_skip_says_what_is_missing_and_hides_no_failure(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    handled = {id(call) for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) for _, call in calls(node)}
    for name, call in calls(tree):
        place = f"line {call.lineno}: {name}"
        assert name not in ("importorskip", "xfail"), place
        assert len(reason_of(name, call).split()) >= 3, f"{place}: give a reason in words"
        assert id(call) not in handled, f"{place}: an exception is a failure, not something missing"
