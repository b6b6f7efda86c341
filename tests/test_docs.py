"""The documentation and the program: every command, option, make target and relative link exists."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from pathlib import Path
from types import ModuleType

import click
import pytest

from tests.support.command_line import Run
from tests.support.paths import ROOT
from tests.support.scripted_stages import tone
from transcribe.cli.main import cli

PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "tests/clips/README.md",
    ROOT / "docs/example-site/README.md",
]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def command_lines(page: Path) -> list[str]:
    """Lines of fenced blocks and inline code that call the program."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    fenced = [line for block in re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S) for line in block.splitlines()]
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    lines = [line.strip().removeprefix("$ ").removeprefix(".venv/bin/") for line in (*fenced, *inline)]
    return [line for line in lines if re.match(r"transcribe( |$)", line)]


def check(line: str) -> None:
    """Raises `AssertionError` where the line names a command or an option the program lacks."""
    tokens = shlex.split(line.split(" #")[0].split("|")[0].split(" && ")[0].split(";")[0].split(" > ")[0])[1:]
    command: click.Command = cli
    while tokens and isinstance(command, click.Group) and tokens[0] in command.commands:
        command = command.commands[tokens.pop(0)]
    if isinstance(command, click.Group) and tokens and not tokens[0].startswith("-"):
        assert set(tokens[0].split("|")) <= set(command.commands), f"{line!r}: no such command"
    known = {"-h", "--help"} | {flag for parameter in command.params for flag in parameter.opts}
    given = {token.split("=")[0] for token in tokens if re.match(r"--?[a-z]", token)}
    assert given <= known, f"{line!r}: no such option: {', '.join(given - known)}"


def test_the_documented_report_has_the_keys_of_a_report(run: Run, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "batches.md").read_text(encoding="utf-8")
    (sample,) = re.findall(r"^```json\n(\{\"schema\".*?)^```", page, re.M | re.S)
    tone(tmp_path / "a.wav")
    run("run", "a.wav")
    shown, real = json.loads(sample), json.loads((tmp_path / "transcripts/.turnscript/report.json").read_bytes())
    assert list(shown) == list(real)
    assert list(shown["episodes"][0]) == list(real["episodes"][0])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_documented_command_line_is_valid(page: Path) -> None:
    for line in command_lines(page):
        if not line.startswith(("transcribe.toml", "transcribe/")):
            check(line)


def test_the_check_rejects_unknown_commands_and_options() -> None:
    check('transcribe run a.mp3 --speakers "Rich,Haikel" -o out')
    with pytest.raises(AssertionError, match="no such option: --speeches"):
        check("transcribe run a.mp3 --speeches 2")
    with pytest.raises(AssertionError, match="no such command"):
        check("transcribe ran a.mp3")


def test_the_page_of_commands_is_up_to_date() -> None:
    module = generator()
    assert module.PAGE.read_text(encoding="utf-8") == module.page(), "run `make docs`"
    assert module.MANUAL.read_text(encoding="utf-8") == module.manual(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_make_target_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", prose):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"\bmake ([a-z]+)`", text)) <= targets


def test_every_lint_rule_is_documented() -> None:
    from output.lint import RULES

    page = (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z]\d{1,2}) \| (.*) \| (✓?) ?\|$", page, re.M)
    assert [(code, bool(tick), "only if selected" not in text) for code, text, tick in rows] == [
        (code, rule.fix is not None, rule.is_default) for code, rule in RULES.items()
    ]


def test_the_page_on_fetching_states_the_limits_in_force() -> None:
    from audio.net.http import Limits

    page = " ".join((ROOT / "docs" / "fetching.md").read_text(encoding="utf-8").split())
    limits = Limits()
    for statement in (
        f"below {limits.min_bytes_per_second:,} bytes a second for a minute",
        f"files over {limits.max_bytes >> 30} GiB, feeds and pages over {limits.max_document_bytes >> 20} MiB",
        "more than ten redirects",
        "a feed or a page that takes ten minutes, and a recording that takes a day with all attempts",
        "six times in a row",
        "(`Retry-After`) is respected up to two minutes",
        "At most four downloads run at the same time, two from one host",
    ):
        assert statement in page
    assert (limits.slow_timeout, limits.max_redirects, limits.max_attempts, limits.max_retry_after) == (60, 10, 6, 120)
    assert (limits.parallel, limits.per_host) == (4, 2)
    assert (limits.max_document_time, limits.max_time) == (600, 86_400)


def test_the_page_on_fetching_states_the_limits_on_a_recording() -> None:
    import inspect

    from audio.decoding.decode import MAX_DURATION, decode
    from audio.decoding.ffmpeg import probe_command

    page = " ".join((ROOT / "docs" / "fetching.md").read_text(encoding="utf-8").split())
    command = probe_command(ROOT / "a.mp3")
    n_pixels = int(command[command.index("-max_pixels") + 1])
    assert f"- {MAX_DURATION / 3600:.0f} hours of sound" in page
    assert f"- {n_pixels // 1_000_000} million pixels of a cover picture" in page
    assert "- Two minutes in which ffmpeg makes no progress" in page
    assert inspect.signature(decode).parameters["patience"].default == 120


def test_every_format_is_documented() -> None:
    from output.formats import FORMATS

    page = (ROOT / "docs" / "drafts.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `(\w[\w-]*)` \|", page, re.M)
    assert set(documented) == set(FORMATS), "the table of formats in docs/drafts.md"
