"""`transcribe check`: sample clips as a gate, compared with their references and with an earlier run."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.bars import Bars
from transcribe.cli.options import (
    CHOICES,
    log_to_stderr,
    scoring_of,
    scoring_options,
    setting_options,
    settings_in_force,
)
from transcribe.settings import Settings, Stage
from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from transcribe.evaluation.check import Report
    from transcribe.evaluation.clips import Clip
    from transcribe.pipeline.pipeline import Pipeline
    from transcribe.pipeline.stages import StagesMaker

_CHECK_SETTINGS = [  # without layout, which is not checked, and `speakers`, which each clip has in clips.toml
    field.name
    for field in fields(Settings)
    if (field.metadata["stages"] - {Stage.RENDER} or field.name in ("device", "threads")) and field.name != "speakers"
]


@click.command()
@click.argument("place", type=click.Path(path_type=Path), metavar="CLIPS")
@setting_options(*_CHECK_SETTINGS)
@scoring_options
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help="Earlier run to compare with.")
@click.option("--update-baseline", is_flag=True, help="Write this run to the baseline FILE instead of comparing.")
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write a JUnit report.")
@click.option("--markdown", type=click.Path(path_type=Path), metavar="FILE", help="Write a summary for a job page.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--fresh", is_flag=True, help="Ignore cached results and transcribe everything again.")
@click.option("-v", "--verbose", is_flag=True, help="Print more; for an error, also the traceback.")
@click.pass_obj
def check(stages: StagesMaker, /, place: Path, **options: Any) -> int:
    """Transcribe sample clips and compare them with their references: a gate for CI.

    CLIPS is a folder of recordings and their references (NAME.ref.md, NAME.ref.txt, NAME.rttm), or a clips.toml that
    names them with settings and limits. Exit code 0: every gate is met; 1: a gate is not met; 2: a clip could not be
    run, or there was nothing to check.

    \b
    Examples:
      transcribe check tests/clips --junit junit.xml --markdown summary.md
      transcribe check tests/clips --baseline tests/clips/baseline.json
      transcribe check tests/clips --baseline tests/clips/baseline.json --update-baseline
    """
    from transcribe.evaluation.baseline import read_baseline
    from transcribe.evaluation.check import check as run_check
    from transcribe.evaluation.clips import find_clips

    outputs = {name: options.pop(name) for name in ("junit", "markdown", "as_json")}
    file, update, fresh, verbose = (options.pop(n) for n in ("baseline", "update_baseline", "fresh", "verbose"))
    if update and file is None:
        raise click.UsageError("--update-baseline needs the --baseline FILE to write")
    log_to_stderr(verbose=verbose, quiet=False)
    scoring = scoring_of(options)
    clips = find_clips(place, settings_in_force(options), choices=CHOICES)
    with Bars(sys.stderr) as bars:

        def on_start(clip: Clip) -> None:
            bars.clear()
            if verbose:
                click.echo(for_terminal(f"{clip.name} …"), err=True)

        report, new = run_check(
            clips,
            _pipelines(stages, ignore_cache=fresh),
            scoring=scoring,
            baseline=read_baseline(file) if file is not None and not update else None,
            on_start=on_start,
            on_progress=bars.on_progress,
        )
    _publish(report, **outputs)
    if update and file is not None and report.exit_code != 2:  # no baseline without a clip that could not be run
        if clips.partial and file.is_file():
            new = replace(new, clips={**read_baseline(file).clips, **new.clips})
        new.save(file)
        click.echo(f"{file}: written; commit it", err=True)
    return report.exit_code


def _pipelines(stages: StagesMaker, *, ignore_cache: bool) -> Callable[[Settings], Pipeline]:
    from transcribe.pipeline.checkpoints import user_checkpoints
    from transcribe.pipeline.pipeline import Pipeline

    checkpoints = user_checkpoints(ignore_cache=ignore_cache)
    return lambda settings: Pipeline(settings, stages=stages(settings), checkpoints=checkpoints)


def _publish(report: Report, *, junit: Path | None, markdown: Path | None, as_json: bool) -> None:
    from transcribe.evaluation import check_reports as reports

    text = reports.as_json(report).encode(errors="backslashreplace") if as_json else reports.table(report)
    click.echo(text, nl=False)
    for path, content in ((junit, reports.junit), (markdown, reports.markdown)):
        if path is not None:
            _write(path, content(report))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in reports.github_annotations(report):
            click.echo(line, err=True)


def _write(path: Path, content: str) -> None:
    from audio.disk import write_atomically

    try:
        write_atomically(path, content.encode(errors="backslashreplace"))
    except OSError as exc:
        raise click.UsageError(f"{path}: cannot be written ({exc.strerror}); name another file") from exc
