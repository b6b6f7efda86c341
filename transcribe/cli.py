"""The command line: parses, builds `Settings`, calls the library, echoes, and makes exit codes of errors.

Results go to stdout, one path a line; everything else to stderr. 0: all well; 1: an episode failed or a gate is not
met; 2: usage; 130: interrupted. Nothing heavy is imported before a command needs it.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

import transcribe
from audio.errors import AudioError
from transcribe.errors import SettingsError, TranscribeError
from transcribe.progress import Bars
from transcribe.settings import Settings

if TYPE_CHECKING:
    from transcribe.batch import Report, Result
    from transcribe.pipeline import Pipeline, Stages

    StagesMaker = Callable[[Settings], Stages]

F = TypeVar("F", bound=Callable[..., Any])

_SHORT = {"output": "-o", "formats": "-f", "language": "-l"}
_LONG = {"formats": "--format"}


def main(args: Sequence[str] | None = None, *, stages: StagesMaker | None = None) -> NoReturn:
    """Run the command line and exit with its code; the console script `transcribe`.

    `stages` makes the two slow stages of a run from its settings; where not given, they are the real models.
    """
    try:
        code = cli.main(args=args, prog_name="transcribe", standalone_mode=False, obj=stages or _real_stages)
    except click.Abort:
        click.echo("interrupted; run the same command again to go on", err=True)
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except SettingsError as error:
        click.echo(f"Error: {error}", err=True)
        code = 2
    except _expected_errors() as error:
        click.echo(f"Error: {error}", err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def setting_options(*names: str) -> Callable[[F], F]:
    """Options for these fields of `Settings`, made from their declarations. Not given means None."""
    declared = {field.name: field for field in fields(Settings)}

    def decorate(command: F) -> F:
        for name in reversed(names):
            field, spelling = declared[name], _LONG.get(name, f"--{name.replace('_', '-')}")
            shown = ",".join(field.default) if isinstance(field.default, tuple) else str(field.default)
            command = click.option(
                *([_SHORT[name]] if name in _SHORT else []),
                spelling,
                name,
                type=click.Choice(field.metadata["choices"]) if field.metadata["choices"] else str,
                metavar=field.metadata["metavar"],
                help=field.metadata["help"] + (f"  [default: {shown}]" if shown else ""),
            )(command)
        return command

    return decorate


@click.group(
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": lambda token: token.replace("_", "-"),  # --beam_size is what other tools taught
        "max_content_width": 100,
    }
)
@click.version_option(transcribe.__version__, prog_name="turnscript")
def cli() -> None:
    """Turn interview and podcast audio into a transcript an editor can publish.

    Every option can also stand in transcribe.toml (the nearest one upward) and in a TRANSCRIBE_… variable, such as
    TRANSCRIBE_MODEL; the command line comes first, then the environment, then the file.
    """


@cli.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@setting_options(*(field.name for field in fields(Settings)))
@click.option("--fresh", is_flag=True, help="Recognise everything again, whatever earlier runs kept.")
@click.option("--force", is_flag=True, help="Replace drafts that were edited; the edited ones are kept as backups.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("-q", "--quiet", is_flag=True, help="Only paths, and errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say more; with an error, where it happened.")
@click.pass_obj
def run(stages: StagesMaker, /, sources: tuple[str, ...], **given: Any) -> int:
    """Transcribe audio: a Markdown draft with the speakers in bold, and its timed transcript (JSON).

    SOURCE is a file, a folder or a pattern. The paths of what was written go to stdout. What was done before is not
    done again, and a draft you edited is never overwritten.

    \b
    Examples:
      transcribe run interview.mp3
      transcribe run interview.mp3 --speakers "Rich,Haikel"
      transcribe run episodes/ -o drafts -f md,json,vtt
    """
    from transcribe import batch

    fresh, force, dry_run, quiet, verbose = (
        given.pop(name) for name in ("fresh", "force", "dry_run", "quiet", "verbose")
    )
    _log_to_stderr(verbose=verbose, quiet=quiet)
    settings = _settings(given)
    jobs, failures = batch.plan(sources, settings)
    if dry_run:
        for job in jobs:
            click.echo(f"{job.source}: {batch.outlook(job, settings)}", err=True)
        return _close(batch.Report(failures), quiet=quiet)
    results = list(failures)
    with Bars(sys.stderr) as bars:
        pipeline = _pipeline(settings, stages, fresh=fresh)
        for result in batch.run(jobs, pipeline, redo=fresh, force=force, progress=bars):
            bars.clear()
            results.append(result)
            _tell(result, quiet=quiet)
    return _close(batch.Report(tuple(results)), quiet=quiet)


@cli.group()
def models() -> None:
    """The weights: which there are, bringing them, checking them."""


@models.command("list")
def models_list() -> int:
    """List the models that can be named, and where each would come from."""
    from transcribe.models import known_models

    for model in known_models():
        click.echo(f"{model.name:<20} {model.folder or model.place}")
    return 0


@models.command("get")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def models_get(names: tuple[str, ...]) -> int:
    """Bring models to this machine now, so that later runs need no network. Prints their folders.

    \b
    Example:
      transcribe models get small turbo
    """
    from transcribe.models import find_model

    for name in names:
        click.echo(find_model(name).folder)
    return 0


@models.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def models_verify(names: tuple[str, ...]) -> int:
    """Hash every byte of the models named, or of all that are here, and say which are what they claim to be."""
    from transcribe.models import Place, known_models, verify_model

    here = tuple(model.name for model in known_models() if model.place is Place.CACHE)
    failed = 0
    for name in names or here:
        try:
            click.echo(f"{name} {verify_model(name).sha256}")
        except TranscribeError as error:
            failed += 1
            click.echo(f"Error: {error}", err=True)
    return 1 if failed else 0


def _pipeline(settings: Settings, stages: StagesMaker, *, fresh: bool) -> Pipeline:
    from audio.disk import cache_folder
    from transcribe.checkpoint import Checkpoints, ForgetfulCheckpoints
    from transcribe.pipeline import Pipeline

    kept = (ForgetfulCheckpoints if fresh else Checkpoints)(cache_folder() / "stages")
    return Pipeline(settings, stages=stages(settings), checkpoints=kept)


def _tell(result: Result, *, quiet: bool) -> None:
    for path in result.paths:
        click.echo(path)
    if not quiet and result.state != "failed":
        for message in result.messages:
            click.echo(f"Warning: {result.source}: {message}", err=True)


def _close(report: Report, *, quiet: bool) -> int:
    """The closing lines: failures last, so that they are what stays on the screen."""
    if not quiet and len(report.results) > 1:
        click.echo(report.summary, err=True)
    for result in report.failed:
        for message in result.messages:
            click.echo(f"Error: {message}", err=True)
    return report.exit_code


def _settings(given: dict[str, Any]) -> Settings:
    from transcribe.config import load_settings

    return load_settings(given, environ=os.environ, folder=Path.cwd())


def _real_stages(settings: Settings) -> Stages:
    from transcribe.pipeline import RealStages

    return RealStages(settings)


def _log_to_stderr(*, verbose: bool, quiet: bool) -> None:
    level = logging.DEBUG if verbose else logging.ERROR if quiet else logging.WARNING
    logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.WARNING)
    for package in ("audio", "transcribe", "output"):
        logging.getLogger(package).setLevel(level)


def _expected_errors() -> tuple[type[Exception], ...]:
    from output.errors import OutputError

    return (AudioError, TranscribeError, OutputError)


if __name__ == "__main__":
    main()
