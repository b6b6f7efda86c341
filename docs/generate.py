"""Write docs/commands.md from the program: `make docs`. tests/test_docs.py holds the two against each other."""

from __future__ import annotations

from pathlib import Path

import click

from transcribe.cli.main import cli

PAGE = Path(__file__).with_name("commands.md")

HEAD = """# Commands and options

<!-- Made from the program by `make docs`; change the help texts in `transcribe/cli/`, `settings.py` and `style.py`. -->

Results go to stdout, one path per line; progress, warnings and the report to stderr. Exit codes: 0 success,
1 an episode failed or a gate is not met, 2 usage, 130 interrupted.

Every option of `transcribe run` that is a setting can also be in `transcribe.toml` (the nearest one, from the
working folder upward) and in a `TRANSCRIBE_…` variable: `--beam-size 1` is `beam-size = 1` there and
`TRANSCRIBE_BEAM_SIZE=1` here. The command line takes precedence, then the environment, then the file.
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


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
