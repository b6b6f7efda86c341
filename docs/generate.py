"""Write docs/commands.md and the man page from the program: `make docs`. tests/test_docs.py compares them."""

from __future__ import annotations

import inspect
from pathlib import Path

import click

import transcribe
from transcribe.cli.main import cli

PAGE = Path(__file__).with_name("commands.md")
MANUAL = Path(__file__).with_name("transcribe.1")

STATUSES = {
    "0": "Success.",
    "1": "An episode, or one of several sources or drafts, failed; a gate is not met; or something is wrong.",
    "2": (
        "Usage: what was typed is wrong, such as a path that is not there, a file for a folder, or a picture for a "
        "draft: of several sources or drafts, all of them. Nothing was done."
    ),
    "129, 130, 143": "Ended by SIGHUP, SIGINT (Ctrl-C), SIGTERM.",
}
_STATUS_LINES = "\n".join(f"- {code}: {meaning}" for code, meaning in STATUSES.items())

HEAD = f"""# Commands and options

<!-- Made from the program by `make docs`; change the help texts in `transcribe/cli/`, `settings.py` and `style.py`. -->

Results go to stdout, one path per line; progress, warnings and the report to stderr. Exit codes:

{_STATUS_LINES}

Every option of `transcribe run` that is a setting can also be in `transcribe.toml` (the nearest one, from the
working folder upward) and in a `TRANSCRIBE_…` variable: `--beam-size 1` is `beam-size = 1` there and
`TRANSCRIBE_BEAM_SIZE=1` here. The command line takes precedence, then the environment, then the file.

An empty value takes back what a place of lower precedence gives: with `--speakers ""` the speakers are counted although
`transcribe.toml` names them. A setting that cannot be without a value, such as `--model ""`, is refused. An empty
variable in the environment is ignored, as if it were not set.
"""


def page() -> str:
    """The whole page, as it should be."""
    sections = [HEAD]
    for path, command in _commands(("transcribe",), cli):
        context = click.Context(command, info_name=" ".join(path), **_terminal())
        sections.append(f"## `{' '.join(path)}`\n\n```\n{command.get_help(context)}\n```\n")
    return "\n".join(sections)


def _commands(path: tuple[str, ...], command: click.Command) -> list[tuple[tuple[str, ...], click.Command]]:
    below = command.commands if isinstance(command, click.Group) else {}
    return [(path, command)] + [pair for name in sorted(below) for pair in _commands((*path, name), below[name])]


def _terminal() -> dict[str, object]:
    return {"terminal_width": 100, "max_content_width": 100, "help_option_names": ["-h", "--help"]}


def manual() -> str:
    """The man page, in roff with the macros of man(7): the same help, one section of options for each command."""
    lines = [
        f'.TH TRANSCRIBE 1 "" "turnscript {transcribe.__version__}" "User Commands"',
        *(".SH NAME", "transcribe \\- interview and podcast audio into a transcript an editor can publish"),
        *(".SH SYNOPSIS", ".B transcribe", ".I COMMAND", r"[\fIOPTION\fR]...\& [\fIARGUMENT\fR]..."),
        *(".SH DESCRIPTION", *_paragraphs(cli.help or "")),
        ".SH COMMANDS",
    ]
    for path, command in _commands(("transcribe",), cli):
        if not isinstance(command, click.Group):
            lines += _manual_of(path, command)
    lines += [".SH EXIT STATUS"]
    for code, meaning in STATUSES.items():
        lines += [".TP", f".B {code}", meaning]
    lines += [".SH FILES", ".TP", ".I transcribe.toml", "Settings; the nearest one, from the working folder upward."]
    return "\n".join(lines) + "\n"


_SIGNS = str.maketrans({"\\": r"\e", "-": r"\-", "~": r"\(ti", "^": r"\(ha", "`": r"\(ga"})


def _manual_of(path: tuple[str, ...], command: click.Command) -> list[str]:
    """A command's section: how it is called, what it does, its options."""
    context = click.Context(command, info_name=" ".join(path), **_terminal())
    called = " ".join([*path, *command.collect_usage_pieces(context)])
    lines = [f".SS {_roff(called)}", *_paragraphs(command.help or "")]
    for parameter in command.get_params(context):
        if isinstance(parameter, click.Option) and (record := parameter.get_help_record(context)):
            lines += [".TP", f".B {_roff(record[0])}", _roff(" ".join(record[1].split()))]
    return lines


def _paragraphs(text: str) -> list[str]:
    """A help text in roff. A paragraph under click's mark \\b keeps its lines, the others are filled."""
    lines: list[str] = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        kept = paragraph.startswith("\b\n")
        rows = [_roff(row) for row in paragraph.removeprefix("\b\n").split("\n")]
        lines += [".PP", ".nf", *rows, ".fi"] if kept else [".PP", " ".join(row.strip() for row in rows)]
    return lines


def _roff(text: str) -> str:
    """A line of text: no sign of it is taken for roff, and a hyphen can be copied to a command line."""
    line = text.translate(_SIGNS)
    return rf"\&{line}" if line[:1] in (".", "'") else line


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    MANUAL.write_text(manual(), encoding="utf-8")
