"""Whatever is given to a command, what it prints of it moves no cursor and is no command to a CI service."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.command_line import Run
from transcribe.cli.main import cli

HOSTILE = "x\x1b]0;p\x07\x9b2J\u202e\r\n::add-mask::x ##[set-output name=b]c"


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield (*path, name), command
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def lines() -> Iterator[tuple[str, ...]]:
    """Hostile values for every command: unknown commands, arguments too many, each option, and an unknown one."""
    yield (HOSTILE,)
    yield (f"--{HOSTILE}",)
    for path, command in commands():
        yield (*path, HOSTILE)
        yield (*path, "talk.md", HOSTILE)
        yield (*path, "talk.md", "talk.md", HOSTILE, HOSTILE)
        yield (*path, f"--{HOSTILE}", "a")
        for option in command.params:
            if isinstance(option, click.Option) and not option.is_flag and option.name != "port":
                yield (*path, "talk.md", option.opts[-1], HOSTILE)
            if isinstance(option, click.Option) and option.is_flag:
                yield (*path, f"{option.opts[-1]}={HOSTILE}")


def is_harmless(text: str) -> bool:
    return all(sign.isprintable() or sign == "\n" for sign in text) and not any(
        line.lstrip().startswith("::add") or "##[" in line for line in text.split("\n")
    )


@pytest.mark.parametrize("line", list(lines()), ids=lambda line: ascii(" ".join(line[:-1]))[:40])
def test_a_hostile_value_is_printed_harmlessly(line: tuple[str, ...], run: Run) -> None:
    code, _, err = run(*line)
    assert is_harmless(err), ascii(err)
    assert "Traceback" not in err
    if code == 2:  # one line, or one for each of several sources or names, and a count of them
        told = [line for line in err.splitlines() if not re.fullmatch(r"\d failed", line)]
        assert all(line.startswith("Error: ") for line in told) or "Usage: " in err


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_any_text_as_an_argument_too_many_is_printed_on_one_line(run: Run, text: str) -> None:
    code, out, err = run("render", "--", "a.md", text)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert is_harmless(err)
    assert err.endswith("; for help: transcribe render -h\n")


def test_the_folder_of_the_cache_is_printed_harmlessly(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/tmp/" + HOSTILE.replace("/", "-"))
    code, out, _ = run("cache", "show")
    assert (code, is_harmless(out)) == (0, True)
