"""`transcribe score`, `transcribe check`, `transcribe clip`: measure the quality of transcripts, and gate on it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.bars import Bars
from transcribe.cli.options import CHOICES, F, echo_json, log_to_stderr, setting_options, settings_in_force
from transcribe.settings import Settings, Stage
from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from transcribe.evaluation.check import Report
    from transcribe.evaluation.clips import Clip
    from transcribe.evaluation.score import Score, Scoring
    from transcribe.pipeline.pipeline import Pipeline
    from transcribe.pipeline.stages import StagesMaker


_CHECK_SETTINGS = [  # without layout, which is not checked, and `speakers`, which each clip has in clips.toml
    field.name
    for field in fields(Settings)
    if (field.metadata["stages"] - {Stage.RENDER} or field.name in ("device", "threads")) and field.name != "speakers"
]


def _scoring_options(command: F) -> F:
    for option in (
        click.option("--skip-overlap", is_flag=True, help="Do not score overlapping speech for DER."),
        click.option(
            "--collar",
            type=click.FloatRange(0, 5),
            default=0.25,
            show_default=True,
            metavar="SECONDS",
            help="Time on either side of a speaker boundary that is not scored for DER.",
        ),
        click.option(
            "--normaliser",
            type=click.Choice(["english", "basic", "none"]),
            default="english",
            show_default=True,
            help="How to normalise words: Whisper's English rules, its basic rules for all languages, or none.",
        ),
    ):
        command = option(command)
    return command


def _scoring(options: dict[str, Any]) -> Scoring:
    """The scoring of the command's options; removes them from `options`."""
    from transcribe.evaluation.score import Scoring

    return Scoring(**{name: options.pop(name) for name in ("normaliser", "collar", "skip_overlap")})


@click.command()
@click.argument("reference", type=click.Path(path_type=Path), metavar="REF")
@click.argument("hypothesis", type=click.Path(path_type=Path), metavar="HYP")
@_scoring_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON: rates as fractions, null if not measured.")
def score(reference: Path, hypothesis: Path, as_json: bool, **options: Any) -> int:
    """Score a transcript against a reference: error rates and the worst differences.

    REF and HYP are Markdown drafts, `Speaker: text` lines (.txt), JSON, VTT, SRT, RTTM or STM. A measure is left
    out if either file lacks its data. For NAME.ref.md or NAME.ref.txt, a NAME.rttm next to it adds the speaker times.

    \b
    Examples:
      transcribe score interview.ref.md transcripts/interview.json
      transcribe score corrected.md transcripts/interview.md --json
    """
    from transcribe.errors import TranscriptError
    from transcribe.evaluation import score as scores
    from transcribe.evaluation.references import read_reference
    from transcribe.readers.read import read_transcript

    result = scores.score(read_reference(reference), read_transcript(hypothesis), _scoring(options))
    if result.problem:
        raise TranscriptError(f"{reference} against {hypothesis}: {result.problem}")
    if as_json:
        echo_json(result.as_dict())
    else:
        click.echo("\n".join(map(for_terminal, _lines(result))))
    return 0


def _lines(result: Score) -> list[str]:
    """The score for people."""
    from output.text import clock
    from transcribe.evaluation.score import SHOWN_DIFFERENCES

    lines = []
    for name, counts in (("WER", result.words), ("cpWER", result.cp), ("tcpWER", result.tcp)):
        if counts is not None:
            kinds = f"{counts.substitutions} substituted, {counts.deletions} deleted, {counts.insertions} inserted"
            lines.append(f"{name:<9}{100 * counts.rate:6.2f} %   {kinds}, of {counts.words} words")
    if result.time is not None and result.jaccard is not None:
        time = result.time
        kinds = f"{time.missed:.1f} missed, {time.false_alarm:.1f} false alarm, {time.confusion:.1f} wrong speaker"
        lines.append(f"{'DER':<9}{100 * time.rate:6.2f} %   {kinds}, of {time.speech:.1f} s")
        lines.append(f"{'JER':<9}{100 * result.jaccard.rate:6.2f} %")
    lines.append(f"{'speakers':<9}{result.speakers_hyp:6} of {result.speakers_ref}")
    if result.lost_seconds is not None:
        lines.append(f"{'lost':<9}{result.lost_seconds:6.1f} s of speech;  invented {result.invented_seconds:.1f} s")
    if result.words is not None:
        lines.append(f"{'passages':<9}{result.lost_words:6} words lost;  {result.invented_words} words invented")
    lines += [f"{'name':<9}{n.missed:6} of {n.mentions}: {n.name} missed" for n in result.names if n.missed]
    if result.differences:
        lines += ["", "The worst differences: errors, time, type; the transcript below the reference"]
    for one in result.differences[:SHOWN_DIFFERENCES]:
        start = "" if one.start is None else clock(one.start)
        kind = f"{one.kind}: {' → '.join(one.speakers)}" if any(one.speakers) else str(one.kind)
        lines += [f"{one.cost:4} {start:>7}  {kind}", *(f"{'':14}{line}" for line in one.columns)]
    return [*lines, "", result.scoring.description]


@click.command()
@click.argument("place", type=click.Path(path_type=Path), metavar="CLIPS")
@setting_options(*_CHECK_SETTINGS)
@_scoring_options
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
    scoring = _scoring(options)
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


def _time_in_seconds(ctx: click.Context, param: click.Parameter, value: str) -> float:
    """Parse `75`, `1:15` or `1:02:03.5`."""
    if not re.fullmatch(r"(\d+:){0,2}\d+(\.\d+)?", value):
        raise click.BadParameter(f"{value!r} is not a time such as 75, 1:15 or 1:02:03.5")
    seconds = 0.0
    for part in value.split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


@click.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="SOURCE")
@click.option(
    "--from", "start", callback=_time_in_seconds, required=True, metavar="TIME", help="Start of the clip, such as 1:00."
)
@click.option("--to", "end", callback=_time_in_seconds, required=True, metavar="TIME", help="End of the clip.")
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder of the clip.",
)
@click.option("--name", default="", metavar="NAME", help="Name of the clip.  [default: SOURCE and the times]")
def clip(source: Path, start: float, end: float, folder: Path, name: str) -> int:
    """Cut a clip and its reference for `transcribe check` from a corrected episode.

    SOURCE is a recording with a corrected draft, or the draft. The cuts move to the nearest silences. Prints the paths
    of the clip and its reference.

    \b
    Example:
      transcribe clip interview.mp3 --from 1:00 --to 1:40 -o tests/clips
    """
    from transcribe.evaluation.clip_cutter import cut_clip

    drafts = settings_in_force({}).output_folder
    cut = cut_clip(source, start=start, end=end, folder=folder, drafts=drafts, name=name)
    for path in cut.paths:
        click.echo(path)
    for message in cut.warnings:
        click.echo(f"Warning: {for_terminal(message)}", err=True)
    click.echo(f"cut from {cut.start:.1f} to {cut.end:.1f} s", err=True)
    return 0
