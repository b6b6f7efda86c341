"""The command line: collects the commands, and turns what they return and raise into exit codes.

Results go to stdout, one path per line; everything else to stderr. 0: success; 1: an episode failed or a gate is not
met; 2: usage, such as a path that is not there, or a package that is not installed; 129, 130, 143: ended by SIGHUP,
SIGINT (Ctrl-C), SIGTERM. Heavy modules are imported only when a command needs them.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import transcribe
from audio.program import program
from transcribe.cli.align import align
from transcribe.cli.cache import cache
from transcribe.cli.check import check
from transcribe.cli.completion import VARIABLE, complete_values, completion
from transcribe.cli.doctor import doctor
from transcribe.cli.drafts import export, lint, parse, render
from transcribe.cli.editing import edit, learn, merge, sync
from transcribe.cli.ending import ending_of, stopped_by_signals
from transcribe.cli.evaluation import clip, score
from transcribe.cli.models import models
from transcribe.cli.run import run
from transcribe.cli.sources import fetch, list_episodes
from transcribe.cli.streams import StandardStreams, failure_of
from transcribe.cli.voices import voices
from transcribe.pipeline.stages import real_stages
from transcribe.terminal import for_terminal
from transcribe.workers.process_setup import configure_process

if TYPE_CHECKING:
    from transcribe.pipeline.stages import StagesMaker


def main(args: Sequence[str] | None = None, *, stages: StagesMaker | None = None) -> NoReturn:
    """Run the command line and exit with its code; the console script `transcribe`.

    `stages` makes the two slow stages of a run from its settings; default: the real models.
    """
    streams = StandardStreams()
    configure_process()
    try:
        with stopped_by_signals():
            options: dict[str, Any] = {"prog_name": program(), "complete_var": VARIABLE}
            code = cli.main(args=args, standalone_mode=False, obj=stages or real_stages, **options)
    except click.ClickException as error:
        _show(error)
        code = error.exit_code
    except (Exception, KeyboardInterrupt) as error:
        ending = ending_of(error)
        if ending is None:
            raise
        click.echo(f"{'Error: ' * ending.is_error}{for_terminal(ending.message)}", err=True)
        code = ending.exit_code
    code = code if isinstance(code, int) else 0
    if (unprinted := streams.error) is not None:
        if told := failure_of(unprinted):
            click.echo(f"Error: {told}", err=True)
        code = code or 1
    sys.exit(code)


def _show(error: click.ClickException) -> None:
    """Print an error of the command line on one line, with where its help is; a command without arguments is helped."""
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
        error.show()
        return
    message = error.format_message()
    if isinstance(error, click.UsageError) and error.ctx is not None:
        message = f"{message.removesuffix('.')}; for help: {error.ctx.command_path} -h"
    click.echo(f"Error: {for_terminal(message)}", err=True)


class _Commands(click.Group):
    """Says which command was meant by a name that is none: one like it, or `run` for a recording."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from audio.net.addresses import is_web_address

        name = args[0]
        if self.get_command(ctx, name) or name.startswith("-"):
            return super().resolve_command(ctx, args)
        advice = ""
        if is_web_address(name) or Path(name).suffix or "/" in name:
            advice = f"; to transcribe it: `{ctx.command_path} run {shlex.join(args)}`"
        elif like := get_close_matches(name, self.list_commands(ctx), n=1):
            advice = f"; did you mean `{ctx.command_path} {like[0]}`?"
        raise click.UsageError(f"there is no command {name!r}{advice}", ctx)


@click.group(
    cls=_Commands,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": lambda token: token.replace("_", "-"),  # other tools have --beam_size
        "max_content_width": 100,
    },
)
@click.version_option(transcribe.__version__, prog_name="turnscript")
def cli() -> None:
    """Turn interview and podcast audio into a transcript an editor can publish.

    Every option of `transcribe run` that is a setting can also be in transcribe.toml (the nearest one upward) and in
    a TRANSCRIBE_… variable, such as TRANSCRIBE_MODEL; the command line takes precedence, then the environment, then
    the file. An empty value on the command line takes back one of theirs: --speakers "". An empty variable is ignored.
    """


for _command in (
    *(run, list_episodes, fetch),
    align,
    *(edit, sync, export, merge, learn),
    *(render, parse, lint),
    *(score, check, clip),
    models,
    voices,
    cache,
    *(doctor, completion),
):
    cli.add_command(_command)
complete_values(cli)


if __name__ == "__main__":
    main()
