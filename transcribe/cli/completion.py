"""`transcribe completion`: the shell's Tab key completes commands, options, their values, and files.

Click answers the shell's questions; which values a parameter has is decided here, for all commands at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click
from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

from transcribe.cli.options import CHOICES

_PROGRAM = "transcribe"
VARIABLE = "_TRANSCRIBE_COMPLETE"
_SHELLS = ("bash", "zsh", "fish")
_LINES = {  # where each shell looks
    "bash": 'eval "$(transcribe completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(transcribe completion zsh)" in ~/.zshrc',
    "fish": "transcribe completion fish > ~/.config/fish/completions/transcribe.fish",
}


@click.command(
    help=f"""Print the script that lets the Tab key complete commands, options, their values and files.

    \b
    {chr(10).join(f"    {line}" for line in _LINES.values()).strip()}
    """
)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """See the help text above."""
    shell_class = get_completion_class(shell)
    if shell_class is None:
        raise click.ClickException(f"{shell}: this click has no completion for it; upgrade click")
    # the base class's method: bash's own starts bash to ask for its version
    click.echo(ShellComplete.source(shell_class(context.find_root().command, {}, _PROGRAM, VARIABLE)))
    return 0


class _Completed(type(click.STRING)):  # type: ignore[misc]
    """Text whose completion is known; in every other way like click's own."""

    def __init__(self, values: Callable[[str], Sequence[CompletionItem]]) -> None:
        self._values = values

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """See `click.ParamType`."""
        return list(self._values(incomplete))


def complete_values(command: click.Command) -> None:
    """Give every text parameter of a command, and of those below it, the values the Tab key offers.

    Names of models and formats; folders where a folder is wanted; files for arguments and options of that kind.
    """
    for parameter in command.params:
        if parameter.type is click.STRING and (values := _values_of(parameter)):
            parameter.type = _Completed(values)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            complete_values(below)


def _values_of(parameter: click.Parameter) -> Callable[[str], Sequence[CompletionItem]] | None:
    name, metavar = parameter.name or "", parameter.metavar or ""
    if metavar in ("NAME|DIR", "[NAME]...") or name == "model":
        return _models
    if name in CHOICES:
        return lambda incomplete: _listed(CHOICES[name], incomplete)
    if "DIR" in metavar:
        return lambda incomplete: [CompletionItem(incomplete, type="dir")]
    if any(kind in metavar for kind in ("FILE", "SOURCE", "CLIP", "DRAFT")) or name in ("source", "sources"):
        return lambda incomplete: [CompletionItem(incomplete, type="file")]
    return None


def _models(incomplete: str) -> Sequence[CompletionItem]:
    """Names of models, and a folder where the word begins as a path does."""
    from transcribe.diarization.networks import SPEAKERS
    from transcribe.recognition.model_sources import hub_repositories

    if incomplete.startswith((".", "~", "/")):
        return [CompletionItem(incomplete, type="dir")]
    return _listed((*hub_repositories(), SPEAKERS), incomplete)


def _listed(values: Sequence[str], incomplete: str) -> Sequence[CompletionItem]:
    """The values that go on from what was typed, the last of a list with commas: `md,js` → `md,json`."""
    before, comma, last = incomplete.rpartition(",")
    return [CompletionItem(f"{before}{comma}{value}") for value in values if value.startswith(last)]
