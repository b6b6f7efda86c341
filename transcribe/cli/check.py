"""`transcribe check`: sample clips as a gate, compared with their references and with an earlier run."""

from __future__ import annotations

import contextlib
import shutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audio.trust import check_regular, is_there, step_after
from transcribe.cli.bars import Bars
from transcribe.cli.ending import ending_of
from transcribe.cli.options import (
    CHOICES,
    log_to_stderr,
    scoring_of,
    scoring_options,
    setting_options,
    settings_in_force,
)
from transcribe.settings import Settings, Stage
from transcribe.terminal import for_terminal, on_github

if TYPE_CHECKING:
    from transcribe.evaluation.baseline import Baseline
    from transcribe.evaluation.check import PipelineMaker, Report
    from transcribe.evaluation.clip import Clip, Clips
    from transcribe.pipeline.stages import StagesMaker

_CHECK_SETTINGS = [  # without layout, which is not checked, and `speakers`, which each clip has in clips.toml
    field.name
    for field in fields(Settings)
    if (field.metadata["stages"] - {Stage.RENDER} or field.name in ("device", "threads")) and field.name != "speakers"
]


def _png(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """The name of a plot, or "" for none: an option without a value would take CLIPS for it."""
    if value and not value.lower().endswith(".png"):
        raise click.BadParameter(f"{value!r} does not end in .png; put --history after CLIPS")
    return value


class _NotRun(click.ClickException):
    """What ends the whole check: 1 would say that it ran, and that a gate is not met."""

    exit_code = 2


@contextlib.contextmanager
def _as_not_run() -> Iterator[None]:
    """Whatever ends the check, a defect too, is no result of it. `--verbose` has the traceback."""
    try:
        yield
    except BaseException as error:  # that of a library in Rust is no `Exception`
        ending = ending_of(error)
        if ending is not None and ending.exit_code != 1:
            raise
        verbose = click.get_current_context().params["verbose"]
        for line in traceback.format_exception(error) if verbose else ():
            click.echo("\n".join(map(for_terminal, line.rstrip("\n").split("\n"))), err=True)
        step = "report it with the traceback" + " that `--verbose` prints" * (not verbose)
        message = ending.message if ending else f"unexpected {type(error).__name__}: {error}; {step}"
        raise _NotRun(for_terminal(message)) from error


@click.command()
@click.argument("place", type=click.Path(path_type=Path), metavar="CLIPS")
@setting_options(*_CHECK_SETTINGS)
@scoring_options
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help="Earlier run to compare with.")
@click.option("--update-baseline", is_flag=True, help="Write this run to the baseline FILE instead of comparing.")
@click.option("--explain", metavar="CLIP", help="Show what got worse in this clip: words, times, commands to hear it.")
@click.option(
    "--history",
    is_flag=False,
    flag_value="",
    callback=_png,
    metavar="[FILE.png]",
    help="Show the rates of the last versions of the baseline in git, as a table or as a plot in FILE.png.",
)
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write a JUnit report.")
@click.option("--markdown", type=click.Path(path_type=Path), metavar="FILE", help="Write a summary for a job page.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--fresh", is_flag=True, help="Ignore cached results and transcribe everything again.")
@click.option("-v", "--verbose", is_flag=True, help="Print more; for an error, also the traceback.")
@click.pass_obj
@_as_not_run()
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
      transcribe check tests/clips --baseline tests/clips/baseline.json --explain opening
      transcribe check tests/clips --baseline tests/clips/baseline.json --history history.png
    """
    from transcribe.evaluation.baseline import read_baseline
    from transcribe.evaluation.check import check as run_check
    from transcribe.evaluation.check import check_clips
    from transcribe.evaluation.clips import find_clips
    from transcribe.evaluation.normalisation import check_installed
    from transcribe.pipeline.settings_check import check_settings

    outputs = {name: options.pop(name) for name in ("junit", "markdown", "as_json")}
    file, update, fresh, verbose = (options.pop(n) for n in ("baseline", "update_baseline", "fresh", "verbose"))
    explain, history = options.pop("explain"), options.pop("history")
    if update and file is None:
        raise click.UsageError("--update-baseline needs the --baseline FILE to write")
    log_to_stderr(verbose=verbose, quiet=False)
    check_installed()
    recorded = None if history is None else _history_file(place, file, history)
    scoring = scoring_of(options)
    clips = find_clips(place, settings_in_force(options), choices=CHOICES)
    explained = None if explain is None else _clip_named(explain, clips)
    baseline = read_baseline(file) if file is not None and not update else None
    with Bars(sys.stderr) as bars:
        check_clips(clips, lambda settings: check_settings(settings, stages))
        report, new = run_check(
            clips,
            _pipelines(stages, ignore_cache=fresh),
            scoring=scoring,
            baseline=baseline,
            on_start=lambda clip: _announce(clip, bars, verbose=verbose),
            on_progress=bars.on_progress,
        )
    views = []
    if explained is not None:
        views.append(_explained(explained, report, _pipelines(stages, ignore_cache=False), baseline))
    if recorded is not None:
        views.append(_history(recorded, clips, new, history))
    _publish(report, views, **outputs)
    if update and file is not None:
        _save_baseline(file, new, report, is_partial=clips.partial)
    return report.exit_code


def _announce(clip: Clip, bars: Bars, *, verbose: bool) -> None:
    bars.clear()
    if verbose:
        click.echo(for_terminal(f"{clip.name} …"), err=True)


def _save_baseline(file: Path, new: Baseline, report: Report, *, is_partial: bool) -> None:
    """Write the baseline of this run, and say so; none without a clip that could not be run."""
    from transcribe.evaluation.baseline import read_baseline

    told = f"{file}: not written: a clip could not be run; correct that, and run again"
    if report.exit_code != 2:
        if is_partial and is_there(file):
            new = replace(new, clips={**read_baseline(file).clips, **new.clips})
        new.save(file)
        but = "although a gate is not met; look at the report before you " if report.exit_code else ""
        told = f"{file}: written{', ' if but else '; '}{but}commit it"
    click.echo(for_terminal(told), err=True)


def _pipelines(stages: StagesMaker, *, ignore_cache: bool) -> PipelineMaker:
    from transcribe.pipeline.checkpoints import user_checkpoints
    from transcribe.pipeline.pipeline import Pipeline

    checkpoints = user_checkpoints(ignore_cache=ignore_cache)
    return lambda settings: Pipeline(settings, stages=stages(settings), checkpoints=checkpoints)


def _history_file(place: Path, baseline: Path | None, png: str) -> Path:
    """The baseline whose history is shown. A plot that cannot be made is an error before anything is transcribed."""
    from transcribe.evaluation.history_plot import import_matplotlib

    if png:
        import_matplotlib()
    file = baseline or (place if place.is_dir() else place.parent) / "baseline.json"
    if baseline is None:
        if not is_there(file):
            raise click.UsageError(f"--history needs the --baseline FILE whose versions it shows; there is no {file}")
        try:
            check_regular(file, inside=file.parent)
        except OSError as exc:
            step = step_after(exc, "give another --baseline")
            raise click.UsageError(f"{file}: cannot be read ({exc.strerror}); {step}") from exc
    return file


def _history(file: Path, clips: Clips, this_run: Baseline, png: str) -> _View:
    """The history of the baseline and this run; writes the plot."""
    from transcribe.evaluation.history import history_of
    from transcribe.evaluation.history_plot import plot
    from transcribe.evaluation.history_report import as_dict, markdown, text

    history = history_of(file, clips, this_run)
    if png:
        _write(Path(png), plot(history))
        click.echo(f"{for_terminal(png)}: written", err=True)
        for note in history.notes:
            click.echo(f"note: {for_terminal(note)}", err=True)
    return _View("history", as_dict(history), "" if png else text(history), markdown(history, png=png))


@dataclass(frozen=True, slots=True)
class _View:
    """What a report has besides its table: a section of text, one of Markdown, and the same as a key of JSON."""

    key: str
    data: Any
    text: str = ""
    markdown: str = ""


def _clip_named(name: str, clips: Clips) -> Clip:
    for clip in clips.clips:
        if clip.name == name:
            return clip
    names = [clip.name for clip in clips.clips]
    near = get_close_matches(name, names, n=5, cutoff=0.4) or names[:10]
    more = "" if len(near) == len(names) else f" ({len(names)} clips in all)"
    raise click.UsageError(for_terminal(f"--explain {name}: no clip has this name; there is {', '.join(near)}{more}"))


def _explained(clip: Clip, report: Report, pipelines: PipelineMaker, baseline: Baseline | None) -> _View:
    """The explanation of a clip, from the results that the check has cached."""
    from audio.episode import Episode
    from transcribe.evaluation.explain import Explanation, explain
    from transcribe.evaluation.explain_report import as_dict, text
    from transcribe.evaluation.listening import listening_command

    result = next(result for result in report.clips if result.name == clip.name)
    if result.error:
        explanation = Explanation(clip.name, clip.audio, notes=(f"it could not be run: {result.error}",))
    else:
        transcript = pipelines(clip.settings).transcript(Episode.of_file(clip.audio))
        before = baseline.clips.get(clip.name) if baseline else None
        explanation = explain(clip, result, transcript, scoring=report.scoring, baseline=before)
    return _View("explained", as_dict(explanation, listening_command), text(explanation, listening_command))


def _publish(
    report: Report, views: Sequence[_View], *, junit: Path | None, markdown: Path | None, as_json: bool
) -> None:
    from transcribe.evaluation import check_reports as reports

    more = {view.key: view.data for view in views}
    if as_json:
        click.echo(reports.as_json(report, more).encode(errors="backslashreplace"), nl=False)
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        sections = [reports.table(report, width=width), *(view.text for view in views if view.text)]
        click.echo("\n".join(sections), nl=False)
    summary = "\n".join([reports.markdown(report), *(view.markdown for view in views if view.markdown)])
    for path, content in ((junit, reports.junit(report)), (markdown, summary)):
        if path is not None:
            _write(path, content.encode(errors="backslashreplace"))
    if on_github():
        for line in reports.github_annotations(report):
            click.echo(line, err=True)


def _write(path: Path, content: bytes) -> None:
    from audio.disk import write_atomically

    try:
        write_atomically(path, content)
    except OSError as exc:
        raise click.UsageError(
            f"{path}: cannot be written ({exc.strerror}); {step_after(exc, 'name another file')}"
        ) from exc
